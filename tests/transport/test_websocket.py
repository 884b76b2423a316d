"""The real transport against servers written byte by byte, on real sockets."""

import asyncio
import base64
import hashlib
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
import trustme

from tickwire.errors import HandshakeRefused, TransportError
from tickwire.transport import websocket
from tickwire.transport.websocket import MAX_MESSAGE_BYTES, TURN_BUDGET_BYTES, WebSocket, connect

Script = Callable[[asyncio.StreamReader, asyncio.StreamWriter, bytes], Awaitable[None]]


class Heard:
    """A listener that remembers."""

    def __init__(self) -> None:
        self.frames: list[tuple[bytes, int]] = []
        self.pongs = 0
        self.lost: list[str] = []
        self.changed = asyncio.Event()

    def frame_received(self, payload: bytes, batch: int) -> None:
        self.frames.append((payload, batch))
        self.changed.set()

    def pong_received(self) -> None:
        self.pongs += 1
        self.changed.set()

    def connection_lost(self, reason: str) -> None:
        self.lost.append(reason)
        self.changed.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not condition():
                self.changed.clear()
                await self.changed.wait()


@asynccontextmanager
async def raw_server(script: Script, tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """A server that reads the upgrade request and then does what the script says."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            request = await reader.readuntil(b"\r\n\r\n")
            await script(reader, writer, request)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    port = server.sockets[0].getsockname()[1]
    async with server:
        yield f"{'ws' if tls is None else 'wss'}://127.0.0.1:{port}/websocket/v1"


def accepted(request: bytes) -> bytes:
    """The 101 answer to an upgrade request."""
    lines = request.decode().split("\r\n")
    key = next(line.split(":")[1] for line in lines if line.lower().startswith("sec-websocket-key"))
    digest = hashlib.sha1(f"{key.strip()}258EAFA5-E914-47DA-95CA-C5AB0DC85B11".encode()).digest()
    accept = base64.b64encode(digest).decode()
    return (
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Accept: {accept}\r\n\r\n"
    ).encode()


def frame(payload: bytes, opcode: int = 2, *, fin: bool = True, rsv: int = 0) -> bytes:
    """A server's frame, unmasked."""
    size = len(payload)
    first = (0x80 if fin else 0) | rsv | opcode
    if size < 126:
        return struct.pack("!BB", first, size) + payload
    if size < 65536:
        return struct.pack("!BBH", first, 126, size) + payload
    return struct.pack("!BBQ", first, 127, size) + payload


def sends(*parts: bytes, then_close: bool = False) -> Script:
    """A server that accepts, sends these bytes, and waits for the client to go."""

    async def script(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes
    ) -> None:
        writer.write(accepted(request) + b"".join(parts))
        await writer.drain()
        if not then_close:
            await reader.read()

    return script


def answers(response: bytes) -> Script:
    """A server that does not upgrade."""

    async def script(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes
    ) -> None:
        writer.write(response)
        await writer.drain()

    return script


async def open_to(url: str, heard: Heard) -> WebSocket:
    return await connect(url, headers={}, listener=heard)


async def test_a_frame_glued_to_the_handshake_is_heard() -> None:
    """Data in the very packet of the 101 answer is not lost."""
    heard = Heard()
    async with raw_server(sends(frame(b"first"))) as url:
        transport = await open_to(url, heard)
        await heard.until(lambda: bool(heard.frames))
        transport.close()
    assert [payload for payload, _ in heard.frames] == [b"first"]


async def test_text_and_binary_and_fragments_are_whole_messages() -> None:
    """A message may be text, binary or in pieces with a ping between them."""
    heard = Heard()
    pieces = frame(b"in ", fin=False) + frame(b"", 9) + frame(b"pieces", 0)
    async with raw_server(sends(frame(b"text", 1), frame(b"binary"), pieces)) as url:
        transport = await open_to(url, heard)
        await heard.until(lambda: len(heard.frames) == 3)
        transport.close()
    assert [payload for payload, _ in heard.frames] == [b"text", b"binary", b"in pieces"]


async def test_no_origin_is_sent_and_extra_headers_are() -> None:
    """The exchange allows a request with an `Origin` once in ten seconds."""
    requests: list[bytes] = []

    async def script(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes
    ) -> None:
        requests.append(request)
        await sends()(reader, writer, request)

    async with raw_server(script) as url:
        transport = await connect(url, headers={"X-Test": "yes"}, listener=Heard())
        transport.close()
    assert b"origin" not in requests[0].lower()
    assert b"X-Test: yes" in requests[0]


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
    assert [payload for payload, _ in heard.frames] == payloads
    # One read and one remainder of an earlier read may fall into the same turn.
    assert max(in_turn) * size <= 2 * TURN_BUDGET_BYTES + size


async def test_what_was_read_before_a_loss_is_delivered_first() -> None:
    """A flood that ends with the connection is handed on to its end, then the loss is told."""
    payloads = [str(n).encode().ljust(4096) for n in range(200)]
    heard = Heard()
    async with raw_server(sends(*map(frame, payloads), frame(b"", 8))) as url:
        await open_to(url, heard)
        await heard.until(lambda: bool(heard.lost))
    assert [payload for payload, _ in heard.frames] == payloads


@pytest.mark.parametrize(
    ("ending", "reason"),
    [
        (frame(struct.pack("!H", 1000) + b"bye", 8), "closed by the server (1000 'bye')"),
        (frame(struct.pack("!H", 1012), 8), "closed by the server (1012)"),
        (frame(b"x", rsv=0x40), "the server broke the protocol: a frame with reserved bits"),
    ],
)
async def test_the_end_has_a_reason(ending: bytes, reason: str) -> None:
    """A goodbye is told with its code, a broken protocol with what was wrong."""
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
    ("response", "status", "wait_s"),
    [
        (b"HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\n\r\n", 429, None),
        (b"HTTP/1.1 418 I'm a teapot\r\nRetry-After: 30\r\nContent-Length: 0\r\n\r\n", 418, 30.0),
        (
            b"HTTP/1.1 302 Found\r\nLocation: ws://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
            302,
            None,
        ),
        (b"HTTP/1.1 503 Busy\r\nRetry-After: soon\r\nContent-Length: 0\r\n\r\n", 503, None),
    ],
)
async def test_a_refused_handshake_tells_status_and_wait(
    response: bytes, status: int, wait_s: float | None
) -> None:
    """Redirects are refused like everything else that is not 101."""
    async with raw_server(answers(response)) as url:
        with pytest.raises(HandshakeRefused) as refused:
            await open_to(url, Heard())
    assert (refused.value.status, refused.value.retry_after_s) == (status, wait_s)


async def test_no_answer_to_the_handshake_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that accepts and says nothing does not hold us for ever."""

    async def silent(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes
    ) -> None:
        await reader.read()

    monkeypatch.setattr(websocket, "HANDSHAKE_TIMEOUT_S", 0.2)
    async with raw_server(silent) as url:
        with pytest.raises(TransportError):
            await open_to(url, Heard())


async def test_nobody_there_is_a_transport_error() -> None:
    """Refused connections and unknown names are mapped."""
    async with raw_server(sends()) as url:
        pass
    with pytest.raises(TransportError, match="nobody listens at ws://127"):
        await open_to(url, Heard())
    with pytest.raises(TransportError, match="resolved"):
        await open_to("ws://nobody.invalid:1/", Heard())


async def test_an_unknown_certificate_is_refused() -> None:
    """TLS is verified; there is no way around it."""
    authority = trustme.CA()
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    async with raw_server(sends(), tls) as url:
        with pytest.raises(TransportError, match="certificate"):
            await open_to(url, Heard())
