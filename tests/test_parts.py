"""Snapshots alone, realtime alone, and books in fewer levels: each sees what it would see alone."""

import asyncio
import pickle
from collections.abc import AsyncIterator, Coroutine
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import permutations, product
from typing import Any

import pytest

from tests.harness import MARKETS, MemoryExchange, virtual_world
from tickwire import (
    DataType,
    OrderbookEvent,
    RateLimitTimeout,
    Stream,
    SubscriptionSpec,
    TransportError,
    UsageError,
    WebSocketClient,
    WebSocketManager,
)
from tickwire.testing import ManualClock, MemoryNetwork

BTC, ETH, XRP, SOL = MARKETS
BOOK = Stream(DataType.ORDERBOOK, BTC)
TRADES = Stream(DataType.TRADE, BTC)


@dataclass
class Ear:
    """What one component has heard."""

    events: list[Any] = field(default_factory=list)

    def __call__(self, event: Any) -> None:
        self.events.append(event)

    @property
    def kinds(self) -> str:
        """S for each snapshot, R for what comes after it, H for a hand-over."""
        return "".join("H" if e.handed_over else e.stream_type[0] for e in self.events)

    @property
    def depths(self) -> list[int]:
        return [len(event.orderbook_units) for event in self.events]


@dataclass
class Scene:
    """A whole client in virtual time."""

    clock: ManualClock
    network: MemoryNetwork
    exchange: MemoryExchange
    manager: WebSocketManager

    def client(self, name: str = "client") -> WebSocketClient:
        return WebSocketClient(name, manager=self.manager)

    async def listen(self, name: str, data_type: str, symbol: str = BTC, **options: Any) -> Ear:
        ear = Ear()
        spec = SubscriptionSpec(data_type, symbol, **options)
        await self.manager.register_component(name, [spec], handler=ear)
        return ear

    async def answered(self, asking: Coroutine[Any, Any, Any], within_s: float = 20.0) -> Any:
        """What comes of a question; time passes as long as it is open."""
        task = asyncio.create_task(asking)
        until = self.clock.now() + within_s
        while not task.done() and self.clock.now() < until:
            await self.clock.advance(0.05)
        assert task.done(), "no answer at all"
        return await task


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    clock, network = ManualClock(), MemoryNetwork()
    exchange = MemoryExchange(clock, network)
    async with WebSocketManager(world=virtual_world(clock, network)) as manager:
        yield Scene(clock, network, exchange, manager)


# --- one-off snapshots ------------------------------------------------------------------------


async def test_a_snapshot_nobody_else_wants_is_asked_for_once(scene: Scene) -> None:
    """A connection is opened for it, one message asks, and the connection closes after a while."""
    async with scene.client() as client:
        found = await scene.answered(client.get_snapshot("orderbook", [ETH, BTC]))
    assert list(found) == [ETH, BTC]
    assert all(event.is_snapshot and not event.handed_over for event in found.values())
    assert scene.exchange.messages == [frozenset()]
    assert scene.exchange.once == [{BOOK, Stream(DataType.ORDERBOOK, ETH)}]
    await scene.clock.advance(5.2)
    assert not scene.exchange.is_connected
    assert len(scene.exchange.messages) == 1


async def test_a_snapshot_rides_along_once_and_disturbs_nobody(scene: Scene) -> None:
    """It is in the message that goes out anyway, and absent from the next."""
    book = await scene.listen("chart", "orderbook", ETH)
    await scene.clock.advance(1.0)
    trades = await scene.listen("strategy", "trade")
    found = await scene.answered(scene.manager.get_snapshot(DataType.ORDERBOOK, "krw-btc"))
    await scene.listen("other", "trade", SOL)
    await scene.clock.advance(1.0)
    assert isinstance(found[BTC], OrderbookEvent)
    assert scene.exchange.once == [set(), {BOOK}, set()]
    assert (book.kinds, trades.kinds) == ("S", "S")
    assert len(scene.manager.components) == 3


async def test_what_flows_already_is_answered_without_a_message(scene: Scene) -> None:
    """The last event is how things stand, and is marked as a hand-over."""
    heard = await scene.listen("strategy", "trade")
    await scene.clock.advance(1.0)
    number = scene.exchange.emit(TRADES)
    found = await scene.manager.get_snapshot("trade", BTC)
    assert found[BTC].handed_over
    assert found[BTC].sequential_id == number
    assert heard.kinds == "SR"
    await scene.clock.advance(1.0)
    assert len(scene.exchange.messages) == 1


