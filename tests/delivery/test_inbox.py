"""An inbox keeps the order, gives way only when its consumer lags, and counts to the unit."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickwire.control import ControlEvent, Lagged, Reconnecting
from tickwire.delivery.inbox import Ended, Inbox, Item
from tickwire.delivery.overflow import NEVER_DROP, OVERFLOW, Conflate, DropOldest
from tickwire.delivery.takers import Held
from tickwire.errors import SlowConsumer
from tickwire.events import BaseWebSocketEvent, CandleEvent, OrderbookEvent, TickerEvent, TradeEvent
from tickwire.subscription import DataType

LOSS = Reconnecting("cut", failures=1, delay_s=0.0, alarm=False)


def ticker(number: int, symbol: str = "KRW-BTC") -> Item:
    """A state; `number` tells it from the others."""
    return Item(TickerEvent(type="ticker", symbol=symbol, timestamp=number), None)


def trade(number: int, symbol: str = "KRW-BTC") -> Item:
    """A trade that is worth keeping."""
    return Item(TradeEvent(type="trade", symbol=symbol, timestamp=number), None)


def for_handler(item: Item, handler: Any) -> Item:
    """The same event for a handler."""
    return Item(item.event, Held(handler, None))


def control() -> Item:
    """Something that is never dropped."""
    return Item(LOSS, None)


def filled(*reads: Iterable[Item], **options: Any) -> Inbox:
    """An inbox that got these items, one read of the socket after the other."""
    inbox = Inbox("c", **options)
    for batch, items in enumerate(reads):
        for item in items:
            inbox.put(item, batch)
    return inbox


def emptied(inbox: Inbox) -> list[Any]:
    """All that is in the inbox: the number of an event, or the control event itself."""
    found: list[Any] = []
    while (item := inbox.take_nowait()) is not None:
        event = item.event
        found.append(event.timestamp if isinstance(event, BaseWebSocketEvent) else event)
    return found


def assert_sum_holds(inbox: Inbox) -> None:
    """Everything put in is somewhere."""
    told = inbox.statistics()
    assert told.put == (told.taken + told.conflated + told.dropped + told.withdrawn + told.pending)
    assert told.pending <= len(inbox) <= told.pending + told.control
    assert told.most_pending >= len(inbox)


# --- policies -------------------------------------------------------------------------------


def test_each_type_has_its_policy() -> None:
    """Trades are kept up to a thousand, states until the next, an account's news for ever."""
    assert OVERFLOW.keys() == set(DataType)
    kept = {DataType(kind) for kind, policy in OVERFLOW.items() if policy is NEVER_DROP}
    assert OVERFLOW["trade"] == DropOldest(1000)
    assert kept == {"myOrder", "myAsset", "announcement", "indicator", "indicator_signal"}
    assert {type(OVERFLOW[kind]) for kind in set(DataType) - kept - {"trade"}} == {Conflate}
    assert NEVER_DROP.limit == 100_000


# --- keeping up -----------------------------------------------------------------------------


def test_a_consumer_that_keeps_up_gets_everything() -> None:
    """What is taken before the next read is never conflated."""
    inbox = Inbox("c")
    taken = []
    for batch in range(5):
        for number in range(3):
            inbox.put(ticker(10 * batch + number), batch)
        taken += emptied(inbox)
    assert taken == [10 * batch + number for batch in range(5) for number in range(3)]
    assert inbox.statistics().conflated == 0


def test_one_read_does_not_conflate() -> None:
    """However many states come with one read, all of them are there."""
    inbox = filled([ticker(number) for number in range(5000)])
    assert emptied(inbox) == list(range(5000))


def test_one_read_does_not_drop() -> None:
    """However many trades come with one read, all of them are there."""
    inbox = filled([trade(number) for number in range(5000)])
    assert emptied(inbox) == list(range(5000))


def test_an_empty_inbox_has_nothing() -> None:
    """Nothing put in, nothing to take."""
    inbox = Inbox("c")
    assert inbox.take_nowait() is None
    assert len(inbox) == 0
    assert_sum_holds(inbox)


# --- conflation -----------------------------------------------------------------------------


