"""The text of every public message, in every format.

Source: the pages that `members` names.
"""

import json
from collections.abc import Sequence
from functools import lru_cache
from operator import attrgetter
from typing import Any

from tickwire.simulator.dates import written
from tickwire.simulator.market.book import Level
from tickwire.simulator.market.candles import Candle
from tickwire.simulator.market.market import Market, Trade
from tickwire.simulator.spelling import VALUE_DECIMALS, plain, simple_number
from tickwire.simulator.wire.change import change_of
from tickwire.simulator.wire.formats import PRICE, SIZE, Format
from tickwire.simulator.wire.members import CANDLE, ORDERBOOK, SLOT, TICKER, TRADE
from tickwire.simulator.wire.orderbook_units import orderbook_units

__all__ = [
    "REALTIME",
    "SNAPSHOT",
    "candle_frame",
    "error_frame",
    "orderbook_frame",
    "status_frame",
    "subscriptions_frame",
    "ticker_frame",
    "trade_frame",
]

SNAPSHOT = "SNAPSHOT"
REALTIME = "REALTIME"

_OWN_SIZE = attrgetter("size")


def ticker_frame(market: Market, form: Format, stream_type: str) -> bytes:
    """The ticker as the last trade left it."""
    trade, figures, short = market.trade, market.figures, form.short
    when = written(trade.trade_timestamp)
    change = change_of(trade.price, figures.prev_closing_price, short)
    return form.frame(
        _ticker_of(
            market.code,
            figures.open,
            figures.high,
            figures.low,
            figures.prev_closing_price,
            figures.highest_52_week_price,
            figures.highest_52_week_date,
            figures.lowest_52_week_price,
            figures.lowest_52_week_date,
            short,
        )
        % (
            change.price,
            plain(figures.acc_value, VALUE_DECIMALS),
            change.direction,
            change.distance,
            change.signed,
            change.rate,
            change.signed_rate,
            trade.ask_bid,
            SIZE[short](trade.size),
            plain(figures.acc_volume),
            when.compact_date,
            when.compact_time,
            trade.trade_timestamp,
            plain(figures.acc_ask_volume),
            plain(figures.acc_bid_volume),
            trade.timestamp,
            plain(figures.acc_value_24h, VALUE_DECIMALS),
            plain(figures.acc_volume_24h),
            stream_type,
        )
    )


# From one trade of a market to the next these seldom change. A thousand entries hold all markets.
@lru_cache(maxsize=1 << 10)
def _ticker_of(
    code: str,
    opening: int,
    high: int,
    low: int,
    prev_closing: int,
    highest_52_week: int,
    highest_52_week_date: str,
    lowest_52_week: int,
    lowest_52_week_date: str,
    short: bool,
) -> str:
    """The ticker of a market with slots open for what every trade changes."""
    price = PRICE[short]
    return TICKER[short] % (
        code,
        price(opening),
        price(high),
        price(low),
        SLOT,
        price(prev_closing),
        *(SLOT,) * 14,
        price(highest_52_week),
        highest_52_week_date,
        price(lowest_52_week),
        lowest_52_week_date,
        *(SLOT,) * 4,
    )


def trade_frame(code: str, trade: Trade, form: Format, stream_type: str) -> bytes:
    """One trade."""
    short = form.short
    size = SIZE[short]
    when = written(trade.trade_timestamp)
    change = change_of(trade.price, trade.prev_closing_price, short)
    return form.frame(
        TRADE[short]
        % (
            code,
            trade.timestamp,
            when.date,
            when.time,
            trade.trade_timestamp,
            change.price,
            size(trade.size),
            trade.ask_bid,
            PRICE[short](trade.prev_closing_price),
            change.direction,
            change.distance,
            trade.sequential_id,
            # The touch came to the message years later, and is plain in DEFAULT too.
            simple_number(trade.best_ask_price),
            size(trade.best_ask_size),
            simple_number(trade.best_bid_price),
            size(trade.best_bid_size),
            stream_type,
        )
    )


def orderbook_frame(
    code: str,
    timestamp: int,
    asks: Sequence[Level],
    bids: Sequence[Level],
    *,
    depth: int,
    level: int,
    form: Format,
    stream_type: str,
) -> bytes:
    """A book to `depth` levels; the totals are the whole book's, and `level` is its grouping."""
    short, size = form.short, SIZE[form.short]
    return form.frame(
        ORDERBOOK[short]
        % (
            code,
            timestamp,
            size(sum(map(_OWN_SIZE, asks))),
            size(sum(map(_OWN_SIZE, bids))),
            orderbook_units(asks[:depth], bids[:depth], depth, short),
            stream_type,
            plain(level),
        )
    )


def candle_frame(
    code: str, candle_type: str, candle: Candle, form: Format, stream_type: str
) -> bytes:
    """A candle as it is by now."""
    price, size = PRICE[form.short], SIZE[form.short]
    when = written(candle.start_ms)
    return form.frame(
        CANDLE[form.short]
        % (
            candle_type,
            code,
            when.utc,
            when.kst,
            price(candle.open),
            price(candle.high),
            price(candle.low),
            price(candle.close),
            size(candle.volume),
            plain(candle.value, VALUE_DECIMALS),
            candle.timestamp,
            stream_type,
        )
    )


def error_frame(name: str, message: str) -> bytes:
    """A refusal; its form is the same in every format."""
    return _json({"error": {"name": name, "message": message}})


def status_frame() -> bytes:
    """That the exchange is alive; its form is the same in every format."""
    return _json({"status": "UP"})


def subscriptions_frame(entries: Sequence[dict[str, Any]], ticket: str, form: Format) -> bytes:
    """The answer to LIST_SUBSCRIPTIONS around the entries of the wishes."""
    method, result, own = ("mthd", "rslt", "tckt") if form.short else ("method", "result", "ticket")
    return _json({method: "LIST_SUBSCRIPTIONS", result: list(entries), own: ticket})


def _json(value: object) -> bytes:
    # What a client has sent may hold half a character, which UTF-8 has no bytes for.
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")
