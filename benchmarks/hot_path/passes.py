"""One pass of frames through tickwire up to a stage: the real objects over a real socket.

    python -m benchmarks.hot_path.passes KIND FRAMES STAGE ...

All in one process and one thread. The socket is filled, which is not measured, and then read until
it is empty, which is: so the processor time of a pass is the reader's alone. Each pass prints its
figures as a line of JSON.
"""

import asyncio
import base64
import hashlib
import json
import re
import socket
import sys
import threading
import time
from bisect import bisect_right
from collections.abc import Callable, Container, Hashable, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, cast

from picows import WSFrame, WSListener, WSTransport, ws_connect

from benchmarks.hot_path.corpus import CODES
from benchmarks.hot_path.frames import FrameFile
from benchmarks.hot_path.job import Job, Tally
from benchmarks.hot_path.readers.tickwire_client import handlers
from benchmarks.processes import pin
from tickwire.core.connection import Timing
from tickwire.core.exchange import Endpoint
from tickwire.core.planner import plan
from tickwire.core.rate_limiter import RateLimiter
from tickwire.core.strategy import STRATEGIES
from tickwire.delivery.component import Component
from tickwire.delivery.hub import DataProcessor
from tickwire.events import BaseWebSocketEvent
from tickwire.exchanges.upbit import Upbit
from tickwire.manager import real_world
from tickwire.subscription import ORDINARY, DataType, Stream
from tickwire.transport.intake import Reader
from tickwire.transport.supervisor import Supervisor
from tickwire.transport.websocket import WebSocket
from tickwire.world import Listener, MemoryNotes

__all__ = ["STAGES", "Passed", "one_pass"]

STAGES = (
    "frame",
    "callback",
    "recognise",
    "route",
    "call",
    "decode",
    "repeat",
    "best",
    "first",
    "second",
    "sum",
)
"""How far a pass goes: each further than the one before, except that `call` goes as far as
`route`, to a handler of single events."""

_FILL_BYTES = 256 * 1024
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class Passed(NamedTuple):
    """Microseconds of processor time for each event, and the sums if the pass made them."""

    cpu_us: float
    sums: dict[str, list[str]]


class _Count:
    """How many frames have gone all the way."""

    def __init__(self, listener: Listener | None = None) -> None:
        self.seen = 0
        self._listener = listener

    def frames_received(self, frames: Sequence[bytes]) -> None:
        if self._listener is not None:
            self._listener.frames_received(frames)
        self.seen += len(frames)

    def pong_received(self) -> None: ...

    def connection_lost(self, reason: str, code: int | None = None) -> None: ...


class _Bare(WSListener):
    """What picows asks for at the least."""

    def __init__(self, count: _Count) -> None:
        self._count = count

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        frame.get_payload_as_bytes()
        self._count.seen += 1


class _Nobody:
    """A reader that drops what it is given."""

    def process(
        self,
        lane: Hashable,
        events: Iterable[BaseWebSocketEvent],
        received_time_ns: int,
        alive: Container[Stream],
    ) -> list[Stream]:
        return []


def one_pass(stage: str, kind: str, frames: FrameFile) -> Passed:
    """Read all the frames with tickwire as far as the stage; a tenth of them is warm-up."""
    events = len(frames.ends)
    tally = Tally(Job("", kind, "DEFAULT", CODES, events, events), lambda: None)
    count = _Count(_listener(stage, kind, tally))
    listener = _Bare(count) if stage == "frame" else WebSocket(count)
    cpu_us = asyncio.run(_read(listener, count, frames))
    return Passed(cpu_us, tally.sums if stage == "sum" else {})