def test_a_lagging_consumer_gets_the_newest_state() -> None:
    """A state makes the one before it worthless, and takes the place of the newest."""
    inbox = filled([ticker(1), ticker(2, "KRW-ETH")], [ticker(3)], [ticker(4, "KRW-XRP")])
    assert emptied(inbox) == [2, 3, 4]
    assert inbox.statistics().conflated == 1


def test_what_came_last_is_not_conflated_yet() -> None:
    """Only a further read finds that the consumer lags behind the last one."""
    inbox = filled([ticker(1)], [ticker(2), ticker(3)])
    assert emptied(inbox) == [1, 2, 3]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (ticker(1), ticker(2, "KRW-ETH")),
        (ticker(1), Item(CandleEvent(type="candle.1m", symbol="KRW-BTC", timestamp=2), None)),
        (
            Item(CandleEvent(type="candle.1s", symbol="KRW-BTC", timestamp=1), None),
            Item(CandleEvent(type="candle.1m", symbol="KRW-BTC", timestamp=2), None),
        ),
        (
            Item(OrderbookEvent(type="orderbook", symbol="KRW-BTC", level=0, timestamp=1), None),
            Item(OrderbookEvent(type="orderbook", symbol="KRW-BTC", level=10, timestamp=2), None),
        ),
        (ticker(1), for_handler(ticker(2), print)),
        (trade(1), trade(2)),
        (control(), control()),
    ],
    ids=["symbol", "type", "unit", "level", "handler", "trades", "control"],
)
def test_only_states_of_one_stream_are_conflated(one: Item, other: Item) -> None:
    """Another symbol, type, grouping or handler is another stream; the rest is no state."""
    assert len(emptied(filled([one], [other], [trade(3)]))) == 3


class Desk:
    """A component with an asynchronous method as its handler."""

    async def quote(self, event: object) -> None:
        """Take a quote."""

    async def record(self, event: object) -> None:
        """Take one as well."""


@dataclass
class Unhashable:
    """A handler that cannot be hashed."""

    name: str

    async def __call__(self, event: object) -> None:
        """Take an event."""


DESK = Desk()
UNHASHABLE = Unhashable("x")


@pytest.mark.parametrize(
    ("handler", "conflated"),
    [
        (lambda: DESK.quote, 1),
        (lambda: UNHASHABLE, 1),
        (lambda: print, 1),
        (lambda: Desk().quote, 0),
    ],
    ids=["method", "unhashable", "function", "other-object"],
)
def test_handlers_are_told_apart_by_identity(handler: Callable[[], Any], conflated: int) -> None:
    """A bound method looked up again is the same handler; hashing is not required of one."""
    first, second = handler(), handler()
    inbox = filled([for_handler(ticker(1), first)], [for_handler(ticker(2), second)], [trade(3)])
    assert inbox.statistics().conflated == conflated
    assert emptied(inbox) == [1, 2, 3][conflated:]


def test_two_methods_of_one_object_are_two_handlers() -> None:
    """Each handler gets its own newest state."""
    inbox = filled(
        [for_handler(ticker(1), DESK.quote)],
        [for_handler(ticker(2), DESK.record)],
        [trade(3)],
    )
    assert emptied(inbox) == [1, 2, 3]


# --- dropping -------------------------------------------------------------------------------


def test_a_thousand_trades_are_kept() -> None:
    """Beyond that the oldest go, and their number is told before what is left."""
    inbox = filled(
        *([trade(number)] for number in range(1003)),
        [control()],
        lagged=lambda event: Item(event, None),
    )
    assert emptied(inbox) == [Lagged(DataType.TRADE, 3), *range(3, 1003), LOSS]
    told = inbox.statistics()
    assert (told.put, told.taken, told.dropped, told.control) == (1003, 1000, 3, 1)
    assert_sum_holds(inbox)


def test_a_loss_that_goes_elsewhere_is_no_item() -> None:
    """What `lagged` makes nothing of is not put between the data."""
    losses: list[Lagged] = []
    inbox = filled(*([trade(number)] for number in range(1003)), lagged=losses.append)
    assert emptied(inbox) == list(range(2, 1003))
    assert losses == [Lagged(DataType.TRADE, 2)]


def test_trades_do_not_push_out_other_types() -> None:
    """The bound is for the type; states and control events among the trades stay."""
    inbox = filled([ticker(-1), control()], *([trade(number)] for number in range(1100)), [])
    found = emptied(inbox)
    assert found[:2] == [-1, LOSS]
    assert len(found) == 2 + 1001


