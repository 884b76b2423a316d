"""The client and the manager in virtual time, against an exchange in memory."""

import asyncio
import gc
import json
import logging
import threading
import weakref
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.harness import MARKETS, MemoryExchange, orderbook_frame, trade_frame, virtual_world
from tickwire import (
    BaseWebSocketEvent,
    ControlEvent,
    DataPoolManager,
    DataType,
    ExchangeError,
    Gap,
    Lagged,
    OrderbookEvent,
    Reconnecting,
    Refused,
    Rejected,
    Restored,
    SlowConsumer,
    Stream,
    SubscriptionSpec,
    TradeEvent,
    TransportError,
    UsageError,
    WebSocketClient,
    WebSocketManager,
    get_global_websocket_manager,
)
from tickwire.delivery import overflow
from tickwire.testing import ManualClock, MemoryNetwork

BTC, ETH, XRP, SOL = MARKETS
TRADE_BTC = Stream(DataType.TRADE, BTC)


@dataclass
class Scene:
    """Everything a test needs."""

    clock: ManualClock
    network: MemoryNetwork
    exchange: MemoryExchange
    manager: WebSocketManager

    def client(self, name: str = "client") -> WebSocketClient:
        return WebSocketClient(name, manager=self.manager)

    @property
    def messages(self) -> list[Any]:
        """Every message that has gone out on any connection."""
        return [json.loads(text) for each in self.network.transports for text in each.sent]

    def emit(self, symbol: str, kind: DataType = DataType.TRADE) -> int:
        return self.exchange.emit(Stream(kind, symbol))


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    clock, network = ManualClock(), MemoryNetwork()
    exchange = MemoryExchange(clock, network)
    async with WebSocketManager(world=virtual_world(clock, network)) as manager:
        yield Scene(clock, network, exchange, manager)


def numbers(events: list[Any]) -> list[int]:
    return [event.sequential_id for event in events]


# --- merging ----------------------------------------------------------------------------------


async def test_the_most_important_streams_are_named_first(scene: Scene) -> None:
    """By the highest wish for each; to raise it sends nothing and counts in the next message."""
    await scene.manager.register_component(
        "books", [SubscriptionSpec("orderbook", BTC), SubscriptionSpec("trade", BTC, priority=1)]
    )
    await scene.clock.advance(1.0)
    client = scene.client()
    await client.subscribe(SubscriptionSpec("orderbook", BTC, priority=2))
    await client.subscribe(SubscriptionSpec("trade", BTC))
    await scene.clock.advance(1.0)
    assert len(scene.messages) == 1
    scene.network.last.lose()
    await scene.clock.advance(5.0)
    await client.disconnect()
    scene.network.last.lose()
    await scene.clock.advance(5.0)
    named = [[each["type"] for each in message[1:-1]] for message in scene.messages]
    assert named == [["trade", "orderbook"], ["orderbook", "trade"], ["trade", "orderbook"]]


async def test_a_withdrawn_wish_takes_its_priority_along(scene: Scene) -> None:
    """Wanted anew without one, a stream is as important as most."""
    async with scene.client() as client:
        await client.subscribe(SubscriptionSpec("trade", BTC, priority=1))
        await client.unsubscribe("trade")
        await client.subscribe(SubscriptionSpec("trade", BTC))
        await client.subscribe(SubscriptionSpec("orderbook", BTC))
        await scene.clock.advance(1.0)
    assert [each["type"] for each in scene.messages[0][1:-1]] == ["orderbook", "trade"]


async def test_ten_components_in_one_turn_make_one_message(scene: Scene) -> None:
    """However many ask at once, the union goes out once."""
    clients = [scene.client(f"component-{n}") for n in range(10)]
    await asyncio.gather(*(each.subscribe_trade(list(MARKETS)) for each in clients))
    await asyncio.gather(*(each.subscribe_orderbook(BTC) for each in clients))
    await scene.clock.advance(1.0)
    [message] = scene.messages
    assert message[1:-1] == [
        {"type": "orderbook", "codes": [BTC]},
        {"type": "trade", "codes": sorted(MARKETS)},
    ]
    for each in clients:
        await each.disconnect()


