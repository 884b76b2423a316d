"""The limits on real sockets, through a network that squeezes messages together."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from tests.relay import jittery_relay
from tickwire import Timing, WebSocketClient, WebSocketManager
from tickwire.core.limiter import Limit
from tickwire.exchanges.upbit import Upbit
from tickwire.simulator import Simulator

JITTER_S = 0.15
MARKETS = 40


async def flap(client: WebSocketClient, codes: tuple[str, ...], until: asyncio.Event) -> int:
    """Want each market in turn and not any more, fifty times a second; how often."""
    flaps = 0
    while not until.is_set():
        code = codes[flaps % len(codes)]
        await client.subscribe_trade(code, lambda event: None)
        await asyncio.sleep(0.01)
        await client.unsubscribe("trade", code)
        await asyncio.sleep(0.01)
        flaps += 1
    return flaps


@asynccontextmanager
async def jittery(
    strategy: str = "balanced",
) -> AsyncIterator[tuple[Simulator, WebSocketClient, WebSocketClient]]:
    """An exchange behind the network, with a client that is served and one to change its mind."""
    async with (
        Simulator(seed=3, markets=MARKETS) as exchange,
        jittery_relay(exchange.address, jitter_s=JITTER_S, seed=1) as relay,
        WebSocketManager(
            websocket_base_url=f"ws://{relay}", timing=Timing(debounce_s=0.0), strategy=strategy
        ) as manager,
        WebSocketClient("steady", manager=manager) as steady,
        WebSocketClient("flapping", manager=manager) as flapping,
    ):
        await steady.subscribe_ticker(exchange.codes[:5], lambda event: None)
        assert await steady.ready(10)
        yield exchange, steady, flapping


async def enough(condition: Callable[[], bool], done: asyncio.Event) -> None:
    """Wait, not for ever, for the condition; then say that it is done."""
    try:
        async with asyncio.timeout(30):
            while not condition():
                await asyncio.sleep(0.1)
    finally:
        done.set()


@pytest.mark.parametrize(
    ("strategy", "a_second", "messages"), [("balanced", 4, 15), ("aggressive", 5, 30)]
)
async def test_saturated_demand_through_jitter_breaches_nothing(
    strategy: str, a_second: int, messages: int
) -> None:
    """As many messages as there are slots, each up to 150 ms late: no window over a limit."""
    async with jittery(strategy) as (exchange, steady, flapping):
        done = asyncio.Event()
        flapped = asyncio.create_task(flap(flapping, exchange.codes[5:], done))
        await enough(lambda: exchange.stats()["totals"]["messages"] >= messages, done)
        flaps = await flapped
        assert await steady.ready(10)
        totals = exchange.stats()["totals"]
        assert flaps > 2 * messages, "there was hardly more to say than there were slots"
        assert a_second - 1 <= totals["worst_windows"]["messages_1s"] <= 5
        assert not any(totals["breaches"].values()), totals
        assert totals["connects"] == 1


async def test_a_limit_that_is_a_little_too_wide_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same with one message more in a second without a margin: so the test above can fail."""
    monkeypatch.setattr(Upbit, "message_limits", (Limit(6, 0.8), Limit(100, 60.0)))
    async with jittery() as (exchange, _, flapping):
        done = asyncio.Event()
        flapped = asyncio.create_task(flap(flapping, exchange.codes[5:], done))
        await enough(
            lambda: exchange.stats()["totals"]["breaches"]["messages_per_second"] > 0, done
        )
        await flapped