def test_a_bound_counts_what_waits_now() -> None:
    """What was taken makes room."""
    inbox = filled(*([trade(number)] for number in range(900)))
    for _ in range(500):
        inbox.take_nowait()
    for number in range(900, 1500):
        inbox.put(trade(number), number)
    assert emptied(inbox) == list(range(500, 1500))


# --- never dropping -------------------------------------------------------------------------


def test_control_events_are_never_dropped() -> None:
    """A hundred thousand of them are all there."""
    inbox = filled(*([control()] for _ in range(100_001)))
    assert len(emptied(inbox)) == 100_001
    assert inbox.statistics().dropped == inbox.statistics().conflated == 0


async def test_a_hopeless_consumer_fails() -> None:
    """With more than that it gets what is there, and then `SlowConsumer` with the figures."""
    inbox = filled(*([control()] for _ in range(100_002)))
    inbox.put(control(), -1)
    assert len(inbox) == 100_002
    for _ in range(100_002):
        await inbox.take()
    with pytest.raises(SlowConsumer) as error:
        await inbox.take()
    assert error.value.component_id == "c"
    assert (error.value.pending, error.value.limit) == (100_001, 100_000)
    assert_sum_holds(inbox)


def test_an_unknown_type_is_never_dropped() -> None:
    """Without a policy of its own a type is kept like a control event."""
    odd = [Item(TradeEvent(type="myOrder", symbol="S", timestamp=n), None) for n in range(2000)]
    assert emptied(filled(*([item] for item in odd))) == list(range(2000))


# --- waiting and ending ---------------------------------------------------------------------


async def test_taking_waits_for_the_next_event() -> None:
    """A consumer of an empty inbox sleeps until something is put in."""
    inbox = Inbox("c")
    waiting = asyncio.create_task(inbox.take())
    await asyncio.sleep(0)
    assert not waiting.done()
    inbox.put(ticker(1), 1)
    inbox.put(ticker(2), 1)
    assert (await waiting) == ticker(1)
    assert (await inbox.take()) == ticker(2)


async def test_a_consumer_woken_a_moment_ago_does_not_lag() -> None:
    """Reads that come before its turn of the loop conflate nothing; later ones do again."""
    inbox = Inbox("c")
    waiting = asyncio.create_task(inbox.take())
    await asyncio.sleep(0)
    for number in range(4):
        inbox.put(ticker(number), number)
    assert (await waiting) == ticker(0)
    assert emptied(inbox) == [1, 2, 3]
    for number in range(4, 8):
        inbox.put(ticker(number), number)
    assert emptied(inbox) == [6, 7]


async def test_a_cancelled_wait_loses_nothing() -> None:
    """What arrives as the consumer is cancelled is there for the next take."""
    inbox = Inbox("c")
    waiting = asyncio.create_task(inbox.take())
    await asyncio.sleep(0)
    inbox.put(ticker(1), 1)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert (await inbox.take()) == ticker(1)
    assert_sum_holds(inbox)


async def test_an_ended_inbox_gives_what_it_has_and_then_the_reason() -> None:
    """Nothing more is accepted; every further take raises the same."""
    inbox = filled([ticker(1)], [ticker(2)])
    inbox.end()
    inbox.put(ticker(3), 9)
    assert [await inbox.take(), await inbox.take()] == [ticker(1), ticker(2)]
    for _ in range(2):
        with pytest.raises(Ended):
            await inbox.take()
    assert inbox.statistics().put == 2
    assert_sum_holds(inbox)


async def test_ending_wakes_the_consumer() -> None:
    """A consumer that waits gets the reason at once."""
    inbox = Inbox("c")
    waiting = asyncio.create_task(inbox.take())
    await asyncio.sleep(0)
    inbox.end(ValueError("why"))
    with pytest.raises(ValueError, match="why"):
        await waiting


async def test_the_first_reason_counts() -> None:
    """Ending again changes nothing."""
    inbox = Inbox("c")
    inbox.end(ValueError("first"))
    inbox.end(ValueError("second"))
    inbox.end()
    with pytest.raises(ValueError, match="first"):
        await inbox.take()


