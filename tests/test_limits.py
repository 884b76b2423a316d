"""The exchange's limits, as a whole client keeps them: in virtual time, without a network."""

import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from itertools import combinations
from typing import Any

import pytest

from tests.harness import MARKETS, MemoryExchange, virtual_world
from tickwire import (
    HandshakeRefused,
    Strategy,
    SyncWebSocketClient,
    UsageError,
    WebSocketClient,
    WebSocketManager,
)
from tickwire.core.budget import Budget, Priority
from tickwire.shared import shared_manager
from tickwire.subscription import DataType, Stream, SubscriptionSpec
from tickwire.testing import ManualClock, MemoryNetwork
from tickwire.world import MemoryNotes

SETS = [chosen for count in (1, 2, 3) for chosen in combinations(MARKETS, count)]


class Scene:
    """A manager and an exchange in memory, and somebody who changes their mind."""

    def __init__(self, **options: Any) -> None:
        self.clock = ManualClock()
        self.network = MemoryNetwork()
        self.exchange = MemoryExchange(self.clock, self.network)
        self.world = virtual_world(self.clock, self.network)
        self.manager = WebSocketManager(world=self.world, **options)
        self._turns = 0

    async def want(self, *symbols: str, manager: WebSocketManager | None = None) -> None:
        spec = SubscriptionSpec("trade", symbols or ["KRW-BTC"])
        await (manager or self.manager).register_component(
            "component", None, [spec], handler=lambda event: None
        )

    async def change_for(self, seconds: float) -> int:
        """Another set every 100 ms; gives how many messages that were."""
        before = len(self.exchange.messages)
        for _ in range(round(seconds * 10)):
            self._turns += 1
            await self.want(*SETS[self._turns % len(SETS)])
            await self.clock.advance(0.1)
        return len(self.exchange.messages) - before

    @property
    def sent(self) -> int:
        """What has really gone out."""
        return sum(len(transport.sent) for transport in self.network.transports)


async def _refused_handshakes(scene: Scene) -> None:
    scene.network.failures += [HandshakeRefused(429) for _ in range(3)]
    scene.network.last.lose()
    await scene.clock.advance(20.0)


async def _errors(scene: Scene) -> None:
    for turn in range(3):
        scene.exchange.refuse_next = "TOO_MANY_REQUEST"
        await scene.want(MARKETS[turn])
        await scene.clock.advance(15.0)


async def _policy_closes(scene: Scene) -> None:
    for _ in range(3):
        scene.network.last.lose("closed by the server (1008)", 1008)
        await scene.clock.advance(10.0)


@pytest.mark.parametrize("complain", [_refused_handshakes, _errors, _policy_closes])
async def test_three_complaints_slow_down_and_more_melts_into_each_message(
    complain: Callable[[Scene], Awaitable[None]], caplog: pytest.LogCaptureFixture
) -> None:
    """Whichever way the exchange complains; no wish is lost, and later all is as before."""
    scene = Scene()
    async with scene.manager:
        await scene.want()
        await scene.clock.advance(1.0)
        full = await scene.change_for(60.0)
        with caplog.at_level(logging.WARNING, "tickwire"):
            await complain(scene)
        status = scene.manager.get_rate_limiter_status()
        assert (status["ratio"], status["stats"]["errors"]) == (0.7, 3)
        assert status["effective_rate"] == pytest.approx(0.7 * 80 / 60)
        assert "it is 70 % of balanced from now on" in caplog.text
        assert await scene.change_for(60.0) <= 0.8 * full
        await scene.want("KRW-SOL")
        await scene.clock.advance(30.0)
        assert scene.exchange.live == {Stream(DataType.TRADE, "KRW-SOL")}
        await scene.clock.advance(120.0)
        assert scene.manager.get_rate_limiter_status()["ratio"] == 1.0
        assert await scene.change_for(60.0) == full


async def test_an_error_and_the_goodbye_after_it_are_one_complaint() -> None:
    """The second says nothing new."""
    scene = Scene()
    async with scene.manager:
        await scene.want()
        await scene.clock.advance(1.0)
        error = {"error": {"name": "TOO_MANY_REQUEST", "message": "no"}}
        scene.network.last.deliver(json.dumps(error))
        scene.network.last.lose("closed by the server (1008)", 1008)
        await scene.clock.advance(5.0)
        assert scene.manager.get_rate_limiter_status()["stats"]["errors"] == 1
        scene.network.last.lose("closed by the server (1000)", 1000)
        await scene.clock.advance(5.0)
        assert scene.manager.get_rate_limiter_status()["stats"]["errors"] == 1


async def test_a_block_stops_every_attempt_until_it_ends() -> None:
    """Of all lanes, of other managers, and of those that are made during it."""
    scene = Scene()
    world = replace(scene.world, notes=MemoryNotes())
    first, second = (WebSocketManager(world=world) for _ in range(2))
    books = [SubscriptionSpec("orderbook", "KRW-BTC", level=level) for level in (0, 1_000_000)]
    async with first, second:
        for manager in (first, second):
            await manager.register_component("books", None, books, handler=lambda event: None)
        await scene.clock.advance(5.0)
        assert scene.network.attempts == 4
        scene.network.failures.append(HandshakeRefused(418, 90.0))
        scene.network.transports[0].lose()
        await scene.clock.advance(0.0)
        assert scene.network.attempts == 5
        for transport in scene.network.transports:
            transport.lose()
        third = WebSocketManager(world=world)
        async with third:
            await scene.want(manager=third)
            await scene.clock.advance(89.9)
            assert scene.network.attempts == 5
            await scene.clock.advance(10.0)
            assert scene.network.attempts == 5 + 5
            assert await third.ready(5.0)


