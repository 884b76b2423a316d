"""The wishes of a client, one method for each type of event."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any, Literal, TypeVar, overload

from tickwire.delivery.inbox import Handler
from tickwire.events import (
    AnnouncementEvent,
    CandleEvent,
    IndicatorEvent,
    IndicatorSignalEvent,
    MyAssetEvent,
    MyOrderEvent,
    OrderbookEvent,
    RawEvent,
    TickerEvent,
    TradeEvent,
)
from tickwire.indicators import Indicator
from tickwire.subscription import FULL_DEPTH, DataType, SubscriptionSpec, candle_type

__all__ = ["Symbols", "Wishes"]

E = TypeVar("E")
_One = Callable[[E], Any] | None
_Many = Callable[[list[E]], Any]
_Level = Decimal | int | str
_Indicators = Indicator | Iterable[Indicator]

Symbols = str | Iterable[str]


class Wishes(ABC):
    """What a client can ask for.

    Each method records the wish and returns; see `ready` for the data. With `batch=True` the
    callback gets a list of the events that came together.

    Market data can be had in part: `is_only_snapshot` is how things stand, once, and then the
    wish is over; `is_only_realtime` is what happens from now on, without how things stand. A
    callback has one wish for each stream: asking again for another part replaces it.
    """

    @abstractmethod
    async def subscribe(
        self, spec: SubscriptionSpec, callback: Handler | None = None, *, batch: bool = False
    ) -> None:
        """Add a wish to those this client has.

        Raises `UsageError`, and `AuthenticationError` if the wish needs keys and there are none.
        """

    # --- markets ------------------------------------------------------------------------------

    @overload
    async def subscribe_ticker(
        self,
        symbols: Symbols,
        callback: _One[TickerEvent] = None,
        *,
        is_only_snapshot: bool = False,
        is_only_realtime: bool = False,
        batch: Literal[False] = False,
    ) -> None: ...
    @overload
    async def subscribe_ticker(
        self,
        symbols: Symbols,
        callback: _Many[TickerEvent],
        *,
        is_only_snapshot: bool = False,
        is_only_realtime: bool = False,
        batch: Literal[True],
    ) -> None: ...
    async def subscribe_ticker(
        self,
        symbols: Symbols,
        callback: Handler | None = None,
        *,
        is_only_snapshot: bool = False,
        is_only_realtime: bool = False,
        batch: bool = False,
    ) -> None:
        """Ask for tickers."""
        spec = SubscriptionSpec(
            DataType.TICKER,
            symbols,
            is_only_snapshot=is_only_snapshot,
            is_only_realtime=is_only_realtime,
        )
        await self.subscribe(spec, callback, batch=batch)

    @overload
    async def subscribe_trade(
        self,
        symbols: Symbols,
        callback: _One[TradeEvent] = None,
        *,
        is_only_snapshot: bool = False,
        is_only_realtime: bool = False,
        batch: Literal[False] = False,
    ) -> None: ...
    @overload
    async def subscribe_trade(
        self,
        symbols: Symbols,
        callback: _Many[TradeEvent],
        *,
        is_only_snapshot: bool = False,
        is_only_realtime: bool = False,
        batch: Literal[True],
    ) -> None: ...
    async def subscribe_trade(
        self,
        symbols: Symbols,
        callback: Handler | None = None,
        *,
        is_only_snapshot: bool = False,
        is_only_realtime: bool = False,
        batch: bool = False,
    ) -> None:
        """Ask for trades."""
        spec = SubscriptionSpec(
            DataType.TRADE,
            symbols,
            is_only_snapshot=is_only_snapshot,
            is_only_realtime=is_only_realtime,
        )
        await self.subscribe(spec, callback, batch=batch)

    @overload
    async def subscribe_orderbook(
        self,
        symbols: Symbols,
        callback: _One[OrderbookEvent] = None,
        *,
        level: _Level = 0,
        depth: int = FULL_DEPTH,
        is_only_snapshot: bool = False,
        is_only_realtime: bool = False,
        batch: Literal[False] = False,
    ) -> None: ...
    @overload
    async def subscribe_orderbook(
        self,
        symbols: Symbols,
        callback: _Many[OrderbookEvent],
        *,
        level: _Level = 0,
        depth: int = FULL_DEPTH,
        is_only_snapshot: bool = False,
        is_only_realtime: bool = False,
        batch: Literal[True],
    ) -> None: ...
    async def subscribe_orderbook(
        self,
        symbols: Symbols,
        callback: Handler | None = None,
        *,
        level: _Level = 0,
        depth: int = FULL_DEPTH,
        is_only_snapshot: bool = False,
        is_only_realtime: bool = False,
        batch: bool = False,
    ) -> None:
        """Ask for order books.

        `level` groups prices by a step in quote currency. `depth` is how many levels, of 1, 5, 15
        and 30; others may want more of the same book, which then comes cut, totals excepted.
        """
        spec = SubscriptionSpec(
            DataType.ORDERBOOK,
            symbols,
            level=level,
            depth=depth,
            is_only_snapshot=is_only_snapshot,
            is_only_realtime=is_only_realtime,
        )
        await self.subscribe(spec, callback, batch=batch)

    @overload
    async def subscribe_candle(
        self,
        symbols: Symbols,
        callback: _One[CandleEvent] = None,
        *,
        unit: str = "1m",
        is_only_snapshot: bool = False,
        is_only_realtime: bool = False,
        batch: Literal[False] = False,
    ) -> None: ...
    @overload
    async def subscribe_candle(
        self,
        symbols: Symbols,
        callback: _Many[CandleEvent],
        *,
        unit: str = "1m",
        is_only_snapshot: bool = False,
        is_only_realtime: bool = False,
        batch: Literal[True],
    ) -> None: ...
    async def subscribe_candle(
        self,
        symbols: Symbols,
        callback: Handler | None = None,
        *,
        unit: str = "1m",
        is_only_snapshot: bool = False,
        is_only_realtime: bool = False,
        batch: bool = False,
    ) -> None:
        """Ask for candles of a unit: 1s, 1m, 3m, 5m, 10m, 15m, 30m, 60m or 240m."""
        spec = SubscriptionSpec(
            candle_type(unit),
            symbols,
            is_only_snapshot=is_only_snapshot,
            is_only_realtime=is_only_realtime,
        )
        await self.subscribe(spec, callback, batch=batch)

    # --- an account, news, indicators: these need keys ----------------------------------------

    @overload
    async def subscribe_my_order(
        self,
        symbols: Symbols | None = None,
        callback: _One[MyOrderEvent] = None,
        *,
        batch: Literal[False] = False,
    ) -> None: ...
    @overload
    async def subscribe_my_order(
        self, symbols: Symbols | None, callback: _Many[MyOrderEvent], *, batch: Literal[True]
    ) -> None: ...
    async def subscribe_my_order(
        self,
        symbols: Symbols | None = None,
        callback: Handler | None = None,
        *,
        batch: bool = False,
    ) -> None:
        """Ask for what becomes of your orders, in all markets unless some are named."""
        await self.subscribe(SubscriptionSpec(DataType.MY_ORDER, symbols), callback, batch=batch)

    @overload
    async def subscribe_my_asset(
        self, callback: _One[MyAssetEvent] = None, *, batch: Literal[False] = False
    ) -> None: ...
    @overload
    async def subscribe_my_asset(
        self, callback: _Many[MyAssetEvent], *, batch: Literal[True]
    ) -> None: ...
    async def subscribe_my_asset(
        self, callback: Handler | None = None, *, batch: bool = False
    ) -> None:
        """Ask for changes of your balances."""
        await self.subscribe(SubscriptionSpec(DataType.MY_ASSET), callback, batch=batch)

    @overload
    async def subscribe_announcement(
        self,
        categories: str | Iterable[str] | None = None,
        callback: _One[AnnouncementEvent] = None,
        *,
        include_body: bool = False,
        batch: Literal[False] = False,
    ) -> None: ...
    @overload
    async def subscribe_announcement(
        self,
        categories: str | Iterable[str] | None,
        callback: _Many[AnnouncementEvent],
        *,
        include_body: bool = False,
        batch: Literal[True],
    ) -> None: ...
    async def subscribe_announcement(
        self,
        categories: str | Iterable[str] | None = None,
        callback: Handler | None = None,
        *,
        include_body: bool = False,
        batch: bool = False,
    ) -> None:
        """Ask for announcements, of all categories unless some are named.

        `include_body` asks for their text as well; who shares the connection gets it too.
        """
        spec = SubscriptionSpec(
            DataType.ANNOUNCEMENT, categories=categories, include_body=include_body
        )
        await self.subscribe(spec, callback, batch=batch)

    @overload
    async def subscribe_indicator(
        self,
        symbols: Symbols,
        indicators: _Indicators,
        callback: _One[IndicatorEvent] = None,
        *,
        batch: Literal[False] = False,
    ) -> None: ...
    @overload
    async def subscribe_indicator(
        self,
        symbols: Symbols,
        indicators: _Indicators,
        callback: _Many[IndicatorEvent],
        *,
        batch: Literal[True],
    ) -> None: ...
    async def subscribe_indicator(
        self,
        symbols: Symbols,
        indicators: _Indicators,
        callback: Handler | None = None,
        *,
        batch: bool = False,
    ) -> None:
        """Ask for values such as `Indicator.rsi(timeframe="15m")` when a candle closes."""
        spec = SubscriptionSpec(DataType.INDICATOR, symbols, indicators=indicators)
        await self.subscribe(spec, callback, batch=batch)

    @overload
    async def subscribe_indicator_signal(
        self,
        symbols: Symbols,
        indicators: _Indicators,
        callback: _One[IndicatorSignalEvent] = None,
        *,
        batch: Literal[False] = False,
    ) -> None: ...
    @overload
    async def subscribe_indicator_signal(
        self,
        symbols: Symbols,
        indicators: _Indicators,
        callback: _Many[IndicatorSignalEvent],
        *,
        batch: Literal[True],
    ) -> None: ...
    async def subscribe_indicator_signal(
        self,
        symbols: Symbols,
        indicators: _Indicators,
        callback: Handler | None = None,
        *,
        batch: bool = False,
    ) -> None:
        """Ask to be told when something becomes true.

        Such as `Indicator.rsi(timeframe="15m").when("overbought", threshold=70)`.
        """
        spec = SubscriptionSpec(DataType.INDICATOR_SIGNAL, symbols, indicators=indicators)
        await self.subscribe(spec, callback, batch=batch)

    # --- what is not known yet ----------------------------------------------------------------

    @overload
    async def subscribe_raw(
        self,
        wire_type: str,
        symbols: Symbols | None = None,
        callback: _One[RawEvent] = None,
        *,
        batch: Literal[False] = False,
    ) -> None: ...
    @overload
    async def subscribe_raw(
        self,
        wire_type: str,
        symbols: Symbols | None,
        callback: _Many[RawEvent],
        *,
        batch: Literal[True],
    ) -> None: ...
    async def subscribe_raw(
        self,
        wire_type: str,
        symbols: Symbols | None = None,
        callback: Handler | None = None,
        *,
        batch: bool = False,
    ) -> None:
        """Ask for a public type that tickwire does not know, by its name on the wire."""
        await self.subscribe(SubscriptionSpec.raw(wire_type, symbols), callback, batch=batch)
