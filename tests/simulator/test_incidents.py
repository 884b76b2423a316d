"""What a test can make happen, seen on raw sockets: drop, ban, hush, resume, announce."""

import json
from collections.abc import AsyncIterator
from math import inf, nan
from pathlib import Path
from typing import Any

import pytest

from tests.simulator.raw import KEYS, HandClock, Raw, bearer, raw
from tickwire.errors import UsageError
from tickwire.simulator import Simulator

BOTH = {"type": "trade", "codes": ["KRW-BTC", "KRW-ETH"], "is_only_realtime": True}
PRIVATE = "/websocket/v1/private"


@pytest.fixture
def clock() -> HandClock:
    """The exchange's clock."""
    return HandClock()


@pytest.fixture
async def simulator(clock: HandClock) -> AsyncIterator[Simulator]:
    """A running exchange of two markets whose time is moved by hand."""
    async with Simulator(markets=2, clock=clock, keys=KEYS) as simulator:
        yield simulator


async def refused(simulator: Simulator, path: str = "/websocket/v1", **headers: str) -> Any:
    """Status, `Retry-After` and body of an attempt that is no success."""
    attempt = await Raw.connect(simulator, path, headers)
    try:
        return attempt.status, attempt.headers.get("retry-after"), await attempt.body()
    finally:
        attempt.abort()


async def told(socket: Raw) -> set[str]:
    """The markets heard of so far: the answer comes behind all that has been told."""
    heard = set()
    socket.ask({"method": "LIST_SUBSCRIPTIONS"})
    while "code" in (said := await socket.said()):
        heard.add(said["code"])
    return heard


async def codes_of(socket: Raw, clock: HandClock, seconds: int = 10) -> set[str]:
    """The markets heard of within so long from now."""
    await told(socket)
    for _ in range(2 * seconds):
        await clock.advance(0.5)
    return await told(socket)


async def test_a_drop_is_a_cut(simulator: Simulator) -> None:
    """All endpoints are cut without a close frame, and let in again at once."""
    async with (
        raw(simulator) as public,
        raw(simulator, PRIVATE, Authorization=bearer()) as private,
    ):
        assert simulator.drop() == 2
        assert await public.gone()
        assert await private.gone()
    async with raw(simulator):
        pass
    reasons = [one["close_reason"] for one in simulator.stats()["connections"][:2]]
    assert reasons == ["dropped", "dropped"]


async def test_a_ban_cuts_and_refuses(simulator: Simulator, clock: HandClock) -> None:
    """Everybody is cut and told 418 with the seconds left, with a token too, until it is over."""
    async with (
        raw(simulator) as public,
        raw(simulator, PRIVATE, Authorization=bearer()) as private,
    ):
        simulator.ban(30)
        assert await public.gone()
        assert await private.gone()
    for path, headers in (("/websocket/v1", {}), (PRIVATE, {"Authorization": bearer()})):
        status, retry_after, body = await refused(simulator, path, **headers)
        assert (status, retry_after, body["block_seconds"]) == (418, "30", 30)
    await clock.advance(29.5)
    assert (await refused(simulator))[:2] == (418, "1")
    await clock.advance(0.5)
    async with raw(simulator):
        pass
    assert simulator.stats()["totals"]["refusals"] == {"429": 0, "418": 3}


async def test_a_ban_leaves_no_grudge(simulator: Simulator, clock: HandClock) -> None:
    """Attempts during a ban neither lengthen it nor use up the connects of the second after."""
    simulator.ban(10)
    for _ in range(7):
        assert (await refused(simulator))[0] == 418
    await clock.advance(10)
    for left in (4, 3):
        async with raw(simulator) as socket:
            assert socket.headers["remaining-req"].endswith(f"sec={left}")


@pytest.mark.parametrize("seconds", [0, -1, inf, nan])
async def test_a_ban_has_a_length(simulator: Simulator, seconds: float) -> None:
    """What is no number of seconds above 0 is refused, and nobody is cut."""
    async with raw(simulator) as socket:
        with pytest.raises(UsageError, match="ban"):
            simulator.ban(seconds)
        assert await socket.quiet()


async def test_hush_and_resume(simulator: Simulator, clock: HandClock) -> None:
    """A hushed market says nothing on an open connection, the other goes on; then both do."""
    async with raw(simulator) as socket:
        socket.ask(BOTH)
        assert await codes_of(socket, clock) == {"KRW-BTC", "KRW-ETH"}
        simulator.hush("KRW-BTC")
        assert await codes_of(socket, clock) == {"KRW-ETH"}
        simulator.hush()
        assert await codes_of(socket, clock) == set()
        # A snapshot is an answer, and comes all the same.
        socket.ask({**BOTH, "is_only_realtime": False})
        assert {(await socket.said())["stream_type"] for _ in range(2)} == {"SNAPSHOT"}
        simulator.resume()
        assert await codes_of(socket, clock) == {"KRW-BTC", "KRW-ETH"}


async def test_an_unknown_market_cannot_be_hushed(simulator: Simulator) -> None:
    """It is named, and nothing changes."""
    with pytest.raises(UsageError, match="KRW-NOPE"):
        simulator.hush("KRW-BTC", "KRW-NOPE")


async def test_announce(simulator: Simulator, clock: HandClock) -> None:
    """Who listens for the category hears it, in the format and with the body asked for."""
    async with (
        raw(simulator, PRIVATE, Authorization=bearer()) as events,
        raw(simulator, PRIVATE, Authorization=bearer("OTHER", KEYS["OTHER"])) as all_of_them,
        raw(simulator, PRIVATE, Authorization=bearer()) as others,
    ):
        wish = {"type": "announcement"}
        events.ask({**wish, "categories": ["event"], "include_body": True})
        all_of_them.ask(wish, {"format": "SIMPLE"})
        others.ask({**wish, "categories": ["wallet"]}, {"type": "myOrder"})
        for socket in (events, all_of_them, others):
            socket.ask({"method": "LIST_SUBSCRIPTIONS"}, {"format": "SIMPLE"})
            await socket.said()
        simulator.announce("제목", "event", "본문")
        full = await events.said()
        assert (full["tt"], full["cat"], full["bd"]) == ("제목", "event", "본문")
        assert full["tms"] == clock.now_ns // 1_000_000
        bare = await all_of_them.said()
        assert (bare["uid"], "bd" in bare) == (full["uid"], False)
        assert await others.quiet()
    with pytest.raises(UsageError, match="no category"):
        simulator.announce("t", "gossip")


async def test_incidents_with_a_tape(clock: HandClock, tmp_path: Path) -> None:
    """A recording is hushed, banned and dropped like a market."""
    path = tmp_path / "tape.jsonl"
    lines = [
        {"received_at": n, "raw": json.dumps({"type": "trade", "code": code})}
        for n in range(60)
        for code in BOTH["codes"]  # type: ignore[attr-defined]
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    async with Simulator(tape=path, clock=clock) as simulator, raw(simulator) as socket:
        socket.ask(BOTH)
        assert await codes_of(socket, clock) == {"KRW-BTC", "KRW-ETH"}
        simulator.hush("KRW-ETH")
        assert await codes_of(socket, clock) == {"KRW-BTC"}
        simulator.resume()
        assert await codes_of(socket, clock) == {"KRW-BTC", "KRW-ETH"}
        simulator.ban(5)
        assert await socket.gone()
        assert (await refused(simulator))[0] == 418
