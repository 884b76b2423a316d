"""Payloads as the bytes of WebSocket frames, in a file that a sender maps into memory."""

import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

__all__ = ["FrameFile", "deflated", "framed", "stamped"]

_FIN_BINARY, _DEFLATED = 0x82, 0x40
_TAIL = b"\x00\x00\xff\xff"
_TIMESTAMP = re.compile(rb'"(?:timestamp|tms)":\d{13}')

STAMP_BASE = 10**12
"""So that a stamp, in microseconds, has as many digits as the timestamp whose place it takes."""


class FrameFile(NamedTuple):
    """Frames one behind the other, and where each ends."""

    path: Path
    ends: tuple[int, ...]
    is_deflated: bool

    @classmethod
    def write(
        cls, path: Path, frames: Iterable[bytes], *, is_deflated: bool = False
    ) -> "FrameFile":
        kept = list(frames)
        path.write_bytes(b"".join(kept))
        return cls(path, tuple(accumulate(map(len, kept))), is_deflated)

    @classmethod
    def of(cls, path: Path) -> "FrameFile":
        """A file of frames that are not deflated, as they were written."""
        data, ends = path.read_bytes(), [0]
        while ends[-1] < len(data):
            start = ends[-1]
            head = {126: 4, 127: 10}.get(data[start + 1], 2)
            size = data[start + 1] if head == 2 else int.from_bytes(data[start + 2 : start + head])
            ends.append(start + head + size)
        return cls(path, tuple(ends[1:]), is_deflated=False)


def framed(payloads: Iterable[bytes]) -> Iterator[bytes]:
    """Each payload as one binary frame."""
    return (_frame(payload, _FIN_BINARY) for payload in payloads)


def deflated(payloads: Iterable[bytes]) -> Iterator[bytes]:
    """The same with permessage-deflate and context takeover, as a fresh connection sends them."""
    deflate = zlib.compressobj(1, zlib.DEFLATED, -15)
    for payload in payloads:
        packed = deflate.compress(payload) + deflate.flush(zlib.Z_SYNC_FLUSH)
        yield _frame(packed.removesuffix(_TAIL), _FIN_BINARY | _DEFLATED)


def stamped(payloads: Sequence[bytes], rate: float) -> Iterator[bytes]:
    """The payloads with the microsecond at which each is due, from the first, as timestamp."""
    for number, payload in enumerate(payloads):
        due_us = STAMP_BASE + round(number * 1e6 / rate)
        match = _TIMESTAMP.search(payload)
        assert match is not None
        yield payload[: match.end() - 13] + b"%d" % due_us + payload[match.end() :]


def _frame(payload: bytes, first: int) -> bytes:
    size = len(payload)
    if size < 126:
        return bytes((first, size)) + payload
    if size < 1 << 16:
        return bytes((first, 126)) + size.to_bytes(2) + payload
    return bytes((first, 127)) + size.to_bytes(8) + payload
