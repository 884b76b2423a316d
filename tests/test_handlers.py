"""What a handler may do to others, which is nothing, and to its own component."""

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest

from tests.harness import MemoryExchange, orderbook_frame, virtual_world
from tests.test_client import BTC, ETH, Scene, scene
from tickwire import (
    DataType,
    Stream,
    SubscriptionSpec,
    TradeEvent,
    WebSocketClient,
    WebSocketManager,
)
from tickwire.errors import TransportError, UsageError
from tickwire.testing import ManualClock, MemoryNetwork

__all__ = ["scene"]  # the fixture


async def _a_cancelled_task() -> asyncio.Future[None]:
    task = asyncio.ensure_future(asyncio.sleep(1000.0))
    task.cancel()
    await asyncio.wait([task])
    return task


async def test_the_result_of_a_cancelled_task_stays_with_its_handler(scene: Scene) -> None:
    """It raises what ends a task, but that task is not the one that calls the handler."""
    cancelled = await _a_cancelled_task()
    got: list[TradeEvent] = []

    def plain(event: TradeEvent) -> None:
        cancelled.result()

    async def asynchronous(event: TradeEvent) -> None:
        await cancelled

    async with scene.client("bad") as bad, scene.client("good") as good:
        await bad.subscribe_trade(BTC, plain)
        await bad.subscribe_trade(BTC, asynchronous)
        await good.subscribe_trade(BTC, got.append)
        await scene.clock.advance(1.0)
        for _ in range(3):
            scene.emit(BTC)
            await scene.clock.settle()
        assert scene.manager.statistics().components["bad"].handler_errors == 8
    assert len(got) == 4


async def test_a_cancelled_result_in_a_control_handler_does_not_end_the_connection(
    scene: Scene,
) -> None:
    """It is told of a loss by the lane, which has to come back."""
    cancelled = await _a_cancelled_task()

    class Owner:
        def handle_event(self, event: TradeEvent) -> None: ...

        def handle_control(self, event: object) -> None:
            cancelled.result()

    owner = Owner()
    await scene.manager.register_component("owner", owner, [SubscriptionSpec("trade", BTC)])
    await scene.clock.advance(1.0)
    scene.network.last.lose()
    await scene.clock.advance(5.0)
    [lane] = scene.manager.statistics().lanes
    assert (lane.state, lane.connects) == ("active", 2)


async def test_a_batch_handler_that_wants_another_part_stays_one(scene: Scene) -> None:
    """It is called once for what one read brings, of whatever streams."""
    lists: list[int] = []

    def hear(events: list[Any]) -> None:
        lists.append(len(events))

    async with scene.client() as client:
        await client.subscribe_orderbook(BTC, hear, depth=5, batch=True)
        await client.subscribe_orderbook(BTC, hear, depth=15, batch=True)
        await client.subscribe_orderbook(ETH, hear, batch=True)
        await scene.clock.advance(1.0)
        lists.clear()
        books = (orderbook_frame(code, 100, depth=30) for code in (BTC, ETH))
        scene.network.last.deliver(*books)
        assert lists == [2]


@pytest.mark.parametrize("come", [True, False])
async def test_what_flows_exists_whatever_the_list_says(come: bool) -> None:
    """A new market may be served before it is listed, and come while the list is read."""
    clock, network = ManualClock(), MemoryNetwork()
    exchange = MemoryExchange(clock, network)
    gate = asyncio.Event()

    async def fetch(url: str) -> bytes:
        await gate.wait()
        return json.dumps([{"market": BTC}]).encode()

    world = replace(virtual_world(clock, network), fetch=fetch)
    async with WebSocketManager(world=world) as manager:
        scene = Scene(clock, network, exchange, manager)
        new = Stream(DataType.TRADE, "KRW-NEW")
        async with scene.client() as client:
            await client.subscribe_trade(new.symbol, print)
            await clock.advance(6.0)
            if come:
                exchange.emit(new)
            gate.set()
            await clock.advance(1.0)
            assert (new in manager.subscription_manager) is come


async def test_who_asks_what_is_served_while_the_line_is_lost_is_told_so(scene: Scene) -> None:
    """Nobody waits for a connection that has come to rest."""
    async with scene.client() as client:
        await client.subscribe_trade(BTC)
        await scene.clock.advance(1.0)
        await client.unsubscribe("trade")
        asking = asyncio.ensure_future(scene.manager.list_subscriptions())
        await asyncio.sleep(0)
        scene.network.last.lose()
        await scene.clock.advance(1.0)
        assert isinstance(asking.exception(), TransportError)


async def test_a_handler_that_ends_its_own_component_comes_to_its_end(scene: Scene) -> None:
    """It is in the middle of something, and nothing more is given to it."""
    done: list[int] = []
    client = scene.client()

    async def hear(event: TradeEvent) -> None:
        await client.disconnect()
        await asyncio.sleep(0)
        done.append(event.sequential_id)

    await client.subscribe_trade([BTC, ETH], hear)
    await scene.clock.advance(1.0)
    await scene.clock.settle()
    assert len(done) == 1
    assert len(scene.manager.subscription_manager) == 0


async def test_a_handler_that_registers_its_component_anew_comes_to_its_end(scene: Scene) -> None:
    """The newer one has its place, and hears what comes from then on."""
    told: list[str] = []

    async def new(event: TradeEvent) -> None:
        told.append("new")

    async def old(event: TradeEvent) -> None:
        await scene.manager.register_component("one", [SubscriptionSpec("trade", BTC)], handler=new)
        await asyncio.sleep(0)
        told.append("old")

    await scene.manager.register_component("one", [SubscriptionSpec("trade", BTC)], handler=old)
    await scene.clock.advance(1.0)
    scene.emit(BTC)
    await scene.clock.settle()
    assert told.count("old") == 1
    assert told.count("new") >= 1


async def test_who_waits_is_woken_by_its_own_withdrawal(scene: Scene) -> None:
    """Another one wants the stream still, so the union is as it was."""
    async with scene.client("a") as a, scene.client("b") as b:
        await a.subscribe_trade("KRW-XYZ", print)
        await b.subscribe_trade(["KRW-XYZ", BTC], print)
        await scene.clock.advance(1.0)
        waiting = asyncio.ensure_future(b.ready(None))
        await asyncio.sleep(0)
        await b.unsubscribe("trade", "KRW-XYZ")
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert waiting.done()


async def test_who_leaves_before_the_manager_has_started_wants_nothing() -> None:
    """The call that was on its way says so."""
    manager = WebSocketManager(world=virtual_world(ManualClock(), MemoryNetwork()))
    client = WebSocketClient("early", manager=manager)
    subscribing = asyncio.ensure_future(client.subscribe_trade(BTC, print))
    await asyncio.sleep(0)
    await client.disconnect()
    await asyncio.wait([subscribing])
    assert isinstance(subscribing.exception(), UsageError)
    assert len(manager.subscription_manager) == 0
    await manager.stop()
