"""Sends prepared frames to one reader, as fast as it takes them or at a fixed rate.

    python -m benchmarks.hot_path.sender '{"frames": FILE, "bytes": N, ...}'

It speaks as much of the exchange as the contenders need: the list of markets, a handshake, and a
subscription of any kind, a pause after which means that all of it has come. Prints its port, and
once the frames are out, when it began.
"""

import base64
import hashlib
import json
import mmap
import re
import socket
import sys
import threading
import time
from dataclasses import dataclass

from benchmarks.processes import pin

__all__ = ["Sending"]

# ccxt sends a subscription for each symbol, twenty a second; tickwire waits 0.1 s to merge.
_QUIET_S = 0.3
_CHUNK = 1 << 18
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


@dataclass(frozen=True)
class Sending:
    """What to send: the first `bytes` of a file of frames; at a `rate` a second if there is one."""

    frames: str
    bytes: int
    codes: tuple[str, ...]
    is_deflated: bool = False
    rate: float = 0.0


class Sender:
    """Listens on a port of its own, and serves each connection in a thread of its own."""

    def __init__(self, sending: Sending) -> None:
        self._sending = sending
        self.over = threading.Event()
        with open(sending.frames, "rb") as file:
            self._frames = memoryview(mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ))

    def listen(self) -> None:
        listening = socket.create_server(("127.0.0.1", 0))
        print(listening.getsockname()[1], flush=True)
        while True:
            wire, _ = listening.accept()
            wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._serve, args=(wire,), daemon=True).start()

    def _serve(self, wire: socket.socket) -> None:
        with wire:
            head = b""
            while b"\r\n\r\n" not in head:
                got = wire.recv(1 << 16)
                if not got:
                    return
                head += got
            key = re.search(rb"(?i)sec-websocket-key: *(\S+)", head)
            if key is None:
                self._answer(wire, head)
                return
            deflate = self._sending.is_deflated
            if deflate and b"permessage-deflate" not in head:
                print("the reader does not offer compression", flush=True)
                self.over.set()
                return
            accept = base64.b64encode(hashlib.sha1(key[1] + _GUID).digest())
            extension = b"Sec-WebSocket-Extensions: permessage-deflate\r\n" if deflate else b""
            wire.sendall(
                b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                b"Sec-WebSocket-Accept: " + accept + b"\r\n" + extension + b"\r\n"
            )
            incoming = _Incoming(wire)
            wire.settimeout(_QUIET_S)
            if not incoming.until_quiet():
                return
            wire.settimeout(None)
            began = self._send_at_rate(wire) if self._sending.rate else self._send(wire)
            print(json.dumps({"began_us": began}), flush=True)
            incoming.until_closed()
        self.over.set()

    def _answer(self, wire: socket.socket, head: bytes) -> None:
        markets = [
            {
                "market": code,
                "korean_name": code,
                "english_name": code,
                "market_event": {"warning": False, "caution": {}},
            }
            for code in self._sending.codes
        ]
        body = json.dumps(markets if b"/v1/market/all" in head.split(b"\r\n")[0] else []).encode()
        wire.sendall(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"
            b"Content-Length: %d\r\n\r\n" % len(body) + body
        )

    def _send(self, wire: socket.socket) -> float:
        began = time.monotonic_ns() / 1000
        for start in range(0, self._sending.bytes, _CHUNK):
            wire.sendall(self._frames[start : min(start + _CHUNK, self._sending.bytes)])
        return began

    def _send_at_rate(self, wire: socket.socket) -> float:
        """Send each frame when it is due. Waits by looking at the clock, on a core of its own."""
        rate, frames = self._sending.rate, self._frames
        now, ends = time.monotonic, _ends(frames)
        began = now()
        sent = at = 0
        while sent < len(ends):
            due = min(int((now() - began) * rate) + 1, len(ends))
            if due > sent:
                wire.sendall(frames[at : ends[due - 1]])
                sent, at = due, ends[due - 1]
        return began * 1e6


class _Incoming:
    """What the reader sends: subscriptions, pings and a goodbye."""

    def __init__(self, wire: socket.socket) -> None:
        self._wire = wire
        self._bytes = b""

    def until_quiet(self) -> bool:
        """Whether something was asked for and nothing more has come for a while."""
        asked = False
        while True:
            try:
                code = self._frame()
            except TimeoutError:
                if asked:
                    return True
                continue
            if code is None or code == 8:
                return False
            asked = asked or code in (1, 2)

    def until_closed(self) -> None:
        try:
            while self._frame() not in (None, 8):
                pass
            self._wire.sendall(b"\x88\x00")
        except OSError:
            pass

    def _frame(self) -> int | None:
        """The code of the next frame; pings are answered. `None` at the end."""
        while True:
            data = self._bytes
            if len(data) >= 2:
                size, start = data[1] & 127, 2
                if size == 126:
                    size, start = int.from_bytes(data[2:4]), 4
                elif size == 127:
                    size, start = int.from_bytes(data[2:10]), 10
                end = start + 4 + size
                if len(data) >= end:
                    self._bytes = data[end:]
                    code, mask = data[0] & 15, data[start : start + 4]
                    if code == 9:
                        text = bytes(b ^ mask[i % 4] for i, b in enumerate(data[start + 4 : end]))
                        self._wire.sendall(bytes((0x8A, len(text))) + text)
                    return code
            got = self._wire.recv(1 << 16)
            if not got:
                return None
            self._bytes += got


def _ends(frames: memoryview) -> list[int]:
    """Where each frame ends."""
    ends: list[int] = []
    at = 0
    while at < len(frames):
        size, start = frames[at + 1], at + 2
        if size >= 126:
            start += 2 if size == 126 else 8
            size = int.from_bytes(frames[at + 2 : start])
        at = start + size
        ends.append(at)
    return ends


def main() -> None:
    pin(0, 0)
    sender = Sender(Sending(**json.loads(sys.argv[1])))
    threading.Thread(target=sender.listen, daemon=True).start()
    sender.over.wait(120)


if __name__ == "__main__":
    main()
