"""How long a component lives and how long its wishes do, also where handlers are awaited."""

import gc
import weakref
from collections.abc import AsyncIterator

import pytest

from tests.harness import MARKETS, MemoryExchange, virtual_world
from tickwire.client import WebSocketClient
from tickwire.events import BaseWebSocketEvent
from tickwire.manager import WebSocketManager
from tickwire.subscription import DataType, Stream, SubscriptionSpec
from tickwire.testing import ManualClock, MemoryNetwork

TRADES = Stream(DataType.TRADE, "KRW-BTC")


class Slow:
    """A component that takes its time."""

    def __init__(self, clock: ManualClock, delay_s: float) -> None:
        self._clock = clock
        self._delay_s = delay_s

    async def handle_event(self, event: BaseWebSocketEvent) -> None:
        await self._clock.sleep(self._delay_s)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def exchange(clock: ManualClock) -> MemoryExchange:
    return MemoryExchange(clock, MemoryNetwork())


@pytest.fixture
async def manager(clock: ManualClock, exchange: MemoryExchange) -> AsyncIterator[WebSocketManager]:
    async with WebSocketManager(world=virtual_world(clock, exchange.network)) as manager:
        yield manager


@pytest.mark.parametrize("delay_s", [0.0, 0.3], ids=["idle", "lagging"])
async def test_a_component_is_collected_although_its_handler_was_awaited(
    manager: WebSocketManager, clock: ManualClock, exchange: MemoryExchange, delay_s: float
) -> None:
    """Neither the last event that it had nor those that still wait for it hold it."""
    component = Slow(clock, delay_s)
    await manager.register_component("c", component, [SubscriptionSpec("trade", ["KRW-BTC"])])
    await clock.advance(1.0)
    for _ in range(20):
        exchange.emit(TRADES)
        await clock.advance(0.1)
    gone = weakref.ref(component)
    del component
    gc.collect()
    for _ in range(20):
        exchange.emit(TRADES)
        await clock.advance(0.1)
    assert gone() is None
    assert manager.statistics().components == {}


async def test_a_component_is_collected_although_states_wait_for_it(
    manager: WebSocketManager, clock: ManualClock, exchange: MemoryExchange
) -> None:
    """Of order books the newest waits, in the place of its market and handler."""
    component = Slow(clock, 0.3)
    books = SubscriptionSpec("orderbook", MARKETS)
    await manager.register_component("c", component, [books])
    gone = weakref.ref(component)
    await clock.advance(1.0)
    for number in range(40):
        if number == 20:
            del component
            gc.collect()
        for stream in books.streams:
            exchange.emit(stream)
        await clock.advance(0.1)
    assert gone() is None
    assert manager.statistics().components == {}


@pytest.mark.parametrize("batch", [False, True])
async def test_a_withdrawn_wish_takes_with_it_what_waits_in_the_inbox(
    manager: WebSocketManager, clock: ManualClock, exchange: MemoryExchange, batch: bool
) -> None:
    """Once `unsubscribe` has returned, the handler is not called for that stream again."""
    heard: list[object] = []

    async def slow(events: object) -> None:
        heard.append(events)
        await clock.sleep(1.0)

    client = WebSocketClient("c", manager=manager)
    await client.subscribe(SubscriptionSpec("trade", ["KRW-BTC"]), slow, batch=batch)
    await clock.advance(1.0)
    for _ in range(5):
        exchange.emit(TRADES)
        await clock.advance(0.1)
    await client.unsubscribe("trade", "KRW-BTC")
    before = len(heard)
    await clock.advance(10.0)
    await client.disconnect()
    assert before
    assert len(heard) == before
