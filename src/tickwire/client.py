"""The client: one component's own view of the wire."""

import logging
from collections.abc import AsyncIterator, Iterable
from decimal import Decimal
from typing import Any, Literal, overload

from tickwire.checks import check_flag, check_kind
from tickwire.components import check_spec
from tickwire.control import ControlEvent
from tickwire.core.listing import Listing, Verification
from tickwire.core.strategy import Strategy, strategy_of
from tickwire.delivery.component import Component
from tickwire.delivery.inbox import Ended, Handler
from tickwire.errors import SlowConsumer, UsageError
from tickwire.events import BaseWebSocketEvent
from tickwire.exchanges.upbit import WireFormat
from tickwire.exchanges.upbit.rules import check_wire_format
from tickwire.indicators import Indicator
from tickwire.manager import WebSocketManager
from tickwire.participant import Participant
from tickwire.selection import Selection
from tickwire.shared import shared_manager
from tickwire.snapshots import Snapshots
from tickwire.subscription import DataType, Stream, SubscriptionSpec
from tickwire.symbols import normalise_symbol
from tickwire.wishes import Symbols, Wishes

__all__ = ["Symbols", "WebSocketClient"]

_log = logging.getLogger("tickwire.client")


class WebSocketClient(Participant, Wishes, Snapshots):
    """A component that subscribes with callbacks, or is iterated over.

        async with WebSocketClient("prices") as client:
            await client.subscribe_ticker(["KRW-BTC"])
            async for event in client:
                print(event.symbol, event.trade_price)

    A wish with a callback goes to that callback, plain or asynchronous; the others go to whoever
    iterates. Clients of one exchange in one event loop share its connections, so their wishes
    merge. Keep a reference to the client: once it is collected its wishes are withdrawn. Give
    each its own id: whoever takes the id of another takes its place, and the other's calls raise
    `UsageError` from then on.

    Addresses are those of the official SDK: an `environment` (`kr`, `sg`, `id`, `th`), or base
    URLs of scheme and host. `compression=False` does not offer it to the exchange, and
    `wire_format` asks for messages in another form; `strategy` and `enable_dynamic_adjustment` are
    about the exchange's limits (see `WebSocketManager`). All who share must agree on them.
    `manager` uses that one instead of the shared one.

    Keys are needed for your own orders and assets, announcements and indicators; without
    `access_key` and `secret_key` they are read from UPBIT_ACCESS_KEY and UPBIT_SECRET_KEY then.
    """

    _kind = "client"
    _left = "disconnected; make another WebSocketClient"

    def __init__(
        self,
        component_id: str,
        *,
        environment: str = "kr",
        websocket_base_url: str | None = None,
        base_url: str | None = None,
        access_key: str | None = None,
        secret_key: str | None = None,
        compression: bool = True,
        wire_format: WireFormat = "DEFAULT",
        strategy: str | Strategy = "balanced",
        enable_dynamic_adjustment: bool = True,
        manager: WebSocketManager | None = None,
    ) -> None:
        if manager is not None:
            check_kind("manager", manager, WebSocketManager)
        check_flag("compression", compression)
        check_wire_format(wire_format)
        strategy_of(strategy)
        check_flag("enable_dynamic_adjustment", enable_dynamic_adjustment)
        addresses = (environment != "kr", websocket_base_url, base_url)
        if manager is not None and any(addresses):
            raise UsageError("pass either manager= or an address, not both")
        if manager is not None and not compression:
            raise UsageError("pass either manager= or compression=, not both")
        if manager is not None and wire_format != "DEFAULT":
            raise UsageError("pass either manager= or wire_format=, not both")
        if manager is not None and (strategy != "balanced" or not enable_dynamic_adjustment):
            raise UsageError("pass either manager= or how limits are kept, not both")
        if manager is not None and (access_key is not None or secret_key is not None):
            raise UsageError("pass either manager= or keys, not both")
        find_manager = (
            (lambda: manager)
            if manager is not None
            else shared_manager(
                environment=environment,
                websocket_base_url=websocket_base_url,
                base_url=base_url,
                access_key=access_key,
                secret_key=secret_key,
                compression=compression,
                wire_format=wire_format,
                strategy=strategy,
                enable_dynamic_adjustment=enable_dynamic_adjustment,
            )
        )
        super().__init__(component_id, find_manager)
        self._is_iterated = False
        self._was_warned = False

    def __repr__(self) -> str:
        if self._component is None:
            return f"<WebSocketClient {self.component_id!r}: nothing wanted yet>"
        state = "open" if self._is_open else "disconnected"
        return f"<WebSocketClient {self.component_id!r}: {state}, {self._component!r}>"

    # --- life ---------------------------------------------------------------------------------

    async def disconnect(self) -> None:
        """Withdraw every wish; no callback is called from now on. May be called twice.

        Raises `UsageError` in another event loop, unless that of the client is closed.
        """
        self._leave()

    # --- wishes -------------------------------------------------------------------------------

    async def subscribe(
        self, spec: SubscriptionSpec, callback: Handler | None = None, *, batch: bool = False
    ) -> None:
        check_spec(spec)
        _check_callback(callback)
        if batch and callback is None:
            raise UsageError("batch=True needs a callback; iteration gives one event at a time")
        manager, component = await self._join()
        wishes = await manager.wishes_of(spec)
        self._check_open()  # reading a market list takes time
        manager.components.want(component, wishes, callback, in_batches=batch)
        component.rank((stream for stream, _ in wishes), spec.priority)

    async def unsubscribe(
        self,
        data_type: DataType | str | None = None,
        symbols: Symbols | None = None,
        *,
        level: Decimal | int | str | None = None,
        categories: str | Iterable[str] | None = None,
        indicators: Indicator | Iterable[Indicator] | None = None,
        callback: Handler | None = None,
    ) -> None:
        """Withdraw wishes: all, or those of a type, for some symbols, for one callback and so on.

        Candles are named by their type: what `subscribe_candle(symbols, unit="1m")` asked for is
        "candle.1m" here. A wish for the orders of all markets is one wish, and is not withdrawn
        by naming a market. Raises `UsageError` for what cannot be said of the type, such as a
        `level` of tickers.
        """
        selection = Selection(
            data_type, symbols, level=level, categories=categories, indicators=indicators
        )
        _check_callback(callback)
        manager, component = await self._join()
        gone = selection.of((*component.streams, *component.rejected))
        manager.components.unwant(component, gone, callback)

    # --- what comes ---------------------------------------------------------------------------

    async def list_subscriptions(self) -> tuple[Listing, ...]:
        """What the exchange says it serves on the connections that this client shares.

        See `WebSocketManager.list_subscriptions`.
        """
        manager, _ = await self._join()
        return await manager.list_subscriptions()

    async def verify_subscriptions(self) -> Verification:
        """Whether the exchange serves all that is wanted there; what it does not is repaired.

        See `WebSocketManager.verify_subscriptions`.
        """
        manager, _ = await self._join()
        return await manager.verify_subscriptions()

    def latest(
        self,
        data_type: DataType | str,
        symbol: str = "",
        *,
        level: Decimal | int | str = 0,
        indicator: Indicator | None = None,
    ) -> BaseWebSocketEvent | None:
        """The last event of a stream that is wanted, without waiting; `None` before the first.
        A book comes in as many levels as this client wants of it.

        Without a symbol: the last change of your assets, the last announcement, or what became of
        an order in any market; each has to be wanted as widely.
        """
        self._check_place()
        if self._manager is None:
            return None
        kind = DataType.of(data_type)
        if kind is DataType.ANNOUNCEMENT:
            return self._manager.latest(Stream(kind), Stream(kind, include_body=True))
        spec = SubscriptionSpec(
            kind,
            normalise_symbol(symbol) if symbol else None,
            level=level,
            indicators=() if indicator is None else indicator,
        )
        [stream] = spec.streams
        depth = None if self._component is None else self._component.depth_of(stream)
        return self._manager.latest(stream, depth=depth)

    async def _snapshots_of(self, spec: SubscriptionSpec, timeout: float) -> dict[str, Any]:
        manager, _ = await self._join()
        return await manager._snapshots_of(spec, timeout)

    def __aiter__(self) -> AsyncIterator[BaseWebSocketEvent]:
        return self.stream()

    @overload
    def stream(self, *, control: Literal[False] = False) -> AsyncIterator[BaseWebSocketEvent]: ...
    @overload
    def stream(
        self, *, control: Literal[True]
    ) -> AsyncIterator[BaseWebSocketEvent | ControlEvent]: ...
    async def stream(self, *, control: bool = False) -> AsyncIterator[Any]:
        """The events of the wishes without a callback, in order, until `disconnect`.

        `control=True` puts `Gap`, `Lagged`, `Reconnecting`, `Restored`, `Rejected` and `Refused`
        in their places between the data. Raises `SlowConsumer` if too much had to be kept.
        """
        if self._is_iterated:
            raise UsageError(f"client {self.component_id!r} is iterated over already")
        manager, component = await self._join()
        self._is_iterated = True
        component.streams_control = control
        self._warn_if_in_vain(component)
        try:
            while True:
                try:
                    item = await component.stream_inbox.take()
                except Ended:
                    return
                except SlowConsumer:
                    manager.components.release(component)
                    raise
                if control or not isinstance(item.event, ControlEvent):
                    yield item.event
        finally:
            self._is_iterated = False
            component.streams_control = False

    def _warn_if_in_vain(self, component: Component) -> None:
        """Say once that a wait without an end has begun for what nobody has asked for."""
        if not (self._was_warned or component.streams_control or component.is_iterated):
            self._was_warned = True
            _log.warning(
                "whoever iterates over client %r or calls get() waits in vain: it has no wish "
                "without a callback",
                self.component_id,
            )


def _check_callback(callback: Handler | None) -> None:
    if callback is not None and not callable(callback):
        raise UsageError(f"a callback must be callable, not {callback!r}")
