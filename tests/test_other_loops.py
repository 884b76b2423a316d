"""A manager is used in its own loop only; nothing is ended from another one, unless it is gone."""

import asyncio
import subprocess
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.harness import MARKETS, MemoryExchange, virtual_world
from tickwire import DataPoolManager, UsageError, WebSocketClient, WebSocketManager
from tickwire.testing import ManualClock, MemoryNetwork


class Scene:
    """A manager with a client and a pool, in the loop in which this was entered."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.exchange = MemoryExchange(self.clock, MemoryNetwork())
        self.manager = WebSocketManager(world=virtual_world(self.clock, self.exchange.network))
        self.client = WebSocketClient("client", manager=self.manager)
        self.pool = DataPoolManager("pool", manager=self.manager)

    async def begin(self) -> "Scene":
        await self.client.subscribe_trade(MARKETS[0])
        await self.pool.register_client_interest("chart", "trade", MARKETS[1])
        await self.clock.advance(1.0)
        return self

    @property
    def endings(self) -> list[Callable[[], Awaitable[Any]]]:
        """All that ends something."""
        return [
            self.client.disconnect,
            lambda: self.client.__aexit__(None, None, None),
            lambda: self.client.unsubscribe("trade"),
            lambda: self.pool.unregister_client_interest("chart"),
            self.pool.cleanup,
            lambda: self.manager.unregister_component("client"),
            self.manager.stop,
            lambda: self.manager.__aexit__(None, None, None),
        ]


async def test_nothing_is_ended_from_another_loop() -> None:
    """Each call says so, and changes nothing."""
    scene = await Scene().begin()

    async def elsewhere() -> None:
        for end in scene.endings:
            with pytest.raises(UsageError, match="another event loop"):
                await end()

    await asyncio.to_thread(asyncio.run, elsewhere())
    assert not scene.manager.is_stopped
    assert len((await scene.client.ready()).confirmed) == 1
    assert scene.pool.get_latest_data("trade", MARKETS[1]) is not None
    await scene.manager.stop()
    await scene.client.disconnect()
    await scene.pool.cleanup()


async def test_what_is_left_of_a_loop_that_is_closed_can_be_ended() -> None:
    """All has ended with it; the calls return, and whoever asks for more is told."""
    scene = await asyncio.to_thread(lambda: asyncio.run(Scene().begin()))
    assert scene.manager.is_stopped
    await scene.client.disconnect()
    await scene.pool.cleanup()
    await scene.manager.stop()
    with pytest.raises(UsageError, match="another event loop"):
        await scene.manager.start()


def test_a_loop_may_be_closed_in_the_middle() -> None:
    """Nobody waits for tasks that will never end. Python itself complains of them at its end."""
    program = """if True:
        import asyncio, os
        from tests.test_other_loops import Scene

        loop = asyncio.new_event_loop()
        scene = loop.run_until_complete(Scene().begin())
        loop.close()
        for end in (scene.client.disconnect, scene.pool.cleanup, scene.manager.stop):
            asyncio.run(end())
        print(scene.manager.is_stopped, flush=True)
        os._exit(0)
    """
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=20, check=False
    )
    assert (ended.stdout, ended.stderr) == ("True\n", "")


async def test_what_has_not_begun_can_be_ended_anywhere() -> None:
    """It belongs to no loop yet."""
    manager = WebSocketManager()
    client = WebSocketClient("client", manager=manager)
    await asyncio.to_thread(asyncio.run, client.disconnect())
    await asyncio.to_thread(asyncio.run, manager.stop())
    with pytest.raises(UsageError, match="was stopped"):
        await manager.start()
