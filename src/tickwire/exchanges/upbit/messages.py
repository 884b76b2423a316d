"""Upbit's messages: what a frame is, and the event in it.

Upbit has two vocabularies, long names (DEFAULT) and short ones (SIMPLE), each alone or wrapped
in an array (JSON_LIST, SIMPLE_LIST). Which one a frame speaks is read from the frame itself, so
a connection whose format changes under way goes on without a seam.

The tables name each field of an event with its short form. The short names depend on the type
(`td` is a trade's date, `tdt` a ticker's). Source: docs.upbit.com, the page of each type, 2026-09.
"""

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from itertools import chain
from operator import attrgetter
from typing import Annotated, Any

import msgspec
from msgspec import Raw
from msgspec.structs import astuple

from tickwire.core.exchange import Other, Payload, Refusal, Status
from tickwire.errors import ProtocolError
from tickwire.events import (
    BaseWebSocketEvent,
    CandleEvent,
    OrderbookEvent,
    OrderbookUnit,
    TickerEvent,
    TradeEvent,
)
from tickwire.fields import decimal_of, fields_of
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
_INTEGER = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
_DEPRECATED = {"is_trading_suspended": bool | None, "market_warning": str | None}
# Trades have the best prices since 2024-11-27; some hosts send no level.
_MAY_BE_ABSENT = {
    "best_ask_price",
    "best_ask_size",
    "best_bid_price",
    "best_bid_size",
    "level",
    "delisting_date",
    *_DEPRECATED,
}
_ABSENT = Raw(b"")


def _struct(cls: type, *, short: bool) -> type:
    """The message of an event class: texts and integers decoded, numbers left as their text."""
    fields: list[tuple[str, Any] | tuple[str, Any, Any]] = []
    for name, is_number in fields_of(cls):
        kind: Any = Raw if is_number else _INTEGER if name in _INTEGERS else str
        if name == "orderbook_units":
            kind = list[_struct(OrderbookUnit, short=short)]  # type: ignore[misc]
        elif name == "delisting_date":
            kind = Any
        kind = _DEPRECATED.get(name, kind)
        if name in _MAY_BE_ABSENT:
            fields.append((name, kind, _ABSENT if is_number else None))
        else:
            fields.append((name, kind))
    names = SHORT_NAMES[cls] if short else {name: name for name in SHORT_NAMES[cls]}
    if not short and "symbol" in names:
        names["symbol"] = "code"
    return msgspec.defstruct(
        cls.__name__ + ("Short" if short else "Long"), fields, rename=names, kw_only=True, gc=False
    )


class _Format:
    """How one event class is decoded in one vocabulary."""

    def __init__(self, event: type[BaseWebSocketEvent], *, short: bool) -> None:
        self.event = event
        self._decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(_struct(event, short=short))
        self._numbers = _numbers_of(event)
        self._literals = attrgetter(*self._numbers)

    def decode(self, body: bytes) -> Any:
        body.decode()  # msgspec takes no notice of the bytes in what it skips
        message = self._decoder.decode(body)
        units = message.orderbook_units if self.event is OrderbookEvent else ()
        literals = chain(self._literals(message), *map(astuple, units))
        # All together first: it costs a fraction of looking at each.
        if b"".join(literals).translate(None, _IN_NUMBERS):
            _check_numbers(message, self._numbers)
            for unit in units:
                _check_numbers(unit, _NUMBERS_OF_UNIT)
        return message


def _numbers_of(cls: type) -> tuple[str, ...]:
    return tuple(name for name, is_number in fields_of(cls) if is_number)


_NUMBERS_OF_UNIT = _numbers_of(OrderbookUnit)

# The syntax of a literal has been checked: one that has no other characters is a number.
_IN_NUMBERS = b"0123456789.+-eE"


def _check_numbers(message: object, names: Iterable[str]) -> None:
    for name in names:
        literal = bytes(getattr(message, name))
        if literal == b"null" and name in _MAY_BE_ABSENT:
            continue
        if literal.translate(None, _IN_NUMBERS):
            raise ProtocolError(f"{name} is no number: {literal[:40]!r}")


_EVENTS: dict[str, type[BaseWebSocketEvent]] = {
    DataType.TICKER: TickerEvent,
    DataType.TRADE: TradeEvent,
    DataType.ORDERBOOK: OrderbookEvent,
    **{data_type: CandleEvent for data_type in DataType if data_type.is_candle},
}

_FORMATS = {
    short: {event: _Format(event, short=short) for event in set(_EVENTS.values())}
    for short in (False, True)
}
_DECODE: dict[bool, dict[str, _Format]] = {
    short: {kind: formats[event] for kind, event in _EVENTS.items()}
    for short, formats in _FORMATS.items()
}


class _Head(msgspec.Struct):
    """As much of a message as says whose it is. Decoding it checks the syntax of the whole."""

    type: str = ""
    ty: str = ""
    code: str = ""
    cd: str = ""
    level: Raw = _ABSENT
    lv: Raw = _ABSENT


class _Error(msgspec.Struct):
    name: str | int = ""
    message: str = ""


class _Notice(msgspec.Struct):
    """A message without a type."""

    error: _Error | None = None
    status: str = ""
    method: str = ""
    mthd: str = ""


_head = msgspec.json.Decoder(_Head).decode
_notice = msgspec.json.Decoder(_Notice).decode
_elements = msgspec.json.Decoder(list[Raw]).decode


def classify(frame: bytes) -> Sequence[Payload | Refusal | Status | Other]:
    """What a frame holds, one entry for each message in it; raises `ProtocolError`."""
    if frame.lstrip()[:1] == b"[":
        return [_classify_one(bytes(raw)) for raw in _guarded(_elements, frame)]
    return (_classify_one(frame),)


def _classify_one(body: bytes) -> Payload | Refusal | Status | Other:
    head = _guarded(_head, body)
    short = not head.type
    kind = head.ty if short else head.type
    if kind in _EVENTS:
        level = _NO_LEVEL
        if kind == _ORDERBOOK:
            level = _guarded(decimal_of, bytes(head.lv if short else head.level)) or _NO_LEVEL
        return Payload((kind, head.cd if short else head.code, level), body, short)
    if kind:
        return Other(kind, body)
    notice = _guarded(_notice, body)
    if notice.error is not None:
        return Refusal(str(notice.error.name), notice.error.message)
    if notice.status:
        return Status(notice.status)
    return Other(notice.method or notice.mthd, body)


_ORDERBOOK = DataType.ORDERBOOK.value
_NO_LEVEL = Decimal(0)


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