def test_a_repr_tells_the_state() -> None:
    """It names the component and its lag."""
    inbox = filled([ticker(1), ticker(2)])
    inbox.take_nowait()
    assert repr(inbox) == "<Inbox of 'c': 1 pending, 1 taken>"


def test_the_high_water_mark_remembers_the_worst_lag() -> None:
    """`most_pending` stays when the consumer has caught up."""
    inbox = filled([trade(number) for number in range(7)], [trade(7)])
    emptied(inbox)
    assert inbox.statistics().most_pending == 7
    assert inbox.statistics().pending == 0


# --- many at once ---------------------------------------------------------------------------


def in_batches(number: int, handler: Any = print) -> Item:
    """A trade for a handler of many."""
    return Item(trade(number).event, Held(handler, None), in_batches=True)


async def test_what_follows_for_the_same_handler_is_taken_along() -> None:
    """Up to the first item that is for another handler, or for one event at a time."""
    inbox = filled([in_batches(1), in_batches(2)], [in_batches(3), in_batches(4, repr)])
    first = await inbox.take()
    assert [event.timestamp for event in inbox.take_more(first)] == [2, 3]
    other = await inbox.take()
    assert inbox.take_more(other) == []
    assert len(inbox) == 0
    assert_sum_holds(inbox)


async def test_a_loss_is_told_before_what_is_left() -> None:
    """A batch ends where the consumer has to hear that something is missing."""
    inbox = filled(
        *([in_batches(number)] for number in range(1002)),
        lagged=lambda event: Item(event, Held(print, None)),
    )
    assert (await inbox.take()).event == Lagged(DataType.TRADE, 1)
    first = await inbox.take()
    inbox.put(in_batches(2000), 2000)
    inbox.put(in_batches(2001), 2001)
    inbox.put(in_batches(2002), 2002)
    assert inbox.take_more(first) == []
    assert (await inbox.take()).event == Lagged(DataType.TRADE, 2)
    assert_sum_holds(inbox)


# --- at random ------------------------------------------------------------------------------

MAKERS: list[Callable[[int], Item]] = [
    ticker,
    lambda number: ticker(number, "KRW-ETH"),
    trade,
    lambda number: trade(number, "KRW-ETH"),
    lambda number: Item(Lagged(DataType.TICKER, number), None),
]
OPERATIONS = st.lists(
    st.tuples(st.sampled_from(MAKERS), st.booleans()) | st.integers(1, 4), max_size=80
)


def _number(event: BaseWebSocketEvent | ControlEvent) -> int:
    return event.dropped if isinstance(event, Lagged) else event.timestamp  # type: ignore[union-attr]


@given(OPERATIONS)
def test_nothing_is_lost_unaccounted(operations: list[Any]) -> None:
    """After any puts, reads and takes: order of arrival, exact sums, and the newest of each."""
    losses: list[Lagged] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(OVERFLOW, "trade", DropOldest(3))
        inbox = Inbox("c", lagged=losses.append)
        put: list[Item] = []
        taken: list[Item] = []
        batch = 0
        for operation in operations:
            if isinstance(operation, int):
                taken += [item for _ in range(operation) if (item := inbox.take_nowait())]
            else:
                make, new_read = operation
                batch += new_read
                put.append(make(len(put)))
                inbox.put(put[-1], batch)
            assert_sum_holds(inbox)
        while (item := inbox.take_nowait()) is not None:
            taken.append(item)
    told = inbox.statistics()
    order = [_number(item.event) for item in taken]
    assert order == sorted(order)
    assert told.put + told.control == len(put)
    assert told.taken + told.control == len(taken)
    assert sum(loss.dropped for loss in losses) == told.dropped
    missing = Counter(type(item.event) for item in put)
    missing.subtract(type(item.event) for item in taken)
    assert missing[Lagged] == 0
    assert missing[TradeEvent] == told.dropped
    assert missing[TickerEvent] == told.conflated
    for symbol in ("KRW-BTC", "KRW-ETH"):
        assert _newest(put, symbol) == _newest(taken, symbol)


def _newest(items: list[Item], symbol: str) -> object:
    states = [item.event for item in items if isinstance(item.event, TickerEvent)]
    return next((event for event in reversed(states) if event.symbol == symbol), None)
