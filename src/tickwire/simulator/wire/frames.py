"""The text of every public message, in every format.

Source: the websocket-ticker, -trade, -orderbook and -candle pages of docs.upbit.com (2026-09) and
frames of the real wire. The order of the keys is the order seen there.
"""

import json
from collections.abc import Sequence
from functools import lru_cache
from operator import attrgetter
from typing import Any, NamedTuple

from tickwire.simulator.dates import written
from tickwire.simulator.market.book import BOOK_DEPTH, Level
from tickwire.simulator.market.candles import Candle
from tickwire.simulator.market.market import Market, Trade
from tickwire.simulator.spelling import (
    VALUE_DECIMALS,
    default_price,
    default_size,
    plain,
    simple_number,
)

__all__ = [
    "DEFAULT",
    "FORMATS",
    "REALTIME",
    "SNAPSHOT",
    "Change",
    "Format",
    "candle_frame",
    "change_of",
    "error_frame",
    "orderbook_frame",
    "status_frame",
    "subscriptions_frame",
    "ticker_frame",
    "trade_frame",
]

SNAPSHOT = "SNAPSHOT"
REALTIME = "REALTIME"


class Format(NamedTuple):
    """How a connection wants its data: short or long names, alone or in an array."""

    name: str
    short: bool
    listed: bool

    def frame(self, text: str) -> bytes:
        """The payload of one message."""
        return f"[{text}]".encode() if self.listed else text.encode()


DEFAULT = Format("DEFAULT", short=False, listed=False)
FORMATS = {
    one.name: one
    for one in (
        DEFAULT,
        Format("SIMPLE", short=True, listed=False),
        Format("JSON_LIST", short=False, listed=True),
        Format("SIMPLE_LIST", short=True, listed=True),
    )
}

# Spellings by `Format.short`.
_PRICE = (default_price, simple_number)
_SIZE = (default_size, simple_number)

# The kinds of slots: a number, a string, and what never changes here.
_N, _S = "%s", '"%s"'
_Field = tuple[str, str, str]

_TICKER: tuple[_Field, ...] = (
    ("type", "ty", '"ticker"'),
    ("code", "cd", _S),
    ("opening_price", "op", _N),
    ("high_price", "hp", _N),
    ("low_price", "lp", _N),
    ("trade_price", "tp", _N),
    ("prev_closing_price", "pcp", _N),
    ("acc_trade_price", "atp", _N),
    ("change", "c", _S),
    ("change_price", "cp", _N),
    ("signed_change_price", "scp", _N),
    ("change_rate", "cr", _N),
    ("signed_change_rate", "scr", _N),
    ("ask_bid", "ab", _S),
    ("trade_volume", "tv", _N),
    ("acc_trade_volume", "atv", _N),
    ("trade_date", "tdt", _S),
    ("trade_time", "ttm", _S),
    ("trade_timestamp", "ttms", _N),
    ("acc_ask_volume", "aav", _N),
    ("acc_bid_volume", "abv", _N),
    ("highest_52_week_price", "h52wp", _N),
    ("highest_52_week_date", "h52wdt", _S),
    ("lowest_52_week_price", "l52wp", _N),
    ("lowest_52_week_date", "l52wdt", _S),
    ("market_state", "ms", '"ACTIVE"'),
    ("is_trading_suspended", "its", "false"),
    ("delisting_date", "dd", "null"),
    ("market_warning", "mw", '"NONE"'),
    ("timestamp", "tms", _N),
    ("acc_trade_price_24h", "atp24h", _N),
    ("acc_trade_volume_24h", "atv24h", _N),
    ("stream_type", "st", _S),
)

_TRADE: tuple[_Field, ...] = (
    ("type", "ty", '"trade"'),
    ("code", "cd", _S),
    ("timestamp", "tms", _N),
    ("trade_date", "td", _S),
    ("trade_time", "ttm", _S),
    ("trade_timestamp", "ttms", _N),
    ("trade_price", "tp", _N),
    ("trade_volume", "tv", _N),
    ("ask_bid", "ab", _S),
    ("prev_closing_price", "pcp", _N),
    ("change", "c", _S),
    ("change_price", "cp", _N),
    ("sequential_id", "sid", _N),
    ("best_ask_price", "bap", _N),
    ("best_ask_size", "bas", _N),
    ("best_bid_price", "bbp", _N),
    ("best_bid_size", "bbs", _N),
    ("stream_type", "st", _S),
)

_ORDERBOOK: tuple[_Field, ...] = (
    ("type", "ty", '"orderbook"'),
    ("code", "cd", _S),
    ("timestamp", "tms", _N),
    ("total_ask_size", "tas", _N),
    ("total_bid_size", "tbs", _N),
    ("orderbook_units", "obu", "[%s]"),
    ("stream_type", "st", _S),
    ("level", "lv", _N),
)

_CANDLE: tuple[_Field, ...] = (
    ("type", "ty", _S),
    ("code", "cd", _S),
    ("candle_date_time_utc", "cdttmu", _S),
    ("candle_date_time_kst", "cdttmk", _S),
    ("opening_price", "op", _N),
    ("high_price", "hp", _N),
    ("low_price", "lp", _N),
    ("trade_price", "tp", _N),
    ("candle_acc_trade_volume", "catv", _N),
    ("candle_acc_trade_price", "catp", _N),
    ("timestamp", "tms", _N),
    ("stream_type", "st", _S),
)


