"""Events are values: built, compared, copied, written down, and never changed."""

import copy
import json
import pickle
from collections.abc import Sequence
from dataclasses import FrozenInstanceError
from decimal import Decimal
from typing import Any, assert_type

import pytest

from tests.exchanges.upbit.reference import (
    DEFAULT,
    EVENTS,
    RECEIVED_NS,
    SIMPLE,
    decoded,
    written_out,
)
from tickwire.control import ControlEvent, Gap, Lagged, Reconnecting, Refused, Rejected, Restored
from tickwire.errors import ExchangeError, UsageError
from tickwire.events import (
    BaseWebSocketEvent,
    BookLevel,
    CandleEvent,
    OrderbookEvent,
    OrderbookUnit,
    TickerEvent,
    TradeEvent,
)
from tickwire.subscription import DataType, Stream

FRAMES = [
    pytest.param(frame, id=f"{kind}-{vocabulary}")
    for vocabulary, frames in (("DEFAULT", DEFAULT), ("SIMPLE", SIMPLE))
    for kind, frame in frames.items()
]
"""From the documentation; see `tests.exchanges.upbit.reference`."""


def a_trade(**changed: Any) -> TradeEvent:
    """A trade built by hand."""
    fields = {"type": "trade", "symbol": "KRW-BTC", "timestamp": 1, "trade_price": "0.10"}
    return TradeEvent(**(fields | changed))


# --- building -------------------------------------------------------------------------------


def test_an_event_is_built_with_its_fields() -> None:
    """Fields are keywords; those not given are `None`, and nothing came from a wire."""
    event = a_trade()
    assert (event.type, event.symbol, event.timestamp) == ("trade", "KRW-BTC", 1)
    assert event.to_dict()["trade_volume"] is None
    assert event.received_time_ns == 0
    assert not event.handed_over


@pytest.mark.parametrize("value", [Decimal("0.10"), "0.10"])
def test_numbers_are_built_exactly(value: object) -> None:
    """A number is given as a Decimal, an int or text, and is a Decimal."""
    assert a_trade(trade_price=value).trade_price.as_tuple() == Decimal("0.10").as_tuple()
    assert str(a_trade(trade_price=5).trade_price) == "5"


@pytest.mark.parametrize("value", [0.1, True, "x", "", "nan", "-inf", [], {}, object()])
def test_what_is_not_exact_is_no_number(value: object) -> None:
    """A float has lost its digits already, and is refused like everything that is no number."""
    with pytest.raises(UsageError, match="trade_price must be a finite Decimal"):
        a_trade(trade_price=value)


@pytest.mark.parametrize("cls", [*EVENTS.values(), OrderbookUnit])
def test_an_unknown_field_is_told_the_known_ones(cls: type[Any]) -> None:
    """The refusal names the unknown fields and lists the others."""
    with pytest.raises(UsageError) as error:
        cls(code="KRW-BTC", cost=1)
    assert f"{cls.__name__} has no field code, cost" in str(error.value)
    assert "ask_price" in str(error.value) or "symbol, timestamp" in str(error.value)


@pytest.mark.parametrize("units", [list, tuple])
def test_a_book_is_built_from_units_or_dicts(units: type) -> None:
    """Units may be given as they are or by their fields, and are a tuple then."""
    fields = {"ask_price": 3, "bid_price": 0, "ask_size": "0.5", "bid_size": 0}
    book = OrderbookEvent(orderbook_units=units([fields, OrderbookUnit(**fields)]))
    assert book.orderbook_units == (OrderbookUnit(**fields),) * 2
    assert book.asks == (BookLevel(Decimal(3), Decimal("0.5")),) * 2
    assert book.bids == ()


def test_a_book_built_without_units_is_empty() -> None:
    """No units are no levels."""
    book = OrderbookEvent()
    assert (list(book.asks), list(book.bids), list(book.orderbook_units)) == ([], [], [])


# --- comparing ------------------------------------------------------------------------------


@pytest.mark.parametrize("frame", FRAMES)
def test_equal_fields_are_equal_events(frame: str) -> None:
    """Two readings of a frame are equal and have one hash; so is the event built from its dict."""
    event = decoded(frame)
    built = type(event)(**event.to_dict())
    assert event == decoded(frame) == built
    assert len({event, decoded(frame), built}) == 1


