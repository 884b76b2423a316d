"""Requests with an `Origin`, as browsers send it: one in ten seconds from an address."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from tests.simulator.raw import HandClock, Raw
from tickwire.simulator import Simulator

PAGE = {"Origin": "https://page.example"}
TICKER = "/v1/ticker?markets=KRW-BTC"
OF_ORIGIN = ["group=origin; min=6; sec=0"]


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
async def simulator(clock: HandClock) -> AsyncIterator[Simulator]:
    """A running exchange whose time is moved by hand."""
    async with Simulator(markets=2, clock=clock) as simulator:
        yield simulator


@pytest.fixture
async def web() -> AsyncIterator[aiohttp.ClientSession]:
    """An independent client."""
    async with aiohttp.ClientSession() as web:
        yield web


class Browser:
    """Looks at status and every `Remaining-Req` of an answer."""

    def __init__(self, simulator: Simulator, web: aiohttp.ClientSession) -> None:
        self._simulator = simulator
        self._web = web

    async def get(self, path: str, **headers: str) -> tuple[int, list[str]]:
        async with self._web.get(self._simulator.base_url + path, headers=headers) as answer:
            body: Any = await answer.json()
            assert answer.status == 200 or "error" in body
            return answer.status, answer.headers.getall("Remaining-Req", [])


@pytest.fixture
def browser(simulator: Simulator, web: aiohttp.ClientSession) -> Browser:
    return Browser(simulator, web)


async def test_one_in_ten_seconds(browser: Browser, clock: HandClock) -> None:
    """The second is refused, whichever call it is; either answer has the group `origin` alone."""
    assert await browser.get(TICKER, **PAGE) == (200, OF_ORIGIN)
    assert await browser.get("/v1/market/all", **PAGE) == (429, OF_ORIGIN)
    await clock.advance(9.9)
    assert await browser.get(TICKER, **PAGE) == (429, OF_ORIGIN)
    await clock.advance(0.1)
    assert await browser.get("/v1/candles/nonsense", **PAGE) == (404, OF_ORIGIN)
    assert await browser.get(TICKER, **PAGE) == (429, OF_ORIGIN)


async def test_it_counts_in_its_own_group_too(browser: Browser) -> None:
    """A call that is let in takes one from the group's second, a refused one takes nothing."""
    assert await browser.get(TICKER) == (200, ["group=ticker; min=600; sec=9"])
    assert await browser.get(TICKER, **PAGE) == (200, OF_ORIGIN)
    assert await browser.get(TICKER, **PAGE) == (429, OF_ORIGIN)
    assert await browser.get(TICKER) == (200, ["group=ticker; min=600; sec=7"])


async def test_the_group_that_refuses_is_named(browser: Browser) -> None:
    """Where the call's own group is used up, the answer says so and not `origin`."""
    for _ in range(10):
        await browser.get(TICKER)
    spent = ["group=ticker; min=600; sec=0"]
    assert await browser.get(TICKER, **PAGE) == (429, spent)
    assert await browser.get(TICKER) == (418, spent)
    # It was let in by `origin` all the same.
    assert await browser.get("/v1/market/all", **PAGE) == (429, OF_ORIGIN)


async def test_connects_count_with_the_calls(
    simulator: Simulator, browser: Browser, clock: HandClock
) -> None:
    """A handshake with `Origin` and a quotation call share the ten seconds, in either order."""
    for first in ("call", "connect"):
        if first == "call":
            assert await browser.get(TICKER, **PAGE) == (200, OF_ORIGIN)
        else:
            let_in = await Raw.connect(simulator, headers=PAGE)
            assert let_in.status == 101
            let_in.abort()
            assert await browser.get(TICKER, **PAGE) == (429, OF_ORIGIN)
        refused = await Raw.connect(simulator, headers=PAGE)
        assert refused.status == 429
        assert (await refused.body())["error"]["name"] == "too_many_requests"
        refused.abort()
        plain = await Raw.connect(simulator)
        assert plain.status == 101
        plain.abort()
        await clock.advance(10)
    totals = simulator.stats()["totals"]
    assert (totals["origins"], totals["origin_refusals"]) == (5, 3)


async def test_calls_of_accounts_are_not_limited(browser: Browser) -> None:
    """The limit is of quotation: an account's call with `Origin` is judged by its token."""
    for _ in range(3):
        assert (await browser.get("/v1/accounts", **PAGE))[0] == 401
    assert await browser.get(TICKER, **PAGE) == (200, OF_ORIGIN)
