"""What one can hear: data, as typed events.

An event is a view of the message it came in. Its texts and whole numbers are there at once; a
price or size is a `Decimal` made from the wire's own text when it is first read, so nothing is
rounded and nobody pays for numbers that are never looked at. Events are immutable and shared by
all components that asked.

Attributes carry Upbit's long names, with `symbol` for its `code`. Prices are in the quote
currency, sizes in the base currency, times are milliseconds since 1970 UTC as on the wire;
`received_time_ns` is ours, in nanoseconds. Source of the field lists: the reference pages of
docs.upbit.com for each type, read 2026-09. What becomes of the data is told in `tickwire.control`.
"""

from decimal import Decimal
from typing import Any, NamedTuple, Self

import msgspec

from tickwire.fields import Field, Number, View, set_message

__all__ = [
    "BaseWebSocketEvent",
    "BookLevel",
    "CandleEvent",
    "OrderbookEvent",
    "OrderbookUnit",
    "TickerEvent",
    "TradeEvent",
]


class BaseWebSocketEvent(View):
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
        set_message(event, message)
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


class OrderbookUnit(View):
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
        set_message(unit, source)
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
