"""The compiled hot path holds what it is given, lets go of it, and cannot be brought to crash."""

import gc
import sys
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from itertools import pairwise
from operator import attrgetter
from typing import Any

import pytest

from tests.exchanges.upbit.reference import DEFAULT, DOCUMENTED, SIMPLE, altered, undecoded
from tickwire.errors import ProtocolError
from tickwire.events import Asset, OrderbookEvent, OrderbookUnit, TradeEvent
from tickwire.exchanges.upbit import Upbit
from tickwire.hot import IS_COMPILED, Layout, LazyEvent, LazyField, LazyParts, Recogniser, Source
from tickwire.subscription import DataType, Stream

pytestmark = pytest.mark.skipif(not IS_COMPILED, reason="the hot path is not compiled here")

STREAM = Stream(DataType.TRADE, "KRW-ETH")
ORDERBOOK = DEFAULT["orderbook"]


# --- nothing is kept ------------------------------------------------------------------------

PATHS: dict[str, Callable[[Any], object]] = {
    "not read": lambda event: None,
    "read": lambda event: event.to_dict(),
    "read twice": lambda event: (event.to_dict(), event.to_dict()),
    "handed over": lambda event: event.as_handed_over().to_dict(),
    "handed over and read": lambda event: (event.to_dict(), event.as_handed_over().to_dict()),
    "rebuilt": lambda event: type(event)(**event.to_dict()),
    "reduced": lambda event: event.__reduce__(),
    "the rest": lambda event: (event.extra, event.raw, event.streams, repr(event)),
}


def _passes(upbit: Upbit, body: bytes, path: Callable[[Any], object]) -> None:
    told: list[ProtocolError] = []
    try:
        event: Any = upbit.recognise(body) or upbit.classify(body)[0]
        event = getattr(event, "event", event)
        event._arrive(10**18 + len(body), told.append)
        path(event)
        units = getattr(event, "orderbook_units", None)
        if units is not None:
            _ = (units[0], units[:1], event.asks[0], units[0].ask_price)
    except (ProtocolError, IndexError):
        pass
    finally:
        told.clear()  # errors lead to this frame, which leads to them


def _fewest_blocks_left(work: Callable[[], None]) -> int:
    """How many blocks of memory fifty times of the work leave, where it leaves fewest.

    Caches fill, here and there, for a while; what is lost is lost each time.
    """
    gc.freeze()  # what was there before is not looked at again each time
    gc.disable()
    try:
        left: list[int] = []
        for _ in range(40):
            for _ in range(50):
                work()
            assert gc.collect() == 0  # nothing waits for the collector, which empties its own lists
            left.append(sys.getallocatedblocks())
            if len(left) > 1 and left[-1] - left[-2] < 10:
                break
        return min(after - before for before, after in pairwise(left))
    finally:
        gc.enable()
        gc.unfreeze()


