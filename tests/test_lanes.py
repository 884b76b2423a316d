"""Streams that cannot share a connection: which lane carries which, and who hears what."""

import json
from collections.abc import AsyncIterator
from decimal import Decimal
from itertools import count

import pytest

from tests.harness import orderbook_frame, virtual_world
from tickwire import OrderbookEvent, WebSocketClient, WebSocketManager
from tickwire.testing import ManualClock, MemoryNetwork, MemoryTransport

BTC, ETH = "KRW-BTC", "KRW-ETH"


class Scene:
    """An exchange that serves on each connection the books that its last message named."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.network = MemoryNetwork()
        self.manager = WebSocketManager(world=virtual_world(self.clock, self.network))
        self._numbers = count(1)

    def client(self, name: str) -> WebSocketClient:
        return WebSocketClient(name, manager=self.manager)

    def books(self, transport: MemoryTransport) -> dict[str, int]:
        """The level of each book that this connection carries."""
        if not transport.is_open or not transport.sent:
            return {}
        objects = [each for each in json.loads(transport.sent[-1]) if "type" in each]
        return {code: each.get("level", 0) for each in objects for code in each["codes"]}

    def tick(self) -> int:
        """Every book that is served changes once; the number of the change."""
        number = next(self._numbers)
        for transport in self.network.transports:
            for code, level in self.books(transport).items():
                book = json.loads(orderbook_frame(code, number, depth=30))
                transport.deliver(json.dumps({**book, "level": level}))
        return number

    async def run(self, seconds: float) -> list[int]:
        """Ten ticks a second; their numbers."""
        ticks = []
        for _ in range(round(seconds * 10)):
            ticks.append(self.tick())
            await self.clock.advance(0.1)
        return ticks


class Ear:
    """Hears books, as level and number."""

    def __init__(self) -> None:
        self.heard: list[tuple[int, int]] = []

    def __call__(self, event: OrderbookEvent) -> None:
        level = int(event.level or Decimal(0))
        self.heard.append((level, int(event.orderbook_units[0].ask_price)))


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    scene = Scene()
    async with scene.manager:
        yield scene


async def test_a_book_wanted_again_while_its_connection_lingers_comes_once(scene: Scene) -> None:
    """Two levels of one book are withdrawn, and the second is wanted again within the linger."""
    ear = Ear()
    async with scene.client("one") as one, scene.client("other") as other:
        await one.subscribe_orderbook(BTC)
        await other.subscribe_orderbook(BTC, ear, level=10_000)
        await scene.run(1.0)
        await one.unsubscribe("orderbook")
        await other.unsubscribe("orderbook")
        ear.heard.clear()
        await other.subscribe_orderbook(BTC, ear, level=10_000)
        ticks = await scene.run(8.0)
    heard = [number for _, number in ear.heard]
    assert len(heard) == len(set(heard)), "twice"
    assert set(heard) >= set(ticks)
    assert len(scene.network.transports) == 2


async def test_a_book_that_changes_its_connection_comes_once(scene: Scene) -> None:
    """Its old one serves it until its next message, which the limits hold up for a second.

    What comes there is good until the new one has data; so nothing is missing, and nothing twice.
    """
    ear = Ear()
    async with (
        scene.client("one") as one,
        scene.client("other") as other,
        scene.client("third") as third,
    ):
        await one.subscribe_orderbook([BTC, ETH])
        await other.subscribe_orderbook(BTC, ear, level=10_000)
        await third.subscribe_orderbook(ETH, level=10_000)
        await scene.run(2.0)
        for turn in range(5):  # uses up the messages of the second connection
            await third.unsubscribe("orderbook")
            if turn % 2:
                await third.subscribe_orderbook(ETH, level=10_000)
            await scene.run(0.1)
        await other.unsubscribe("orderbook")
        # Its place is taken by a third level, so that the first has to go elsewhere.
        await third.subscribe_orderbook(BTC, level=100_000)
        ear.heard.clear()
        await other.subscribe_orderbook(BTC, ear, level=10_000)
        ticks = await scene.run(3.0)
        lanes = scene.manager.statistics().lanes
    heard = [number for _, number in ear.heard]
    # The new one begins with the state as it is, which may be the last one of the old.
    assert len(heard) - len(set(heard)) <= 1, "twice"
    assert set(heard) >= set(ticks)
    assert len(lanes) == 3
    assert scene.manager.statistics().delivery.leftovers > 0
