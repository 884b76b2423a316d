"""The way from a session's outbox to its socket.

Frames are put on the transport as they are, with a WebSocket head of our own before each: the same
bytes may go to many connections, one write carries all that has become due, and nobody waits for a
slow reader. aiohttp does the rest of the protocol (handshake, reading, close) on the same
transport, always in whole frames, so the two never cut into each other.
"""

import asyncio
import logging

from aiohttp import web

from tickwire.simulator.deflate import Deflate
from tickwire.simulator.wire.session import Session

__all__ = ["ABNORMAL_CLOSE", "GOING_AWAY", "GOODBYE_S", "NORMAL_CLOSE", "Line"]

NORMAL_CLOSE = 1000
GOING_AWAY = 1001
ABNORMAL_CLOSE = 1006

# How long a closing connection waits for the client's goodbye.
GOODBYE_S = 1.0

# First bytes of a final frame (RFC 6455, section 5.2; the bit of RFC 7692).
_TEXT, _BINARY, _PONG = 0x81, 0x82, 0x8A
_COMPRESSED = 0x40

# A client that leaves this much unread is cut. The snapshots of everything are about 3 MB.
_UNREAD_LIMIT = 8 << 20

_log = logging.getLogger(__name__)


class Line:
    """The way from a session's outbox to its socket."""

    def __init__(
        self,
        session: Session,
        socket: web.WebSocketResponse,
        transport: asyncio.Transport,
        *,
        text: bool = False,
        deflate: Deflate | None = None,
    ) -> None:
        self._session = session
        self._socket = socket
        self._transport = transport
        self._deflate = deflate
        self._first = (_TEXT if text else _BINARY) | (_COMPRESSED if deflate else 0)
        self._ended: tuple[int, str] | None = None

    def flush(self, now_ns: int) -> None:
        """Put what waits on the socket; cut a client that does not read."""
        session = self._session
        if not session.outbox and not session.backlog:
            return
        transport = self._transport
        if transport.is_closing() or self._socket.closed:
            # After a close frame nothing may follow.
            session.outbox.clear()
            return
        frames = session.take()
        offered = session.backlog
        if frames:
            if self._deflate is not None:
                frames = [self._deflate.frame(frame) for frame in frames]
            first = self._first
            parts: list[bytes] = []
            for frame in frames:
                parts.append(_header(first, len(frame)))
                parts.append(frame)
            burst = b"".join(parts)
            offered += len(burst)
            transport.write(burst)
        self._settle(offered, now_ns)

    def pong(self, payload: bytes, now_ns: int) -> None:
        """Answer a ping. aiohttp would wait for a client that pings and does not read."""
        if not (self._transport.is_closing() or self._socket.closed):
            self._transport.write(_header(_PONG, len(payload)) + payload)
            self._settle(self._transport.get_write_buffer_size(), now_ns)

    def _settle(self, offered: int, now_ns: int) -> None:
        session = self._session
        session.backlog = self._transport.get_write_buffer_size()
        if session.backlog < offered:
            # Only what the network has taken is a sign of life; what waits here is none.
            session.active_ns = now_ns
        if session.backlog > _UNREAD_LIMIT:
            _log.warning("simulator.slow_reader connection=%d", session.number)
            self.cut("slow reader")

    def cut(self, why: str) -> bool:
        """End the connection without a close frame; false if it was ending already."""
        if self._transport.is_closing():
            return False
        self._ended = ABNORMAL_CLOSE, why
        self._transport.abort()
        return True

    async def leave(self) -> None:
        """Say goodbye to a client that reads; cut one that does not."""
        if self.unread:
            self.cut("stopped")
        else:
            self._ended = GOING_AWAY, "stopped"
            await self._socket.close(code=GOING_AWAY)

    @property
    def unread(self) -> bool:
        """Has the client left something unread?"""
        return self._transport.get_write_buffer_size() > 0

    @property
    def ending(self) -> tuple[int, str]:
        """Close code and reason of a connection that has ended."""
        if self._ended is not None:
            return self._ended
        if self._session.closing is not None:
            return NORMAL_CLOSE, self._session.closing
        return self._socket.close_code or ABNORMAL_CLOSE, "closed by the client"


def _header(first: int, size: int) -> bytes:
    """The head of an unmasked frame (RFC 6455, section 5.2)."""
    if size < 126:
        return bytes((first, size))
    if size < 65536:
        return bytes((first, 126)) + size.to_bytes(2)
    return bytes((first, 127)) + size.to_bytes(8)
