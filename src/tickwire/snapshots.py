"""One-off snapshots: how things stand, asked for once and answered once.

Whoever asks is a component that lives until it is answered. It wants no more than a snapshot of
each stream, so what it asks for rides along with the next message and is absent from those after.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any, Literal, overload

from tickwire.checks import check_seconds
from tickwire.components import Components
from tickwire.control import Rejected
from tickwire.delivery.inbox import Ended
from tickwire.errors import RateLimitTimeout, UsageError
from tickwire.events import (
    BaseWebSocketEvent,
    CandleEvent,
    OrderbookEvent,
    TickerEvent,
    TradeEvent,
)
from tickwire.subscription import FULL_DEPTH, DataType, Stream, SubscriptionSpec, Wish
from tickwire.world import Clock

__all__ = ["SNAPSHOT_TIMEOUT_S", "Snapshots", "answers"]

SNAPSHOT_TIMEOUT_S = 15.0
"""As long as a one-off request waits for its turn within the exchange's limits."""

_Ticker = Literal["ticker", DataType.TICKER]
_Trade = Literal["trade", DataType.TRADE]
_Orderbook = Literal["orderbook", DataType.ORDERBOOK]
_Candle = Literal[
    "candle.1s",
    "candle.1m",
    "candle.3m",
    "candle.5m",
    "candle.10m",
    "candle.15m",
    "candle.30m",
    "candle.60m",
    "candle.240m",
    DataType.CANDLE_1S,
    DataType.CANDLE_1M,
    DataType.CANDLE_3M,
    DataType.CANDLE_5M,
    DataType.CANDLE_10M,
    DataType.CANDLE_15M,
    DataType.CANDLE_30M,
    DataType.CANDLE_60M,
    DataType.CANDLE_240M,
]
_Symbols = str | Iterable[str]


class Snapshots(ABC):
    """Who can be asked how things stand."""

    @abstractmethod
    async def _snapshots_of(self, spec: SubscriptionSpec, timeout: float) -> dict[str, Any]:
        """The snapshots of a spec that wants nothing else; raises as `get_snapshot` does."""

    @overload
    async def get_snapshot(
        self, data_type: _Ticker, symbols: _Symbols, *, timeout: float = ...
    ) -> dict[str, TickerEvent]: ...
    @overload
    async def get_snapshot(
        self, data_type: _Trade, symbols: _Symbols, *, timeout: float = ...
    ) -> dict[str, TradeEvent]: ...
    @overload
    async def get_snapshot(
        self,
        data_type: _Orderbook,
        symbols: _Symbols,
        *,
        level: Decimal | int | str = ...,
        depth: int = ...,
        timeout: float = ...,
    ) -> dict[str, OrderbookEvent]: ...
    @overload
    async def get_snapshot(
        self, data_type: _Candle, symbols: _Symbols, *, timeout: float = ...
    ) -> dict[str, CandleEvent]: ...
    @overload
    async def get_snapshot(
        self,
        data_type: DataType | str,
        symbols: _Symbols,
        *,
        level: Decimal | int | str = ...,
        depth: int = ...,
        timeout: float = ...,
    ) -> dict[str, Any]: ...
    async def get_snapshot(
        self,
        data_type: DataType | str,
        symbols: _Symbols,
        *,
        level: Decimal | int | str = 0,
        depth: int = FULL_DEPTH,
        timeout: float = SNAPSHOT_TIMEOUT_S,
    ) -> dict[str, Any]:
        """How things stand now: the event of each symbol, by symbol, in the order of the symbols.

        The last event of a stream that flows already says it, without a message (`handed_over`).
        The others are asked for with the next message, once; nobody else hears of the answer.

        Raises `UsageError` for what has no snapshot (orders, assets, announcements, indicators)
        and for markets and price groupings that the exchange does not have, which takes five
        seconds to find out; and `TimeoutError`, after `timeout` seconds, for those that the
        exchange has not answered; `RateLimitTimeout`, which is one, if it could not even be asked
        within its limits.
        """
        check_seconds("timeout", timeout)
        spec = SubscriptionSpec(data_type, symbols, level=level, depth=depth, is_only_snapshot=True)
        return await self._snapshots_of(spec, timeout)


async def answers(
    wishes: Iterable[Wish],
    timeout: float,
    *,
    component_id: str,
    components: Components,
    clock: Clock,
    awaits_turn: Callable[[Stream], bool],
) -> dict[str, Any]:
    """Ask as a component of this id, and wait (seconds) until everything is answered.

    `awaits_turn` tells whether a stream could not be asked for yet on an open connection.
    """
    wanted = tuple(wishes)
    missing: dict[Stream, None] = dict.fromkeys(stream for stream, _ in wanted)
    found: dict[str, BaseWebSocketEvent] = {}
    component = components.new(component_id, None)
    component.streams_control = True
    inbox = component.stream_inbox

    def too_late() -> None:
        named = ", ".join(map(str, sorted(missing)))
        if all(map(awaits_turn, missing)):
            inbox.end(RateLimitTimeout(f"a snapshot of {named}", timeout))
        else:
            inbox.end(TimeoutError(f"no snapshot within {timeout:g} s of: {named}"))

    timer = clock.call_at(clock.now() + timeout, too_late)
    components.replace(component, wanted, None)
    try:
        while missing:
            event = (await inbox.take()).event
            if isinstance(event, Rejected):
                hint = f"; did you mean {event.suggestion}?" if event.suggestion else ""
                raise UsageError(event.reason + hint)
            if isinstance(event, BaseWebSocketEvent):
                del missing[event.stream]
                found[event.symbol] = event
    except Ended:
        raise UsageError("the manager was stopped before the exchange has answered") from None
    finally:
        timer.cancel()
        components.release(component)
    return {stream.symbol: found[stream.symbol] for stream, _ in wanted}