FRAMES = [
    *(
        pytest.param(frame.encode(), id=f"{kind}-{index}")
        for index, (kind, frame) in enumerate([*DEFAULT.items(), *SIMPLE.items()])
    ),
    *(
        pytest.param(frame.encode() if isinstance(frame, str) else frame, id=name)
        for name, frame in {
            "listed": f"[{DEFAULT['trade']}]",
            "listed book": f"[{ORDERBOOK}]",
            "no number": altered(DEFAULT["trade"], "trade_price", '"x"'),
            "null": altered(DEFAULT["trade"], "trade_price", "null"),
            "no text": altered(DEFAULT["trade"], "ask_bid", "5"),
            "long": altered(DEFAULT["trade"], "trade_price", "9" * 500),
            "too long": altered(DEFAULT["trade"], "trade_price", "9" * 1001),
            "exponent": altered(DEFAULT["trade"], "trade_price", "1E5"),
            "escapes": altered(DEFAULT["trade"], "ask_bid", '"\\u0041\\n"'),
            "escaped name": DEFAULT["trade"].replace('"trade_price"', '"trade\\u005fprice"'),
            "any": altered(DEFAULT["ticker"], "delisting_date", '{"a":[1.5]}'),
            "any, twice": DEFAULT["ticker"][:-1] + ',"delisting_date":[1],"delisting_date":[2]}',
            "any, refused": altered(DEFAULT["ticker"], "delisting_date", "1e999"),
            "two codes": DEFAULT["trade"][:-1] + ',"code":"KRW-DOGE"}',
            "an escaped code": DEFAULT["trade"][:-1] + ',"code":"KRW\\u002dETH"}',
            "missing": DEFAULT["trade"].replace('"ask_bid"', '"gone"'),
            "a level missing": ORDERBOOK.replace('"bid_size":15500', '"gone":15500'),
            "the best level missing": ORDERBOOK.replace('"bid_size":8230', '"gone":8230'),
            "no levels": altered(ORDERBOOK, "orderbook_units", "[]"),
            "no list": altered(ORDERBOOK, "orderbook_units", "{}"),
            "an asset missing": DEFAULT["myAsset"].replace('"locked"', '"gone"'),
            "deep": DEFAULT["trade"][:-1] + ',"x":' + "[" * 5000 + "]" * 5000 + "}",
            "unknown": '{"type":"news","code":"KRW-BTC","timestamp":"noon","x":[1]}',
            "malformed": DEFAULT["trade"].replace('"timestamp":', '"timestamp":['),
            "no UTF-8": DEFAULT["trade"].encode().replace(b"ASK", b"\xff"),
        }.items()
    ),
]


@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS)
@pytest.mark.parametrize("body", FRAMES)
def test_nothing_is_left_of_an_event(body: bytes, path: Callable[[Any], object]) -> None:
    """Whichever way it goes and whatever goes wrong, its memory is given back."""
    upbit = Upbit()
    for frame in DEFAULT.values():  # so that what is broken further on is recognised
        upbit.classify(frame.encode())
    assert _fewest_blocks_left(lambda: _passes(upbit, body, path)) < 10


def test_who_is_told_is_let_go() -> None:
    """With the event, when it is told, or when somebody else is told instead."""

    class Told:
        def __call__(self, error: ProtocolError) -> None: ...

    for broken in (False, True):
        told = Told()
        gone = weakref.ref(told)
        frame = altered(ORDERBOOK, "ask_price", "[]") if broken else ORDERBOOK
        event: Any = undecoded(frame)
        event._arrive(0, told)
        unit = event.orderbook_units[0]
        if broken:
            with pytest.raises(ProtocolError):
                _ = unit.ask_price
        else:
            del event, unit
        del told
        assert gone() is None


def test_a_teller_that_fails_is_heard() -> None:
    """What it raises goes to whoever read, and it is not asked again."""

    def fail(error: ProtocolError) -> None:
        raise ZeroDivisionError

    event: Any = undecoded(altered(DEFAULT["trade"], "trade_price", "true"))
    event._arrive(0, fail)
    with pytest.raises(ZeroDivisionError):
        _ = event.trade_price
    with pytest.raises(ProtocolError):
        _ = event.trade_price


# --- whatever is done to it -----------------------------------------------------------------


def test_what_was_never_built_says_so() -> None:
    """An event or a part without anything in it is an error, not a crash."""
    for cls in (TradeEvent, OrderbookEvent, OrderbookUnit, Asset):
        empty: Any = cls.__new__(cls)
        for name in cls._fields:
            with pytest.raises(TypeError):
                getattr(empty, name)
    trade: Any = TradeEvent.__new__(TradeEvent)
    for read in (lambda: trade.stream, trade.decoded, trade.as_handed_over):
        with pytest.raises(TypeError):
            read()
    parts: Any = LazyParts()
    for read in (lambda: parts[0], lambda: parts._whole()):
        with pytest.raises(TypeError):
            read()


def test_an_event_is_built_and_restored_once() -> None:
    """Nobody can exchange the text under what was noted of it."""
    event: Any = undecoded(DEFAULT["trade"])
    with pytest.raises(TypeError):
        event._restore(b"", 0, False)
    with pytest.raises(TypeError):
        event._build(None, ())
    with pytest.raises(TypeError):
        event.__init__(type="trade")
    built: Any = TradeEvent(type="trade")
    with pytest.raises(TypeError):
        built._build(None, ())
    with pytest.raises(TypeError):
        built._restore("text", 0, False)


