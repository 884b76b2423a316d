"""Clients that do not read, do not finish, or have half gone: they are cut, and hold up nobody."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, suppress
from typing import Any

import pytest

from tests.simulator.desk import SECOND_NS
from tests.simulator.raw import PING, PONG, Frame, HandClock, Raw, raw
from tickwire.simulator import Simulator, line

LIST = {"method": "LIST_SUBSCRIPTIONS"}
STALLED = 4


@pytest.fixture
def clock() -> HandClock:
    """The exchange's clock."""
    return HandClock()


@pytest.fixture
async def simulator(clock: HandClock) -> AsyncIterator[Simulator]:
    """A running exchange of a hundred markets whose time is moved by hand."""
    async with Simulator(markets=100, clock=clock) as simulator:
        yield simulator


def stop_reading(socket: Raw) -> None:
    """From now on what is sent stays in the buffers of the network, then in the exchange's."""
    socket.reader._transport.pause_reading()  # type: ignore[attr-defined]


def books(simulator: Simulator) -> dict[str, Any]:
    """A wish for a snapshot of everything, 300 kB, and nothing after it."""
    return {"type": "orderbook", "codes": list(simulator.codes), "is_only_snapshot": True}


async def stuffed(simulator: Simulator, clock: HandClock, sockets: Sequence[Raw]) -> None:
    """Ask for snapshots until the network takes no more for any of these."""
    for _ in range(60):
        for socket in sockets:
            socket.ask(books(simulator))
        await clock.advance(1.5)
        if sum(one.backlog > 0 for one in simulator._lines) == len(sockets):
            return
    raise AssertionError("the network takes everything")


async def reasons(simulator: Simulator, ended: int) -> list[str | None]:
    """Why the connections ended, in the order of their opening, once so many have."""
    async with asyncio.timeout(5):
        while True:
            listed = simulator.stats()["connections"]
            if sum(one["closed_at"] is not None for one in listed) >= ended:
                return [one["close_reason"] for one in listed]
            await asyncio.sleep(0.01)


async def test_slow_clients_hold_up_nobody(simulator: Simulator, clock: HandClock) -> None:
    """Beside clients that never read, another hears every trade and is answered; they are cut."""
    async with AsyncExitStack() as stack:
        reader = await stack.enter_async_context(raw(simulator))
        reader.ask({"type": "trade", "codes": list(simulator.codes)})
        for _ in simulator.codes:
            assert (await reader.said())["stream_type"] == "SNAPSHOT"
        before = issued(simulator)
        stalled = []
        for _ in range(STALLED):
            await clock.advance(1)
            stalled.append(await stack.enter_async_context(raw(simulator)))
            stop_reading(stalled[-1])
        heard = 0

        async def catch_up() -> None:
            nonlocal heard
            while heard < issued(simulator) - before:
                assert (await reader.said())["type"] == "trade"
                heard += 1

        await stuffed(simulator, clock, stalled)
        for _ in range(65):
            await clock.advance(1)
            await catch_up()
        assert heard > 1_000
        assert await reasons(simulator, STALLED) == [None, *["idle"] * STALLED]


def issued(simulator: Simulator) -> int:
    """How many trades there were."""
    return sum(one["count"] for one in simulator.stats()["ids_issued"].values())


async def test_too_much_unread_is_the_end(
    simulator: Simulator, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever is behind by more than the limit is cut at once, who is behind by less is not."""
    async with raw(simulator) as slow, raw(simulator) as slower:
        for socket in (slow, slower):
            stop_reading(socket)
        await stuffed(simulator, clock, [slow, slower])
        most = max(one.backlog for one in simulator._lines)
        monkeypatch.setattr(line, "_UNREAD_LIMIT", most + 100_000)
        for _ in range(4):
            slower.ask(books(simulator))
        assert await reasons(simulator, 1) == [None, "slow reader"]
        # It can still catch up, and then is as good as any.
        slow.reader._transport.resume_reading()  # type: ignore[attr-defined]
        slow.send(PING, b"here")
        assert (await until_pong(slow)).payload == b"here"


async def until_pong(socket: Raw) -> Frame:
    """The pong behind all the data."""
    while (frame := await socket.frame()).opcode != PONG:
        pass
    return frame


async def test_a_handshake_that_is_never_finished(clock: HandClock) -> None:
    """Whoever connects and says half a sentence keeps nobody from connecting, nor from stopping."""
    simulator = Simulator(markets=1, clock=clock)
    await simulator.start()
    host, _, port = simulator.address.rpartition(":")
    unfinished = [await asyncio.open_connection(host, int(port)) for _ in range(20)]
    for _, writer in unfinished[1:]:
        writer.write(b"GET /websocket/v1 HTTP/1.1\r\nHost: half")
    async with raw(simulator) as socket:
        socket.ask({"type": "ticker", "codes": ["KRW-BTC"], "is_only_snapshot": True})
        assert (await socket.said())["code"] == "KRW-BTC"
    async with asyncio.timeout(4):
        await simulator.stop()
    for reader, writer in unfinished:
        assert await reader.read() == b""
        writer.close()
    assert simulator.stats()["totals"]["connects"] == 1


async def test_a_handshake_that_takes_too_long_is_cut(
    simulator: Simulator, clock: HandClock
) -> None:
    """Ten seconds are enough to ask; who has asked may stay."""
    host, _, port = simulator.address.rpartition(":")
    silent = await asyncio.open_connection(host, int(port))
    halting = await asyncio.open_connection(host, int(port))
    halting[1].write(b"GET /websocket/v1 HTTP/1.1\r\nHost: half")
    async with raw(simulator) as socket:
        begun = clock.now_ns
        async with asyncio.timeout(10):
            while not (silent[0].at_eof() or silent[0].exception()):
                await clock.advance(0.2)
        assert clock.now_ns - begun >= 10 * SECOND_NS
        for reader, writer in (silent, halting):
            async with asyncio.timeout(4):
                with suppress(ConnectionResetError):
                    assert await reader.read() == b""
            writer.close()
        socket.ask(LIST)
        assert (await socket.said())["result"] == []


async def test_a_client_that_has_half_gone(simulator: Simulator) -> None:
    """Who closes its side without a close frame has gone, even if it would read on."""
    async with raw(simulator) as socket:
        socket.ask({"type": "trade", "codes": list(simulator.codes)})
        await socket.said()
        socket._writer.write_eof()
        assert await reasons(simulator, 1) == ["closed by the client"]
    assert simulator.stats()["connections"][0]["close_code"] == 1006


async def test_a_client_that_vanishes_mid_frame(simulator: Simulator) -> None:
    """Half a frame and then nothing: the connection ends, the others do not notice."""
    async with raw(simulator) as other:
        async with raw(simulator) as socket:
            socket._writer.write(b"\x81\xfe\x04\x00half")
            await socket._writer.drain()
        assert await reasons(simulator, 1) == [None, "closed by the client"]
        other.ask(LIST)
        assert (await other.said())["result"] == []


async def test_half_a_frame_is_no_sign_of_life(simulator: Simulator, clock: HandClock) -> None:
    """A message that never gets to its end does not keep a connection open."""
    async with raw(simulator) as socket:
        for _ in range(6):
            socket._writer.write(b"\x81\xfe\x04\x00half" if _ == 0 else b"x")
            await clock.advance(10)
        assert await socket.gone()
    assert await reasons(simulator, 1) == ["idle"]
