"""An open connection against servers written byte by byte, on real sockets."""

import asyncio
import struct

import pytest

from tests.transport.wire import Heard, accepted, frame, open_to, raw_server, sends
from tickwire.errors import TransportError
from tickwire.transport.messages import MAX_MESSAGE_BYTES
from tickwire.transport.websocket import TURN_BUDGET_BYTES


async def test_a_frame_glued_to_the_handshake_is_heard() -> None:
    """Data in the very packet of the 101 answer is not lost."""
    heard = Heard()
    async with raw_server(sends(frame(b"first"))) as url:
        transport = await open_to(url, heard)
        await heard.until(lambda: bool(heard.frames))
        transport.close()
    assert heard.frames == [b"first"]


async def test_text_and_binary_and_fragments_are_whole_messages() -> None:
    """A message may be text, binary or in pieces with a ping between them."""
    heard = Heard()
    pieces = frame(b"in ", fin=False) + frame(b"", 9) + frame(b"pieces", 0)
    async with raw_server(sends(frame(b"text", 1), frame(b"binary"), pieces)) as url:
        transport = await open_to(url, heard)
        await heard.until(lambda: len(heard.frames) == 3)
        transport.close()
    assert heard.frames == [b"text", b"binary", b"in pieces"]


async def test_the_limit_is_for_each_message() -> None:
    """Fragments of one do not count for the next."""
    half = bytes(MAX_MESSAGE_BYTES // 2)
    message = frame(half, fin=False) + frame(half, 0)
    heard = Heard()
    async with raw_server(sends(message, message)) as url:
        transport = await open_to(url, heard)
        await heard.until(lambda: len(heard.frames) == 2)
        transport.close()
    assert heard.frames == [2 * half] * 2


async def test_a_ping_is_answered() -> None:
    """A pong comes back and is told."""

    async def script(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes
    ) -> None:
        writer.write(accepted(request))
        assert (await reader.readexactly(1)) == b"\x89"
        writer.write(frame(b"", 10))
        await reader.read()

    heard = Heard()
    async with raw_server(script) as url:
        transport = await open_to(url, heard)
        transport.ping()
        await heard.until(lambda: heard.pongs == 1)
        transport.close()


async def test_a_flood_is_handed_on_within_the_budget_of_a_turn() -> None:
    """Nothing is lost or reordered, and other tasks get their turns in between."""
    size, number = 4096, 400
    payloads = [str(n).encode().ljust(size) for n in range(number)]
    heard = Heard()
    in_turn: list[int] = []

    async with raw_server(sends(*map(frame, payloads))) as url:
        transport = await open_to(url, heard)
        while len(heard.frames) < number:
            before = len(heard.frames)
            await asyncio.sleep(0)
            in_turn.append(len(heard.frames) - before)
        transport.close()
    assert heard.frames == payloads
    # One read and one remainder of an earlier read may fall into the same turn.
    assert max(in_turn) * size <= 2 * TURN_BUDGET_BYTES + size


async def test_a_server_that_floods_has_to_wait() -> None:
    """What was not handed on stays with the server, in every flood and not only the first."""
    size, number = 32 * 1024, 2000
    heard = Heard()
    backlog: list[int] = []

    async def script(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes
    ) -> None:
        writer.write(accepted(request))
        for written in range(number):
            writer.write(frame(bytes(size)))
            await writer.drain()
            backlog.append(size * (written - len(heard.frames)))
        await reader.read()

    async with raw_server(script) as url:
        transport = await open_to(url, heard)
        await heard.until(lambda: len(heard.frames) == number)
        transport.close()
    # The kernel holds some megabytes on the way.
    assert max(backlog) < size * number // 2


async def test_what_was_read_before_a_loss_is_delivered_first() -> None:
    """A flood that ends with the connection is handed on to its end, then the loss is told."""
    payloads = [str(n).encode().ljust(4096) for n in range(200)]
    heard = Heard()
    async with raw_server(sends(*map(frame, payloads), frame(b"", 8))) as url:
        await open_to(url, heard)
        await heard.until(lambda: bool(heard.lost))
    assert heard.frames == payloads


@pytest.mark.parametrize(
    ("ending", "reason"),
    [
        (frame(struct.pack("!H", 1000) + b"bye", 8), "closed by the server (1000 'bye')"),
        (frame(struct.pack("!H", 1012), 8), "closed by the server (1012)"),
    ],
)
async def test_the_end_has_a_reason(ending: bytes, reason: str) -> None:
    """A goodbye is told with its code and its text."""
    heard = Heard()
    async with raw_server(sends(ending)) as url:
        await open_to(url, heard)
        await heard.until(lambda: bool(heard.lost))
    assert heard.lost == [reason]


@pytest.mark.parametrize(
    "garbage",
    [
        frame(b"", 3),
        struct.pack("!BBQ", 0x82, 127, 1 << 62),
        frame(b"a" * 100_000, fin=False) + frame(b"b" * (MAX_MESSAGE_BYTES - 50_000), 0, fin=False),
    ],
    ids=["unknown opcode", "absurd length", "endless fragments"],
)
async def test_broken_frames_end_the_connection(garbage: bytes) -> None:
    """Nothing of it reaches the reader."""
    heard = Heard()
    async with raw_server(sends(garbage)) as url:
        await open_to(url, heard)
        await heard.until(lambda: bool(heard.lost))
    assert heard.frames == []


async def test_a_cut_without_goodbye_is_a_loss() -> None:
    """The end of the stream is what a close code of 1006 stands for."""
    heard = Heard()
    async with raw_server(sends(then_close=True)) as url:
        transport = await open_to(url, heard)
        await heard.until(lambda: bool(heard.lost))
        with pytest.raises(TransportError, match="closed"):
            transport.send_text("hello")
    assert heard.lost == ["the connection was cut without a goodbye (1006)"]


@pytest.mark.parametrize("ending", ["close", "abort"])
async def test_our_own_end_is_not_a_loss(ending: str) -> None:
    """Whoever closes knows it; the listener hears nothing any more."""
    heard = Heard()
    async with raw_server(sends(frame(b"1"))) as url:
        transport = await open_to(url, heard)
        getattr(transport, ending)()
        getattr(transport, ending)()
        with pytest.raises(TransportError):
            for _ in range(100):
                transport.send_text("x")
                await asyncio.sleep(0)
    assert heard.lost == []


@pytest.mark.parametrize(
    ("frames", "reason"),
    [
        (frame(b"{}", rsv=0x40), "a frame with reserved bits"),
        (frame(b"{}", rsv=0x20), "a frame with reserved bits"),
        (frame(b"{", fin=False) + frame(b"}", 0, rsv=0x10), "a frame with reserved bits"),
        (frame(b"", 9, rsv=0x40), "a frame with reserved bits"),
        (frame(b"{}", 0), "a continuation of nothing"),
        (frame(b"{", fin=False) + frame(b"{}"), "a message within another"),
    ],
)
async def test_a_breach_of_the_protocol_is_the_end(frames: bytes, reason: str) -> None:
    """It is told, and what comes after it is not heard."""
    heard = Heard()
    async with raw_server(sends(frame(b"before"), frames, frame(b"after"))) as url:
        await open_to(url, heard)
        await heard.until(lambda: bool(heard.lost))
    assert heard.lost == [f"the server broke the protocol: {reason}"]
    assert heard.frames == [b"before"]


async def test_nothing_is_heard_after_a_goodbye() -> None:
    """A close frame is the last that counts."""
    goodbye = frame(struct.pack("!H", 1000), 8)
    heard = Heard()
    async with raw_server(sends(frame(b"1"), goodbye, frame(b"2"), frame(b"", 10))) as url:
        await open_to(url, heard)
        await heard.until(lambda: bool(heard.lost))
    assert heard.frames == [b"1"]
    assert heard.pongs == 0


async def test_the_server_is_answered_its_pings() -> None:
    """With the same bytes, as the protocol has it; the listener hears nothing of it."""
    answers: list[bytes] = []

    async def script(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes
    ) -> None:
        writer.write(accepted(request) + frame(b"you there?", 9))
        first, size, *mask = await reader.readexactly(6)
        body = await reader.readexactly(size & 0x7F)
        answers.extend([bytes([first]), bytes(b ^ mask[n % 4] for n, b in enumerate(body))])
        writer.write(frame(b"bye"))
        await reader.read()

    heard = Heard()
    async with raw_server(script) as url:
        transport = await open_to(url, heard)
        await heard.until(lambda: bool(heard.frames))
        transport.close()
    assert answers == [b"\x8a", b"you there?"]


# --- what a read brings -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "read",
    [
        frame(b"1") + frame(b"2"),
        frame(b"1") + frame(b"2") + frame(b"", 9),
        frame(b"1") + frame(b"2") + frame(b"", 10),
        frame(b"1") + frame(b"2") + frame(b"part of 3", fin=False),
        frame(b"", 10) + frame(b"1") + frame(b"2") + frame(b"cut in the middle")[:4],
        frame(b"1") + frame(b"2", fin=False) + frame(b"", 0),
    ],
    ids=["frames", "ping last", "pong last", "part last", "cut last", "fragments"],
)
async def test_a_read_is_handed_on_at_once(read: bytes) -> None:
    """All its messages together, whatever else is in it."""
    heard = Heard()
    async with raw_server(sends(read)) as url:
        transport = await open_to(url, heard)
        await heard.until(lambda: bool(heard.reads))
        # A second part would come with the next turn.
        for _ in range(3):
            await asyncio.sleep(0)
        transport.close()
    assert heard.frames == [b"1", b"2"]
    assert heard.reads == [2]


async def test_without_messages_nothing_is_handed_on() -> None:
    """A read of pongs and parts brings nothing; the whole message does."""
    more = asyncio.Event()

    async def script(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes
    ) -> None:
        writer.write(accepted(request) + frame(b"1", fin=False) + frame(b"", 10))
        await more.wait()
        writer.write(frame(b"2", 0))
        await reader.read()

    heard = Heard()
    async with raw_server(script) as url:
        transport = await open_to(url, heard)
        await heard.until(lambda: heard.pongs == 1)
        assert heard.reads == []
        more.set()
        await heard.until(lambda: bool(heard.frames))
        transport.close()
    assert heard.reads == [1]


async def test_what_waits_is_handed_on_in_its_turn() -> None:
    """Never nothing, and the last before the loss."""
    payloads = [str(n).encode().ljust(4096) for n in range(400)]
    heard = Heard()
    async with raw_server(sends(*map(frame, payloads), frame(b"", 8))) as url:
        await open_to(url, heard)
        await heard.until(lambda: bool(heard.lost))
    assert heard.reads == sorted(set(heard.reads))
    assert heard.reads[-1] == len(payloads)
    assert len(heard.reads) >= 400 * 4096 // (2 * TURN_BUDGET_BYTES + 4096)