def _listener(stage: str, kind: str, tally: Tally) -> Listener | None:
    if stage in ("frame", "callback"):
        return None
    adapter = Upbit(websocket_base_url="ws://127.0.0.1")
    # Every trade is decoded to be told from a repeated one. To see what each of the two costs,
    # nothing is an identity before that stage.
    if kind == "trade" and STAGES.index(stage) < STAGES.index("repeat"):
        adapter.identity_of = lambda data_type: None  # type: ignore[method-assign]
    streams = [Stream(DataType.of(kind), code) for code in CODES]
    hub = DataProcessor(adapter)
    if stage != "recognise":
        component = Component("reader")
        handler = (
            handlers(tally, [kind], in_batches=True)[kind]
            if stage == "sum"
            else _HANDLERS.get((kind, stage)) or _HANDLERS["", stage]
        )
        wishes = [(stream, ORDINARY) for stream in streams]
        for stream, taker, _ in component.want(wishes, handler, in_batches=stage != "call"):
            hub.connect(stream, taker)
    lane = Supervisor(
        endpoint=Endpoint.PUBLIC,
        number=1,
        exchange=adapter,
        reader=cast(Reader, _Nobody()) if stage == "recognise" else hub,
        world=real_world(),
        timing=Timing(),
        rate_limiter=RateLimiter(adapter, strategy=STRATEGIES["balanced"], notes=MemoryNotes()),
        progressed=lambda: None,
        query=lambda lane, silent: None,
    )
    hub.asked(lane, plan(streams, (), ()), ())
    lane.connection.ledger.alive.update(dict.fromkeys(streams, 0.0))
    return lane


async def _read(listener: WSListener, count: _Count, frames: FrameFile) -> float:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        answered: list[socket.socket] = []
        answering = threading.Thread(target=lambda: answered.append(_answered(listening)))
        answering.start()
        url = f"ws://127.0.0.1:{listening.getsockname()[1]}/"
        transport, _ = await ws_connect(lambda: listener, url)
        answering.join()
    data, ends = memoryview(frames.path.read_bytes()), frames.ends
    warm = max(len(ends) // 10, 1)
    sent = measured_ns = 0
    with answered[0] as wire:
        wire.setblocking(False)
        while count.seen < len(ends):
            is_warm = count.seen >= warm
            until = sent + _FILL_BYTES if is_warm else min(sent + _FILL_BYTES, ends[warm - 1])
            sent += _filled(wire, data[sent:until])
            complete = bisect_right(ends, sent)
            started = time.thread_time_ns()
            while count.seen < complete:
                await asyncio.sleep(0)
            if is_warm:
                measured_ns += time.thread_time_ns() - started
        transport.disconnect(graceful=False)
    return measured_ns / 1e3 / (len(ends) - warm)


def _filled(wire: socket.socket, data: memoryview) -> int:
    try:
        return wire.send(data)
    except BlockingIOError:
        return 0


def _answered(listening: socket.socket) -> socket.socket:
    """The server's side of a WebSocket."""
    wire, _ = listening.accept()
    head = b""
    while b"\r\n\r\n" not in head:
        head += wire.recv(1 << 16)
    key = re.search(rb"(?i)sec-websocket-key: *(\S+)", head)
    assert key is not None
    accept = base64.b64encode(hashlib.sha1(key[1] + _GUID).digest())
    wire.sendall(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
    )
    return wire


# --- handlers of lists that go a little further each time -----------------------------------------


def _nothing(events: Any) -> None: ...


def _decode(events: Any) -> None:
    for event in events:
        event.decoded()


def _best(events: Any) -> None:
    for event in events:
        _ = event.orderbook_units[0]


def _moment(events: Any) -> None:
    for event in events:
        _ = event.trade_timestamp


def _moment_and_price(events: Any) -> None:
    for event in events:
        _ = event.trade_timestamp
        _ = event.trade_price


def _price(events: Any) -> None:
    for event in events:
        _ = event.trade_price


def _price_and_volume(events: Any) -> None:
    for event in events:
        _ = event.trade_price
        _ = event.trade_volume


def _best_price(events: Any) -> None:
    for event in events:
        best = event.orderbook_units[0]
        _ = best.ask_price


def _best_price_and_size(events: Any) -> None:
    for event in events:
        best = event.orderbook_units[0]
        _ = best.ask_price
        _ = best.ask_size


_HANDLERS: dict[tuple[str, str], Callable[[Any], None]] = {
    ("", "route"): _nothing,
    ("", "call"): _nothing,
    ("", "decode"): _decode,
    ("", "repeat"): _decode,
    ("", "best"): _best,
    ("ticker", "first"): _moment,
    ("ticker", "second"): _moment_and_price,
    ("trade", "first"): _price,
    ("trade", "second"): _price_and_volume,
    ("orderbook", "first"): _best_price,
    ("orderbook", "second"): _best_price_and_size,
}


def _main(kind: str, path: str, *stages: str) -> None:
    pin(0, 1)
    frames = FrameFile.of(Path(path))
    for stage in stages:
        print(json.dumps(one_pass(stage, kind, frames)._asdict()), flush=True)


if __name__ == "__main__":
    _main(*sys.argv[1:])
