"""Compressed connections, against servers written byte by byte and against real ones."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.transport.test_deflate import deflated, split
from tests.transport.wire import Heard, Script, frame, open_to, raw_server, sends
from tickwire.errors import TransportError
from tickwire.transport.deflate import Inflater
from tickwire.transport.handshake import connect
from tickwire.transport.messages import MAX_MESSAGE_BYTES
from tickwire.transport.websocket import TURN_BUDGET_BYTES

RSV1 = 0x40
DEFLATE = "permessage-deflate"


def compresses(*parts: bytes, extensions: str = DEFLATE, then_close: bool = False) -> Script:
    """A server that agrees to compression and sends these bytes at once."""
    return sends(*parts, extensions=extensions, then_close=then_close)


@asynccontextmanager
async def aiohttp_server(messages: list[str], *, compress: bool = True) -> AsyncIterator[str]:
    """A server that is not ours; it sends these and echoes what it is sent."""

    async def serve(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(compress=compress)
        await socket.prepare(request)
        await socket.send_str("compressed" if socket.compress else "plain")
        for message in messages:
            await socket.send_str(message)
        async for received in socket:
            await socket.send_str(received.data)
        return socket

    app = web.Application()
    app.router.add_get("/", serve)
    async with TestServer(app) as server:
        yield str(server.make_url("/")).replace("http", "ws")


@pytest.mark.parametrize(
    ("server", "client", "agreed"),
    [
        (True, True, "compressed"),
        (True, False, "plain"),
        (False, True, "plain"),
    ],
)
async def test_compression_is_what_both_want(server: bool, client: bool, agreed: str) -> None:
    """The same messages arrive either way, and what we send is understood."""
    messages = [f'{{"type":"trade","number":{n}}}' * 50 for n in range(20)]
    heard = Heard()
    async with aiohttp_server(messages, compress=server) as url:
        transport = await connect(url, headers={}, listener=heard, compression=client)
        transport.send_text("from us")
        await heard.until(lambda: len(heard.frames) == 22)
        transport.close()
    assert [payload.decode() for payload in heard.frames] == [agreed, *messages, "from us"]


@pytest.mark.parametrize("compression", [True, False])
async def test_the_offer_is_in_the_request_or_not(compression: bool) -> None:
    """Beside the headers that the caller gives."""
    requests: list[bytes] = []

    async def script(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes
    ) -> None:
        requests.append(request)
        await sends()(reader, writer, request)

    async with raw_server(script) as url:
        transport = await connect(
            url, headers={"X-Test": "yes"}, listener=Heard(), compression=compression
        )
        transport.close()
    assert (b"Sec-WebSocket-Extensions: permessage-deflate" in requests[0]) is compression
    assert b"X-Test: yes" in requests[0]


@pytest.mark.parametrize(
    ("extensions", "compression"),
    [
        (DEFLATE, False),
        ("permessage-bzip2", True),
        (f"{DEFLATE}; server_max_window_bits=20", True),
    ],
)
async def test_an_answer_we_cannot_accept_is_a_failed_handshake(
    extensions: str, compression: bool
) -> None:
    """The error names it; not one frame is read."""
    heard = Heard()
    async with raw_server(compresses(frame(b"{}"), extensions=extensions)) as url:
        with pytest.raises(TransportError, match=extensions):
            await connect(url, headers={}, listener=heard, compression=compression)
    assert (heard.frames, heard.lost) == ([], [])


@pytest.mark.parametrize("takeover", [True, False])
async def test_whole_and_in_fragments_and_plain(takeover: bool) -> None:
    """Each message may be compressed or not; a ping may stand between fragments."""
    messages = [b"one and one and one", b"one and two", b"one and three and one and three"]
    one, two, three = deflated(messages, takeover=takeover)
    pieces = split(three, [2, 2, 5])
    wire = [
        frame(one, rsv=RSV1),
        frame(b"plain"),
        frame(two, 1, rsv=RSV1),
        frame(pieces[0], fin=False, rsv=RSV1),
        frame(b"", 9),
        *(frame(piece, 0, fin=False) for piece in pieces[1:-1]),
        frame(pieces[-1], 0),
        frame(b"plain ", fin=False),
        frame(b"pieces", 0),
    ]
    answer = DEFLATE if takeover else f"{DEFLATE}; server_no_context_takeover"
    heard = Heard()
    async with raw_server(compresses(*wire, extensions=answer)) as url:
        transport = await open_to(url, heard)
        await heard.until(lambda: len(heard.frames) == 5)
        transport.close()
    expected = [messages[0], b"plain", messages[1], messages[2], b"plain pieces"]
    assert heard.frames == expected


BOMB = deflated([bytes(16 * MAX_MESSAGE_BYTES)])[0]
(HELLO,) = deflated([b"Hello"])


@pytest.mark.parametrize(
    ("frames", "reason"),
    [
        ([frame(BOMB, rsv=RSV1)], f"inflates to over {MAX_MESSAGE_BYTES} bytes"),
        (
            [
                frame(BOMB[:900], rsv=RSV1, fin=False),
                frame(BOMB[900:1000], 0, fin=False),
                frame(BOMB[1000:], 0),
            ],
            f"inflates to over {MAX_MESSAGE_BYTES} bytes",
        ),
        ([frame(b"{'no':'stream'}", rsv=RSV1)], "compressed data that makes no sense"),
        (
            [frame(HELLO[:3], rsv=RSV1, fin=False), frame(HELLO[3:], 0, rsv=RSV1)],
            "a frame with reserved bits",
        ),
        ([frame(HELLO, 9, rsv=RSV1)], "a frame with reserved bits"),
        ([frame(HELLO, 10, rsv=RSV1)], "a frame with reserved bits"),
        ([frame(HELLO, rsv=0x60)], "a frame with reserved bits"),
    ],
    ids=[
        "bomb",
        "bomb in fragments",
        "garbage",
        "compressed continuation",
        "compressed ping",
        "compressed pong",
        "two bits",
    ],
)
async def test_what_cannot_be_inflated_breaks_the_connection(
    frames: list[bytes], reason: str
) -> None:
    """What was before it is heard, what comes after it is not, and the reason is told."""
    wire = [frame(b"before"), *frames, frame(b"after")]
    heard = Heard()
    async with raw_server(compresses(*wire)) as url:
        await open_to(url, heard)
        await heard.until(lambda: bool(heard.lost))
    assert heard.frames == [b"before"]
    assert heard.lost[0].startswith("the server broke the protocol: ") and reason in heard.lost[0]


async def test_a_bomb_before_a_goodbye_is_told_as_a_bomb() -> None:
    """What came first counts, though the goodbye was seen long before the bomb was inflated."""
    heard = Heard()
    async with raw_server(compresses(frame(BOMB, rsv=RSV1), frame(b"", 8), then_close=True)) as url:
        await open_to(url, heard)
        await heard.until(lambda: bool(heard.lost))
    assert "inflates to over" in heard.lost[0]


async def test_a_breach_is_seen_in_its_turn() -> None:
    """What waits while a large message is inflated is looked at as closely as all else."""
    large = bytes(MAX_MESSAGE_BYTES)
    (payload,) = deflated([large])
    wire = [frame(payload, rsv=RSV1), frame(b"1"), frame(b"{", fin=False), frame(b"{}")]
    heard = Heard()
    async with raw_server(compresses(*wire)) as url:
        await open_to(url, heard)
        await heard.until(lambda: bool(heard.lost))
    assert heard.lost == ["the server broke the protocol: a message within another"]
    assert heard.frames == [large, b"1"]


async def test_inflating_leaves_turns_to_others() -> None:
    """The budget of a turn counts what comes out; order is kept, and nothing is lost."""
    large = bytes(MAX_MESSAGE_BYTES)
    messages = [b"first", large, *(bytes(8192) for _ in range(100)), large, b"last"]
    wire = [frame(payload, rsv=RSV1) for payload in deflated(messages)]
    turns = 0
    # All of it is read at once: it is the inflating that takes turns.
    assert sum(map(len, wire)) < TURN_BUDGET_BYTES
    heard = Heard()
    async with raw_server(compresses(*wire, frame(b"", 8))) as url:
        await open_to(url, heard)
        while not heard.lost:
            turns += 1
            await asyncio.sleep(0)
    assert heard.frames == messages
    assert turns >= sum(map(len, messages)) // (2 * TURN_BUDGET_BYTES)
    assert heard.reads == sorted(set(heard.reads))
    assert heard.reads[-1] == len(messages)


async def test_leaving_ends_the_inflating(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who has closed hears nothing of what was still to come, and it is not inflated either."""
    steps = 0
    go_on = Inflater.go_on

    def counted(inflater: Inflater) -> bytes | None:
        nonlocal steps
        steps += 1
        return go_on(inflater)

    monkeypatch.setattr(Inflater, "go_on", counted)
    heard = Heard()
    large = deflated([b"first", bytes(MAX_MESSAGE_BYTES)])
    async with raw_server(compresses(*(frame(each, rsv=RSV1) for each in large))) as url:
        transport = await open_to(url, heard)
        await heard.until(lambda: bool(heard.frames))
        transport.abort()
        taken = steps
        for _ in range(2 * MAX_MESSAGE_BYTES // TURN_BUDGET_BYTES):
            await asyncio.sleep(0)
    assert steps == taken
    assert heard.frames == [b"first"]
    assert heard.lost == []
