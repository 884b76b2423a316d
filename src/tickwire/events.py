"""What one can hear: events with data, and control events that tell what became of the data.

A data event is a view of the message it came in. Its texts and whole numbers are there at once;
a price or size is a `Decimal` made from the wire's own text when it is first read, so nothing is
rounded and nobody pays for numbers that are never looked at. Events are immutable and shared by
all components that asked.

Attributes carry Upbit's long names, with `symbol` for its `code`. Prices are in the quote
currency, sizes in the base currency, times are milliseconds since 1970 UTC as on the wire;
`received_time_ns` is ours, in nanoseconds. Source of the field lists: the reference pages of
docs.upbit.com for each type, read 2026-09.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from types import SimpleNamespace
from typing import Any, ClassVar, Generic, NamedTuple, Self, TypeVar, overload

import msgspec

from tickwire.errors import ExchangeError, ProtocolError, UsageError
from tickwire.subscription import DataType, Stream

__all__ = [
    "BaseWebSocketEvent",
    "BookLevel",
    "CandleEvent",
    "ControlEvent",
    "Gap",
    "Lagged",
    "OrderbookEvent",
    "OrderbookUnit",
    "Reconnecting",
    "Refused",
    "Rejected",
    "Restored",
    "TickerEvent",
    "TradeEvent",
]

T_co = TypeVar("T_co", covariant=True)

MAX_DIGITS = 1000
"""A number longer than this is an attack or a fault, never a price."""


class Field(Generic[T_co]):
    """A field of a message, read from the decoded message as it is."""

    def __init__(self, meaning: str) -> None:
        self.__doc__ = meaning

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, view: None, owner: type) -> Self: ...
    @overload
    def __get__(self, view: "_View", owner: type) -> T_co: ...
    def __get__(self, view: "_View | None", owner: type) -> "Self | T_co":
        if view is None:
            return self
        value: T_co = getattr(view._message, self.name)
        return value


class Number(Field[T_co]):
    """A number of a message: its text until it is read, then a `Decimal` equal to that text."""

    @overload
    def __get__(self, view: None, owner: type) -> Self: ...
    @overload
    def __get__(self, view: "_View", owner: type) -> T_co: ...
    def __get__(self, view: "_View | None", owner: type) -> "Self | T_co":
        if view is None:
            return self
        value = getattr(view._message, self.name)
        if type(value) is msgspec.Raw:
            value = decimal_of(bytes(value))
            setattr(view._message, self.name, value)
        number: T_co = value
        return number


def decimal_of(literal: bytes) -> Decimal | None:
    """The exact value of a JSON number, `None` for null; raises `ProtocolError`."""
    if literal == b"null":
        return None
    if literal[:1] not in _NUMBER_STARTS or len(literal) > MAX_DIGITS:
        raise ProtocolError(f"expected a number, not {literal[:40]!r}", literal)
    try:
        return Decimal(literal.decode("ascii"))
    except (InvalidOperation, UnicodeDecodeError):
        raise ProtocolError(f"expected a number, not {literal[:40]!r}", literal) from None


_NUMBER_STARTS = frozenset(bytes([byte]) for byte in b"-0123456789")


class _View:
    """Something with fields, read from a decoded message that holds them by the same names."""

    __slots__ = ("_message",)
    _message: Any
    _fields: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls) -> None:
        own = tuple(name for name, value in vars(cls).items() if isinstance(value, Field))
        cls._fields = cls._fields + own

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} is immutable; build another one")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{type(self).__name__} is immutable; build another one")

    def to_dict(self) -> dict[str, Any]:
        """The fields by name: texts, whole numbers and `Decimal`s."""
        return {name: getattr(self, name) for name in self._fields}

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self.to_dict() == other.to_dict()

    def __hash__(self) -> int:
        return hash((type(self), tuple(self.to_dict().values())))

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value!s}" for name, value in self.to_dict().items())
        return f"{type(self).__name__}({shown})"


_set_message = _View.__dict__["_message"].__set__


def _built(cls: type[_View], fields: dict[str, Any]) -> SimpleNamespace:
    unknown = fields.keys() - set(cls._fields)
    if unknown:
        raise UsageError(
            f"{cls.__name__} has no field {', '.join(sorted(unknown))}; "
            f"it has {', '.join(cls._fields)}"
        )
    return SimpleNamespace(**{name: fields.get(name) for name in cls._fields})


class BaseWebSocketEvent(_View):
    """What every data event has. Build one with its fields as keyword arguments.

    Equal events have equal fields; how a number was spelled and when it came do not matter.
    """

    __slots__ = ("_payload", "handed_over", "received_time_ns")
    _payload: bytes
    received_time_ns: int
    """When the frame was read here, in nanoseconds since 1970 UTC; 0 for a built event."""
    handed_over: bool
    """Whether this is the last event of a stream that was live already, given to a newcomer."""

    type = Field[str]("the type as on the wire, such as `trade` or `candle.1m`")
    symbol = Field[str]("the market, `QUOTE-BASE`")
    timestamp = Field[int]("when the exchange made the message, ms")
    stream_type = Field[str]("`SNAPSHOT` for the state at the start, then `REALTIME`")

    def __init__(self, **fields: Any) -> None:
        _set_message(self, _built(type(self), fields))
        _set_payload(self, b"")
        _set_received(self, 0)
        _set_handed_over(self, False)

    @classmethod
    def view(cls, message: object, payload: bytes, received_time_ns: int) -> Self:
        """An event that reads its fields from a decoded message. For exchange adapters."""
        event = cls.__new__(cls)
        _set_message(event, message)
        _set_payload(event, payload)
        _set_received(event, received_time_ns)
        _set_handed_over(event, False)
        return event

    def as_handed_over(self) -> Self:
        """The same event, marked as given to a newcomer."""
        event = self.view(self._message, self._payload, self.received_time_ns)
        _set_handed_over(event, True)
        return event

    @property
    def raw(self) -> str:
        """The text of the message as it came; of a built event, its JSON."""
        return self._payload.decode() if self._payload else self.to_json()

    @property
    def is_snapshot(self) -> bool:
        """Whether this tells the state at the start of a stream."""
        return self.stream_type == "SNAPSHOT"

    def to_json(self) -> str:
        """The fields as one JSON object, numbers as numbers."""
        return _encoder.encode(self.to_dict()).decode()

    def __reduce__(self) -> tuple[Any, ...]:
        return _unpickle, (type(self), self.to_dict(), self._payload, self.received_time_ns)


_set_payload = BaseWebSocketEvent.__dict__["_payload"].__set__
_set_received = BaseWebSocketEvent.__dict__["received_time_ns"].__set__
_set_handed_over = BaseWebSocketEvent.__dict__["handed_over"].__set__


def _plain(value: object) -> object:
    if isinstance(value, OrderbookUnit):
        return value.to_dict()
    raise NotImplementedError(f"no JSON for {type(value).__name__}")


_encoder = msgspec.json.Encoder(decimal_format="number", enc_hook=_plain)


def _unpickle(
    cls: type[BaseWebSocketEvent], fields: dict[str, Any], payload: bytes, received_time_ns: int
) -> BaseWebSocketEvent:
    return cls.view(_built(cls, fields), payload, received_time_ns)


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
    is_trading_suspended = Field["bool | None"]("whether trading is halted; deprecated")
    delisting_date = Field[Any]("when the market ends, normally `None`; its form is not settled")
    market_warning = Field["str | None"]("`NONE` or `CAUTION`; deprecated")
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
    best_ask_price = Number["Decimal | None"]("lowest ask; in messages since 2024-11-27")
    best_ask_size = Number["Decimal | None"]("size at the lowest ask")
    best_bid_price = Number["Decimal | None"]("highest bid; in messages since 2024-11-27")
    best_bid_size = Number["Decimal | None"]("size at the highest bid")


class OrderbookUnit(_View):
    """The *i*-th best ask beside the *i*-th best bid; the two have nothing else in common."""

    __slots__ = ()
    ask_price = Number[Decimal]("price of the ask, 0 where the side is too thin")
    bid_price = Number[Decimal]("price of the bid, 0 where the side is too thin")
    ask_size = Number[Decimal]("size of the ask")
    bid_size = Number[Decimal]("size of the bid")

    def __init__(self, **fields: Any) -> None:
        _set_message(self, _built(type(self), fields))

    @classmethod
    def view(cls, message: object) -> Self:
        """A unit that reads its fields from a decoded message. For exchange adapters."""
        unit = cls.__new__(cls)
        _set_message(unit, message)
        return unit

    def __reduce__(self) -> tuple[Any, ...]:
        return _unpickle_unit, (self.to_dict(),)


def _unpickle_unit(fields: dict[str, Any]) -> OrderbookUnit:
    return OrderbookUnit(**fields)


class BookLevel(NamedTuple):
    """One price of a book with the size waiting there."""

    price: Decimal
    size: Decimal


class _Units(Field[tuple[OrderbookUnit, ...]]):
    """The levels of a book, made into units when first read."""

    @overload
    def __get__(self, view: None, owner: type) -> Self: ...
    @overload
    def __get__(self, view: _View, owner: type) -> tuple[OrderbookUnit, ...]: ...
    def __get__(self, view: _View | None, owner: type) -> "Self | tuple[OrderbookUnit, ...]":
        if view is None:
            return self
        units = getattr(view._message, self.name)
        if not isinstance(units, tuple):
            units = tuple(OrderbookUnit.view(unit) for unit in units or ())
            setattr(view._message, self.name, units)
        return units


class OrderbookEvent(BaseWebSocketEvent):
    """The whole order book, best prices first. Each event replaces the one before."""

    __slots__ = ()
    total_ask_size = Number[Decimal]("size of all asks listed")
    total_bid_size = Number[Decimal]("size of all bids listed")
    orderbook_units = _Units("the levels as they came, padding of a thin side included")
    level = Number["Decimal | None"]("price step of the grouping, 0 for none; not on every host")

    @property
    def asks(self) -> tuple[BookLevel, ...]:
        """The asks, lowest first, without padding."""
        units = self.orderbook_units
        return tuple(BookLevel(u.ask_price, u.ask_size) for u in units if u.ask_price)

    @property
    def bids(self) -> tuple[BookLevel, ...]:
        """The bids, highest first, without padding."""
        units = self.orderbook_units
        return tuple(BookLevel(u.bid_price, u.bid_size) for u in units if u.bid_price)


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


# --- control events -------------------------------------------------------------------------


@dataclass(frozen=True)
class ControlEvent:
    """What became of the data. Comes in its place between the data, to those who ask for it."""


@dataclass(frozen=True)
class Reconnecting(ControlEvent):
    """The connection is lost; data stops here until `Restored`.

    `failures` counts the losses and failed attempts in a row; `delay_s` is the wait before the
    next attempt; `alarm` says that the fast attempts are used up.
    """

    reason: str
    failures: int
    delay_s: float
    alarm: bool


@dataclass(frozen=True)
class Restored(ControlEvent):
    """The connection is back, and what was wanted then flows again, apart from `missing`."""

    confirmed: int
    missing: tuple[Stream, ...]
    outage_s: float


@dataclass(frozen=True)
class Gap(ControlEvent):
    """Between these two events of a stream the connection was gone; what happened is not known."""

    stream: Stream
    last_before: BaseWebSocketEvent
    first_after: BaseWebSocketEvent
    reason: str


@dataclass(frozen=True)
class Lagged(ControlEvent):
    """This component was too slow: `dropped` events of a type were given up, the oldest first."""

    type: DataType
    dropped: int


@dataclass(frozen=True)
class Rejected(ControlEvent):
    """The exchange does not know a stream; the wish is withdrawn.

    `suggestion` is the nearest symbol that exists, if one is near.
    """

    stream: Stream
    reason: str
    suggestion: str | None


@dataclass(frozen=True)
class Refused(ControlEvent):
    """The exchange answered a request with an error and closes the connection."""

    error: ExchangeError


def fields_of(cls: type[_View]) -> Iterator[tuple[str, bool]]:
    """The fields of an event class in order, each with whether it is a number."""
    for name in cls._fields:
        yield name, isinstance(getattr(cls, name), Number)