async def test_a_second_subscription_of_a_type_adds(scene: Scene) -> None:
    """The first symbol stays live when another one joins, without a second snapshot."""
    async with scene.client() as client:
        await client.subscribe_trade(BTC)
        await scene.clock.advance(1.0)
        await client.subscribe_trade([ETH])
        await scene.clock.advance(1.0)
        assert scene.messages[1][1:-1] == [
            {"type": "trade", "codes": [ETH]},
            {"type": "trade", "codes": [BTC], "is_only_realtime": True},
        ]


async def test_unsubscribe_leaves_the_rest(scene: Scene) -> None:
    """One symbol, or a whole type, is withdrawn and nothing else."""
    async with scene.client() as client:
        await client.subscribe_trade([BTC, ETH, XRP])
        await client.subscribe_orderbook([BTC])
        await client.unsubscribe("trade", ETH)
        await scene.clock.advance(1.0)
        assert scene.exchange.live == {
            Stream(DataType.ORDERBOOK, BTC),
            TRADE_BTC,
            Stream(DataType.TRADE, XRP),
        }
        await client.unsubscribe(DataType.TRADE)
        await scene.clock.advance(1.0)
        assert scene.exchange.live == {Stream(DataType.ORDERBOOK, BTC)}


async def test_what_is_left_of_a_wish_still_arrives(scene: Scene) -> None:
    """A symbol withdrawn of several asked for at once takes no other with it."""
    one_by_one: list[TradeEvent] = []
    batched: list[list[TradeEvent]] = []
    async with scene.client() as client:
        await client.subscribe_trade([BTC, ETH], one_by_one.append)
        await client.subscribe_trade([BTC, ETH], batched.append, batch=True)
        await scene.clock.advance(1.0)
        await client.unsubscribe("trade", ETH)
        one_by_one.clear()
        batched.clear()
        number = scene.emit(BTC)
        scene.emit(ETH)
        assert numbers(one_by_one) == [number]
        assert [numbers(events) for events in batched] == [[number]]


async def test_two_groupings_of_one_book_need_two_lanes(scene: Scene) -> None:
    """What one connection cannot carry goes to another, by itself."""
    async with scene.client() as client:
        await client.subscribe_orderbook([BTC])
        await client.subscribe_orderbook([BTC, ETH], level=10_000)
        await scene.clock.advance(1.0)
        assert [message[1:-1] for message in scene.messages] == [
            [
                {"type": "orderbook", "codes": [BTC]},
                {"type": "orderbook", "codes": [ETH], "level": 10_000},
            ],
            [{"type": "orderbook", "codes": [BTC], "level": 10_000}],
        ]
        assert scene.manager.statistics().connects == 2


async def test_a_whole_market_is_expanded(scene: Scene) -> None:
    """A quote currency stands for every symbol of it that the exchange lists."""
    async with scene.client() as client:
        await client.subscribe_trade("KRW")
        await scene.clock.advance(1.0)
        assert scene.messages[0][1]["codes"] == sorted(MARKETS)


# --- delivery ---------------------------------------------------------------------------------


async def test_callbacks_of_every_kind_get_their_events(scene: Scene) -> None:
    """Plain and asynchronous functions, and bound methods; each only what it asked for."""
    got: dict[str, list[Any]] = {"plain": [], "async": [], "method": []}

    async def asynchronous(event: TradeEvent) -> None:
        await scene.clock.sleep(0)
        got["async"].append(event)

    class Strategy:
        def on_book(self, event: OrderbookEvent) -> None:
            got["method"].append(event)

    strategy = Strategy()
    async with scene.client() as client:
        await client.subscribe_trade(BTC, got["plain"].append)
        await client.subscribe_trade(ETH, asynchronous)
        await client.subscribe_orderbook(BTC, strategy.on_book)
        await scene.clock.advance(1.0)
        scene.emit(BTC)
        scene.emit(ETH)
        scene.emit(BTC, DataType.ORDERBOOK)
        await scene.clock.settle()
    assert {kind: {e.symbol for e in events} for kind, events in got.items()} == {
        "plain": {BTC},
        "async": {ETH},
        "method": {BTC},
    }
    assert [len(events) for events in got.values()] == [2, 2, 2]