def _templates(fields: Sequence[_Field]) -> tuple[str, str]:
    """The message with its slots open, by `Format.short`."""
    long, short = (
        "{" + ",".join(f'"{field[which]}":{field[2]}' for field in fields) + "}" for which in (0, 1)
    )
    return long, short


_TICKER_TEXT = _templates(_TICKER)
_TRADE_TEXT = _templates(_TRADE)
_ORDERBOOK_TEXT = _templates(_ORDERBOOK)
_CANDLE_TEXT = _templates(_CANDLE)

_RATE_DECIMALS = 10
_RATE_UNIT = 10_000_000_000


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
            _SIZE[short](trade.size),
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
    price = _PRICE[short]
    return _TICKER_TEXT[short] % (
        code,
        price(opening),
        price(high),
        price(low),
        _N,
        price(prev_closing),
        *(_N,) * 14,
        price(highest_52_week),
        highest_52_week_date,
        price(lowest_52_week),
        lowest_52_week_date,
        *(_N,) * 4,
    )


class Change(NamedTuple):
    """A price and how it compares with the last day's, as text."""

    price: str
    direction: str
    distance: str
    signed: str
    rate: str
    signed_rate: str


# The same prices trade again and again.
@lru_cache(maxsize=1 << 12)
def change_of(price: int, prev_closing: int, short: bool) -> Change:
    text = _PRICE[short]
    change = price - prev_closing
    rate = _rate(change, prev_closing)
    return Change(
        text(price),
        _direction(change),
        text(abs(change)),
        text(change),
        text(abs(rate), _RATE_DECIMALS),
        text(rate, _RATE_DECIMALS),
    )


def trade_frame(code: str, trade: Trade, form: Format, stream_type: str) -> bytes:
    """One trade."""
    short = form.short
    size = _SIZE[short]
    when = written(trade.trade_timestamp)
    change = change_of(trade.price, trade.prev_closing_price, short)
    return form.frame(
        _TRADE_TEXT[short]
        % (
            code,
            trade.timestamp,
            when.date,
            when.time,
            trade.trade_timestamp,
            change.price,
            size(trade.size),
            trade.ask_bid,
            _PRICE[short](trade.prev_closing_price),
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
    short, size = form.short, _SIZE[form.short]
    return form.frame(
        _ORDERBOOK_TEXT[short]
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


_OWN_SIZE = attrgetter("size")

# What stands before each number of a unit and after the last, by `Format.short`. The units are put
# together from pieces such as `,"bid_price":4117000.0` which the levels keep: to join 120 of them
# is all that is left to do for a book in which nothing has changed.
_ASK = (('{"ask_price":', ',"ask_size":', ""), ('{"ap":', ',"as":', ""))
_BID = ((',"bid_price":', ',"bid_size":', "},"), (',"bp":', ',"bs":', "},"))


# Where a level keeps its two pieces, by `Format.short`.
_GET = (
    (attrgetter("long_price"), attrgetter("long_size")),
    (attrgetter("short_price"), attrgetter("short_size")),
)


def _write(level: Level, names: tuple[str, str, str], short: bool) -> tuple[str, str]:
    """Price and size of a level with their names; from now on kept by the level."""
    before_price, before_size, end = names
    if short:
        price = level.short_price or before_price + simple_number(level.price)
        size = f"{before_size}{simple_number(level.size)}{end}"
        level.short_price, level.short_size = price, size
    else:
        price = level.long_price or before_price + default_price(level.price)
        size = f"{before_size}{default_size(level.size)}{end}"
        level.long_price, level.long_size = price, size
    return price, size


def _padding(short: bool) -> list[str]:
    """Below the last level of a thin side frames go on with zeros."""
    ask_price, ask_size = _write(Level(0, 0), _ASK[short], short)
    bid_price, bid_size = _write(Level(0, 0), _BID[short], short)
    return [ask_price, bid_price, ask_size, bid_size] * BOOK_DEPTH


_PADDING = _padding(False), _padding(True)


def orderbook_units(asks: Sequence[Level], bids: Sequence[Level], depth: int, short: bool) -> str:
    """All units of a book to this depth, without the brackets."""
    pieces = _PADDING[short][: 4 * depth]
    get_price, get_size = _GET[short]
    for offset, side, names in ((0, asks, _ASK[short]), (1, bids, _BID[short])):
        sizes = list(map(get_size, side))
        if None in sizes:
            sizes = [get_size(one) or _write(one, names, short)[1] for one in side]
        end = 4 * len(side)
        pieces[offset:end:4] = map(get_price, side)
        pieces[offset + 2 : end : 4] = sizes
    return "".join(pieces)[:-1]


def candle_frame(
    code: str, candle_type: str, candle: Candle, form: Format, stream_type: str
) -> bytes:
    """A candle as it is by now."""
    price, size = _PRICE[form.short], _SIZE[form.short]
    when = written(candle.start_ms)
    return form.frame(
        _CANDLE_TEXT[form.short]
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


def _direction(change: int) -> str:
    if change == 0:
        return "EVEN"
    return "RISE" if change > 0 else "FALL"


def _rate(change: int, base: int) -> int:
    """The change as a share of `base`, rounded half away from zero to ten decimals."""
    rate = (2 * abs(change) * _RATE_UNIT + base) // (2 * base)
    return rate if change >= 0 else -rate