@pytest.mark.parametrize(
    "misuse",
    [
        lambda: LazyEvent._of(None, b""),  # type: ignore[arg-type]
        lambda: LazyEvent._of(Source(None, STREAM), "text"),  # type: ignore[arg-type]
        lambda: Source(5, STREAM),  # type: ignore[arg-type]
        lambda: Source(Layout.__new__(Layout), STREAM),
        lambda: Source(None, STREAM, [STREAM]),  # type: ignore[arg-type]
        lambda: Layout(int, {}),
        lambda: Layout(TradeEvent, [("a", "b")]),  # type: ignore[arg-type]
        lambda: Layout(TradeEvent, {"type": 5}),  # type: ignore[dict-item]
        lambda: Layout(TradeEvent, {}, Layout.__new__(Layout)),
        lambda: Recogniser(None, {}),  # type: ignore[arg-type]
        lambda: Recogniser({}, {}).recognise("text"),  # type: ignore[arg-type]
        lambda: TradeEvent.trade_price.__get__(5, int),  # type: ignore[call-overload]
        lambda: OrderbookUnit.ask_price.__get__(TradeEvent(), TradeEvent),
        lambda: TradeEvent.sequential_id.__get__(OrderbookUnit(), OrderbookUnit),
        lambda: TradeEvent.symbol.__get__(OrderbookUnit(), OrderbookUnit),
        lambda: LazyField().__get__(TradeEvent(), TradeEvent),
        lambda: TradeEvent.trade_price._place("x", 1, "number", False, None),
        lambda: LazyField()._place("x", -1, "number", False, None),
        lambda: LazyField()._place("x", 999, "number", False, None),
        lambda: LazyField()._place("x", 1, "guess", False, None),  # type: ignore[arg-type]
        lambda: LazyField()._place("x", 1, "parts", False, int),  # type: ignore[arg-type]
        lambda: TradeEvent()._arrive("now", None),  # type: ignore[arg-type]
        lambda: type(undecoded(ORDERBOOK).orderbook_units)(),  # type: ignore[attr-defined]
    ],
)
def test_misuse_is_a_type_error(misuse: Callable[[], object]) -> None:
    """What does not fit is refused before anything is done with it."""
    try:
        got: Any = misuse()
    except TypeError:
        return
    # Two classes may have a field in the same place: what is there is a value, or an empty sequence
    # that says so itself.
    if isinstance(got, LazyParts):
        with pytest.raises(TypeError):
            got[0]
    else:
        assert got is None or isinstance(got, Decimal)


def test_a_recogniser_passes_over_what_is_no_source() -> None:
    """Whatever somebody has put into its dicts."""
    body = DEFAULT["trade"].encode()
    beginning = body[: body.find(b",", body.find(b",") + 1)]
    for known in (5, {}, {body[body.rfind(b",") :]: 5}, Source(None, STREAM)):
        recogniser = Recogniser({beginning: known}, {b"[" + beginning: known})  # type: ignore[dict-item]
        assert recogniser.recognise(body) is None
        assert recogniser.recognise(b"[" + body + b"]") is None


def test_an_event_read_by_many_threads_is_read_once() -> None:
    """Each sees the same values, whoever made them."""
    frame = altered(DEFAULT["ticker"], "delisting_date", '{"a":1}')
    for _ in range(50):
        event: Any = undecoded(frame)
        with ThreadPoolExecutor(4) as threads:
            seen = list(threads.map(attrgetter("delisting_date"), [event] * 4))
        assert all(each is seen[0] for each in seen)


@pytest.mark.parametrize(("kind", "frame"), DOCUMENTED)
def test_no_event_is_looked_at_by_the_collector(kind: str, frame: str) -> None:
    """Thousands of them a second would make it run all the time."""
    event: Any = undecoded(frame)
    event.to_dict()
    assert not gc.is_tracked(event)
    for units in (getattr(event, "orderbook_units", ()), getattr(event, "assets", ())):
        assert not any(map(gc.is_tracked, units))
        assert isinstance(units, tuple) or not gc.is_tracked(units)
