"""How long a connection stays open: section 4 of the protocol reference, row by row."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.simulator.raw import BINARY, CLOSE, PING, PONG, HandClock, raw
from tickwire.simulator import Simulator, line
from tickwire.simulator.switches import Switches

LIST = {"method": "LIST_SUBSCRIPTIONS"}
# A stream of a code that does not exist: subscribed and silent.
SILENT = {"type": "ticker", "codes": ["KRW-NOPE"]}
UP = b'{"status":"UP"}'


@pytest.fixture
def clock() -> HandClock:
    """The exchange's clock, at a time that is 2 s past a ten-second tick."""
    return HandClock()


@pytest.fixture
async def simulator(clock: HandClock) -> AsyncIterator[Simulator]:
    """A running exchange whose time is moved by hand."""
    async with Simulator(markets=1, clock=clock) as simulator:
        yield simulator


async def test_silence_ends_a_connection(simulator: Simulator, clock: HandClock) -> None:
    """Row "Idle timeout": after 60 s of nothing the connection is cut without a close frame."""
    async with raw(simulator) as socket:
        await clock.advance(59.4)
        assert await socket.quiet()
        await clock.advance(0.6)
        assert await socket.gone()
    (connection,) = simulator.stats()["connections"]
    assert (connection["close_code"], connection["close_reason"]) == (1006, "idle")


async def test_silence_after_one_snapshot(simulator: Simulator, clock: HandClock) -> None:
    """Row "Idle timeout": a subscription with nothing to tell is cut 60 s after its last frame."""
    async with raw(simulator) as socket:
        await clock.advance(30)
        socket.ask({"type": "ticker", "codes": ["KRW-BTC"], "is_only_snapshot": True})
        assert (await socket.said())["stream_type"] == "SNAPSHOT"
        await clock.advance(59.4)
        assert await socket.quiet()
        await clock.advance(0.6)
        assert await socket.gone()


async def test_the_documented_timeout(clock: HandClock) -> None:
    """Row "Idle timeout": the documented 120 s are a switch."""
    switches = Switches(idle_timeout_s=120)
    async with (
        Simulator(markets=1, clock=clock, switches=switches) as simulator,
        raw(simulator) as socket,
    ):
        await clock.advance(119)
        assert await socket.quiet()
        await clock.advance(1)
        assert await socket.gone()


async def test_a_ping_is_answered_and_keeps_alive(simulator: Simulator, clock: HandClock) -> None:
    """Row "Client ping frame": a pong with the same payload, and 60 s begin anew."""
    async with raw(simulator) as socket:
        socket.ask(SILENT)
        for _ in range(4):
            await clock.advance(20)
            socket.send(PING, b"here")
            assert await socket.frame() == (PONG, b"here", False)
        await clock.advance(59)
        assert await socket.quiet()
        await clock.advance(1)
        assert await socket.gone()


@pytest.mark.parametrize("what", ["message", "pong"])
async def test_whatever_the_client_sends_keeps_alive(
    simulator: Simulator, clock: HandClock, what: str
) -> None:
    """A message, which is answered or not, and a pong that nobody asked for."""
    async with raw(simulator) as socket:
        for _ in range(3):
            await clock.advance(40)
            if what == "message":
                socket.ask(SILENT)
            else:
                socket.send(PONG)
            assert await socket.quiet()


async def test_data_keeps_alive(simulator: Simulator, clock: HandClock) -> None:
    """Row "Idle timeout": frames towards the client count too."""
    async with raw(simulator) as socket:
        socket.ask({"type": "trade", "codes": ["KRW-BTC"], "is_only_realtime": True})
        for _ in range(30):
            await clock.advance(5)
            assert (await socket.said())["type"] == "trade"


async def test_text_ping(simulator: Simulator, clock: HandClock) -> None:
    """Row "Text PING": UP at the next tick of the whole server, then every 10 s for good."""
    async with raw(simulator) as early, raw(simulator) as late, raw(simulator) as never:
        early.text("PING")
        await clock.advance(6)
        late.text("PING")
        assert await early.quiet()
        await clock.advance(2)
        for _ in range(7):
            for socket in (early, late):
                assert await socket.frame() == (BINARY, UP, False)
            await clock.advance(9.9)
            assert await early.quiet()
            await clock.advance(0.1)
        assert await never.gone()
        # However often it is asked, it is told once a tick.
        early.text("PING")
        await early.frame()
        await clock.advance(10)
        assert await early.frame() == (BINARY, UP, False)
        assert await early.quiet()


async def test_text_ping_leaves_the_subscription(simulator: Simulator, clock: HandClock) -> None:
    """A PING replaces nothing, and UP has one form whatever the format is."""
    async with raw(simulator) as socket:
        socket.ask(SILENT, {"format": "SIMPLE_LIST"})
        socket.text("PING")
        await clock.advance(8)
        assert await socket.frame() == (BINARY, UP, False)
        socket.ask(LIST)
        assert (await socket.said())["result"] == [SILENT]


