"""Of two with one id the newer takes the place; the other stays without it, and is told."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.harness import MARKETS, MemoryExchange, virtual_world
from tickwire import (
    DataPoolManager,
    DataType,
    Stream,
    SubscriptionSpec,
    SyncWebSocketClient,
    UsageError,
    WebSocketClient,
    WebSocketManager,
)
from tickwire.testing import LocalExchange, ManualClock, MemoryNetwork

BTC, ETH, *_ = MARKETS
TRADES = Stream(DataType.TRADE, BTC)
TAKEN = "took the id 'prices'; give each its own"


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


async def two_clients(
    manager: WebSocketManager, clock: ManualClock
) -> tuple[WebSocketClient, WebSocketClient, list[Any]]:
    """The one that has lost its place, the one that has it, and what the latter has heard."""
    heard: list[Any] = []
    old, new = (WebSocketClient("prices", manager=manager) for _ in range(2))
    await old.subscribe_trade(BTC)
    await new.subscribe_trade(BTC, heard.append)
    await clock.advance(1.0)
    return old, new, heard


async def test_whoever_has_lost_its_place_can_do_nothing_but_leave(
    manager: WebSocketManager, clock: ManualClock, exchange: MemoryExchange
) -> None:
    """Every call says why, however often; none of them, and not its end, touches the other one."""
    old, new, heard = await two_clients(manager, clock)
    calls: list[Callable[[], Any]] = [
        old.ready,
        old.__aenter__,
        lambda: old.subscribe_ticker(ETH),
        lambda: old.unsubscribe("trade"),
        lambda: old.get_snapshot("ticker", BTC),
        old.list_subscriptions,
        old.verify_subscriptions,
        lambda: anext(aiter(old)),
    ]
    for call in calls * 2:
        with pytest.raises(UsageError, match=TAKEN):
            await call()
    for read in (old.explain, lambda: old.latest("trade", BTC)):
        with pytest.raises(UsageError, match=TAKEN):
            read()
    await old.disconnect()
    before = len(heard)
    exchange.emit(TRADES)
    await clock.advance(10.0)
    assert len(heard) == before + 1
    assert exchange.live == {TRADES}
    assert (await new.ready()).confirmed == {TRADES}
    await new.disconnect()


async def test_iteration_and_waiting_end_with_the_error(
    manager: WebSocketManager, clock: ManualClock, exchange: MemoryExchange
) -> None:
    """After what had come already; the log has a line as well."""
    old, new = (WebSocketClient("prices", manager=manager) for _ in range(2))
    await old.subscribe_trade([BTC, "KRW-NONE"])
    events: list[Any] = []

    async def read() -> None:
        async for event in old:
            events.append(event)

    reading, waiting = asyncio.ensure_future(read()), asyncio.ensure_future(old.ready())
    await clock.advance(1.0)
    await new.ready()
    for each in (reading, waiting):
        with pytest.raises(UsageError, match=TAKEN):
            await each
    assert [event.symbol for event in events] == [BTC]
    await old.disconnect()
    await new.disconnect()


async def test_a_component_takes_the_place_of_a_client_too(
    manager: WebSocketManager, caplog: pytest.LogCaptureFixture
) -> None:
    """Clients, pools and registered components share the ids of a manager."""
    async with WebSocketClient("prices", manager=manager) as client:
        await manager.register_component("prices", [SubscriptionSpec("trade", BTC)])
        with pytest.raises(UsageError, match=TAKEN):
            await client.subscribe_trade(ETH)
    assert manager.subscription_manager.wishes_of("prices") == {TRADES}
    assert "taken over" in caplog.text


async def test_an_unregistered_client_is_told(manager: WebSocketManager) -> None:
    """Its iteration has ended, and it would get nothing of what it asked for."""
    async with WebSocketClient("prices", manager=manager) as client:
        await client.subscribe_trade(BTC)
        await manager.unregister_component("prices")
        with pytest.raises(UsageError, match="component 'prices' was unregistered"):
            await client.subscribe_trade(BTC)


async def test_a_place_that_is_lost_during_a_call_is_lost(
    clock: ManualClock, exchange: MemoryExchange
) -> None:
    """Reading the market list takes time; nothing is recorded for whoever has gone meanwhile."""
    world = virtual_world(clock, exchange.network)

    async def slowly(url: str) -> bytes:
        await clock.sleep(1.0)
        return await world.fetch(url)

    async with WebSocketManager(world=replace(world, fetch=slowly)) as manager:
        old, new = (WebSocketClient("prices", manager=manager) for _ in range(2))
        gone = WebSocketClient("gone", manager=manager)
        asking = [asyncio.ensure_future(each.subscribe_trade("KRW")) for each in (old, gone)]
        await clock.settle()
        await new.subscribe_trade(ETH)
        await gone.disconnect()
        await clock.advance(1.0)
        with pytest.raises(UsageError, match=TAKEN):
            await asking[0]
        with pytest.raises(UsageError, match="was disconnected"):
            await asking[1]
        assert set(manager.subscription_manager) == {Stream(DataType.TRADE, ETH)}
        await old.disconnect()
        await new.disconnect()


async def test_a_pool_that_has_lost_its_place_is_told(
    manager: WebSocketManager, clock: ManualClock
) -> None:
    """Also by what it reads, which would only grow older, and by withdrawing an interest."""
    old, new = (DataPoolManager("prices", manager=manager) for _ in range(2))
    await old.register_client_interest("chart", "trade", BTC)
    await clock.advance(1.0)
    await new.register_client_interest("chart", "trade", BTC)
    calls: list[Callable[[], Any]] = [
        lambda: old.register_client_interest("chart", "trade", ETH),
        lambda: old.unregister_client_interest("chart"),
    ]
    for call in calls:
        with pytest.raises(UsageError, match=TAKEN):
            await call()
    reads: list[Callable[..., Any]] = [old.get_latest_data, old.get_data_history, old.age]
    for read in reads:
        with pytest.raises(UsageError, match=TAKEN):
            read("trade", BTC)
    await old.cleanup()
    assert manager.subscription_manager.wishes_of("prices") == {TRADES}
    assert new.get_latest_data("trade", BTC) is not None
    await new.cleanup()


def test_a_client_without_await_is_told() -> None:
    """Whether it takes one event, all of them, or only asks."""
    with (
        LocalExchange(seed=3, markets=5) as exchange,
        SyncWebSocketClient("prices", websocket_base_url=exchange.websocket_base_url) as old,
        SyncWebSocketClient("prices", websocket_base_url=exchange.websocket_base_url) as new,
    ):
        new.subscribe_ticker(exchange.codes[0])
        calls: list[Callable[[], Any]] = [old.get, lambda: next(iter(old)), old.ready, old.explain]
        for call in calls:
            with pytest.raises(UsageError, match=TAKEN):
                call()
        assert len(new.ready(20.0).confirmed) == 1
