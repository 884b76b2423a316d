"""Wishes: what a change of mind costs among many components, without a network.

    python -m benchmarks.wishes --components 200 --symbols 600

Every component takes order books of so many out of 855 markets, each others, on one connection
whose other end is in memory. Measured is the processor time from a call until nothing is left to
do: one component takes five markets more, or five less; one takes another set altogether; the
message is due; all wait until they are ready while the first data of each market comes by itself;
all is restored after a loss, and every gap told. A run of the usual size puts its figures into
docs/explaining.md.
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
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from benchmarks.pages import fill
from tickwire import WebSocketClient, WebSocketManager
from tickwire.control import ControlEvent
from tickwire.testing import ManualClock, MemoryNetwork, MemoryTransport
from tickwire.world import World

MARKETS = [f"KRW-{number:04}" for number in range(855)]
COMPONENTS, SYMBOLS = 200, 600
HANDFUL = 5
CHANGES = 100
HANDFUL_MS = 1.0
"""What a handful more may cost, in the median."""
LONGEST_MS = 50.0
"""What any change may cost, but for one in a hundred."""
PAGE = Path(__file__).parents[1] / "docs" / "explaining.md"


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


@dataclass
class Costs:
    """What a run has measured: milliseconds of processor time, and MiB of all the wishes."""

    components: int
    symbols: int
    mib: float = 0.0
    more: list[float] = field(default_factory=list)
    less: list[float] = field(default_factory=list)
    another: list[float] = field(default_factory=list)
    message: list[float] = field(default_factory=list)
    ready_ms: float = 0.0
    restored_ms: float = 0.0
    streams: int = 0
    gaps: int = 0

    @property
    def changes(self) -> dict[str, list[float]]:
        """What happens while prices come in, and must not hold them up."""
        return {
            f"{HANDFUL} more": self.more,
            f"{HANDFUL} less": self.less,
            f"another {self.symbols}": self.another,
            "message": self.message,
        }

    def faults(self) -> dict[str, float]:
        """The bars that are missed, with the figure that misses each."""
        faults = {f"{what}, p99": p99(taken) for what, taken in self.changes.items()}
        faults = {what: taken for what, taken in faults.items() if taken >= LONGEST_MS}
        if statistics.median(self.more) >= HANDFUL_MS:
            faults[f"{HANDFUL} more, median"] = statistics.median(self.more)
        return faults

    def line(self) -> str:
        """All of it in figures."""
        changes = ", ".join(
            f"{what} {statistics.median(taken):.2f} ms (p99 {p99(taken):.2f})"
            for what, taken in self.changes.items()
        )
        return (
            f"wishes: {self.components} components x {self.symbols} of {len(MARKETS)}: "
            f"{self.mib:.1f} MiB; {changes}, ready after {self.streams} reads {self.ready_ms:.2f} "
            f"ms, restored {self.restored_ms:.2f} ms with {self.gaps} gaps told"
        )

    def table(self) -> str:
        """The same for docs/explaining.md."""
        others = 10 * round(self.symbols * (1 - self.symbols / len(MARKETS)) / 10)
        rows = {
            "five order books more": _ms(self.more),
            "five less": _ms(self.less),
            f"another {self.symbols}, which is some {others} more and as many less": _ms(
                self.another
            ),
            f"the message of {self.streams} order books": _ms(self.message),
            f"{self.components} wait until they are ready, in {self.streams} reads": (
                f"{self.ready_ms / 1e3:.2g} s"
            ),
            f"all is restored after a loss, and {self.gaps:,} gaps are told": (
                f"{self.restored_ms / 1e3:.2g} s"
            ),
            "memory of all these wishes": f"{self.mib:.0f} MiB",
        }
        return "\n".join(
            [
                "| | cost |",
                "| --- | ---: |",
                *(f"| {what} | {cost} |" for what, cost in rows.items()),
            ]
        )


def p99(durations: list[float]) -> float:
    ordered = sorted(durations)
    return ordered[min(len(ordered) - 1, round(0.99 * len(ordered)))]


def _ms(durations: list[float]) -> str:
    return f"{statistics.median(durations):.2g} ms"


async def wishes(components: int, symbols: int) -> Costs:
    scene, costs = Scene(components, symbols), Costs(components, symbols)
    await scene.manager.start()
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    await scene.begin()
    gc.collect()
    costs.mib = (tracemalloc.get_traced_memory()[0] - before) / 2**20
    tracemalloc.stop()
    each = 2**20 * costs.mib / components / symbols
    print(f"{costs.mib:.1f} MiB for the wishes, {each:.0f} bytes for each", flush=True)

    ready = [asyncio.create_task(client.ready(60.0)) for client in scene.clients]
    await scene.clock.advance(1.0)
    frames = [scene.data(code) for code in scene.named()]
    costs.streams = len(frames)

    async def first_data() -> None:
        for frame in frames:
            scene.network.last.deliver(frame)
            await asyncio.sleep(0)
        await scene.clock.settle()

    costs.ready_ms = await timed(first_data)
    assert all(each.done() and each.result() for each in ready)
    print(f"ready after {costs.ready_ms:.2f} ms", flush=True)

    for turn in range(CHANGES):
        number = turn % components
        has = scene.codes[number]
        grown = has | scene.some(HANDFUL, set(MARKETS) - has)
        costs.more.append(await timed(lambda: scene.take(number, grown)))  # noqa: B023 - awaited here
        shrunk = grown - scene.some(HANDFUL, grown)
        costs.less.append(await timed(lambda: scene.take(number, shrunk)))  # noqa: B023
        another = scene.some(symbols)
        costs.another.append(await timed(lambda: scene.take(number, another)))  # noqa: B023
        scene.network.last.deliver(*frames)
    await scene.clock.advance(3.0)
    for turn in range(20):
        # A type nobody else has, so that there is something to say.
        async def one_more() -> None:
            await scene.clients[0].subscribe_trade(MARKETS[turn])  # noqa: B023 - awaited here

        await one_more()
        sent = len(scene.messages)
        costs.message.append(await timed(lambda: scene.clock.advance(0.1)))
        await scene.clock.advance(3.0)  # so that the limits hold nothing up
        assert len(scene.messages) > sent

    scene.network.last.lose()
    await scene.clock.advance(1.0)
    told = sum(client.told for client in scene.clients)

    async def restored() -> None:
        scene.network.last.deliver(*frames)

    costs.restored_ms = await timed(restored)
    costs.gaps = sum(client.told for client in scene.clients) - told
    for client in scene.clients:
        await client.disconnect()
    await scene.manager.stop()
    return costs


def main() -> int:
    parser = argparse.ArgumentParser(prog="benchmarks.wishes")
    parser.add_argument("--components", type=int, default=COMPONENTS)
    parser.add_argument("--symbols", type=int, default=SYMBOLS)
    arguments = parser.parse_args()
    costs = asyncio.run(wishes(arguments.components, arguments.symbols))
    if (costs.components, costs.symbols) == (COMPONENTS, SYMBOLS):
        fill(PAGE, "wishes", {"costs": costs.table()})
    faults = costs.faults()
    for what, taken in faults.items():
        print(f"{what}: {taken:.2f} ms")
    print(f"{costs.line()}: {'NOT OK' if faults else 'ok'}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
