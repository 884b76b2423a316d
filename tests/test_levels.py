"""Price groupings of order books: the exchange is silent about one that it does not have."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from tests.harness import MemoryExchange, virtual_world
from tickwire import ControlEvent, Rejected, UsageError, WebSocketClient, WebSocketManager
from tickwire.errors import TransportError
from tickwire.exchanges.upbit import Upbit
from tickwire.manager import real_world
from tickwire.markets import Markets
from tickwire.simulator import Simulator
from tickwire.subscription import SubscriptionSpec
from tickwire.testing import ManualClock, MemoryNetwork

BTC, ETH = "KRW-BTC", "KRW-ETH"


class Scene:
    """An exchange that is silent about whatever is grouped, and answers what there is."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        network = MemoryNetwork()
        self.exchange = MemoryExchange(self.clock, network)
        world = virtual_world(self.clock, network)
        self._markets = world.fetch
        self.levels: dict[str, list[str]] | None = {BTC: ["0", "100000", "10000"], ETH: ["0"]}
        self.asked: list[str] = []
        """For the groupings of which markets."""
        self.manager = WebSocketManager(world=replace(world, fetch=self._fetch))

    async def _fetch(self, url: str) -> bytes:
        path, _, symbols = url.partition("?markets=")
        if not path.endswith("/v1/orderbook/instruments"):
            return await self._markets(url)
        self.asked.append(symbols)
        if self.levels is None:
            raise TransportError("no route")
        answer = [{"market": each, "supported_levels": self.levels[each]} for each in self.levels]
        return json.dumps(answer).encode()


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    scene = Scene()
    async with scene.manager:
        yield scene


class Listener:
    """A component that hears what becomes of its books."""

    def __init__(self) -> None:
        self.heard: list[ControlEvent] = []

    def handle_event(self, event: object) -> None: ...

    def handle_control(self, event: ControlEvent) -> None:
        self.heard.append(event)


async def test_a_grouping_that_there_is_not_is_rejected(scene: Scene) -> None:
    """After five seconds of silence, with those that there are; the wish is withdrawn."""
    ear = Listener()
    books = [SubscriptionSpec("orderbook", [BTC, ETH], level=7)]
    await scene.manager.register_component("ear", ear, books)
    await scene.clock.advance(6.0)
    first, second = sorted((e for e in ear.heard if isinstance(e, Rejected)), key=str)
    assert first.reason == (
        "the exchange does not group the prices of KRW-BTC by 7; it groups them by 10000, 100000"
    )
    assert second.reason.endswith("of KRW-ETH by 7; it groups them by nothing")
    assert first.stream.level == 7
    assert first.suggestion is None
    assert scene.asked == ["KRW-BTC,KRW-ETH"]
    readiness = await scene.manager.ready(0)
    assert readiness.rejected == {first.stream, second.stream}
    assert scene.manager.statistics().streams == 0


async def test_a_grouping_that_there_is_may_be_quiet(scene: Scene) -> None:
    """It is asked for again; books without a grouping lead to no question."""
    ear = Listener()
    books = [SubscriptionSpec("orderbook", BTC, level="10000.0")]
    await scene.manager.register_component("ear", ear, books)
    await scene.clock.advance(30.0)
    assert len(scene.exchange.messages) > 1
    assert ear.heard == []
    assert set(scene.asked) == {BTC}
    await scene.manager.register_component("ear", ear, [SubscriptionSpec("trade", "KRW-NO")])
    scene.asked.clear()
    await scene.clock.advance(30.0)
    assert scene.asked == []


@pytest.mark.parametrize("levels", [None, {}, {ETH: ["0"]}, {BTC: ["x"]}])
async def test_without_an_answer_nothing_is_rejected(
    scene: Scene, levels: dict[str, list[str]] | None
) -> None:
    """A failure, nonsense, or nothing about this market: the book may be quiet."""
    scene.levels = levels
    async with WebSocketClient("me", manager=scene.manager) as client:
        await client.subscribe_orderbook(BTC, level=7)
        await scene.clock.advance(20.0)
        assert scene.asked
        assert scene.manager.statistics().streams == 1


async def test_an_unknown_market_is_rejected_even_then(scene: Scene) -> None:
    """What the market list tells does not wait for the groupings."""
    scene.levels = None
    ear = Listener()
    books = [SubscriptionSpec("orderbook", [BTC, "KRW-BTX"], level=7)]
    await scene.manager.register_component("ear", ear, books)
    await scene.clock.advance(6.0)
    [rejected] = ear.heard
    assert isinstance(rejected, Rejected)
    assert (rejected.stream.symbol, rejected.suggestion) == ("KRW-BTX", BTC)
    assert scene.asked == [BTC]


async def test_a_snapshot_is_told_the_groupings(scene: Scene) -> None:
    """A `UsageError`, as for a market that there is not."""
    asking = asyncio.create_task(scene.manager.get_snapshot("orderbook", BTC, level=7))
    await scene.clock.advance(6.0)
    with pytest.raises(UsageError, match="it groups them by 10000, 100000"):
        await asking


async def test_the_simulator_tells_its_groupings() -> None:
    """The question and its answer over HTTP, as they are on the real exchange."""
    async with Simulator(markets=20) as exchange:
        upbit = Upbit(websocket_base_url=exchange.websocket_base_url)
        good, *bad = (
            SubscriptionSpec("orderbook", BTC, level=level).streams[0] for level in (100_000, 7, 1)
        )
        found = await Markets(upbit, real_world()).judge([good, *bad])
    assert found.quiet == (good,)
    assert [each.stream for each in found.rejected] == bad
    assert "it groups them by 10000, 100000" in found.rejected[0].reason
