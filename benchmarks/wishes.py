"""Wishes: what a change of mind costs among many components, without a network.

    python -m benchmarks.wishes --components 200 --symbols 600

Every component takes order books of so many out of 855 markets, each others, on one connection
whose other end is in memory. Measured is the processor time from a call until nothing is left to
do: one component takes five markets more, or five less; one takes another set altogether; the
message is due; all wait until they are ready while the first data of each market comes by itself;
all is restored after a loss, and every gap told.
"""

import argparse
import asyncio
import gc
import json
import random
import statistics
import sys
import time
import tracemalloc
from collections.abc import Awaitable, Callable
from itertools import count

from tickwire import WebSocketClient, WebSocketManager
from tickwire.control import ControlEvent
from tickwire.testing import ManualClock, MemoryNetwork, MemoryTransport
from tickwire.world import World

MARKETS = [f"KRW-{number:04}" for number in range(855)]
HANDFUL = 5
CHANGES = 100


class Listener(WebSocketClient):
    """A client that counts what it is told."""

    told = 0
    heard = 0

    def hear(self, event: object) -> None:
        self.heard += 1

    def handle_control(self, event: ControlEvent) -> None:
        self.told += 1


class Scene:
    """Components on one manager, and the other end of its connection."""

    def __init__(self, components: int, symbols: int) -> None:
        self.chance = random.Random(1)
        self.clock = ManualClock()
        self.network = MemoryNetwork()
        self.network.opened = self._opened
        self.symbols = symbols
        self.messages: list[str] = []
        numbers = count(1)
        self.manager = WebSocketManager(
            world=World(
                clock=self.clock,
                random=random.Random(1),
                new_uuid=lambda: f"ticket-{next(numbers)}",
                connect=self.network.connect,
                fetch=self._fetch,
            )
        )
        self.clients = [
            Listener(f"component {number}", manager=self.manager) for number in range(components)
        ]
        self.codes: list[set[str]] = [set() for _ in self.clients]

    def _opened(self, transport: MemoryTransport) -> None:
        transport.received = self.messages.append

    async def _fetch(self, url: str) -> bytes:
        return json.dumps([{"market": code} for code in MARKETS]).encode()

    def some(self, number: int, out_of: set[str] | None = None) -> set[str]:
        return set(self.chance.sample(sorted(set(MARKETS) if out_of is None else out_of), number))

    async def begin(self) -> None:
        for number in range(len(self.clients)):
            await self.take(number, self.some(self.symbols))

    async def take(self, number: int, codes: set[str]) -> None:
        client = self.clients[number]
        more, less = codes - self.codes[number], self.codes[number] - codes
        if more:
            await client.subscribe_orderbook(sorted(more), client.hear)
        if less:
            await client.unsubscribe("orderbook", sorted(less))
        self.codes[number] = codes

    def data(self, code: str) -> bytes:
        level = {"ask_price": 2.0, "bid_price": 1.0, "ask_size": 1.0, "bid_size": 1.0}
        return json.dumps(
            {
                "type": "orderbook",
                "code": code,
                "timestamp": self.clock.wall_ns() // 1_000_000,
                "total_ask_size": 1.0,
                "total_bid_size": 1.0,
                "orderbook_units": [level],
                "stream_type": "SNAPSHOT",
                "level": 0,
            }
        ).encode()

    def named(self) -> list[str]:
        """The markets in the last message."""
        return [code for each in json.loads(self.messages[-1]) for code in each.get("codes", ())]


async def timed(work: Callable[[], Awaitable[object]]) -> float:
    """Milliseconds of processor time until the work and what it sets off are done."""
    started = time.process_time()
    await work()
    for _ in range(4):
        await asyncio.sleep(0)
    return 1e3 * (time.process_time() - started)


def shown(what: str, durations: list[float]) -> str:
    ordered = sorted(durations)
    p99 = ordered[min(len(ordered) - 1, round(0.99 * len(ordered)))]
    return f"{what} {statistics.median(ordered):.2f} ms (p99 {p99:.2f})"


async def wishes(components: int, symbols: int) -> int:
    scene = Scene(components, symbols)
    await scene.manager.start()
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    await scene.begin()
    gc.collect()
    mib = (tracemalloc.get_traced_memory()[0] - before) / 2**20
    tracemalloc.stop()
    each = 2**20 * mib / components / symbols
    print(f"{mib:.1f} MiB for the wishes, {each:.0f} bytes for each", flush=True)

    ready = [asyncio.create_task(client.ready(60.0)) for client in scene.clients]
    await scene.clock.advance(1.0)
    frames = [scene.data(code) for code in scene.named()]

    async def first_data() -> None:
        for frame in frames:
            scene.network.last.deliver(frame)
            await asyncio.sleep(0)
        await scene.clock.settle()

    durations = [await timed(first_data)]
    assert all(each.done() and each.result() for each in ready)
    parts = [shown(f"ready, {len(frames)} reads", durations)]
    print(parts[-1], flush=True)

    more: list[float] = []
    less: list[float] = []
    other: list[float] = []
    flush: list[float] = []
    for turn in range(CHANGES):
        number = turn % components
        has = scene.codes[number]
        grown = has | scene.some(HANDFUL, set(MARKETS) - has)
        more.append(await timed(lambda: scene.take(number, grown)))  # noqa: B023 - awaited here
        shrunk = grown - scene.some(HANDFUL, grown)
        less.append(await timed(lambda: scene.take(number, shrunk)))  # noqa: B023
        another = scene.some(symbols)
        other.append(await timed(lambda: scene.take(number, another)))  # noqa: B023
        scene.network.last.deliver(*frames)
    await scene.clock.advance(3.0)
    for turn in range(20):
        # A type nobody else has, so that there is something to say.
        async def one_more() -> None:
            await scene.clients[0].subscribe_trade(MARKETS[turn])  # noqa: B023 - awaited here

        await one_more()
        sent = len(scene.messages)
        flush.append(await timed(lambda: scene.clock.advance(0.1)))
        await scene.clock.advance(3.0)  # so that the limits hold nothing up
        assert len(scene.messages) > sent
    parts += [
        shown(f"{HANDFUL} more", more),
        shown(f"{HANDFUL} less", less),
        shown(f"another {symbols}", other),
        shown("message", flush),
    ]

    scene.network.last.lose()
    await scene.clock.advance(1.0)
    told = sum(client.told for client in scene.clients)

    async def restored() -> None:
        scene.network.last.deliver(*frames)

    parts.append(shown("restored", [await timed(restored)]))
    gaps = sum(client.told for client in scene.clients) - told
    await scene.manager.stop()
    print(
        f"wishes: {components} components x {symbols} of {len(MARKETS)}: {mib:.1f} MiB; "
        + ", ".join(parts)
        + f" with {gaps} gaps told"
    )
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="benchmarks.wishes")
    parser.add_argument("--components", type=int, default=200)
    parser.add_argument("--symbols", type=int, default=600)
    arguments = parser.parse_args()
    return asyncio.run(wishes(arguments.components, arguments.symbols))


if __name__ == "__main__":
    sys.exit(main())
