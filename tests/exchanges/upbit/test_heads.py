"""A message is recognised by its beginning only if that says all that matters."""

import gc
import weakref
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.exchanges.upbit.reference import (
    DEFAULT,
    DOCUMENTED,
    EVENTS,
    SIMPLE,
    altered,
    decoded,
    undecoded,
)
from tickwire.errors import ProtocolError
from tickwire.events import BaseWebSocketEvent, OrderbookEvent
from tickwire.exchanges.upbit import Upbit
from tickwire.subscription import DataType, Stream

MARKET_TYPES = ["ticker", "trade", "orderbook", "candle.1m"]
MARKET_FRAMES = [frames[kind] for frames in (DEFAULT, SIMPLE) for kind in MARKET_TYPES]


def classified(upbit: Upbit, frame: str) -> BaseWebSocketEvent:
    """The event of a frame that holds one."""
    (event,) = upbit.classify(frame.encode())
    assert isinstance(event, BaseWebSocketEvent)
    return event


def assert_same(again: BaseWebSocketEvent | None, first: BaseWebSocketEvent) -> None:
    """Of one stream, with one text, read by one layout."""
    assert again is not None
    assert type(again) is type(first)
    assert (again.stream, again._body, again._layout) == (first.stream, first._body, first._layout)
    assert again == first


@pytest.mark.parametrize("frame", MARKET_FRAMES)
def test_what_came_once_is_recognised(frame: str) -> None:
    """First in full, then by its beginning; with the same result, and for no other market."""
    upbit = Upbit()
    assert upbit.recognise(frame.encode()) is None
    first = classified(upbit, frame)
    assert_same(upbit.recognise(frame.encode()), first)
    for name in ("KRW-BTC", "KRW-ETH", "KRW-XRP"):
        if name in frame:
            assert upbit.recognise(frame.replace(name, "KRW-NEW").encode()) is None


def test_a_book_is_recognised_by_its_grouping_too() -> None:
    """Each grouping of a market is a stream of its own, though the beginnings are the same."""
    upbit = Upbit()
    frames = [altered(DEFAULT["orderbook"], "level", literal) for literal in ("0", "10", "1e3")]
    for frame in frames:
        assert upbit.recognise(frame.encode()) is None
        classified(upbit, frame)
    found = [upbit.recognise(frame.encode()) for frame in frames]
    assert [event and event.stream.level for event in found] == [0, 10, 1000]


def test_a_grouping_that_is_not_last_is_looked_for() -> None:
    """Some hosts send none, or elsewhere: then a book's beginning and end do not say enough."""
    upbit = Upbit()
    book = DEFAULT["orderbook"].replace(',"level":0', "")
    early = book.replace('"timestamp"', '"level":10,"timestamp"')
    for frame, level in ((book, 0), (early, 10), (book, 0)):
        assert upbit.recognise(frame.encode()) is None
        assert classified(upbit, frame).stream.level == level


@pytest.mark.parametrize(
    "frame",
    [
        '{"type":"trade","timestamp":1,"code":"KRW-BTC"}',
        '{"code":"KRW-BTC","timestamp":1,"type":"trade"}',
        '{"x":"type","type":"trade","code":"KRW-BTC"}',
        '{"type":"trade","code":"KRW-A,B","timestamp":1}',
    ],
)
def test_another_order_is_read_in_full_every_time(frame: str) -> None:
    """A beginning that does not name type and code stands for nothing."""
    upbit = Upbit()
    for _ in range(2):
        assert upbit.recognise(frame.encode()) is None
        classified(upbit, frame)


@pytest.mark.parametrize(("kind", "frame"), DOCUMENTED)
def test_a_message_cut_short_is_not_recognised(kind: str, frame: str) -> None:
    """What does not end like a message is left to those who read all of it."""
    upbit = Upbit()
    classified(upbit, frame)
    for length in range(len(frame.encode())):
        cut = frame.encode()[:length]
        if not cut.endswith(b"}"):
            assert upbit.recognise(cut) is None


def test_a_message_that_names_two_codes_is_refused_when_read() -> None:
    """Its beginning says one thing and its end another; nobody gets the wrong market's price."""
    upbit = Upbit()
    classified(upbit, DEFAULT["trade"])
    twice = DEFAULT["trade"].removesuffix("}") + ',"code":"KRW-DOGE"}'
    event = upbit.recognise(twice.encode())
    assert event is not None
    with pytest.raises(ProtocolError, match="twice"):
        event.timestamp  # noqa: B018 - reading it is the point