async def test_text_ping_does_not_count(simulator: Simulator, clock: HandClock) -> None:
    """Twenty PINGs at once break no limit and are no messages."""
    async with raw(simulator) as socket:
        for _ in range(20):
            socket.text("PING")
        await clock.advance(8)
        assert await socket.frame() == (BINARY, UP, False)
        assert simulator.stats()["totals"]["messages"] == 0


async def test_ping_frames_do_not_count(simulator: Simulator) -> None:
    """Twenty ping frames at once are twenty pongs."""
    async with raw(simulator) as socket:
        for n in range(20):
            socket.send(PING, bytes((n,)))
        for n in range(20):
            assert await socket.frame() == (PONG, bytes((n,)), False)


async def test_the_server_never_pings(simulator: Simulator, clock: HandClock) -> None:
    """Row "Server ping": minutes of a living connection bring none."""
    async with raw(simulator) as socket:
        for _ in range(5):
            await clock.advance(50)
            socket.send(PONG)
            assert await socket.quiet()


async def test_after_the_error_there_is_no_up(simulator: Simulator, clock: HandClock) -> None:
    """A connection that is closing is told nothing more, and is not waited for."""
    async with raw(simulator) as socket:
        socket.text("PING")
        socket.text("nonsense")
        assert (await socket.said())["error"]["name"] == "WRONG_FORMAT"
        assert (await socket.frame()).code == 1000
        await clock.advance(8)
        # It never answers the close frame: after a second the exchange gives up.
        assert await socket.gone()


async def test_a_client_that_never_reads_is_cut(clock: HandClock) -> None:
    """Half-open: what waits unread is no traffic, so 60 s later the connection is cut."""
    async with Simulator(markets=100, clock=clock) as simulator, raw(simulator) as socket:
        socket.reader._transport.pause_reading()  # type: ignore[attr-defined]
        everything = {"type": "orderbook", "codes": list(simulator.codes)}
        for _ in range(60):
            # A snapshot of 100 books is 300 kB: soon the network takes no more.
            socket.ask(everything)
            await clock.advance(1.5)
            if any(one.backlog for one in simulator._lines):
                break
        await clock.advance(61)
        await asyncio.sleep(0.1)
        (connection,) = simulator.stats()["connections"]
        assert connection["close_code"] == 1006
        assert connection["close_reason"] in ("idle", "slow reader")
        assert simulator.stats()["totals"]["open"] == 0


async def test_a_client_that_pings_and_never_reads_is_cut(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pongs pile up like data; nobody waits for their reader."""
    monkeypatch.setattr(line, "_UNREAD_LIMIT", 100_000)
    async with raw(simulator) as socket:
        socket.reader._transport.pause_reading()  # type: ignore[attr-defined]
        for _ in range(200):
            for _ in range(1_000):
                socket.send(PING, b"x" * 125)
            await asyncio.sleep(0)
            if not simulator._lines:
                break
            await asyncio.sleep(0.005)
        (connection,) = simulator.stats()["connections"]
        assert connection["close_reason"] == "slow reader"


async def test_a_slow_reader_that_errs_is_not_waited_for(clock: HandClock) -> None:
    """An error for a client that does not read ends its connection a second later all the same."""
    async with Simulator(markets=100, clock=clock) as simulator, raw(simulator) as socket:
        socket.reader._transport.pause_reading()  # type: ignore[attr-defined]
        for _ in range(60):
            socket.ask({"type": "orderbook", "codes": list(simulator.codes)})
            await clock.advance(1.5)
            if any(one.backlog for one in simulator._lines):
                break
        socket.text("nonsense")
        for _ in range(100):
            await asyncio.sleep(0.05)
            if not simulator.stats()["totals"]["open"]:
                break
        (connection,) = simulator.stats()["connections"]
        assert connection["close_reason"] == "WRONG_FORMAT"


@pytest.mark.parametrize("reads", [True, False])
async def test_a_goodbye_behind_unread_data(clock: HandClock, reads: bool) -> None:
    """Who says goodbye with data under way may read it to the end; who does not is cut."""
    async with Simulator(markets=100, clock=clock) as simulator, raw(simulator) as socket:
        transport = socket.reader._transport  # type: ignore[attr-defined]
        transport.pause_reading()
        for _ in range(60):
            socket.ask({"type": "orderbook", "codes": list(simulator.codes)})
            await clock.advance(1.5)
            if any(one.backlog for one in simulator._lines):
                break
        socket.send(CLOSE, (1000).to_bytes(2))
        if reads:
            transport.resume_reading()
            while (frame := await socket.frame()).opcode != CLOSE:
                pass
            assert frame.code == 1000
        for _ in range(100):
            await asyncio.sleep(0.05)
            if not simulator.stats()["totals"]["open"]:
                break
        (connection,) = simulator.stats()["connections"]
        assert connection["close_code"] == 1000