def test_one_different_field_makes_another_event() -> None:
    """Each field counts, and so does the class."""
    assert a_trade() != a_trade(trade_price="0.11")
    assert a_trade() != a_trade(symbol="KRW-ETH")
    assert a_trade() != TickerEvent(**{"type": "trade", "symbol": "KRW-BTC", "timestamp": 1})
    assert a_trade() != a_trade().to_dict()
    assert OrderbookUnit(ask_price=1) != OrderbookUnit(ask_price=2)


def test_spelling_and_time_of_arrival_do_not_count() -> None:
    """Numbers are compared by value; when and how an event came does not matter."""
    assert a_trade(trade_price="0.10") == a_trade(trade_price="1E-1")
    assert hash(a_trade(trade_price="0.10")) == hash(a_trade(trade_price="1E-1"))
    assert decoded(DEFAULT["trade"]).as_handed_over() == decoded(f"[{DEFAULT['trade']}]")


# --- copying --------------------------------------------------------------------------------


@pytest.mark.parametrize("frame", FRAMES)
@pytest.mark.parametrize(
    "copied",
    [copy.copy, copy.deepcopy, lambda event: pickle.loads(pickle.dumps(event))],
    ids=["copy", "deepcopy", "pickle"],
)
def test_a_copy_has_everything(frame: str, copied: Any) -> None:
    """Fields, text, time of arrival and the hand-over mark survive."""
    event = decoded(frame).as_handed_over()
    twin = copied(event)
    assert twin == event
    assert type(twin) is type(event)
    assert twin.raw == frame
    assert twin.received_time_ns == RECEIVED_NS
    assert twin.handed_over


def test_a_unit_survives_pickling() -> None:
    """A level on its own is a value too."""
    unit = decoded(DEFAULT["orderbook"]).orderbook_units[0]
    assert pickle.loads(pickle.dumps(unit)) == copy.copy(unit) == unit
    assert len({unit, copy.copy(unit)}) == 1


def test_a_hand_over_is_marked_on_a_copy() -> None:
    """The event that others hold stays as it is; the stream type is not touched."""
    event = decoded(DEFAULT["trade"])
    handed = event.as_handed_over()
    assert handed.handed_over
    assert not event.handed_over
    assert handed == event
    assert handed.stream_type == "REALTIME"
    assert handed.raw == event.raw
    assert handed.received_time_ns == event.received_time_ns


# --- writing down ---------------------------------------------------------------------------


def _exact(text: str) -> Any:
    return json.loads(text, parse_float=Decimal, parse_int=Decimal)