async def test_wishes_without_a_callback_are_iterated_over(scene: Scene) -> None:
    """A wish with a callback goes there, the others to `async for`, never both."""
    called: list[TradeEvent] = []
    async with scene.client() as client:
        await client.subscribe_trade(BTC)
        await client.subscribe_trade(ETH, called.append)
        await scene.clock.advance(1.0)
        scene.emit(BTC)
        iterated = []
        async for event in client:
            iterated.append(event)
            if len(iterated) == 2:
                break
    assert {event.symbol for event in iterated} == {BTC}
    assert {event.symbol for event in called} == {ETH}


async def test_iteration_ends_with_the_client(scene: Scene) -> None:
    """`disconnect` lets a waiting loop end in the ordinary way."""
    client = scene.client()
    await client.subscribe_trade(BTC)

    async def read() -> int:
        return len([event async for event in client])

    reading = asyncio.create_task(read())
    await scene.clock.advance(1.0)
    await client.disconnect()
    assert await reading == 1


async def test_whoever_would_iterate_in_vain_is_warned(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    """Once for each client, if all that it wants goes to callbacks; the wait goes on."""

    async def first(stream: Any) -> Any:
        return await anext(stream)

    async with scene.client() as client, scene.client("other") as other:
        await client.subscribe_trade(BTC, lambda event: None)
        await other.subscribe_trade(BTC)
        control = asyncio.ensure_future(first(client.stream(control=True)))
        ordinary = asyncio.ensure_future(first(other.stream()))
        await scene.clock.advance(1.0)
        await ordinary
        control.cancel()
        await scene.clock.settle()
        assert "without a callback" not in caplog.text
        for _ in range(2):
            waiting = asyncio.ensure_future(first(client.stream()))
            await scene.clock.settle()
            waiting.cancel()
            await scene.clock.settle()
        assert caplog.text.count("iterates over client 'client' or calls get() waits in vain") == 1
        waiting = asyncio.ensure_future(first(client.stream()))
        await client.subscribe_trade(ETH)
        await scene.clock.advance(1.0)
        assert (await waiting).symbol == ETH
        await client.unsubscribe("trade", ETH)
    assert caplog.text.count("without a callback") == 1


async def test_two_loops_over_one_client_are_refused(scene: Scene) -> None:
    """They would take each other's events."""
    async with scene.client() as client:
        await client.subscribe_trade(BTC)
        first = client.stream()
        waiting = asyncio.ensure_future(anext(first))
        await scene.clock.settle()
        with pytest.raises(UsageError, match="iterated over already"):
            await anext(client.stream())
        waiting.cancel()


async def test_a_failing_handler_hurts_nobody(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    """What a handler raises is logged and counted, and the next one is called."""
    got: list[TradeEvent] = []

    def broken(event: TradeEvent) -> None:
        raise RuntimeError("broken strategy")

    async def broken_later(event: TradeEvent) -> None:
        raise RuntimeError("broken chart")

    async with scene.client("bad") as bad, scene.client("good") as good:
        await bad.subscribe_trade(BTC, broken)
        await bad.subscribe_trade(BTC, broken_later)
        await good.subscribe_trade(BTC, got.append)
        await scene.clock.advance(1.0)
        scene.emit(BTC)
        await scene.clock.settle()
        assert scene.manager.statistics().components["bad"].handler_errors == 4
    assert len(got) == 2
    assert "broken strategy" in caplog.text


async def test_unsubscribing_in_the_middle_of_delivery_takes_effect_at_once(scene: Scene) -> None:
    """A handler that releases another component spares it the very same event."""
    got: list[str] = []

    def ruthless(event: TradeEvent) -> None:
        got.append("first")
        other.close_now()

    class Closing(WebSocketClient):
        def close_now(self) -> None:
            asyncio.get_running_loop().create_task(self.disconnect()).add_done_callback(
                lambda _: None
            )
            assert self._manager is not None
            assert self._component is not None
            self._manager.components.release(self._component)

    other = Closing("other", manager=scene.manager)
    async with scene.client() as client:
        await client.subscribe_trade(BTC, ruthless)
        await other.subscribe_trade(BTC, lambda event: got.append("second"))
        await scene.clock.advance(1.0)
    assert got == ["first"]


async def test_a_newcomer_gets_the_last_event_of_a_live_stream_at_once(scene: Scene) -> None:
    """It is marked as handed over, and costs no message."""
    early: list[TradeEvent] = []
    late: list[TradeEvent] = []
    async with scene.client("early") as one, scene.client("late") as other:
        await one.subscribe_trade(BTC, early.append)
        await scene.clock.advance(1.0)
        await other.subscribe_trade(BTC, late.append)
        await scene.clock.advance(1.0)
    assert len(scene.messages) == 1
    assert numbers(late) == numbers(early)
    assert (early[0].handed_over, late[0].handed_over) == (False, True)
    assert late[0].stream_type == "SNAPSHOT"


async def test_trades_come_once_though_the_exchange_repeats_them(scene: Scene) -> None:
    """The snapshot after a new subscription repeats the last trade; the ids tell."""
    got: list[TradeEvent] = []
    async with scene.client() as client:
        await client.subscribe_trade(BTC, got.append)
        await scene.clock.advance(1.0)
        scene.network.last.deliver(trade_frame(BTC, 7), trade_frame(BTC, 9), trade_frame(BTC, 8))
        scene.network.last.deliver(trade_frame(BTC, 8, "SNAPSHOT"))
        assert numbers(got)[1:] == [7, 9, 8]
        assert scene.manager.statistics().delivery.duplicates == 1


async def test_latest_is_there_without_waiting(scene: Scene) -> None:
    """The pull model: the newest event of a stream, or `None`."""
    async with scene.client() as client:
        assert client.latest("trade", BTC) is None
        await client.subscribe_trade(BTC)
        await scene.clock.advance(1.0)
        number = scene.emit(BTC)
        latest = client.latest("trade", "krw-btc")
        assert isinstance(latest, TradeEvent)
        assert latest.sequential_id == number


async def test_a_batch_lags_like_a_single_event(scene: Scene) -> None:
    """A slow batch of order books gets the newest of each market, and the account balances."""
    batches: list[list[OrderbookEvent]] = []

    async def slow(events: list[OrderbookEvent]) -> None:
        batches.append(events)
        await scene.clock.sleep(1.0)

    async with scene.client("slow") as client:
        await client.subscribe_orderbook([BTC, ETH], slow, batch=True)
        await scene.clock.advance(0.5)
        for _ in range(20):
            newest = {
                scene.emit(BTC, DataType.ORDERBOOK),
                scene.emit(ETH, DataType.ORDERBOOK),
            }
            await scene.clock.advance(0.1)
        await scene.clock.advance(5.0)
        last = {event.symbol: event.asks[0].price for event in batches[-1]}
        assert set(last.values()) == newest
        figures = scene.manager.statistics().components["slow"]
        assert figures.conflated > 0
        assert figures.received == figures.delivered + figures.conflated


async def test_a_slow_reader_of_states_gets_the_newest(scene: Scene) -> None:
    """Order books conflate for whoever lags, and only for them; the account balances."""
    fast: list[OrderbookEvent] = []
    slow: list[OrderbookEvent] = []

    async def sluggish(event: OrderbookEvent) -> None:
        slow.append(event)
        await scene.clock.sleep(1.0)

    async with scene.client("fast") as one, scene.client("slow") as other:
        await one.subscribe_orderbook(BTC, fast.append)
        await other.subscribe_orderbook(BTC, sluggish)
        await scene.clock.advance(0.5)
        for _ in range(20):
            last = scene.emit(BTC, DataType.ORDERBOOK)
            await scene.clock.advance(0.1)
        await scene.clock.advance(5.0)
        figures = scene.manager.statistics().components["slow"]
        assert len(fast) == 21
        assert len(slow) < 6
        assert slow[-1].asks[0].price == last
        assert figures.received == figures.delivered + figures.conflated == 21


async def test_a_slow_reader_of_trades_is_told_what_it_missed(scene: Scene) -> None:
    """A thousand trades are kept; `Lagged` tells how many were not."""
    async with scene.client() as client:
        await client.subscribe_trade(BTC)
        stream = client.stream(control=True)
        first = asyncio.ensure_future(anext(stream))
        await scene.clock.advance(1.0)
        await first
        for number in range(2_000, 3_200):
            scene.network.last.deliver(trade_frame(BTC, number))
        lagged = await anext(stream)
        after = await anext(stream)
        await stream.aclose()  # type: ignore[attr-defined]
    assert lagged == Lagged(DataType.TRADE, dropped=199)
    assert isinstance(after, TradeEvent)
    assert after.sequential_id == 2_199


async def test_control_events_are_never_dropped_but_their_reader_may_fail(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A component that lets them pile up is released alone, with an error that says why."""
    monkeypatch.setattr("tickwire.delivery.inbox.NEVER_DROP", overflow.NeverDrop(limit=10))
    got: list[TradeEvent] = []
    async with scene.client("idle") as idle, scene.client("good") as good:
        await idle.subscribe_trade(ETH)
        await good.subscribe_trade(BTC, got.append)
        stream = idle.stream(control=True)
        waiting = asyncio.ensure_future(anext(stream))
        await scene.clock.advance(1.0)
        await waiting
        for _ in range(12):
            scene.network.last.lose()
            await scene.clock.advance(60.0)
        with pytest.raises(SlowConsumer, match="'idle' has 11 events waiting"):
            [event async for event in stream]
        assert "idle" not in scene.manager.statistics().components
        before = len(got)
        scene.emit(BTC)
        assert len(got) == before + 1


# --- losses -----------------------------------------------------------------------------------


async def test_a_loss_is_told_in_its_place_between_the_data(scene: Scene) -> None:
    """Reconnecting, then Gap before the first data after it, then Restored."""
    async with scene.client() as client:
        await client.subscribe_trade(BTC)
        events: list[BaseWebSocketEvent | ControlEvent] = []

        async def read() -> None:
            async for event in client.stream(control=True):
                events.append(event)

        reading = asyncio.create_task(read())
        await scene.clock.advance(1.0)
        last = scene.emit(BTC)
        scene.network.last.lose("cut")
        await scene.clock.advance(1.0)
        await client.disconnect()
        await reading
    before, _, reconnecting, gap, after, restored = events
    assert reconnecting == Reconnecting("cut", failures=1, delay_s=0.0, alarm=False)
    assert isinstance(gap, Gap)
    assert (gap.stream, gap.reason) == (TRADE_BTC, "cut")
    assert gap.last_before == events[1]
    assert numbers([gap.last_before]) == [last]
    assert gap.first_after is after
    assert isinstance(before, TradeEvent)
    assert isinstance(restored, Restored)
    assert (restored.confirmed, restored.missing) == (1, ())


async def test_everything_wanted_then_is_restored(scene: Scene) -> None:
    """Wishes that change while the network is away are what comes back."""
    async with scene.client() as client:
        await client.subscribe_trade([BTC, ETH])
        await scene.clock.advance(1.0)
        scene.network.failures = [TransportError("no route")] * 3
        scene.network.last.lose()
        await scene.clock.advance(0.5)
        await client.unsubscribe("trade", BTC)
        await client.subscribe_orderbook(XRP)
        await scene.clock.advance(20.0)
        assert scene.exchange.live == {
            Stream(DataType.TRADE, ETH),
            Stream(DataType.ORDERBOOK, XRP),
        }
        assert await client.ready(0.0)


async def test_a_component_hears_control_events_by_its_own_method(scene: Scene) -> None:
    """`handle_control` gets them in order with the data of `handle_event`."""

    class Chart:
        def __init__(self) -> None:
            self.heard: list[str] = []

        async def handle_event(self, event: BaseWebSocketEvent) -> None:
            self.heard.append(event.type)

        async def handle_control(self, event: ControlEvent) -> None:
            self.heard.append(type(event).__name__)

    chart = Chart()
    await scene.manager.register_component("chart", chart, [SubscriptionSpec("trade", [BTC])])
    await scene.clock.advance(1.0)
    scene.network.last.lose()
    await scene.clock.advance(1.0)
    assert chart.heard == ["trade", "Reconnecting", "Gap", "trade", "Restored"]


async def test_a_refusal_is_told_and_survived(scene: Scene) -> None:
    """The exchange's error arrives with its name; the connection comes back."""
    async with scene.client() as client:
        stream = client.stream(control=True)
        first = asyncio.ensure_future(anext(stream))
        await scene.clock.settle()
        scene.exchange.refuse_next = "WRONG_FORMAT"
        await client.subscribe_trade(BTC)
        await scene.clock.advance(3.0)
        refused = await first
        assert isinstance(refused, Refused)
        assert isinstance(refused.error, ExchangeError)
        assert refused.error.name == "WRONG_FORMAT"
        assert scene.exchange.live == {TRADE_BTC}


async def test_an_unknown_code_is_rejected_with_a_suggestion(scene: Scene) -> None:
    """Silence on the wire for 5 s, a look at the market list, and the wish is withdrawn."""
    async with scene.client() as client:
        await client.subscribe_trade(["KRW-BTX", ETH])
        heard: list[Any] = []

        async def read() -> None:
            async for event in client.stream(control=True):
                heard.append(event)

        reading = asyncio.create_task(read())
        await scene.clock.advance(4.9)
        assert [type(event) for event in heard] == [TradeEvent]
        await scene.clock.advance(1.0)
        [rejected] = [event for event in heard if isinstance(event, Rejected)]
        assert rejected.stream.symbol == "KRW-BTX"
        assert rejected.suggestion == BTC
        assert scene.exchange.live == {Stream(DataType.TRADE, ETH)}
        readiness = await client.ready(0.0)
        assert not readiness
        assert readiness.rejected == {rejected.stream}
        assert "trade KRW-BTX is rejected: " in str(client.explain())
        assert "did you mean KRW-BTC?" in str(client.explain())
        assert readiness.confirmed == {Stream(DataType.TRADE, ETH)}
        await client.subscribe_trade("KRW-BTX")
        assert not scene.manager.components.rejected(client.component_id)
        reading.cancel()


async def test_a_frame_that_makes_no_sense_is_counted_and_survived(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    """Nonsense is reported once, not for each frame, and the next good one arrives."""
    got: list[TradeEvent] = []
    async with scene.client() as client:
        await client.subscribe_trade(BTC, got.append)
        await scene.clock.advance(1.0)
        caplog.clear()
        scene.network.last.deliver(*["nonsense"] * 9, '{"type":"trade","code":"KRW-BTC"}')
        scene.network.last.deliver(
            '{"status":"UP"}', '{"type":"new thing"}', "[]", trade_frame(BTC, 77)
        )
        delivery = scene.manager.statistics().delivery
    assert (delivery.undecodable, delivery.unknown) == (10, 1)
    assert delivery.messages == 10 + 1 + len(got)
    assert numbers(got)[-1] == 77
    assert caplog.text.count("undecodable") == 2


# --- readiness --------------------------------------------------------------------------------


async def test_ready_tells_what_is_confirmed_and_what_is_missing(scene: Scene) -> None:
    """It waits for data of every stream, and says what has none when the time is up."""
    async with scene.client() as client:
        await client.subscribe_trade([BTC, "KRW-NONE"])
        waiting = asyncio.ensure_future(client.ready(2.0))
        await scene.clock.advance(1.9)
        assert not waiting.done()
        await scene.clock.advance(0.2)
        readiness = await waiting
        assert not readiness
        assert readiness.confirmed == {TRADE_BTC}
        assert readiness.missing == {Stream(DataType.TRADE, "KRW-NONE")}


async def test_ready_returns_as_soon_as_it_can(scene: Scene) -> None:
    """No waiting for the time limit once everything flows."""
    async with scene.client() as client:
        await client.subscribe_trade(list(MARKETS))
        waiting = asyncio.ensure_future(client.ready(60.0))
        await scene.clock.advance(0.3)
        assert waiting.done()
        assert len((await waiting).confirmed) == len(MARKETS)


# --- lifetime ---------------------------------------------------------------------------------


class Component:
    """A component as users write them."""

    def __init__(self) -> None:
        self.events: list[BaseWebSocketEvent] = []

    def handle_event(self, event: BaseWebSocketEvent) -> None:
        self.events.append(event)


async def test_a_collected_component_leaves(scene: Scene) -> None:
    """Its wishes go with it, and nothing else holds it."""
    component = Component()
    await scene.manager.register_component("c", component, [SubscriptionSpec("trade", [BTC])])
    await scene.clock.advance(1.0)
    gone = weakref.ref(component)
    del component
    gc.collect()
    await scene.clock.advance(6.0)
    assert gone() is None
    assert not scene.exchange.is_connected
    assert scene.manager.statistics().components == {}


async def test_a_component_collected_in_another_thread_leaves(scene: Scene) -> None:
    """The collector may run anywhere."""
    holder = [Component()]

    def collect() -> None:
        holder.clear()
        gc.collect()

    await scene.manager.register_component("c", holder[0], [SubscriptionSpec("trade", [BTC])])
    thread = threading.Thread(target=collect)
    thread.start()
    thread.join()
    await scene.clock.settle()
    assert scene.manager.statistics().components == {}


async def test_a_new_owner_of_an_id_survives_the_end_of_the_old_one(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    """Taking over an id is warned of; the old object's end does not remove the new one."""
    old, new = Component(), Component()
    await scene.manager.register_component("c", old, [SubscriptionSpec("trade", [BTC])])
    await scene.clock.advance(1.0)
    await scene.manager.register_component("c", new, [SubscriptionSpec("trade", [BTC, ETH])])
    assert "taken over" in caplog.text
    del old
    gc.collect()
    await scene.clock.advance(1.0)
    number = scene.emit(BTC)
    assert numbers(new.events)[-1] == number
    assert scene.exchange.live == {TRADE_BTC, Stream(DataType.TRADE, ETH)}


async def test_registering_again_interrupts_nothing(scene: Scene) -> None:
    """A stream wanted before and after stays live, and its last event is handed over."""
    component = Component()
    await scene.manager.register_component("c", component, [SubscriptionSpec("trade", [BTC])])
    await scene.clock.advance(1.0)
    await scene.manager.register_component("c", component, [SubscriptionSpec("trade", [BTC])])
    await scene.clock.advance(1.0)
    assert len(scene.messages) == 1
    assert [event.handed_over for event in component.events] == [False, True]


async def test_a_client_that_is_dropped_while_open_warns_and_leaves(scene: Scene) -> None:
    """Nobody can hear it any more, so its streams are given back."""
    client = scene.client()
    await client.subscribe_trade(BTC)
    with pytest.warns(ResourceWarning, match="collected while open"):
        del client
        gc.collect()
    await scene.clock.settle()
    assert scene.manager.statistics().streams == 0


async def test_stop_leaves_nothing_behind(scene: Scene) -> None:
    """No task, no connection; a second stop is fine and a later call is told."""
    client = scene.client()
    await client.subscribe_trade(BTC)
    await scene.clock.advance(1.0)
    await scene.manager.stop()
    await scene.manager.stop()
    names = [task.get_name() for task in asyncio.all_tasks()]
    assert not [name for name in names if name.startswith("tickwire")]
    assert not scene.exchange.is_connected
    with pytest.raises(UsageError, match="stopped"):
        await client.subscribe_trade(ETH)
    await client.disconnect()


async def test_the_loop_can_end_with_a_client_open() -> None:
    """Ending a program without goodbye leaves no error behind; see `filterwarnings`."""

    async def program() -> WebSocketClient:
        clock, network = ManualClock(), MemoryNetwork()
        MemoryExchange(clock, network)
        client = WebSocketClient("c", manager=WebSocketManager(world=virtual_world(clock, network)))
        await client.subscribe_trade(BTC)
        await clock.advance(1.0)
        return client

    def run() -> None:
        with pytest.warns(ResourceWarning):
            asyncio.run(program())
            gc.collect()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()


# --- wrong use --------------------------------------------------------------------------------


async def test_bad_registrations_are_told_at_the_call(scene: Scene) -> None:
    """Empty ids, no wishes, things that are no wishes, components that cannot be held."""

    class Slotted:
        __slots__ = ()

    spec = SubscriptionSpec("ticker", [BTC])
    not_callable: Any = 5
    register = scene.manager.register_component
    wrong: list[tuple[Callable[[], Any], str]] = [
        (lambda: register(" ", [spec]), "component id"),
        (lambda: register("c", []), "no subscriptions"),
        (lambda: register("c", ["ticker"]), "expected a SubscriptionSpec"),
        (lambda: register("c", Slotted(), [spec]), "weakly referenced"),
        (lambda: register("c", [spec], handler=not_callable), "callable"),
    ]
    for call, message in wrong:
        with pytest.raises(UsageError, match=message):
            await call()


async def test_bad_clients_are_told_at_the_call(scene: Scene) -> None:
    """Ids, addresses and callbacks are checked where they are given."""
    with pytest.raises(UsageError, match="component id"):
        WebSocketClient("")
    with pytest.raises(UsageError, match="not both"):
        WebSocketClient("c", manager=scene.manager, environment="sg")
    with pytest.raises(UsageError, match="environment"):
        await WebSocketClient("c", environment="us").subscribe_ticker(BTC)
    async with scene.client() as client:
        with pytest.raises(UsageError, match="callable"):
            await client.subscribe_ticker(BTC, "callback")  # type: ignore[call-overload]
        with pytest.raises(UsageError, match="candle unit '2m'"):
            await client.subscribe_candle(BTC, unit="2m")
        with pytest.raises(UsageError, match="KRW-BTC"):
            await client.subscribe_ticker("BTC/KRW")
    with pytest.raises(UsageError, match="disconnected"):
        await client.subscribe_ticker(BTC)


async def test_use_from_another_loop_is_told(scene: Scene) -> None:
    """A manager belongs to the loop that it was started in."""
    told: list[str] = []

    def elsewhere() -> None:
        with pytest.raises(UsageError, match="another event loop") as error:
            asyncio.run(scene.manager.unregister_component("c"))
        told.append(str(error.value))

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert told


async def test_the_manager_of_a_client_can_be_asked(scene: Scene) -> None:
    """Whether it was given or is the one of this loop, which is found where a loop runs."""
    async with scene.client() as client:
        assert client.manager is scene.manager
    alone = WebSocketClient("alone")
    with pytest.raises(UsageError, match="running event loop"):
        await asyncio.to_thread(lambda: alone.manager)
    assert alone.manager is await get_global_websocket_manager()
    assert DataPoolManager("pool").manager is alone.manager


async def test_reprs_are_status_lines(scene: Scene) -> None:
    """What one sees in a debugger says how things stand."""
    async with scene.client("chart") as client:
        await client.subscribe_trade(BTC)
        await scene.clock.advance(1.0)
        assert repr(client) == "<WebSocketClient 'chart': open, <Component 'chart': 1 streams>>"
        assert "1 components, 1 streams" in repr(scene.manager)
        assert "active, epoch 1" in repr(scene.manager)


async def test_the_snippet_of_the_documents_reads_the_summary(scene: Scene) -> None:
    """`manager._subscription_manager.get_stream_summary()` is a name that users know."""
    async with scene.client() as client:
        await client.subscribe_trade([BTC, ETH])
        summary = scene.manager._subscription_manager.get_stream_summary()
        assert summary.public_streams == {"trade": 2}
        assert scene.manager.subscription_manager.get_stream_summary() == summary


def test_logging_is_the_applications_business() -> None:
    """The library adds no handlers."""
    assert logging.getLogger("tickwire").handlers == []


def test_frames_of_the_harness_are_what_the_adapter_reads() -> None:
    """The fake's frames decode like real ones."""
    from tickwire.exchanges.upbit import Upbit

    for text in (trade_frame(BTC, 1), orderbook_frame(BTC, 2)):
        [event] = Upbit().classify(text.encode())
        assert isinstance(event, BaseWebSocketEvent)
        event.check()
        assert event.symbol == BTC