async def test_a_snapshot_under_way_answers_whoever_asks(scene: Scene) -> None:
    """The stream was asked for already, so nothing more is said."""
    heard = await scene.listen("strategy", "trade")
    await scene.clock.advance(0.105)
    found = await scene.answered(scene.manager.get_snapshot("trade", BTC))
    assert found[BTC].is_snapshot and not found[BTC].handed_over
    assert heard.kinds == "S"
    assert len(scene.exchange.messages) == 1


async def test_a_snapshot_is_not_the_beginning_of_what_somebody_else_wants(scene: Scene) -> None:
    """The answer to one who asks is not given to one who waits for the stream to begin."""
    asking = asyncio.create_task(scene.manager.get_snapshot("trade", BTC))
    await scene.clock.advance(0.105)
    heard = await scene.listen("strategy", "trade")
    await scene.clock.advance(0.02)
    assert (await asking)[BTC].is_snapshot
    assert heard.kinds == ""
    await scene.clock.advance(0.2)
    assert scene.exchange.messages[-1] == {TRADES}
    assert heard.kinds == "S"


async def test_a_snapshot_is_asked_for_again_after_a_loss(scene: Scene) -> None:
    """Nothing of it shows but the time it takes."""
    asking = asyncio.create_task(scene.manager.get_snapshot("trade", BTC))
    await scene.clock.advance(0.105)
    scene.network.last.lose()
    found = await scene.answered(asking_of(asking))
    assert found[BTC].is_snapshot
    assert scene.exchange.once == [{TRADES}, {TRADES}]


async def asking_of(task: "asyncio.Task[Any]") -> Any:
    return await task


async def test_a_market_that_does_not_exist_is_told_with_the_nearest_name(scene: Scene) -> None:
    """After five seconds of silence the market list is asked."""
    with pytest.raises(UsageError, match="lists no market KRW-BTCC; did you mean KRW-BTC"):
        await scene.answered(scene.manager.get_snapshot("ticker", "KRW-BTCC"))
    assert scene.clock.now() == pytest.approx(5.1, abs=0.1)


async def test_a_snapshot_that_does_not_come_times_out(scene: Scene) -> None:
    """It says what is missing, and nobody wants it from then on."""
    scene.network.failures = [TransportError("no route")] * 50
    with pytest.raises(
        TimeoutError, match=r"no snapshot within 3 s of: trade KRW-BTC, trade KRW-ETH"
    ):
        await scene.answered(scene.manager.get_snapshot("trade", [ETH, BTC], timeout=3))
    assert scene.manager.statistics().streams == 0
    assert scene.manager.statistics().components == {}


async def test_a_snapshot_that_could_not_be_asked_for_says_so(scene: Scene) -> None:
    """The limiter is used up by others for longer than it is worth waiting."""
    await scene.listen("strategy", "trade", ETH)
    turns, sent = 0, -1
    while sent < len(scene.exchange.messages):
        sent = len(scene.exchange.messages)
        for _ in range(6):
            await scene.listen("undecided", "trade", (BTC, XRP)[turns % 2])
            await scene.clock.advance(0.3)
            turns += 1
    with pytest.raises(RateLimitTimeout, match="a snapshot of trade KRW-SOL: no slot"):
        await scene.answered(scene.manager.get_snapshot("trade", SOL, timeout=1))
    assert len(scene.exchange.messages) == sent


async def test_who_stops_asking_wants_nothing_more(scene: Scene) -> None:
    """Cancelled before the message, there is no message."""
    asking = asyncio.create_task(scene.manager.get_snapshot("trade", BTC))
    await scene.clock.advance(0.05)
    asking.cancel()
    await scene.clock.advance(1.0)
    assert scene.exchange.messages == []


async def test_whoever_waits_is_told_that_the_manager_stops(scene: Scene) -> None:
    """Rather than left waiting."""
    asking = asyncio.create_task(scene.manager.get_snapshot("trade", BTC))
    await scene.clock.advance(0.05)
    await scene.manager.stop()
    with pytest.raises(UsageError, match="stopped before"):
        await asking


async def test_a_snapshot_has_its_time(scene: Scene) -> None:
    """It is not waited for without an end; 0 seconds are enough for what flows already."""
    never: Any = None
    with pytest.raises(UsageError, match="timeout must be seconds from 0 up"):
        await scene.manager.get_snapshot("trade", BTC, timeout=never)
    asking = asyncio.create_task(scene.manager.get_snapshot("trade", BTC, timeout=0))
    await scene.clock.advance(0.01)
    with pytest.raises(TimeoutError):
        await asking
    await scene.manager.register_component("a", [SubscriptionSpec("trade", BTC)])
    await scene.clock.advance(1.0)
    assert set(await scene.manager.get_snapshot("trade", BTC, timeout=0)) == {BTC}


