"""The text of every public message, in every format.

Source: the websocket-ticker, -trade, -orderbook and -candle pages of docs.upbit.com (2026-09) and
frames of the real wire. The order of the keys is the order seen there.
"""

import json
from collections.abc import Sequence
from typing import NamedTuple

from tickwire.simulator.book import Level
from tickwire.simulator.candles import Candle
from tickwire.simulator.dates import written
from tickwire.simulator.market import Market, Trade
from tickwire.simulator.spelling import (
    UNIT,
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
    "Format",
    "candle_frame",
    "error_frame",
    "orderbook_frame",
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
# Below the last level of a thin side frames go on with zeros.
_PADDING = (("0.0", "0.0"), ("0", "0"))


def ticker_frame(market: Market, form: Format, stream_type: str) -> bytes:
    """The ticker as the last trade left it."""
    trade, figures = market.trade, market.figures
    price, size = _PRICE[form.short], _SIZE[form.short]
    when = written(trade.trade_timestamp)
    change = trade.price - figures.prev_closing_price
    rate = _rate(change, figures.prev_closing_price)
    return form.frame(
        _TICKER_TEXT[form.short]
        % (
            market.code,
            price(figures.open),
            price(figures.high),
            price(figures.low),
            price(trade.price),
            price(figures.prev_closing_price),
            plain(figures.acc_value, VALUE_DECIMALS),
            _direction(change),
            price(abs(change)),
            price(change),
            price(abs(rate), _RATE_DECIMALS),
            price(rate, _RATE_DECIMALS),
            trade.ask_bid,
            size(trade.size),
            plain(figures.acc_volume),
            when.compact_date,
            when.compact_time,
            trade.trade_timestamp,
            plain(figures.acc_ask_volume),
            plain(figures.acc_bid_volume),
            price(figures.highest_52_week_price),
            figures.highest_52_week_date,
            price(figures.lowest_52_week_price),
            figures.lowest_52_week_date,
            trade.timestamp,
            plain(figures.acc_value_24h, VALUE_DECIMALS),
            plain(figures.acc_volume_24h),
            stream_type,
        )
    )


def trade_frame(code: str, trade: Trade, form: Format, stream_type: str) -> bytes:
    """One trade."""
    price, size = _PRICE[form.short], _SIZE[form.short]
    when = written(trade.trade_timestamp)
    change = trade.price - trade.prev_closing_price
    return form.frame(
        _TRADE_TEXT[form.short]
        % (
            code,
            trade.timestamp,
            when.date,
            when.time,
            trade.trade_timestamp,
            price(trade.price),
            size(trade.size),
            trade.ask_bid,
            price(trade.prev_closing_price),
            _direction(change),
            price(abs(change)),
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
    short = form.short
    # Most levels still have their text from the frame before.
    ask_texts = [one.texts[short] or one.write(short) for one in asks[:depth]]
    bid_texts = [one.texts[short] or one.write(short) for one in bids[:depth]]
    for texts in (ask_texts, bid_texts):
        texts.extend([_PADDING[short]] * (depth - len(texts)))
    units = (_short_units if short else _long_units)(ask_texts, bid_texts)
    size = _SIZE[short]
    return form.frame(
        _ORDERBOOK_TEXT[short]
        % (
            code,
            timestamp,
            size(sum([one.size for one in asks])),
            size(sum([one.size for one in bids])),
            units,
            stream_type,
            plain(level),
        )
    )


# Written out in full because these lines are most of the work of a busy exchange.
def _long_units(asks: list[tuple[str, str]], bids: list[tuple[str, str]]) -> str:
    return ",".join(
        [
            f'{{"ask_price":{ask},"bid_price":{bid},"ask_size":{ask_size},"bid_size":{bid_size}}}'
            for (ask, ask_size), (bid, bid_size) in zip(asks, bids, strict=True)
        ]
    )


def _short_units(asks: list[tuple[str, str]], bids: list[tuple[str, str]]) -> str:
    return ",".join(
        [
            f'{{"ap":{ask},"bp":{bid},"as":{ask_size},"bs":{bid_size}}}'
            for (ask, ask_size), (bid, bid_size) in zip(asks, bids, strict=True)
        ]
    )


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


def subscriptions_frame(
    subscriptions: Sequence[tuple[str, Sequence[str], int | None]], ticket: str, form: Format
) -> bytes:
    """The answer to LIST_SUBSCRIPTIONS: type, codes and for orderbooks the grouping of each.

    Whether the list formats wrap it is not known; here they do not.
    """
    names = (
        ("method", "result", "ticket", "type", "codes", "level"),
        ("mthd", "rslt", "tckt", "ty", "cds", "lv"),
    )
    method, result, own, kind, members, level = names[form.short]
    entries: list[dict[str, object]] = []
    for stream_type, codes, grouping in subscriptions:
        entry: dict[str, object] = {kind: stream_type, members: list(codes)}
        if grouping is not None:
            entry[level] = grouping // UNIT if grouping % UNIT == 0 else grouping / UNIT
        entries.append(entry)
    return _json({method: "LIST_SUBSCRIPTIONS", result: entries, own: ticket})


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _direction(change: int) -> str:
    if change == 0:
        return "EVEN"
    return "RISE" if change > 0 else "FALL"


def _rate(change: int, base: int) -> int:
    """The change as a share of `base`, rounded half away from zero to ten decimals."""
    rate = (2 * abs(change) * _RATE_UNIT + base) // (2 * base)
    return rate if change >= 0 else -rate