def _digits(value: Any) -> Any:
    """A value with each number as sign, digits and exponent."""
    if isinstance(value, dict):
        return {name: _digits(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_digits(each) for each in value]
    return written_out(value).as_tuple() if isinstance(value, Decimal) else value


@pytest.mark.parametrize("frame", DEFAULT.values(), ids=DEFAULT)
def test_json_has_the_numbers_of_the_wire(frame: str) -> None:
    """The JSON of an event has every digit; only `code` is called `symbol`."""
    wire = _exact(frame)
    wire["symbol"] = wire.pop("code", "")
    told = _exact(decoded(frame).to_json())
    if wire["type"] == "announcement":
        assert told.pop("body") is None
    assert _digits(told) == _digits(wire)


@pytest.mark.parametrize("frame", FRAMES)
def test_a_dict_is_plain_throughout(frame: str) -> None:
    """A dict holds texts, whole numbers and Decimals, and what is nested as dicts of those."""
    event = decoded(frame)
    fields = event.to_dict()
    parts = [*fields.pop("orderbook_units", []), *fields.pop("assets", [])]
    parts += [fields.pop(name, {}) for name in ("params", "event_params", "value")]
    for part in parts:
        assert type(part) is dict
        assert {type(value) for value in part.values()} <= {Decimal, int, str}
    assert {type(value) for value in fields.values()} <= {str, int, Decimal, bool, type(None)}
    assert list(fields)[:4] == ["type", "symbol", "timestamp", "stream_type"]


def test_raw_is_the_text_that_came() -> None:
    """A message keeps its text, also out of a list; a built event has its JSON instead."""
    assert decoded(DEFAULT["candle.1m"]).raw == DEFAULT["candle.1m"]
    assert decoded(f"[{SIMPLE['trade']}]").raw == SIMPLE["trade"]
    assert a_trade().raw == a_trade().to_json()
    assert _exact(a_trade().raw)["trade_price"] == Decimal("0.10")


def test_a_repr_shows_every_field() -> None:
    """Numbers stand as they are and texts are escaped, since a repr goes into logs."""
    shown = repr(a_trade(symbol="KRW\x1b\n"))
    assert shown.startswith(r"TradeEvent(type='trade', symbol='KRW\x1b\n', timestamp=1, ")
    assert "trade_price=0.10, " in shown
    assert "OrderbookUnit(ask_price=3012.0, " in repr(decoded(DEFAULT["orderbook"]))


# --- immutability ---------------------------------------------------------------------------

NAMES = ["trade_price", "symbol", "handed_over", "received_time_ns", "_message", "new"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("event", [decoded(DEFAULT["trade"]), a_trade()], ids=["wire", "built"])
def test_an_event_cannot_be_changed(event: BaseWebSocketEvent, name: str) -> None:
    """Neither setting nor deleting does anything but raise."""
    before = event.to_json()
    with pytest.raises(FrozenInstanceError, match="TradeEvent is immutable"):
        setattr(event, name, 1)
    with pytest.raises(FrozenInstanceError, match="TradeEvent is immutable"):
        delattr(event, name)
    assert event.to_json() == before


def test_a_unit_cannot_be_changed() -> None:
    """The levels of a book are as immutable as the book."""
    unit = decoded(DEFAULT["orderbook"]).orderbook_units[0]
    with pytest.raises(FrozenInstanceError):
        unit.ask_price = Decimal(1)
    with pytest.raises(FrozenInstanceError):
        del unit.ask_size


# --- properties -----------------------------------------------------------------------------


def test_a_snapshot_says_so() -> None:
    """`is_snapshot` follows the stream type."""
    assert decoded(DEFAULT["ticker"]).is_snapshot
    assert not decoded(SIMPLE["ticker"]).is_snapshot
    assert not a_trade().is_snapshot


def test_a_candle_knows_its_length() -> None:
    """The unit is the end of the type."""
    assert decoded(DEFAULT["candle.1m"]).unit == "1m"
    assert CandleEvent(type="candle.240m").unit == "240m"


def test_attributes_have_static_types() -> None:
    """A type checker knows what each kind of field gives."""
    trade: TradeEvent = decoded(DEFAULT["trade"])
    assert_type(trade.symbol, str)
    assert_type(trade.timestamp, int)
    assert_type(trade.trade_price, Decimal)
    assert_type(trade.best_ask_price, Decimal | None)
    ticker: TickerEvent = decoded(DEFAULT["ticker"])
    assert_type(ticker.is_trading_suspended, bool | None)
    assert_type(ticker.market_warning, str | None)
    book: OrderbookEvent = decoded(DEFAULT["orderbook"])
    assert_type(book.orderbook_units, Sequence[OrderbookUnit])
    assert_type(book.orderbook_units[0].ask_price, Decimal)
    assert_type(book.asks[0].price, Decimal)


# --- control events -------------------------------------------------------------------------

STREAM = Stream(DataType.TRADE, "KRW-BTC")


@pytest.mark.parametrize(
    "event",
    [
        Reconnecting("lost", failures=1, delay_s=0.0, alarm=False),
        Restored(confirmed=2, missing=(STREAM,), outage_s=1.5),
        Gap(STREAM, a_trade(), a_trade(timestamp=2), "lost"),
        Lagged(DataType.TRADE, 3),
        Rejected(STREAM, "unknown", "KRW-BTC"),
    ],
    ids=lambda event: type(event).__name__,
)
def test_control_events_are_values(event: ControlEvent) -> None:
    """They compare by their fields, can be hashed and pickled, and cannot be changed."""
    twin = pickle.loads(pickle.dumps(event))
    assert twin == event
    assert len({twin, event}) == 1
    with pytest.raises(FrozenInstanceError):
        event.dropped = 0  # type: ignore[attr-defined]


def test_a_refusal_holds_the_error() -> None:
    """What the exchange said is an error that can be raised."""
    refused = Refused(ExchangeError("NO_TYPE", "type is missing"))
    with pytest.raises(ExchangeError, match="NO_TYPE: type is missing"):
        raise refused.error