async def test_a_broken_limiter_postpones_messages(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """None goes out, the lane lives, it is told and counted; once mended, all goes on."""
    scene = Scene()

    def fail(budget: Budget, priority: Priority, now: float) -> bool:
        raise RuntimeError("out of order")

    async with scene.manager:
        await scene.want()
        await scene.clock.advance(1.0)
        assert scene.sent == 1
        with monkeypatch.context() as patch, caplog.at_level(logging.ERROR, "tickwire"):
            patch.setattr(Budget, "take", fail)
            await scene.want("KRW-ETH")
            await scene.clock.advance(5.05)
            assert scene.sent == 1
            scene.network.last.lose()
            await scene.clock.advance(5.0)
            assert scene.network.attempts == 1
        assert "the limiter has failed" in caplog.text
        assert scene.manager.get_rate_limiter_status()["stats"]["failures"] in range(8, 13)
        await scene.clock.advance(1.0)
        assert scene.exchange.live == {Stream(DataType.TRADE, "KRW-ETH")}


async def test_the_status_counts_what_was_really_sent() -> None:
    """On all connections of all lanes, and it is JSON at any time."""
    scene = Scene()
    assert json.dumps(scene.manager.get_rate_limiter_status())
    async with scene.manager:
        await scene.want()
        await scene.clock.advance(1.0)
        await scene.change_for(10.0)
        scene.network.last.lose()
        await scene.change_for(10.0)
        status = scene.manager.get_rate_limiter_status()
        assert json.loads(json.dumps(status)) == status
        assert status["stats"]["total_messages"] == scene.sent > 20
        assert status["stats"]["connections"] == 2
        assert status["stats"]["waits"] > 0
        assert [lane["total_messages"] for lane in status["lanes"]] == [scene.sent]


async def test_ten_registrations_are_one_message() -> None:
    """The document's own check, by its name for the figure."""
    scene = Scene()
    async with scene.manager:
        for number in range(10):
            spec = SubscriptionSpec("trade", MARKETS[number % 4])
            await scene.manager.register_component(f"comp_{number}", [spec])
        await scene.clock.advance(1.0)
        assert scene.manager.get_rate_limiter_status()["stats"]["total_messages"] == 1


@pytest.mark.parametrize(
    ("strategy", "most"), [("conservative", 50), ("balanced", 80), ("aggressive", 100)]
)
async def test_a_strategy_uses_its_share_of_the_minute(strategy: str, most: int) -> None:
    """Nearly all of it, and never more, by the exchange's own count."""
    scene = Scene(strategy=strategy)
    async with scene.manager:
        messages = await scene.change_for(180.0)
    [arrivals] = scene.exchange.arrivals
    for index, first in enumerate(arrivals):
        assert sum(first <= later < first + 60.0 for later in arrivals[index:]) <= most
    assert 0.9 * 3 * most <= messages <= 3 * most


async def test_without_adjustment_the_rate_stays() -> None:
    """However often the exchange complains."""
    scene = Scene(enable_dynamic_adjustment=False)
    async with scene.manager:
        await scene.want()
        await scene.clock.advance(1.0)
        await _policy_closes(scene)
        status = scene.manager.get_rate_limiter_status()
        assert (status["ratio"], status["stats"]["errors"]) == (1.0, 3)


def test_mistakes_are_told_at_the_call() -> None:
    """With what there is to choose from."""
    with pytest.raises(UsageError, match="conservative, balanced, aggressive, or a Strategy"):
        WebSocketManager(strategy="fast")
    with pytest.raises(UsageError, match="'fast'"):
        WebSocketClient("client", strategy="fast")
    with pytest.raises(UsageError, match="'fast'"):
        SyncWebSocketClient("client", strategy="fast")
    with pytest.raises(UsageError, match="local exchange"):
        WebSocketManager(enable_rate_limiter=False)
    with pytest.raises(UsageError, match="manager= or how limits are kept"):
        WebSocketClient("client", manager=Scene().manager, strategy="aggressive")
    with pytest.raises(UsageError, match="manager= or how limits are kept"):
        WebSocketClient("client", manager=Scene().manager, enable_dynamic_adjustment=False)


async def test_all_who_share_connections_agree_on_how_limits_are_kept() -> None:
    """Or are told what was chosen before."""
    own = Strategy(share=0.5)
    url = "ws://127.0.0.1:1"
    manager = shared_manager(websocket_base_url=url, strategy=own)()
    assert manager.strategy is own
    assert shared_manager(websocket_base_url=url)() is manager
    assert shared_manager(websocket_base_url=url, strategy=own)() is manager
    with pytest.raises(UsageError, match="strategy='custom'; pass the same"):
        shared_manager(websocket_base_url=url, strategy="balanced")()
    with pytest.raises(UsageError, match="enable_dynamic_adjustment=True; pass the same"):
        shared_manager(websocket_base_url=url, enable_dynamic_adjustment=False)()
