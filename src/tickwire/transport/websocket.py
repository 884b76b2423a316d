"""An open WebSocket, by picows: what it sends, what it hands on, and how it ends.

A byte budget for each turn of the event loop is added to the library, so that a flood cannot keep
timers and other tasks waiting: what is over it waits for the next turn, and the socket meanwhile.
"""

import asyncio
import socket
from collections import deque
from contextlib import suppress
from typing import Any

from picows import WSCloseCode, WSFrame, WSListener, WSMsgType, WSTransport

from tickwire.errors import TransportError
from tickwire.transport.deflate import Agreement
from tickwire.transport.messages import Assembler
from tickwire.world import Listener

__all__ = ["WebSocket"]

RECEIVE_BUFFER_BYTES = 256 * 1024
"""How much the system holds for us. picows reads all of it at once and parses it in one turn."""
TURN_BUDGET_BYTES = 64 * 1024
"""How much is handed on in one turn of the loop, inflated; the rest waits for the next turn."""
_MESSAGE_COST = 64
"""What a message counts besides its bytes, so that even empty ones use a turn up."""

_TEXT, _BINARY, _CONTINUATION = WSMsgType.TEXT, WSMsgType.BINARY, WSMsgType.CONTINUATION
_RESERVED_BITS = "a frame with reserved bits"

_Item = bytes | tuple[bytes, bool, bool, bool] | None
"""What waits for its turn: a plain and whole message; any other data frame, as `Assembler.take`
takes it; or `None`, the rest of the frame that is being inflated."""