@pytest.mark.parametrize("data_type", ["myOrder", "myAsset", "announcement", "indicator"])
async def test_what_has_no_snapshot_is_refused(scene: Scene, data_type: str) -> None:
    """What is told when it happens has no state."""
    with pytest.raises(UsageError):
        await scene.manager.get_snapshot(data_type, BTC)


# --- parts ------------------------------------------------------------------------------------

ALONE = {"both": "SRR", "snapshot": "S", "realtime": "RR"}
BESIDE = {"both": "HRR", "snapshot": "H", "realtime": "RR"}
OPTIONS: dict[str, dict[str, Any]] = {
    "both": {},
    "snapshot": {"is_only_snapshot": True},
    "realtime": {"is_only_realtime": True},
}


@pytest.mark.parametrize("data_type", ["trade", "orderbook"])
@pytest.mark.parametrize(("one", "other"), list(product(OPTIONS, OPTIONS)))
async def test_each_sees_its_part(scene: Scene, one: str, other: str, data_type: str) -> None:
    """Of a stream that begins for both: as if the other were not there."""
    stream = Stream(DataType(data_type), BTC)
    first = await scene.listen("first", data_type, **OPTIONS[one])
    second = await scene.listen("second", data_type, **OPTIONS[other])
    await scene.clock.advance(1.0)
    for _ in range(2):
        scene.exchange.emit(stream)
    assert (first.kinds, second.kinds) == tuple(
        ALONE[part] if {one, other} != {"snapshot"} else "S" for part in (one, other)
    )
    assert len(scene.exchange.messages) == 1


@pytest.mark.parametrize("data_type", ["trade", "orderbook"])
@pytest.mark.parametrize("other", OPTIONS)
@pytest.mark.parametrize("one", ["both", "realtime"])
async def test_each_sees_its_part_of_what_flows_already(
    scene: Scene, one: str, other: str, data_type: str
) -> None:
    """The second begins with a hand-over, if it wants the state at all; nothing is sent."""
    stream = Stream(DataType(data_type), BTC)
    first = await scene.listen("first", data_type, **OPTIONS[one])
    await scene.clock.advance(1.0)
    second = await scene.listen("second", data_type, **OPTIONS[other])
    await scene.clock.advance(1.0)
    for _ in range(2):
        scene.exchange.emit(stream)
    assert (first.kinds, second.kinds) == (ALONE[one], BESIDE[other])
    assert len(scene.exchange.messages) == 1


async def test_a_stream_does_not_stay_wanted_for_a_snapshot(scene: Scene) -> None:
    """Once it has come, the wish is over."""
    await scene.listen("chart", "orderbook", is_only_snapshot=True)
    ready = asyncio.create_task(scene.manager.ready(component_id="chart"))
    await scene.clock.advance(0.05)
    assert not ready.done()
    await scene.clock.advance(1.0)
    assert await ready
    assert scene.manager.statistics().components["chart"].streams == 0
    assert scene.exchange.messages == [frozenset()]


async def test_realtime_alone_has_no_snapshot_after_a_loss_either(scene: Scene) -> None:
    """The gap is told, and then comes what happens from there on."""
    heard = await scene.listen("strategy", "trade", is_only_realtime=True)
    await scene.clock.advance(1.0)
    scene.exchange.emit(TRADES)
    scene.network.last.lose()
    await scene.clock.advance(2.0)
    scene.exchange.emit(TRADES)
    assert heard.kinds == "RR"


async def test_asking_again_for_another_part_replaces_the_wish(scene: Scene) -> None:
    """A callback has one wish for each stream, so it hears no event twice."""
    ear = Ear()
    async with scene.client() as client:
        await client.subscribe_orderbook(BTC, ear, depth=5)
        await client.subscribe_orderbook(BTC, ear, depth=15, is_only_realtime=True)
        await scene.clock.advance(1.0)
        scene.exchange.emit(BOOK)
        assert (ear.kinds, ear.depths) == ("R", [15])
        await client.subscribe_orderbook(BTC, ear, is_only_snapshot=True)
        await scene.clock.advance(1.0)
        scene.exchange.emit(BOOK)
        assert (ear.kinds, ear.depths[-1]) == ("RS", 30)


