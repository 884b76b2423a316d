"""Servers written byte by byte, and a listener that remembers."""

import asyncio
import base64
import hashlib
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

from tickwire.transport.handshake import connect
from tickwire.transport.websocket import WebSocket

Script = Callable[[asyncio.StreamReader, asyncio.StreamWriter, bytes], Awaitable[None]]


class Heard:
    """A listener that remembers."""

    def __init__(self) -> None:
        self.frames: list[bytes] = []
        self.reads: list[int] = []
        """How many frames had been heard at the end of each read."""
        self.pongs = 0
        self.lost: list[str] = []
        self.changed = asyncio.Event()

    def frames_received(self, frames: Sequence[bytes]) -> None:
        self.frames += frames
        self.reads.append(len(self.frames))
        self.changed.set()

    def pong_received(self) -> None:
        self.pongs += 1
        self.changed.set()

    def connection_lost(self, reason: str, code: int | None = None) -> None:
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


def accepted(request: bytes, extensions: str = "") -> bytes:
    """The 101 answer to an upgrade request, with these extensions agreed on."""
    lines = request.decode().split("\r\n")
    key = next(line.split(":")[1] for line in lines if line.lower().startswith("sec-websocket-key"))
    digest = hashlib.sha1(f"{key.strip()}258EAFA5-E914-47DA-95CA-C5AB0DC85B11".encode()).digest()
    accept = base64.b64encode(digest).decode()
    agreed = f"Sec-WebSocket-Extensions: {extensions}\r\n" if extensions else ""
    return (
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Accept: {accept}\r\n{agreed}\r\n"
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


def sends(*parts: bytes, then_close: bool = False, extensions: str = "") -> Script:
    """A server that accepts, sends these bytes at once, and waits for the client to go."""

    async def script(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes
    ) -> None:
        writer.write(accepted(request, extensions) + b"".join(parts))
        await writer.drain()
        if not then_close:
            await reader.read()

    return script


async def open_to(url: str, heard: Heard) -> WebSocket:
    return await connect(url, headers={}, listener=heard)
