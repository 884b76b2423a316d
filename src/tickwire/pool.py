"""The pull model: the latest event and a bounded history of each stream, had when asked for."""

from collections.abc import Iterable
from decimal import Decimal

from tickwire.checks import check_kind
from tickwire.control import ControlEvent, Gap, Rejected
from tickwire.core.interest import SubscriptionChange
from tickwire.core.subscriptions import SubscriptionManager
from tickwire.errors import UsageError
from tickwire.events import BaseWebSocketEvent
from tickwire.history import History, Recent
from tickwire.manager import WebSocketManager
from tickwire.participant import Participant
from tickwire.shared import shared_manager
from tickwire.subscription import DataType, Stream, SubscriptionSpec
from tickwire.symbols import normalise_symbol

__all__ = ["EVENTS_PER_STREAM", "DataPoolManager"]

EVENTS_PER_STREAM = 1000
"""Events kept of each stream unless told otherwise; for candles, over sixteen hours of minutes."""


class DataPoolManager(Participant):
    """Keeps data for those who ask for it when they need it, rather than being called.

        async with DataPoolManager("pool") as pool:
            await pool.register_client_interest("chart", ["ticker", "candle.1m"], ["KRW-BTC"])
            await pool.ready()
            pool.get_latest_data("ticker", "KRW-BTC")
            pool.get_data_history("candle.1m", "KRW-BTC", limit=60).to_frame()

    A stream is kept while at least one of the pool's clients is interested in it, and forgotten
    with the last one. Of each stream the newest `events_per_stream` events are kept. Reading
    waits for nothing and changes nothing: an event is as old as `age` says however often it is
    read. To its manager the pool is one component; use it in the manager's event loop.

    Without a `manager` it is that of the real exchange (Upbit Korea), shared by all who ask. Keep
    a reference to the pool: once it is collected, its wishes are withdrawn.
    """

    _kind = "pool"
    _left = "cleaned up; make another DataPoolManager"

    def __init__(
        self,
        component_id: str,
        *,
        manager: WebSocketManager | None = None,
        events_per_stream: int = EVENTS_PER_STREAM,
    ) -> None:
        if manager is not None:
            check_kind("manager", manager, WebSocketManager)
        super().__init__(component_id, lambda: manager or shared_manager()())
        self.events_per_stream = _at_least_one("events_per_stream", events_per_stream)
        self._interests = SubscriptionManager(self._forget)
        self._recent: dict[Stream, Recent] = {}
        self._rejected: dict[Stream, Rejected] = {}

    def __repr__(self) -> str:
        clients = self._interests.get_stream_summary().active_components
        events = sum(len(recent) for recent in self._recent.values())
        return (
            f"<DataPoolManager {self.component_id!r}: {clients} clients, "
            f"{len(self._recent)} streams, {events} events>"
        )

    # --- life ---------------------------------------------------------------------------------

    async def cleanup(self) -> None:
        """Withdraw every interest and forget everything kept. May be called twice.

        Raises `UsageError` in another event loop, unless that of the pool is closed.
        """
        self._leave()

    def _leave(self) -> None:
        super()._leave()
        self._interests = SubscriptionManager(self._forget)
        self._recent.clear()
        self._rejected.clear()

    # --- interests ----------------------------------------------------------------------------

    async def register_client_interest(
        self,
        client_id: str,
        data_types: DataType | str | Iterable[DataType | str],
        symbols: str | Iterable[str] | None = None,
        *,
        level: Decimal | int | str = 0,
    ) -> None:
        """Keep every one of these types for every one of these symbols.

        Your assets have no symbols, and your orders need none. What a client registers adds to
        what it has registered before. Returns when the interest is recorded; see `ready` for the
        data. Raises `UsageError`, and `AuthenticationError` where keys are needed and missing.
        """
        _check_client_id(client_id)
        names = None if symbols is None else _several("symbols", "KRW-BTC", symbols)
        kinds = _several("data types", "ticker", data_types)
        specs = [SubscriptionSpec(kind, names, level=level) for kind in kinds]
        manager, component = await self._join()
        wishes = [wish for spec in specs for wish in await manager.wishes_of(spec)]
        streams = {stream for stream, _ in wishes}
        self._check_open()  # reading a market list takes time
        for stream in streams:
            self._recent.setdefault(stream, Recent(stream, self.events_per_stream))
            self._rejected.pop(stream, None)
        self._interests.replace(client_id, self._interests.wishes_of(client_id) | streams)
        manager.components.want(component, wishes, self._keep)

    async def unregister_client_interest(self, client_id: str) -> None:
        """Forget a client, and the streams that it alone was interested in.

        An unknown id is no error.
        """
        _check_client_id(client_id)
        if self._is_open and self._component is not None:
            await self._join()
        self._interests.replace(client_id, ())

    def _forget(self, change: SubscriptionChange) -> None:
        for stream in change.removed:
            self._recent.pop(stream, None)
            self._rejected.pop(stream, None)
        if self._manager is not None and self._component is not None:
            self._manager.components.unwant(self._component, change.removed)

    # --- what comes ---------------------------------------------------------------------------

    def _keep(self, event: BaseWebSocketEvent) -> None:
        self._recent[event.stream].keep(event)

    def handle_control(self, event: ControlEvent) -> None:
        """Remember what is missing from a history, and what does not exist."""
        if isinstance(event, Gap) and event.stream in self._recent:
            self._recent[event.stream].interrupted(event)
        if isinstance(event, Rejected) and event.stream in self._recent:
            self._rejected[event.stream] = event

    # --- what is asked ------------------------------------------------------------------------

    def get_latest_data(
        self,
        data_type: DataType | str,
        symbol: str | None = None,
        *,
        level: Decimal | int | str = 0,
    ) -> BaseWebSocketEvent | None:
        """The newest event of a stream; `None` before the first.

        Raises `UsageError` for a stream that nobody is interested in, or that does not exist.
        """
        return self._kept(data_type, symbol, level).last

    def get_data_history(
        self,
        data_type: DataType | str,
        symbol: str | None = None,
        limit: int | None = None,
        *,
        level: Decimal | int | str = 0,
    ) -> History:
        """The newest `limit` events of a stream (`None`: all that are kept), oldest first.

        Of candles each is there once, in its last state. Raises `UsageError` as `get_latest_data`.
        """
        kept = self._kept(data_type, symbol, level)
        return kept.history(None if limit is None else _at_least_one("limit", limit))

    def age(
        self,
        data_type: DataType | str,
        symbol: str | None = None,
        *,
        level: Decimal | int | str = 0,
    ) -> float | None:
        """Seconds since the newest event of a stream was received; `None` before the first.

        A quiet market grows old as well as a lost connection; `get_data_history(...).gaps` tells
        what an interruption has cost. Raises `UsageError` as `get_latest_data`.
        """
        event = self._kept(data_type, symbol, level).last
        if event is None or self._manager is None:
            return None
        return max(0.0, (self._manager.clock.wall_ns() - event.received_time_ns) / 1e9)

    def _kept(
        self, data_type: DataType | str, symbol: str | None, level: Decimal | int | str
    ) -> Recent:
        self._check_place()
        name = None if symbol is None else normalise_symbol(symbol)
        [stream] = SubscriptionSpec(data_type, name, level=level).streams
        rejected = self._rejected.get(stream)
        if rejected is not None:
            hint = f"; did you mean {rejected.suggestion}?" if rejected.suggestion else ""
            raise UsageError(f"there is no {stream}: {rejected.reason}{hint}")
        try:
            return self._recent[stream]
        except KeyError:
            raise UsageError(
                f"nobody is interested in {stream}; await register_client_interest first"
            ) from None


def _check_client_id(client_id: str) -> None:
    if not isinstance(client_id, str) or not client_id.strip():
        raise UsageError(f"a client id must be text with something in it, not {client_id!r}")


def _several(what: str, example: str, named: str | Iterable[str]) -> tuple[str, ...]:
    if not isinstance(named, Iterable):
        raise UsageError(f"{what} must be a list such as ['{example}'], not {named!r}")
    several = (named,) if isinstance(named, str) else tuple(named)
    if not several:
        raise UsageError(f"no {what} given; name at least one, such as '{example}'")
    return several


def _at_least_one(name: str, value: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise UsageError(f"{name} must be a whole number from 1 up, not {value!r}")
    return value
