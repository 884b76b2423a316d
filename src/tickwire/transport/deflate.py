"""permessage-deflate (RFC 7692): what the handshake agrees on, and the inflating of what comes.

Only the reading half: what we send is small and goes out as it is, which the extension allows.

A few bytes can hold megabytes, so inflating goes in steps. No step reads or writes more than
`STEP_BYTES`, so that the loop gets its turns, and a message that grows over the limit is given up
before more than the limit is held.
"""

import re
import zlib
from collections.abc import Iterable
from dataclasses import dataclass

from tickwire.errors import TransportError

__all__ = ["HEADER", "OFFER", "STEP_BYTES", "Agreement", "Inflater", "agreed"]

HEADER = "Sec-WebSocket-Extensions"
OFFER = "permessage-deflate; client_max_window_bits"
"""What browsers offer, so what servers know best. Who never deflates keeps within any window."""
STEP_BYTES = 64 * 1024

# Parameters that an answer may have (section 7.1); a value may be quoted.
_PARAMETER = re.compile(
    r'(?:server|client)_no_context_takeover|(server|client)_max_window_bits=("?)([89]|1[0-5])\2'
)
# Every message ends with these bytes, which are not sent (section 7.2.2).
_TAIL = b"\x00\x00\xff\xff"
# What follows on a stream that was ended for good rather than flushed (section 7.2.3.4).
_AFTER_END = (_TAIL, b"\x00" + _TAIL)


@dataclass(frozen=True)
class Agreement:
    """How the server deflates: the window it keeps to, and whether it takes it to the next one."""

    window_bits: int = 15
    takeover: bool = True


def agreed(answers: Iterable[str], *, offered: bool) -> Agreement | None:
    """What the server's headers agree to; `None` is no compression.

    Raises `TransportError` for an extension or a parameter that was not offered or makes no sense.
    """
    extensions = [each.strip() for answer in answers for each in answer.split(",") if each.strip()]
    if not extensions:
        return None
    name, *parameters = (each.strip() for each in extensions[0].split(";"))
    if not offered or name != "permessage-deflate" or len(extensions) > 1:
        raise TransportError(
            f"the server uses an extension that was not offered: {', '.join(extensions)}"
        )
    bits = 15
    seen = set()
    for parameter in parameters:
        match = _PARAMETER.fullmatch(parameter)
        key = parameter.partition("=")[0]
        if match is None or key in seen:
            raise TransportError(
                f"the server compresses in a way that is not known: {extensions[0]}"
            )
        seen.add(key)
        if match[1] == "server":
            bits = int(match[3])
    return Agreement(bits, takeover="server_no_context_takeover" not in seen)


class Inflater:
    """Inflates the messages of one connection, one after another.

    `inflate` takes the next frame and returns the message once it is whole. While `has_more`,
    that frame is not done, and `go_on` takes the next step; `worked` tells how many bytes the last
    step read or wrote, whichever is more. Both raise `ValueError` with what is wrong; after that
    the connection is of no use.
    """

    def __init__(self, agreement: Agreement, limit: int) -> None:
        # zlib cannot deflate with 8 bits, and some servers take 9 then without saying so.
        self._window_bits = max(agreement.window_bits, 9)
        self._takeover = agreement.takeover
        self._limit = limit
        self._stream = zlib.decompressobj(-self._window_bits)
        self._input = b""
        self._at = 0
        self._last = False
        self._parts: list[bytes] = []
        self._size = 0
        self.has_more = False
        self.worked = 0

    def inflate(self, payload: bytes, *, last: bool) -> bytes | None:
        """Take a frame, the `last` of its message or not."""
        self._last = last
        data = payload + _TAIL if last else payload
        if len(data) <= STEP_BYTES:
            return self._step(data)
        self._input, self._at = data, 0
        return self.go_on()

    def go_on(self) -> bytes | None:
        """Take another step in a frame that is not done."""
        data = self._stream.unconsumed_tail
        if not data:
            data = self._input[self._at : self._at + STEP_BYTES]
            self._at += len(data)
            if self._at == len(self._input):
                self._input, self._at = b"", 0
        return self._step(data)

    def _step(self, data: bytes) -> bytes | None:
        stream = self._stream
        # One byte over the limit is enough to know.
        most = min(STEP_BYTES, self._limit - self._size + 1)
        try:
            part = stream.decompress(data, most)
        except zlib.error as error:
            raise ValueError(f"compressed data that makes no sense ({error})") from None
        size = len(part)
        self._size += size
        self.worked = max(size, len(data), 1)
        if self._size > self._limit:
            raise ValueError(f"a message that inflates to over {self._limit} bytes")
        if stream.eof and len(stream.unused_data) > len(_TAIL) + 1:
            raise ValueError("compressed data that goes on after its end")
        # A full step may have left something behind in zlib, even if all was read.
        self.has_more = size == most or self._at < len(self._input)
        if self._last and not self.has_more:
            return self._whole(part)
        if part:
            self._parts.append(part)
        return None

    def _whole(self, part: bytes) -> bytes:
        stream = self._stream
        if stream.eof and stream.unused_data not in _AFTER_END:
            raise ValueError("compressed data that goes on after its end")
        if stream.eof or not self._takeover:
            self._stream = zlib.decompressobj(-self._window_bits)
        self._size = 0
        if not self._parts:
            return part
        message = b"".join([*self._parts, part])
        self._parts.clear()
        return message
