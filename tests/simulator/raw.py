"""A WebSocket client by hand: what is on the wire is what a test sees, no library in between."""

import asyncio
import json
import os
from base64 import b64encode
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, NamedTuple, Self
from uuid import uuid4

import jwt

from tests.simulator.desk import SECOND_NS, START_NS
from tickwire.simulator import Simulator
from tickwire.world import SystemClock

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10

ACCESS = "ACCESS-KEY-OF-THE-FIRST-ACCOUNT"
SECRET = "secret-of-the-first-account-" * 3
KEYS = {ACCESS: SECRET, "OTHER": "other-secret-" * 6}

# Nothing here takes long: what has not come by then does not come.
PATIENCE_S = 5.0
# Some turns of the exchange, for tests that nothing happens.
A_WHILE_S = 0.08


class HandClock(SystemClock):
    """A clock for the exchange that a test moves; its tasks go on sleeping for real."""

    def __init__(self) -> None:
        self.now_ns = START_NS

    def wall_ns(self) -> int:
        return self.now_ns

    async def advance(self, seconds: float) -> None:
        """Move, and let the exchange notice."""
        self.now_ns += round(seconds * SECOND_NS)
        await asyncio.sleep(0.04)


class Frame(NamedTuple):
    """One frame as it came."""

    opcode: int
    payload: bytes
    compressed: bool

    @property
    def said(self) -> Any:
        return json.loads(self.payload)

    @property
    def code(self) -> int:
        assert self.opcode == CLOSE
        return int.from_bytes(self.payload[:2])


class Gone(Exception):
    """The connection ended without a close frame: what clients call 1006."""


class Raw:
    """One connection."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: str
    ) -> None:
        self.reader = reader
        self._writer = writer
        first, _, rest = head.partition("\r\n")
        self.status = int(first.split()[1])
        self.headers = {
            name.lower(): value.strip()
            for name, _, value in (line.partition(":") for line in rest.splitlines() if line)
        }

    @classmethod
    async def connect(
        cls,
        simulator: Simulator,
        path: str = "/websocket/v1",
        headers: Mapping[str, str] | None = None,
        limit: int = 1 << 16,
    ) -> Self:
        host, _, port = simulator.address.rpartition(":")
        reader, writer = await asyncio.open_connection(host, int(port), limit=limit)
        lines = {
            "Host": simulator.address,
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": b64encode(os.urandom(16)).decode(),
            **(headers or {}),
        }
        text = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        writer.write(f"GET {path} HTTP/1.1\r\n{text}\r\n".encode())
        async with asyncio.timeout(PATIENCE_S):
            head = await reader.readuntil(b"\r\n\r\n")
        return cls(reader, writer, head.decode())

    def send(self, opcode: int, payload: bytes = b"") -> None:
        """A masked frame."""
        size = len(payload)
        head = bytes((0x80 | opcode,))
        head += bytes((0x80 | size,)) if size < 126 else bytes((0xFE,)) + size.to_bytes(2)
        mask = os.urandom(4)
        masked = bytes(byte ^ mask[n % 4] for n, byte in enumerate(payload))
        self._writer.write(head + mask + masked)

    def text(self, text: str) -> None:
        self.send(TEXT, text.encode())

    def ask(self, *elements: dict[str, Any]) -> None:
        """A request with a ticket."""
        self.text(json.dumps([{"ticket": "t"}, *elements]))

    async def body(self) -> Any:
        """The rest of an answer that is no upgrade."""
        async with asyncio.timeout(PATIENCE_S):
            return json.loads(await self.reader.readexactly(int(self.headers["content-length"])))

    async def frame(self) -> Frame:
        """The next frame; `Gone` if the connection ends before."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                first, size = await self.reader.readexactly(2)
                assert not size & 0x80, "a server does not mask"
                if size == 126:
                    size = int.from_bytes(await self.reader.readexactly(2))
                elif size == 127:
                    size = int.from_bytes(await self.reader.readexactly(8))
                payload = await self.reader.readexactly(size)
        except (asyncio.IncompleteReadError, ConnectionError):
            raise Gone from None
        assert first & 0x80, "every message is one frame"
        return Frame(first & 0x0F, payload, bool(first & 0x40))

    async def said(self) -> Any:
        """What the next frame says, which is a binary one as all are on the real wire."""
        frame = await self.frame()
        assert frame.opcode == BINARY
        return frame.said

    async def quiet(self) -> bool:
        """Does nothing come for a while?"""
        try:
            async with asyncio.timeout(A_WHILE_S):
                await self.frame()
        except TimeoutError:
            return True
        return False

    async def refused(self) -> dict[str, str]:
        """The error that comes now, after which the exchange closes with 1000."""
        error = (await self.said())["error"]
        assert (await self.frame()).code == 1000
        self.send(CLOSE, (1000).to_bytes(2))
        assert await self.gone()
        assert isinstance(error, dict)
        return error

    async def gone(self) -> bool:
        """Is the connection at its end, with nothing more before?"""
        try:
            frame = await self.frame()
        except Gone:
            return True
        raise AssertionError(f"there was {frame}")

    def abort(self) -> None:
        self._writer.transport.abort()


@asynccontextmanager
async def raw(
    simulator: Simulator, path: str = "/websocket/v1", **headers: str
) -> AsyncIterator[Raw]:
    """A connection that is let in."""
    connection = await Raw.connect(simulator, path, headers)
    try:
        assert connection.status == 101, connection.status
        yield connection
    finally:
        connection.abort()


def bearer(
    access: str = ACCESS,
    secret: str = SECRET,
    algorithm: str = "HS512",
    **claims: object,
) -> str:
    """An `Authorization` header with a new nonce, made by a library that the exchange has not."""
    payload = {"access_key": access, "nonce": str(uuid4()), **claims}
    kept = {name: value for name, value in payload.items() if value is not None}
    return "Bearer " + jwt.encode(kept, secret, algorithm=algorithm)
