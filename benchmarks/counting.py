"""A reader that only counts: frames and bytes off a bare socket, in a process of its own.

    python -m benchmarks.counting 127.0.0.1:PORT SECONDS

Prints a line when it begins to count and its figures as JSON when it is done.
"""

import json
import re
import socket
import statistics
import sys
import time
from typing import Any, NamedTuple

from benchmarks.processes import fetched, pin

# From the matching of a trade to its message, as the local exchange has it.
PUBLISH_DELAY_MS = 40

WARM_UP_S = 2.0
LOOK_EVERY_S = 0.5
_CHUNK = 1 << 20


class Counted(NamedTuple):
    """What a reader has counted; `late_ms` is how late books came, in the median."""

    frames: int
    bytes: int
    seconds: float
    late_ms: float


class Frames:
    """Cuts the bytes of a socket into the payloads of its frames, without copying those."""

    def __init__(self) -> None:
        self._rest = b""

    def payloads(self, chunk: bytes) -> list[tuple[bytes, int, int]]:
        """The frames that are complete now, each as `(bytes, start, end)`."""
        data = self._rest + chunk if self._rest else chunk
        at, size, found = 0, len(data), []
        while size - at >= 2:
            length, start = data[at + 1], at + 2
            if length == 126:
                start = at + 4
                length = int.from_bytes(data[at + 2 : start])
            elif length == 127:
                start = at + 10
                length = int.from_bytes(data[at + 2 : start])
            if start + length > size:
                break
            found.append((data, start, start + length))
            at = start + length
        self._rest = data[at:]
        return found


def open_websocket(address: str, path: str = "/websocket/v1") -> bytes:
    """The request that opens a WebSocket."""
    return (
        f"GET {path} HTTP/1.1\r\nHost: {address}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    ).encode()


def masked(text: str) -> bytes:
    """A text frame as clients send it, with the mask that changes nothing."""
    payload = text.encode()
    return b"\x81\xfe" + len(payload).to_bytes(2) + b"\0\0\0\0" + payload


def subscribed(address: str, *elements: dict[str, Any]) -> tuple[socket.socket, bytes]:
    """A socket with this subscription, and what has come on it behind the handshake."""
    host, port = address.split(":")
    wire = socket.create_connection((host, int(port)))
    wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    wire.sendall(open_websocket(address))
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += wire.recv(_CHUNK)
    head, _, rest = answer.partition(b"\r\n\r\n")
    if b" 101 " not in head:
        raise RuntimeError(f"not let in: {head!r}")
    wire.sendall(masked(json.dumps([{"ticket": "benchmark"}, *elements])))
    return wire, rest


def codes(address: str) -> list[str]:
    """All markets of an exchange."""
    return [each["market"] for each in fetched(address, "/v1/market/all")]


def count(address: str, seconds: float) -> Counted:
    everything = codes(address)
    wire, chunk = subscribed(
        address,
        *(
            {"type": kind, "codes": everything, "is_only_realtime": True}
            for kind in ("ticker", "trade", "orderbook")
        ),
    )
    frames, late = Frames(), []
    counted = size = 0
    begin = look = time.monotonic() + WARM_UP_S
    counting = False
    while (now := time.monotonic()) < begin + seconds:
        payloads = frames.payloads(chunk)
        if counting:
            counted += len(payloads)
            size += len(chunk)
            if now >= look:
                moment = _book_ms(payloads)
                if moment:
                    late.append(time.time() * 1000 - moment - PUBLISH_DELAY_MS)
                    look = now + LOOK_EVERY_S
        elif now >= begin:
            counting, begin = True, now
            print("counting", flush=True)
        chunk = wire.recv(_CHUNK)
    elapsed = time.monotonic() - begin
    wire.close()
    return Counted(counted, size, elapsed, statistics.median(late) if late else -1.0)


def _book_ms(payloads: list[tuple[bytes, int, int]]) -> int | None:
    """The timestamp of the last of these that is a book."""
    for data, start, end in reversed(payloads):
        if data.startswith(b'{"type":"orderbook"', start):
            found = re.search(rb'"timestamp":(\d+)', data[start:end])
            return int(found.group(1)) if found else None
    return None


if __name__ == "__main__":
    pin(0, 1)
    print(json.dumps(count(sys.argv[1], float(sys.argv[2]))))
