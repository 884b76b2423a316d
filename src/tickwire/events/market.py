"""What a market tells of its trades: tickers, trades and candles."""

from decimal import Decimal
from typing import Any

from tickwire.events.base import BaseWebSocketEvent
from tickwire.fields import Field, Number

__all__ = ["CandleEvent", "TickerEvent", "TradeEvent"]


class TickerEvent(BaseWebSocketEvent):
    """The state of a market: last price, day and 24-hour figures."""

    __slots__ = ()
    opening_price = Number[Decimal]("first price of the UTC day")
    high_price = Number[Decimal]("highest price of the UTC day")
    low_price = Number[Decimal]("lowest price of the UTC day")
    trade_price = Number[Decimal]("last price")
    prev_closing_price = Number[Decimal]("last price of the day before")
    acc_trade_price = Number[Decimal]("value traded since 00:00 UTC")
    change = Field[str]("`RISE`, `EVEN` or `FALL` against the day before")
    change_price = Number[Decimal]("absolute change against the day before")
    signed_change_price = Number[Decimal]("the same with its sign")
    change_rate = Number[Decimal]("absolute change as a ratio; 0.01 is 1 %")
    signed_change_rate = Number[Decimal]("the same with its sign")
    ask_bid = Field[str]("taker's side of the last trade, `ASK` sold or `BID` bought")
    trade_volume = Number[Decimal]("size of the last trade")
    acc_trade_volume = Number[Decimal]("size traded since 00:00 UTC")
    trade_date = Field[str]("date of the last trade, UTC, `yyyyMMdd`")
    trade_time = Field[str]("time of the last trade, UTC, `HHmmss`")
    trade_timestamp = Field[int]("time of the last trade, ms")
    acc_ask_volume = Number[Decimal]("size sold by takers since 00:00 UTC")
    acc_bid_volume = Number[Decimal]("size bought by takers since 00:00 UTC")
    highest_52_week_price = Number[Decimal]("highest price in 52 weeks")
    highest_52_week_date = Field[str]("its date, `yyyy-MM-dd`")
    lowest_52_week_price = Number[Decimal]("lowest price in 52 weeks")
    lowest_52_week_date = Field[str]("its date, `yyyy-MM-dd`")
    market_state = Field[str]("`PREVIEW`, `ACTIVE` or `DELISTED`")
    is_trading_suspended = Field[bool | None]("whether trading is halted; deprecated")
    delisting_date = Field[Any]("when the market ends, normally `None`; its form is not settled")
    market_warning = Field[str | None]("`NONE` or `CAUTION`; deprecated")
    acc_trade_price_24h = Number[Decimal]("value traded in the last 24 hours")
    acc_trade_volume_24h = Number[Decimal]("size traded in the last 24 hours")


class TradeEvent(BaseWebSocketEvent):
    """One trade."""

    __slots__ = ()
    trade_date = Field[str]("date, UTC, `yyyy-MM-dd`")
    trade_time = Field[str]("time, UTC, `HH:mm:ss`")
    trade_timestamp = Field[int]("time of the trade, ms")
    trade_price = Number[Decimal]("price")
    trade_volume = Number[Decimal]("size")
    ask_bid = Field[str]("taker's side, `ASK` sold or `BID` bought")
    prev_closing_price = Number[Decimal]("last price of the day before")
    change = Field[str]("`RISE`, `EVEN` or `FALL` against the day before")
    change_price = Number[Decimal]("absolute change against the day before")
    sequential_id = Field[int]("identifies the trade within its market; promises no order")
    best_ask_price = Number[Decimal | None]("lowest ask; in messages since 2024-11-27")
    best_ask_size = Number[Decimal | None]("size at the lowest ask")
    best_bid_price = Number[Decimal | None]("highest bid; in messages since 2024-11-27")
    best_bid_size = Number[Decimal | None]("size at the highest bid")


class CandleEvent(BaseWebSocketEvent):
    """A candle so far. The same candle comes many times; the last one received counts."""

    __slots__ = ()
    candle_date_time_utc = Field[str]("start, UTC, `yyyy-MM-ddTHH:mm:ss`")
    candle_date_time_kst = Field[str]("start, UTC+9, the same form")
    opening_price = Number[Decimal]("first price")
    high_price = Number[Decimal]("highest price")
    low_price = Number[Decimal]("lowest price")
    trade_price = Number[Decimal]("last price so far")
    candle_acc_trade_volume = Number[Decimal]("size traded")
    candle_acc_trade_price = Number[Decimal]("value traded")

    @property
    def unit(self) -> str:
        """The length of the candle, such as `1m`."""
        return self.type.removeprefix("candle.")
