"""The timelines of the design documents, replayed by the whole client in virtual time.

The same as in `core/test_timelines`, from `subscribe_ticker` to the text on the wire. Nothing
answers, and the replays end before the client asks why.
"""

import json
from contextlib import AsyncExitStack
from typing import Any

import pytest

from tests.harness import virtual_world
from tickwire import WebSocketClient, WebSocketManager
from tickwire.core.limiter import JITTER_MARGIN_S, Limit
from tickwire.exchanges.upbit import Upbit
from tickwire.testing import ManualClock, MemoryNetwork, MemoryTransport

BTC, ETH = "KRW-BTC", "KRW-ETH"


class Scene:
    """A manager on a network that only listens, and what it heard."""

    def __init__(self, strategy: str = "balanced") -> None:
        self.clock = ManualClock()
        self.network = MemoryNetwork()
        self.network.opened = self._opened
        self.heard: list[tuple[float, list[Any]]] = []
        """When which objects were asked for, without ticket and format."""
        self.manager = WebSocketManager(
            world=virtual_world(self.clock, self.network), strategy=strategy
        )

    def _opened(self, transport: MemoryTransport) -> None:
        transport.received = lambda text: self.heard.append(
            (self.clock.now(), json.loads(text)[1:-1])
        )

    def client(self, name: str) -> WebSocketClient:
        return WebSocketClient(name, manager=self.manager)

    async def until(self, when: float) -> None:
        await self.clock.advance(when - self.clock.now())


def codes_in(objects: list[Any]) -> set[str]:
    return {code for each in objects for code in each["codes"]}


@pytest.mark.parametrize(
    ("requests", "opens_at", "content"),
    [
        pytest.param(
            [(0.0, "ticker", BTC), (0.05, "orderbook", BTC), (0.08, "trade", BTC)],
            0.2,
            {"orderbook": [BTC], "ticker": [BTC], "trade": [BTC]},
            id="A-from-S0",
        ),
        pytest.param(
            [(0.0, "ticker", BTC), (2.0, "ticker", ETH), (5.0, "orderbook", BTC)],
            15.0,
            {"orderbook": [BTC], "ticker": [BTC, ETH]},
            id="B-from-S1-and-S2",
        ),
        pytest.param(
            [(0.0, "ticker", BTC), (0.05, "ticker", ETH), (0.1, "orderbook", BTC)],
            15.0,
            {"orderbook": [BTC], "ticker": [BTC, ETH]},
            id="C-from-S3",
        ),
    ],
)
async def test_requests_during_the_wait_become_one_message(
    requests: list[tuple[float, str, str]],
    opens_at: float,
    content: dict[str, list[str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An earlier message has used up the slot; the next goes out when the limiter opens."""
    monkeypatch.setattr(Upbit, "message_limits", (Limit(1, opens_at - JITTER_MARGIN_S),))
    scene = Scene()
    async with AsyncExitStack() as clients:
        earlier = await clients.enter_async_context(scene.client("earlier"))
        await earlier.subscribe_trade("KRW-XRP")
        started = 0.1
        await scene.until(started)
        assert [at for at, _ in scene.heard] == [started]
        scene.heard.clear()
        for number, (at, kind, code) in enumerate(requests):
            await scene.until(started + at)
            client = await clients.enter_async_context(scene.client(f"component {number}"))
            await getattr(client, f"subscribe_{kind}")(code)
            if number == 0:
                await earlier.disconnect()
        await scene.until(started + opens_at + 4.0)
    await scene.manager.stop()
    [(sent_at, objects)] = scene.heard
    assert sent_at == pytest.approx(started + opens_at)
    assert objects == [{"type": kind, "codes": codes} for kind, codes in content.items()]


@pytest.mark.parametrize(("strategy", "slot_s"), [("balanced", 1.2), ("aggressive", 0.0)])
async def test_six_changes_in_half_a_second(strategy: str, slot_s: float) -> None:
    """Scenario 3 of S4: within the limit, each change within a debounce and a slot, all right."""
    scene = Scene(strategy)
    async with AsyncExitStack() as clients:
        strategies = {
            name: await clients.enter_async_context(scene.client(name)) for name in "ABCDE"
        }
        await strategies["B"].subscribe_ticker([BTC, "KRW-DOGE"])
        started = 2.0
        await scene.until(started)
        scene.heard.clear()
        burst = [
            (0.0, "A", "KRW-XRP"),
            (0.1, "B", "KRW-DOGE"),
            (0.2, "C", "KRW-MATIC"),
            (0.3, "A", "KRW-SOL"),
            (0.4, "D", "KRW-AVAX"),
            (0.5, "E", "KRW-DOT"),
        ]
        for at, name, code in burst:
            await scene.until(started + at)
            if code == "KRW-DOGE":
                await strategies[name].unsubscribe("ticker", code)
            else:
                await strategies[name].subscribe_ticker(code)
        await scene.until(5.0)
    await scene.manager.stop()
    contents = [(at - started, codes_in(objects)) for at, objects in scene.heard]
    assert len(contents) <= 5
    bases = ("BTC", "XRP", "MATIC", "SOL", "AVAX", "DOT")
    assert contents[-1][1] == {f"KRW-{base}" for base in bases}
    for at, _, code in burst:
        done = next(t for t, codes in contents if (code in codes) == (code != "KRW-DOGE"))
        assert at <= done <= at + 0.1 + slot_s + 1e-9, code