async def test_batches_and_readers_have_their_parts_too(scene: Scene) -> None:
    """A list of what came together holds no more than was asked for; so does an iteration."""
    lists: list[list[Any]] = []
    async with scene.client("a") as a, scene.client("b") as b:
        await a.subscribe_orderbook(
            [BTC, ETH], lists.append, depth=1, is_only_snapshot=True, batch=True
        )
        await a.subscribe_trade(BTC, lists.append, batch=True)
        await b.subscribe_orderbook(BTC, depth=5)
        await scene.clock.advance(1.0)
        scene.exchange.emit(BOOK)
        events = [event for each in lists for event in each]
        assert sorted((e.type, e.symbol) for e in events) == [
            ("orderbook", BTC),
            ("orderbook", ETH),
            ("trade", BTC),
        ]
        stream = aiter(b)
        books: list[Any] = [await anext(stream) for _ in range(2)]
        assert [len(book.orderbook_units) for book in books] == [5, 5]


# --- depths -----------------------------------------------------------------------------------


@pytest.mark.parametrize("order", list(permutations([1, 5, 15, 30], 3)))
async def test_one_stream_carries_the_deepest_and_each_sees_its_own(
    scene: Scene, order: tuple[int, ...]
) -> None:
    """Joining one after the other: what comes before a deeper book begins is not given to it."""
    ears: dict[int, Ear] = {}
    for depth in order:
        ears[depth] = await scene.listen(f"wants {depth}", "orderbook", depth=depth)
        scene.exchange.emit(BOOK)
        await scene.clock.advance(0.1)
        if len(ears) > 1:
            scene.exchange.emit(BOOK)
        await scene.clock.advance(1.0)
        scene.exchange.emit(BOOK)
    assert scene.exchange.depths == {BOOK: max(order)}
    for depth, ear in ears.items():
        assert set(ear.depths) == {depth}
        assert ear.kinds[0] in "SH"
        assert "S" not in ear.kinds[1:], "the answer to somebody else"
    assert len(scene.network.transports) == 1


async def test_when_the_deepest_leaves_less_is_asked_for(scene: Scene) -> None:
    """One message, without a snapshot for anybody."""
    shallow = await scene.listen("shallow", "orderbook", depth=5)
    await scene.listen("deep", "orderbook")
    await scene.clock.advance(1.0)
    await scene.manager.unregister_component("deep")
    await scene.clock.advance(1.0)
    assert scene.exchange.depths == {BOOK: 5}
    assert len(scene.exchange.messages) == 2
    assert shallow.kinds == "S"


async def test_latest_is_as_deep_as_this_client_wants(scene: Scene) -> None:
    """A book that is on its way to be deeper is not there yet."""
    async with scene.client("a") as a, scene.client("b") as b:
        await a.subscribe_orderbook(BTC, Ear(), depth=5)
        await scene.clock.advance(1.0)
        await b.subscribe_orderbook(BTC, Ear())
        assert b.latest("orderbook", BTC) is None
        assert not await scene.answered(b.ready(0.01))
        assert await scene.answered(b.ready(1.0))
        for client, depth in ((a, 5), (b, 30)):
            book = client.latest("orderbook", BTC)
            assert isinstance(book, OrderbookEvent)
            assert len(book.orderbook_units) == depth


async def test_a_cut_book_is_a_book(scene: Scene) -> None:
    """In everything but its totals and its text, which are those of the message."""
    cut = await scene.listen("shallow", "orderbook", depth=5)
    whole = await scene.listen("deep", "orderbook")
    await scene.clock.advance(1.0)
    [shallow], [deep] = cut.events, whole.events
    assert type(shallow) is OrderbookEvent
    assert list(shallow.orderbook_units) == list(deep.orderbook_units)[:5]
    assert list(shallow.asks) == list(deep.asks)[:5]
    assert list(shallow.bids) == list(deep.bids)[:5]
    assert shallow.total_ask_size == Decimal(30)
    assert (shallow.raw, shallow.received_time_ns) == (deep.raw, deep.received_time_ns)
    assert pickle.loads(pickle.dumps(shallow)) == shallow != deep
    assert shallow.cut_to(15) is shallow
    with pytest.raises(UsageError, match="at least one level"):
        shallow.cut_to(0)


async def test_a_snapshot_of_more_levels_than_flow_is_asked_for(scene: Scene) -> None:
    """The book is carried deeper for that long, and whoever has it hears nothing of it."""
    heard = await scene.listen("shallow", "orderbook", depth=1)
    await scene.clock.advance(1.0)
    found = await scene.answered(scene.manager.get_snapshot("orderbook", BTC, depth=15))
    assert len(found[BTC].orderbook_units) == 15
    await scene.clock.advance(1.0)
    assert scene.exchange.depths == {BOOK: 1}
    assert heard.depths == [1] * len(heard.events)
    assert heard.kinds == "S"