class WebSocket(WSListener):
    """One open WebSocket; a `tickwire.world.Transport`."""

    # Slots are read faster, and some are read for each frame.
    __slots__ = (
        "_code",
        "_is_paused",
        "_listener",
        "_messages",
        "_read",
        "_reason",
        "_spent",
        "_transport",
        "_waiting",
    )

    def __init__(self, listener: Listener, agreement: Agreement | None = None) -> None:
        self._listener: Listener | None = listener
        self._transport: WSTransport | None = None
        self._messages = Assembler(agreement)
        self._spent = 0
        # What this read has brought so far.
        self._read: list[bytes] = []
        self._waiting: deque[_Item] = deque()
        self._is_paused = False
        self._reason: str | None = None
        self._code: int | None = None

    # --- what the owner does ------------------------------------------------------------------

    def send_text(self, text: str) -> None:
        self._open().send(_TEXT, text.encode())

    def ping(self) -> None:
        self._open().send_ping()

    def close(self) -> None:
        """Say goodbye and close without waiting for the answer."""
        transport = self._leave()
        if transport is not None:
            transport.send_close(WSCloseCode.OK)
            transport.disconnect(graceful=True)

    def abort(self) -> None:
        transport = self._leave()
        if transport is not None:
            transport.disconnect(graceful=False)

    def _leave(self) -> WSTransport | None:
        """Be deaf from now on; gives the transport if it is there to be closed."""
        self._listener = None
        self._waiting.clear()
        transport = self._transport
        return None if transport is None or transport.is_disconnected else transport

    def _open(self) -> WSTransport:
        if self._transport is None or self._transport.is_disconnected:
            raise TransportError("the connection is closed")
        return self._transport

    # --- what picows calls --------------------------------------------------------------------

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._transport = transport
        receiving = transport.underlying_transport.get_extra_info("socket")
        receiving.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        # Nearly every frame is plain, whole and in time. Each name that is read of one is paid for
        # by all, so the common case is written out here.
        kind = frame.msg_type
        if kind is _BINARY or kind is _TEXT:
            if frame.rsv1 or frame.rsv2 or frame.rsv3 or not frame.fin:
                self._part_received(frame, opens=True)
            else:
                payload = frame.get_payload_as_bytes()
                if (
                    self._waiting
                    or self._spent >= TURN_BUDGET_BYTES
                    or self._messages.is_amid
                    or self._reason
                ):
                    self._take_in_turn(payload)
                else:
                    self._spent += len(payload) + _MESSAGE_COST
                    self._read.append(payload)
        elif kind is _CONTINUATION:
            self._part_received(frame, opens=False)
        elif self._reason is None:
            self._control_received(transport, frame, kind)
        if frame.last_in_buffer:
            self._hand_on()
            if not self._waiting:
                self._spent = 0  # the loop reads a socket once a turn

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        if self._reason is None:
            self._reason = "the connection was cut without a goodbye (1006)"
        asyncio.get_running_loop().call_soon(_take_failure, transport)
        if not self._waiting:
            self._lost()

    # --- reading ------------------------------------------------------------------------------

    def _part_received(self, frame: WSFrame, *, opens: bool) -> None:
        """A data frame that is no message by itself: deflated, or one of several."""
        if frame.rsv2 or frame.rsv3:
            if self._reason is None:
                self._break(_RESERVED_BITS)
            return
        payload = frame.get_payload_as_bytes()
        self._take_in_turn((payload, opens, bool(frame.fin), bool(frame.rsv1)))

    def _take_in_turn(self, item: _Item) -> None:
        """Take it now if nothing waits and the turn is not used up."""
        if self._listener is None or self._reason is not None:
            return
        if self._waiting or self._spent >= TURN_BUDGET_BYTES:
            self._waiting.append(item)
        else:
            self._take(item)
        if self._waiting and not self._is_paused:
            self._is_paused = True
            self._open().underlying_transport.pause_reading()
            asyncio.get_running_loop().call_soon(self._next_turn)

    def _take(self, item: _Item) -> None:
        """Something whose turn it is."""
        messages = self._messages
        try:
            if item is None:
                message = messages.go_on()
            elif isinstance(item, bytes):
                message = messages.take(item)
            else:
                message = messages.take(*item)
        except ValueError as error:
            # What comes after it is of no use.
            self._waiting.clear()
            self._break(str(error))
            return
        self._spent += messages.worked
        if messages.has_more:
            self._waiting.appendleft(None)
        elif message is not None:
            self._read.append(message)

    def _hand_on(self) -> None:
        if not self._read:
            return
        read, self._read = self._read, []
        if self._listener is not None:
            self._listener.frames_received(read)

    def _next_turn(self) -> None:
        self._spent = 0
        while self._waiting and self._spent < TURN_BUDGET_BYTES:
            item = self._waiting.popleft()
            if isinstance(item, bytes) and not self._messages.is_amid:
                self._spent += len(item) + _MESSAGE_COST
                self._read.append(item)
            else:
                self._take(item)
        self._hand_on()
        if self._waiting:
            asyncio.get_running_loop().call_soon(self._next_turn)
            return
        self._spent = 0
        self._is_paused = False
        if self._reason is not None:
            self._lost()
        elif self._transport is not None and not self._transport.is_disconnected:
            self._transport.underlying_transport.resume_reading()

    # --- ending -------------------------------------------------------------------------------

    def _control_received(self, transport: WSTransport, frame: WSFrame, kind: WSMsgType) -> None:
        if frame.rsv1 or frame.rsv2 or frame.rsv3:
            self._break(_RESERVED_BITS)
        elif kind is WSMsgType.PONG:
            if self._listener is not None:
                self._listener.pong_received()
        elif kind is WSMsgType.PING:
            transport.send_pong(frame.get_payload_as_bytes())
        else:
            text = frame.get_close_message()
            said = f" {text.decode(errors='replace')!r}" if text else ""
            # An enumeration, but for codes that it does not know.
            code: Any = frame.get_close_code()
            self._code = getattr(code, "value", code)
            self._reason = f"closed by the server ({self._code}{said})"
            transport.send_close(WSCloseCode.OK)
            transport.disconnect(graceful=True)

    def _break(self, what: str) -> None:
        self._reason = f"the server broke the protocol: {what}"
        transport = self._transport
        if transport is not None and not transport.is_disconnected:
            transport.send_close(WSCloseCode.PROTOCOL_ERROR)
            transport.disconnect(graceful=False)

    def _lost(self) -> None:
        self._hand_on()
        listener, self._listener = self._listener, None
        if listener is not None and self._reason is not None:
            listener.connection_lost(self._reason, self._code)


def _take_failure(transport: WSTransport) -> None:
    """Take picows' own record of a failure, which would be reported as never retrieved."""
    ended = transport.wait_disconnected()
    # The transport is gone, so there is nothing left to wait for: one step tells.
    with suppress(StopIteration, Exception):
        ended.send(None)
    ended.close()
