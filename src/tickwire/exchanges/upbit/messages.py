"""Upbit's messages: what a frame is, and the event in it.

Upbit has two vocabularies, long names (DEFAULT) and short ones (SIMPLE), each alone or wrapped
in an array (JSON_LIST, SIMPLE_LIST). Which one a frame speaks is read from the frame itself, so
a connection whose format changes under way goes on without a seam.

The tables name each field of an event with its short form. The short names depend on the type
(`td` is a trade's date, `tdt` a ticker's). Source: docs.upbit.com, the page of each type, 2026-09.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import Raw

from tickwire.core.exchange import Other, Payload, Refusal, Status
from tickwire.errors import ProtocolError
from tickwire.events import (
    BaseWebSocketEvent,
    CandleEvent,
    OrderbookEvent,
    OrderbookUnit,
    TickerEvent,
    TradeEvent,
    fields_of,
)
from tickwire.subscription import DataType

__all__ = ["SHORT_NAMES", "classify", "decode", "markets"]

_COMMON = {"type": "ty", "symbol": "cd", "timestamp": "tms", "stream_type": "st"}

SHORT_NAMES: dict[type, dict[str, str]] = {
    TickerEvent: _COMMON
    | {
        "opening_price": "op",
        "high_price": "hp",
        "low_price": "lp",
        "trade_price": "tp",
        "prev_closing_price": "pcp",
        "acc_trade_price": "atp",
        "change": "c",
        "change_price": "cp",
        "signed_change_price": "scp",
        "change_rate": "cr",
        "signed_change_rate": "scr",
        "ask_bid": "ab",
        "trade_volume": "tv",
        "acc_trade_volume": "atv",
        "trade_date": "tdt",
        "trade_time": "ttm",
        "trade_timestamp": "ttms",
        "acc_ask_volume": "aav",
        "acc_bid_volume": "abv",
        "highest_52_week_price": "h52wp",
        "highest_52_week_date": "h52wdt",
        "lowest_52_week_price": "l52wp",
        "lowest_52_week_date": "l52wdt",
        "market_state": "ms",
        "is_trading_suspended": "its",
        "delisting_date": "dd",
        "market_warning": "mw",
        "acc_trade_price_24h": "atp24h",
        "acc_trade_volume_24h": "atv24h",
    },
    TradeEvent: _COMMON
    | {
        "trade_date": "td",
        "trade_time": "ttm",
        "trade_timestamp": "ttms",
        "trade_price": "tp",
        "trade_volume": "tv",
        "ask_bid": "ab",
        "prev_closing_price": "pcp",
        "change": "c",
        "change_price": "cp",
        "sequential_id": "sid",
        "best_ask_price": "bap",
        "best_ask_size": "bas",
        "best_bid_price": "bbp",
        "best_bid_size": "bbs",
    },
    OrderbookEvent: _COMMON
    | {
        "total_ask_size": "tas",
        "total_bid_size": "tbs",
        "orderbook_units": "obu",
        "level": "lv",
    },
    OrderbookUnit: {"ask_price": "ap", "bid_price": "bp", "ask_size": "as", "bid_size": "bs"},
    CandleEvent: _COMMON
    | {
        "candle_date_time_utc": "cdttmu",
        "candle_date_time_kst": "cdttmk",
        "opening_price": "op",
        "high_price": "hp",
        "low_price": "lp",
        "trade_price": "tp",
        "candle_acc_trade_volume": "catv",
        "candle_acc_trade_price": "catp",
    },
}

_INTEGERS = {"timestamp", "trade_timestamp", "sequential_id"}
_MAY_BE_ABSENT = {
    "best_ask_price",
    "best_ask_size",
    "best_bid_price",
    "best_bid_size",
    "level",
    "is_trading_suspended",
    "delisting_date",
    "market_warning",
    # A recording of 2021 has trades without it, and nothing else tells a snapshot then.
    "stream_type",
}
_NUMBER_OR_NULL = frozenset(b"-0123456789n")
_NUMBER = frozenset(b"-0123456789")
_NULL = Raw(b"null")


class _Format:
    """How one event class is decoded in one vocabulary."""

    def __init__(self, event: type[BaseWebSocketEvent], *, short: bool) -> None:
        self.event = event
        self._numbers = _number_checks(event)
        self._unit_numbers = _number_checks(OrderbookUnit) if event is OrderbookEvent else ()
        self._decoder = msgspec.json.Decoder(_struct(event, short=short))

    def decode(self, body: bytes) -> Any:
        message = self._decoder.decode(body)
        _check_numbers(message, self._numbers)
        if self._unit_numbers:
            for unit in message.orderbook_units:
                _check_numbers(unit, self._unit_numbers)
        return message


def _number_checks(cls: type) -> tuple[tuple[str, frozenset[int]], ...]:
    return tuple(
        (name, _NUMBER_OR_NULL if name in _MAY_BE_ABSENT else _NUMBER)
        for name, is_number in fields_of(cls)
        if is_number
    )


def _check_numbers(message: object, checks: tuple[tuple[str, frozenset[int]], ...]) -> None:
    for name, starts in checks:
        literal = bytes(getattr(message, name))
        if literal[0] not in starts:
            raise ProtocolError(f"{name} is no number: {literal[:40]!r}")


def _struct(cls: type, *, short: bool) -> type:
    """The message of an event class: texts and integers decoded, numbers left as their text."""
    fields: list[tuple[str, Any] | tuple[str, Any, Any]] = []
    for name, is_number in fields_of(cls):
        kind: Any = Raw if is_number else int if name in _INTEGERS else str
        if name == "orderbook_units":
            kind = list[_struct(OrderbookUnit, short=short)]  # type: ignore[misc]
        elif name in ("is_trading_suspended", "delisting_date", "market_warning"):
            kind = Any
        if name in _MAY_BE_ABSENT:
            absent = _NULL if is_number else "REALTIME" if name == "stream_type" else None
            fields.append((name, kind, absent))
        else:
            fields.append((name, kind))
    names = SHORT_NAMES[cls] if short else {name: name for name in SHORT_NAMES[cls]}
    if not short and "symbol" in names:
        names["symbol"] = "code"
    return msgspec.defstruct(
        cls.__name__ + ("Short" if short else "Long"), fields, rename=names, kw_only=True, gc=False
    )


_EVENTS: dict[str, type[BaseWebSocketEvent]] = {
    DataType.TICKER: TickerEvent,
    DataType.TRADE: TradeEvent,
    DataType.ORDERBOOK: OrderbookEvent,
} | {data_type: CandleEvent for data_type in DataType if data_type.is_candle}

_FORMATS = {
    short: {event: _Format(event, short=short) for event in set(_EVENTS.values())}
    for short in (False, True)
}
_DECODE: dict[bool, dict[str, _Format]] = {
    short: {kind: formats[event] for kind, event in _EVENTS.items()}
    for short, formats in _FORMATS.items()
}


class _Error(msgspec.Struct):
    name: str | int = ""
    message: str = ""


class _Head(msgspec.Struct):
    """As much of a message as tells what it is. Decoding it checks the syntax of the whole."""

    type: str = ""
    ty: str = ""
    code: str = ""
    cd: str = ""
    level: Decimal = Decimal(0)
    lv: Decimal = Decimal(0)
    error: _Error | None = None
    status: str = ""
    method: str = ""
    mthd: str = ""


_head = msgspec.json.Decoder(_Head).decode
_elements = msgspec.json.Decoder(list[Raw]).decode


def classify(frame: bytes) -> Sequence[Payload | Refusal | Status | Other]:
    """What a frame holds, one entry for each message in it; raises `ProtocolError`."""
    if frame[:1] == b"[":
        return [_classify_one(bytes(raw)) for raw in _guarded(_elements, frame)]
    return (_classify_one(frame),)


def _classify_one(body: bytes) -> Payload | Refusal | Status | Other:
    head = _guarded(_head, body)
    short = not head.type
    kind = head.ty if short else head.type
    if kind in _EVENTS:
        level = head.lv if short else head.level
        return Payload((kind, head.cd if short else head.code, level), body, short)
    if head.error is not None:
        return Refusal(str(head.error.name), head.error.message)
    if head.status:
        return Status(head.status)
    return Other(kind or head.method or head.mthd, body)


def decode(payload: Payload, received_time_ns: int) -> BaseWebSocketEvent:
    """The event in a payload; raises `ProtocolError`."""
    layout = _DECODE[payload.short][payload.key[0]]
    try:
        message = _guarded(layout.decode, payload.body)
    except ProtocolError as error:
        raise ProtocolError(f"{payload.key[0]}: {error}", payload.body) from error
    return layout.event.view(message, payload.body, received_time_ns)


class _Market(msgspec.Struct):
    market: str


_markets = msgspec.json.Decoder(list[_Market]).decode


def markets(body: bytes) -> tuple[str, ...]:
    """The codes in an answer of `/v1/market/all`; raises `ProtocolError`."""
    return tuple(each.market for each in _guarded(_markets, body))


def _guarded(read: Callable[[bytes], Any], body: bytes) -> Any:
    """Read, with every way in which bytes can be wrong mapped to `ProtocolError`."""
    try:
        return read(body)
    except (ValueError, RecursionError) as error:
        raise ProtocolError(str(error), body) from error
