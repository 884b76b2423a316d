"""The columns in which events of a type are shown."""

from collections.abc import Sequence
from typing import NamedTuple

from tickwire import (
    BaseWebSocketEvent,
    BookLevel,
    CandleEvent,
    DataType,
    OrderbookEvent,
    TickerEvent,
    TradeEvent,
)
from tickwire.apps.cli.figures import clock_time, percent, price
from tickwire.apps.cli.words import Words

__all__ = ["WATCHED", "Column", "cells", "columns"]

WATCHED = (
    DataType.TICKER,
    DataType.TRADE,
    DataType.ORDERBOOK,
    *(each for each in DataType if each.is_candle),
)
"""The types that have columns: those that anybody can see, without keys."""


class Column(NamedTuple):
    """A heading and the least width of what stands below it."""

    heading: str
    width: int
    is_number: bool = True


def columns(data_type: str, words: Words) -> tuple[Column, ...]:
    """The columns of one of the `WATCHED` types; `cells` fills them."""
    market = Column(words.market, 10, is_number=False)
    utc = Column(words.utc, 12)
    match data_type:
        case "ticker":
            prices = (words.price, words.change, words.high, words.low)
            return (market, *_numbers(prices, (12, 7, 12, 12)), utc)
        case "trade":
            side = Column(words.side, 4, is_number=False)
            return (market, side, *_numbers((words.price, words.size), (12, 14)), utc)
        case "orderbook":
            best = (words.bid_size, words.bid, words.ask, words.ask_size)
            return (market, *_numbers(best, (12, 12, 12, 12)), utc)
    candle = (words.opened, words.high, words.low, words.closed, words.size)
    return (market, Column(words.start, 8), *_numbers(candle, (11, 11, 11, 11, 12)))


def _numbers(headings: tuple[str, ...], widths: tuple[int, ...]) -> tuple[Column, ...]:
    return tuple(Column(*each) for each in zip(headings, widths, strict=True))


def cells(event: BaseWebSocketEvent, words: Words) -> tuple[str, ...]:
    """One event as texts, in the columns of its type."""
    figures: tuple[str, ...]
    match event:
        case TickerEvent():
            change = percent(event.signed_change_rate)
            high, low = price(event.high_price), price(event.low_price)
            figures = (price(event.trade_price), change, high, low)
        case TradeEvent():
            side = words.buy if event.ask_bid == "BID" else words.sell
            figures = (side, price(event.trade_price), price(event.trade_volume))
        case OrderbookEvent():
            bid, ask = _best(event.bids), _best(event.asks)
            figures = (bid[1], bid[0], ask[0], ask[1])
        case CandleEvent():
            ohlc = (event.opening_price, event.high_price, event.low_price, event.trade_price)
            start = event.candle_date_time_utc[11:]
            volume = price(event.candle_acc_trade_volume)
            return (event.symbol, start, *map(price, ohlc), volume)
        case _:
            raise TypeError(f"no columns for {event!r}")
    return (event.symbol, *figures, clock_time(event.timestamp))


def _best(levels: Sequence[BookLevel]) -> tuple[str, str]:
    return (price(levels[0].price), price(levels[0].size)) if levels else ("-", "-")
