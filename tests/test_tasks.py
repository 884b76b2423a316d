"""However much changes, and however long it waits, nobody gets a task for it."""

import asyncio

import pytest

from tests.harness import MARKETS, MemoryExchange, virtual_world
from tickwire import WebSocketClient, WebSocketManager
from tickwire.testing import ManualClock, MemoryNetwork

CHANGES = 100


def ours() -> list[str]:
    """The tasks of the library by their names, each as often as there is one."""
    names = (task.get_name() for task in asyncio.all_tasks())
    return sorted(name for name in names if name.startswith("tickwire: "))


async def change(client: WebSocketClient, number: int) -> None:
    """A book that is wanted, or not any more."""
    if number % 2:
        await client.unsubscribe("orderbook", MARKETS[1])
    else:
        await client.subscribe_orderbook(MARKETS[1])


@pytest.mark.parametrize("used_up", [False, True], ids=["debounce", "limiter"])
async def test_changes_during_a_flush_start_no_task(used_up: bool) -> None:
    """A hundred while one waits: the same tasks as before, and afterwards; and one message."""
    clock, network = ManualClock(), MemoryNetwork()
    exchange = MemoryExchange(clock, network)
    manager = WebSocketManager(world=virtual_world(clock, network))
    async with manager, WebSocketClient("one", manager=manager) as client:
        await client.subscribe_trade(MARKETS)
        await clock.advance(30.0)
        for number in range(10 if used_up else 0):
            await change(client, number)
            await clock.advance(0.11)
        sent, before = len(exchange.messages), ours()
        await client.subscribe_orderbook(MARKETS[0])
        await clock.settle()
        for number in range(CHANGES):
            await change(client, number)
            await asyncio.sleep(0)
            assert ours() == before
        await clock.settle()
        assert (ours(), len(exchange.messages)) == (before, sent), "nothing may have been sent yet"
        await clock.advance(0.1)
        assert (len(exchange.messages) == sent) is used_up, "the wait was another"
        await clock.advance(30.0)
        assert len(exchange.messages) == sent + 1
        assert ours() == before
    assert not ours()


async def test_the_tasks_are_those_of_what_stands() -> None:
    """The manager, its connection, and each component; whatever they want."""
    clock, network = ManualClock(), MemoryNetwork()
    MemoryExchange(clock, network)
    manager = WebSocketManager(world=virtual_world(clock, network))
    async with manager, WebSocketClient("one", manager=manager) as one:
        await one.subscribe_trade(MARKETS)
        await clock.advance(1.0)
        few = ours()
        await one.subscribe_orderbook(MARKETS)
        await clock.advance(1.0)
        assert ours() == few
        assert len(few) == 3
        async with WebSocketClient("other", manager=manager) as other:
            await other.subscribe_orderbook(MARKETS)
            await clock.advance(1.0)
            assert len(ours()) == 4
