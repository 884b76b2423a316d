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
from dataclasses import FrozenInstanceError, dataclass
from decimal import Decimal, InvalidOperation
from functools import partial
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
    """A field of a message, read from the decoded message when it is asked for."""

    undecoded: ClassVar[type | None] = None
    """What the message holds until the field is first read, where that differs."""

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
        value = getattr(view._message, self.name)
        if type(value) is self.undecoded:
            value = self.converted(value)
            setattr(view._message, self.name, value)
        result: T_co = value
        return result

    def converted(self, value: Any) -> Any:
        """What users see for what a message holds, or for what an event is built with."""
        return value


class Number(Field[T_co]):
    """A number of a message: its text until it is read, then a `Decimal` equal to that text."""

    undecoded = msgspec.Raw

    def converted(self, value: Any) -> Decimal | None:
        if type(value) is msgspec.Raw:
            return decimal_of(bytes(value))
        try:
            number = _NAN if isinstance(value, float | bool) else Decimal(value)
        except (InvalidOperation, TypeError, ValueError):
            number = _NAN
        if not number.is_finite():
            raise UsageError(f"{self.name} must be a finite Decimal, int or text, not {value!r}")
        return number


def decimal_of(literal: bytes) -> Decimal | None:
    """The exact value of a JSON number, `None` for null or nothing; raises `ProtocolError`.

    A price that the wire spells `1.165E8` is written out as 116500000: the same number, and what
    one expects to see when it is printed.
    """
    if literal in (b"", b"null"):
        return None
    try:
        number = Decimal(literal.decode()) if len(literal) <= MAX_DIGITS else _NAN
    except InvalidOperation:
        number = _NAN
    if not number.is_finite():  # a context that traps nothing makes nonsense a nan by itself
        raise ProtocolError(f"expected a number, not {literal[:40]!r}", literal)
    if b"E" in literal or b"e" in literal:
        exponent = number.as_tuple().exponent
        if isinstance(exponent, int) and 0 < exponent < _LONGEST_WRITTEN_OUT:
            return Decimal(int(number))
    return number


_NAN = Decimal("nan")
_LONGEST_WRITTEN_OUT = 30


class _View:
    """Something with fields, read from a decoded message that holds them by the same names."""

    __slots__ = ("_message",)
    _message: Any
    _fields: ClassVar[dict[str, Field[Any]]] = {}

    def __init_subclass__(cls) -> None:
        own = {name: field for name, field in vars(cls).items() if isinstance(field, Field)}
        cls._fields = cls._fields | own

    def __init__(self, **fields: Any) -> None:
        unknown = fields.keys() - self._fields.keys()
        if unknown:
            raise UsageError(
                f"{type(self).__name__} has no field {', '.join(sorted(unknown))}; "
                f"it has {', '.join(self._fields)}"
            )
        message = SimpleNamespace(**dict.fromkeys(self._fields))
        for name, value in fields.items():
            if value is not None:
                setattr(message, name, self._fields[name].converted(value))
        _set_message(self, message)

    def __setattr__(self, name: str, value: object) -> None:
        raise FrozenInstanceError(f"{type(self).__name__} is immutable; build another one")

    def __delattr__(self, name: str) -> None:
        raise FrozenInstanceError(f"{type(self).__name__} is immutable; build another one")

    def to_dict(self) -> dict[str, Any]:
        """The fields by name: texts, whole numbers and `Decimal`s."""
        return {name: getattr(self, name) for name in self._fields}

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self.to_dict() == other.to_dict()

    def __hash__(self) -> int:
        return hash((type(self), *self.to_dict().values()))

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={_shown(getattr(self, name))}" for name in self._fields)
        return f"{type(self).__name__}({shown})"

    def __reduce__(self) -> tuple[Any, ...]:
        return partial(type(self), **self.to_dict()), ()


_set_message = _View.__dict__["_message"].__set__


def _shown(value: object) -> str:
    # Texts come from outside, and a repr goes into logs: control characters must be escaped.
    return str(value) if isinstance(value, Decimal) else repr(value)