def test_the_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody who sends names without end costs time, not memory."""
    monkeypatch.setattr("tickwire.exchanges.upbit.heads._KEPT", 10)
    monkeypatch.setattr("tickwire.exchanges.upbit.heads._LEVELS_KEPT", 3)
    upbit = Upbit()
    trades = [DEFAULT["trade"].replace("KRW-ETH", f"KRW-X{number}") for number in range(20)]
    books = [altered(DEFAULT["orderbook"], "level", str(number)) for number in range(20)]
    for frame in books + trades:
        classified(upbit, frame)
    assert sum(upbit.recognise(frame.encode()) is not None for frame in trades) == 9
    assert sum(upbit.recognise(frame.encode()) is not None for frame in books) == 3
    assert classified(upbit, trades[-1]).stream == Stream(DataType.TRADE, "KRW-X19")


@given(st.lists(st.tuples(st.sampled_from(MARKET_FRAMES), st.data()), max_size=12))
def test_recognising_agrees_with_reading_in_full(frames: list[tuple[str, Any]]) -> None:
    """Whatever came before, a frame that is recognised is of the stream that it says itself."""
    upbit = Upbit()
    for frame, data in frames:
        symbol = data.draw(st.sampled_from(["KRW-BTC", "KRW-ETH", "BTC-XRP"]))
        text = frame
        for name in ("KRW-BTC", "KRW-ETH", "KRW-XRP"):
            text = text.replace(f'"{name}"', f'"{symbol}"')
        if '"level"' in text:
            text = altered(text, "level", data.draw(st.sampled_from(["0", "1", "10.0"])))
        known = upbit.recognise(text.encode())
        assert known is None or known.stream == classified(Upbit(), text).stream
        classified(upbit, text)


# --- how little is decoded ------------------------------------------------------------------


BROKEN = DEFAULT["trade"].replace('"timestamp":', '"timestamp":[')
"""No JSON behind its beginning."""


def book_with_a_broken_level() -> OrderbookEvent:
    """The second level has no sizes."""
    units = '[{"ask_price":2,"bid_price":1,"ask_size":3,"bid_size":4},{"ask_price":3}]'
    book = undecoded(altered(DEFAULT["orderbook"], "orderbook_units", units))
    assert isinstance(book, OrderbookEvent)
    return book


def test_what_it_was_routed_by_is_known_without_decoding() -> None:
    """Type, symbol and stream are there whatever the rest of the message holds."""
    upbit = Upbit()
    classified(upbit, DEFAULT["trade"])
    event = upbit.recognise(BROKEN.encode())
    assert event is not None
    assert (event.type, event.symbol) == ("trade", "KRW-ETH")
    assert event.stream == Stream(DataType.TRADE, "KRW-ETH")
    with pytest.raises(ProtocolError):
        event.timestamp  # noqa: B018 - reading it is the point


def test_a_number_that_nobody_reads_is_not_looked_at() -> None:
    """What is wrong with one number does not keep the others from being read."""
    event: Any = undecoded(altered(DEFAULT["trade"], "trade_price", '"dear"'))
    told: list[ProtocolError] = []
    event._arrive(0, told.append)
    assert event.trade_volume == Decimal("0.24290031")
    assert not told
    for _ in range(2):
        with pytest.raises(ProtocolError, match="number"):
            event.trade_price  # noqa: B018 - reading it is the point
    assert len(told) == 1


@pytest.mark.parametrize(
    "read",
    [
        lambda book: book.orderbook_units[0].ask_price,
        lambda book: book.asks[0].price,
        lambda book: (book.asks[0], book.bids[0], book.orderbook_units[0], book.asks[0]),
    ],
)
def test_the_best_level_leaves_the_others_alone(read: Any) -> None:
    """It is decoded by itself; whoever reads the others hears what is wrong with them, once."""
    book = book_with_a_broken_level()
    told: list[ProtocolError] = []
    book._arrive(0, told.append)
    assert read(book)
    assert not told
    for read_all in (lambda: book.orderbook_units[1], lambda: len(book.asks), book.to_dict):
        with pytest.raises(ProtocolError):
            read_all()
    assert len(told) == 1


def test_an_event_and_its_parts_tell_once_together() -> None:
    """Two numbers that cannot be read are one unreadable event, even when it is gone."""
    text = altered(DEFAULT["orderbook"], "ask_price", "[]")
    book: Any = undecoded(altered(altered(text, "bid_size", "{}"), "total_ask_size", "true"))
    told: list[ProtocolError] = []
    book._arrive(0, told.append)
    unit = book.orderbook_units[0]
    del book
    for name in ("ask_price", "bid_size", "ask_price"):
        with pytest.raises(ProtocolError):
            getattr(unit, name)
    assert len(told) == 1
    assert unit.bid_price


@pytest.mark.parametrize("kind", ["DEFAULT", "SIMPLE"])
def test_the_best_level_is_the_first_of_all(kind: str) -> None:
    """Read alone or with the others, it is the same, and made once."""
    frame = {"DEFAULT": DEFAULT, "SIMPLE": SIMPLE}[kind]["orderbook"]
    alone, whole = decoded(frame), decoded(frame)
    levels = list(whole.asks)
    assert alone.asks[0] == levels[0] == whole.asks[0]
    assert alone.orderbook_units[0] == whole.orderbook_units[0] == alone.orderbook_units[:1][0]
    fresh: Any = undecoded(frame)
    best = fresh.orderbook_units[0]
    assert best is fresh.orderbook_units[0]
    assert best.ask_price is fresh.orderbook_units[0].ask_price


@pytest.mark.parametrize(
    "unit",
    [
        '{"ask_price":2,"bid_price":1,"ask_size":3,"bid_size":4,"x":{"y":"}"}}',
        '{"}":"{","ask_price":2,"bid_price":1,"ask_size":3,"bid_size":4}',
        ' {"ask_price":2,"bid_price":1,"ask_size":3,"bid_size":4,"ask_price":2} ',
    ],
)
def test_a_strange_first_unit_is_read_with_the_others(unit: str) -> None:
    """What a brace too many would cut short is read as it should be."""
    book = decoded(altered(DEFAULT["orderbook"], "orderbook_units", f"[{unit}]"))
    assert (book.asks[0].price, book.asks[0].size) == (Decimal(2), Decimal(3))


def test_an_empty_book_has_no_best_level() -> None:
    """The first of nothing is an error like that of a tuple."""
    book = decoded(altered(DEFAULT["orderbook"], "orderbook_units", "[]"))
    for levels in (book.asks, book.bids, book.orderbook_units):
        assert len(levels) == 0
        with pytest.raises(IndexError):
            levels[0]


@pytest.mark.parametrize(("kind", "frame"), DOCUMENTED)
def test_an_event_is_freed_without_the_collector(kind: str, frame: str) -> None:
    """However much of it was read: thousands a second must not wait for a collection."""
    gone: list[str] = []

    class Watched(EVENTS[kind]):  # type: ignore[misc, valid-type]
        """An event whose end is noticed."""

        __slots__ = ("__weakref__",)

    source = undecoded(frame)._source
    event = Watched._of(source, frame.encode())
    gc.disable()
    try:
        weakref.finalize(event, gone.append, kind)
        assert event.to_dict()
        assert event.to_json()
        assert isinstance(event.extra, dict)
        handed = event.as_handed_over()
        del event
        assert gone
        assert handed.to_dict()
        weakref.finalize(handed, gone.append, kind)
        del handed
        assert len(gone) == 2
    finally:
        gc.enable()


# --- the list formats -----------------------------------------------------------------------


@pytest.mark.parametrize("frame", MARKET_FRAMES)
def test_a_list_of_one_is_recognised(frame: str) -> None:
    """What came once, in a list or not, is recognised in a list and alone, with one result."""
    upbit = Upbit()
    listed = f"[{frame}]".encode()
    assert upbit.recognise(listed) is None
    (first,) = upbit.classify(listed)
    assert isinstance(first, BaseWebSocketEvent)
    for again in (upbit.recognise(listed), upbit.recognise(frame.encode())):
        assert_same(again, first)


@pytest.mark.parametrize("end", ["]", " ]", "] ", "}", ""])
@pytest.mark.parametrize("second", MARKET_FRAMES)
@pytest.mark.parametrize("first", MARKET_FRAMES)
def test_a_list_of_several_is_read_in_full(first: str, second: str, end: str) -> None:
    """No two messages are ever taken for one, whatever they are and however the list ends."""
    upbit = Upbit()
    for frame in MARKET_FRAMES:
        classified(upbit, frame)
    assert upbit.recognise(f"[{first},{second}{end}".encode()) is None


@pytest.mark.parametrize("first", MARKET_FRAMES)
@pytest.mark.parametrize("second", ['{"x":1,"level":0}', '{"x":1,"lv":0}', "{}", "1,0", "[]"])
def test_nothing_hides_behind_a_message(first: str, second: str) -> None:
    """Whatever comes second, and ends like a book, the list is looked at in full."""
    upbit = Upbit()
    classified(upbit, first)
    assert upbit.recognise(f"[{first},{second}]".encode()) is None


@pytest.mark.parametrize("frame", ["[", "[[", "[]", "[" * 100_000, "[" * 100 + "]" * 100, "[1,2]"])
def test_a_list_of_something_else_is_read_in_full(frame: str) -> None:
    """Brackets without end cost no more than a look."""
    upbit = Upbit()
    classified(upbit, DEFAULT["trade"])
    assert upbit.recognise(frame.encode()) is None


@pytest.mark.parametrize("kind", ["myOrder", "announcement", "indicator", "indicator_signal"])
@pytest.mark.parametrize("frames", [DEFAULT, SIMPLE], ids=["DEFAULT", "SIMPLE"])
def test_what_type_and_code_do_not_tell_is_never_recognised(
    kind: str, frames: dict[str, str]
) -> None:
    """Such messages belong to several streams, or to one by their parameters."""
    upbit = Upbit()
    classified(upbit, frames[kind])
    assert upbit.recognise(frames[kind].encode()) is None
