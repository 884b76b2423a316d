"""The JSON texts of the quotation API, one function for each kind of object.

Source: the reference pages of docs.upbit.com (2026-07) and answers of the real API. Numbers are
spelled as in the DEFAULT format of the WebSocket.
"""

from collections.abc import Iterable

from tickwire.simulator.dates import written
from tickwire.simulator.market.book import grouped
from tickwire.simulator.market.history import KeptTrade, Period
from tickwire.simulator.market.instruments import Instrument
from tickwire.simulator.market.market import Market
from tickwire.simulator.market.past import PastTrade
from tickwire.simulator.market.ticks import tick_table
from tickwire.simulator.spelling import VALUE_DECIMALS, default_price, default_size, plain
from tickwire.simulator.wire.change import change_of
from tickwire.simulator.wire.formats import DEFAULT
from tickwire.simulator.wire.orderbook_units import orderbook_units

__all__ = [
    "array",
    "book_body",
    "candle_body",
    "converted_day_body",
    "day_body",
    "instrument_body",
    "levels_body",
    "ticker_body",
    "trade_body",
]


def array(members: Iterable[str]) -> str:
    """A list of what is text already."""
    return "[" + ",".join(members) + "]"


def ticker_body(market: Market) -> str:
    """The ticker as the last trade left it."""
    trade, figures = market.trade, market.figures
    when, kst = written(trade.trade_timestamp), written(trade.trade_timestamp + 9 * 3_600_000)
    change = change_of(trade.price, figures.prev_closing_price, DEFAULT.short)
    return _object(
        market=f'"{market.code}"',
        trade_date=f'"{when.compact_date}"',
        trade_time=f'"{when.compact_time}"',
        trade_date_kst=f'"{kst.compact_date}"',
        trade_time_kst=f'"{kst.compact_time}"',
        trade_timestamp=str(trade.trade_timestamp),
        opening_price=default_price(figures.open),
        high_price=default_price(figures.high),
        low_price=default_price(figures.low),
        trade_price=change.price,
        prev_closing_price=default_price(figures.prev_closing_price),
        change=f'"{change.direction}"',
        change_price=change.distance,
        change_rate=change.rate,
        signed_change_price=change.signed,
        signed_change_rate=change.signed_rate,
        trade_volume=default_size(trade.size),
        acc_trade_price=plain(figures.acc_value, VALUE_DECIMALS),
        acc_trade_price_24h=plain(figures.acc_value_24h, VALUE_DECIMALS),
        acc_trade_volume=plain(figures.acc_volume),
        acc_trade_volume_24h=plain(figures.acc_volume_24h),
        highest_52_week_price=default_price(figures.highest_52_week_price),
        highest_52_week_date=f'"{figures.highest_52_week_date}"',
        lowest_52_week_price=default_price(figures.lowest_52_week_price),
        lowest_52_week_date=f'"{figures.lowest_52_week_date}"',
        timestamp=str(trade.timestamp),
    )


def book_body(market: Market, depth: int, level: int) -> str:
    """A book to `depth` levels, grouped by `level` unless that is zero."""
    asks, bids = market.asks, market.bids
    if level:
        asks = grouped(asks, level, asks=True)
        bids = grouped(bids, level, asks=False)
    return _object(
        market=f'"{market.code}"',
        timestamp=str(market.book_ms),
        total_ask_size=default_size(sum([one.size for one in asks])),
        total_bid_size=default_size(sum([one.size for one in bids])),
        orderbook_units=f"[{orderbook_units(asks[:depth], bids[:depth], depth, DEFAULT.short)}]",
        level=plain(level),
    )


def instrument_body(instrument: Instrument, price: int) -> str:
    """How a market's book is divided, when it trades at this price."""
    return _object(
        market=f'"{instrument.code}"',
        quote_currency=f'"{instrument.quote}"',
        tick_size=f'"{plain(tick_table(instrument.quote).tick(price))}"',
        supported_levels=array(f'"{plain(level)}"' for level in (0, *instrument.levels)),
    )


def levels_body(instrument: Instrument) -> str:
    """The groupings of a market's book; zero is none."""
    return _object(
        market=f'"{instrument.code}"',
        supported_levels=array(plain(level) for level in (0, *instrument.levels)),
    )


def trade_body(code: str, trade: KeptTrade | PastTrade, prev_closing: int) -> str:
    """A trade, and how its price compares with the close of the day before."""
    when = written(trade.at_ms)
    change = change_of(trade.price, prev_closing, DEFAULT.short)
    return _object(
        market=f'"{code}"',
        trade_date_utc=f'"{when.date}"',
        trade_time_utc=f'"{when.time}"',
        timestamp=str(trade.at_ms),
        trade_price=change.price,
        trade_volume=default_size(trade.size),
        prev_closing_price=default_price(prev_closing),
        change_price=change.signed,
        ask_bid=f'"{trade.ask_bid}"',
        sequential_id=str(trade.sequential_id),
    )


def candle_body(code: str, candle: Period, **more: str) -> str:
    """A candle of any unit; `more` are the members of this unit only."""
    when = written(candle.start_ms)
    return _object(
        market=f'"{code}"',
        candle_date_time_utc=f'"{when.utc}"',
        candle_date_time_kst=f'"{when.kst}"',
        opening_price=default_price(candle.open),
        high_price=default_price(candle.high),
        low_price=default_price(candle.low),
        trade_price=default_price(candle.close),
        timestamp=str(candle.timestamp),
        candle_acc_trade_price=plain(candle.value, VALUE_DECIMALS),
        candle_acc_trade_volume=plain(candle.volume),
        **more,
    )


def day_body(code: str, day: Period, **more: str) -> str:
    """A day, which has its change too."""
    change = change_of(day.close, day.prev_closing_price, DEFAULT.short)
    return candle_body(
        code,
        day,
        prev_closing_price=default_price(day.prev_closing_price),
        change_price=change.signed,
        change_rate=change.signed_rate,
        **more,
    )


def converted_day_body(code: str, day: Period, close_in_won: int | None) -> str:
    """A day with its close in won, where it is known."""
    won = "null" if close_in_won is None else default_price(close_in_won)
    return day_body(code, day, converted_trade_price=won)


def _object(**members: str) -> str:
    return "{" + ",".join([f'"{name}":{text}' for name, text in members.items()]) + "}"