def fields_of(cls: type[_View]) -> Iterator[tuple[str, bool]]:
    """The fields of an event class in order, each with whether it is a number."""
    for name, field in cls._fields.items():
        yield name, isinstance(field, Number)


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
        super().__init__(**fields)
        self._note_arrival(b"", 0, False)

    @classmethod
    def view(cls, message: object, payload: bytes, received_time_ns: int) -> Self:
        """An event that reads its fields from a decoded message. For exchange adapters."""
        event = cls.__new__(cls)
        _set_message(event, message)
        event._note_arrival(payload, received_time_ns, False)
        return event

    def _note_arrival(self, payload: bytes, received_time_ns: int, handed_over: bool) -> None:
        _set_payload(self, payload)
        _set_received(self, received_time_ns)
        _set_handed_over(self, handed_over)

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

    def __hash__(self) -> int:
        return hash((self.type, self.symbol, self.timestamp))

    def __reduce__(self) -> tuple[Any, ...]:
        arrival = (self._payload, self.received_time_ns, self.handed_over)
        return (*super().__reduce__(), arrival)

    def __setstate__(self, arrival: tuple[bytes, int, bool]) -> None:
        self._note_arrival(*arrival)


_set_payload = BaseWebSocketEvent.__dict__["_payload"].__set__
_set_received = BaseWebSocketEvent.__dict__["received_time_ns"].__set__
_set_handed_over = BaseWebSocketEvent.__dict__["handed_over"].__set__
_encoder = msgspec.json.Encoder(decimal_format="number")


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


class OrderbookUnit(_View):
    """The *i*-th best ask beside the *i*-th best bid; the two have nothing else in common."""

    __slots__ = ()
    ask_price = Number[Decimal]("price of the ask, 0 where the side is too thin")
    bid_price = Number[Decimal]("price of the bid, 0 where the side is too thin")
    ask_size = Number[Decimal]("size of the ask")
    bid_size = Number[Decimal]("size of the bid")

    @classmethod
    def of(cls, source: object) -> Self:
        """The unit that a decoded message or a dict of fields stands for."""
        if isinstance(source, cls):
            return source
        if isinstance(source, dict):
            return cls(**source)
        unit = cls.__new__(cls)
        _set_message(unit, source)
        return unit


class BookLevel(NamedTuple):
    """One price of a book with the size waiting there."""

    price: Decimal
    size: Decimal


class _Units(Field[tuple[OrderbookUnit, ...]]):
    """The levels of a book, made into units when first read."""

    undecoded = list

    def converted(self, value: Any) -> tuple[OrderbookUnit, ...]:
        return tuple(OrderbookUnit.of(unit) for unit in value)


class OrderbookEvent(BaseWebSocketEvent):
    """The whole order book, best prices first. Each event replaces the one before."""

    __slots__ = ()
    total_ask_size = Number[Decimal]("size of all asks listed")
    total_bid_size = Number[Decimal]("size of all bids listed")
    orderbook_units = _Units("the levels as they came, padding of a thin side included")
    level = Number[Decimal | None]("price step of the grouping, 0 for none; not on every host")

    def __init__(self, **fields: Any) -> None:
        super().__init__(**{"orderbook_units": (), **fields})

    @property
    def asks(self) -> tuple[BookLevel, ...]:
        """The asks, lowest first, without padding."""
        units = self.orderbook_units
        return tuple(BookLevel(price, u.ask_size) for u in units if (price := u.ask_price))

    @property
    def bids(self) -> tuple[BookLevel, ...]:
        """The bids, highest first, without padding."""
        units = self.orderbook_units
        return tuple(BookLevel(price, u.bid_size) for u in units if (price := u.bid_price))

    def to_dict(self) -> dict[str, Any]:
        """The fields by name, each unit as a dict of its own."""
        units = [unit.to_dict() for unit in self.orderbook_units]
        return super().to_dict() | {"orderbook_units": units}


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
