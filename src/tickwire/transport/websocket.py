"""The real transport: WebSocket over TCP or TLS, by picows.

Three things are added to the library. A byte budget for each turn of the event loop, so that a
flood cannot keep timers and other tasks waiting. Reassembly of fragmented messages under a size
limit. And one table that maps the library's errors to ours.

Not negotiable here: certificates are verified, redirects are refused (they would carry an
authorization header to another host), and no `Origin` is sent (the exchange would allow one
request in ten seconds).
"""

import asyncio
import socket
import ssl
from collections import deque
from collections.abc import Mapping
from contextlib import suppress

from picows import (
    WSCloseCode,
    WSError,
    WSFrame,
    WSHandshakeError,
    WSListener,
    WSMsgType,
    WSTransport,
    ws_connect,
)

from tickwire.errors import HandshakeRefused, TransportError
from tickwire.world import Listener

__all__ = ["WebSocket", "connect"]

MAX_MESSAGE_BYTES = 4 * 1024 * 1024
TURN_BUDGET_BYTES = 64 * 1024
"""How much is handed on in one turn of the loop; the rest waits for the next turn."""
HANDSHAKE_TIMEOUT_S = 5.0

_TEXT, _BINARY, _CONTINUATION = WSMsgType.TEXT, WSMsgType.BINARY, WSMsgType.CONTINUATION


async def connect(url: str, *, headers: Mapping[str, str], listener: Listener) -> "WebSocket":
    """Open a WebSocket; raises `HandshakeRefused` or `TransportError`."""
    try:
        _, reader = await ws_connect(
            lambda: WebSocket(listener),
            url,
            extra_headers=dict(headers),
            max_redirects=0,
            max_frame_size=MAX_MESSAGE_BYTES,
            websocket_handshake_timeout=HANDSHAKE_TIMEOUT_S,
        )
    except WSHandshakeError as error:
        if error.response is not None and error.response.status != 101:
            status = int(error.response.status)
            wait = _seconds(error.response.headers.get("Retry-After"))
            raise HandshakeRefused(status, wait) from None
        raise TransportError(f"the server gave up during the handshake: {error}") from None
    except ssl.SSLCertVerificationError as error:
        raise TransportError(f"the server's certificate is not valid: {error}") from error
    except socket.gaierror as error:
        raise TransportError(f"the host name could not be resolved: {error}") from error
    except ConnectionRefusedError as error:
        raise TransportError(f"nobody listens at {url}") from error
    except TimeoutError as error:
        raise TransportError("the server did not answer in time") from error
    except (OSError, WSError) as error:
        raise TransportError(str(error) or type(error).__name__) from error
    assert isinstance(reader, WebSocket)
    return reader


def _seconds(header: str | None) -> float | None:
    """The seconds in a `Retry-After` header; dates and nonsense are no answer."""
    return float(header) if header is not None and header.isascii() and header.isdigit() else None


class WebSocket(WSListener):
    """One open WebSocket; a `tickwire.world.Transport`."""

    def __init__(self, listener: Listener) -> None:
        self._listener: Listener | None = listener
        self._transport: WSTransport | None = None
        self._batch = 0
        self._spent = 0
        self._waiting: deque[bytes] = deque()
        self._parts: list[bytes] = []
        self._parts_size = 0
        self._reason: str | None = None

    # --- what the owner does ------------------------------------------------------------------

    def send_text(self, text: str) -> None:
        self._open().send(_TEXT, text.encode())

    def ping(self) -> None:
        self._open().send_ping()

    def close(self) -> None:
        """Say goodbye and close without waiting for the answer."""
        transport = self._transport
        self._listener = None
        if transport is not None and not transport.is_disconnected:
            transport.send_close(WSCloseCode.OK)
            transport.disconnect(graceful=True)

    def abort(self) -> None:
        transport = self._transport
        self._listener = None
        if transport is not None and not transport.is_disconnected:
            transport.disconnect(graceful=False)

    def _open(self) -> WSTransport:
        if self._transport is None or self._transport.is_disconnected:
            raise TransportError("the connection is closed")
        return self._transport

    # --- what picows calls --------------------------------------------------------------------

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._transport = transport

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        kind = frame.msg_type
        if frame.rsv1 or frame.rsv2 or frame.rsv3:
            self._break("a frame with reserved bits")
        elif kind is _BINARY or kind is _TEXT:
            if frame.fin:
                self._received(frame.get_payload_as_bytes())
            else:
                self._parts, self._parts_size = [], 0
                self._gather(frame)
        elif kind is _CONTINUATION:
            self._gather(frame)
        elif kind is WSMsgType.PONG:
            if self._listener is not None:
                self._listener.pong_received()
        elif kind is WSMsgType.CLOSE:
            self._closed_by_peer(transport, frame)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        if self._reason is None:
            self._reason = "the connection was cut without a goodbye (1006)"
        asyncio.get_running_loop().call_soon(_take_failure, transport)
        if not self._waiting:
            self._lost()

    # --- reading ------------------------------------------------------------------------------

    def _gather(self, frame: WSFrame) -> None:
        part = frame.get_payload_as_bytes()
        self._parts_size += len(part)
        if self._parts_size > MAX_MESSAGE_BYTES:
            self._break(f"a message over {MAX_MESSAGE_BYTES} bytes")
            return
        self._parts.append(part)
        if frame.fin:
            whole = b"".join(self._parts)
            self._parts, self._parts_size = [], 0
            self._received(whole)

    def _received(self, payload: bytes) -> None:
        if not self._spent:
            asyncio.get_running_loop().call_soon(self._next_turn)
        if not self._waiting and self._spent < TURN_BUDGET_BYTES:
            self._hand_on(payload)
            return
        if not self._waiting:
            self._open().underlying_transport.pause_reading()
        self._waiting.append(payload)

    def _hand_on(self, payload: bytes) -> None:
        # Even an empty message counts, since it is by this that a turn is known to be used.
        self._spent += len(payload) or 1
        if self._listener is not None:
            self._listener.frame_received(payload, self._batch)

    def _next_turn(self) -> None:
        self._batch += 1
        self._spent = 0
        if not self._waiting:
            return
        while self._waiting and self._spent < TURN_BUDGET_BYTES:
            self._hand_on(self._waiting.popleft())
        asyncio.get_running_loop().call_soon(self._next_turn)
        if self._waiting:
            return
        if self._reason is not None:
            self._lost()
        elif self._transport is not None and not self._transport.is_disconnected:
            self._transport.underlying_transport.resume_reading()

    # --- ending -------------------------------------------------------------------------------

    def _closed_by_peer(self, transport: WSTransport, frame: WSFrame) -> None:
        code, text = frame.get_close_code(), frame.get_close_message()
        said = f" {text.decode(errors='replace')!r}" if text else ""
        self._reason = f"closed by the server ({getattr(code, 'value', code)}{said})"
        transport.send_close(WSCloseCode.OK)
        transport.disconnect(graceful=True)

    def _break(self, what: str) -> None:
        self._reason = f"the server broke the protocol: {what}"
        transport = self._open()
        transport.send_close(WSCloseCode.PROTOCOL_ERROR)
        transport.disconnect(graceful=False)

    def _lost(self) -> None:
        listener, self._listener = self._listener, None
        if listener is not None and self._reason is not None:
            listener.connection_lost(self._reason)


def _take_failure(transport: WSTransport) -> None:
    """Take picows' own record of a failure, which would be reported as never retrieved."""
    ended = transport.wait_disconnected()
    # The transport is gone, so there is nothing left to wait for: one step tells.
    with suppress(StopIteration, Exception):
        ended.send(None)
    ended.close()
