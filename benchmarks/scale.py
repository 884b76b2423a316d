"""Scale: how many frames a second the local exchange sends to a reader that only counts.

    python -m benchmarks.scale --rate 36

The exchange has one core, the reader another where there are two. The reader takes ticker, trade
and orderbook of all markets off a bare socket and looks at nothing but the heads of the frames
and, twice a second, at one timestamp: an exchange that falls behind its own clock shows there.
Half of the runs have 50 connections beside them that ask for nothing.
"""

import argparse
import asyncio
import json
import statistics
import sys
from typing import NamedTuple

from benchmarks.counting import Counted, open_websocket
from benchmarks.processes import Running, cpu_s, exchange_process, pin

MARKETS = 855
IDLE = 50
# An address may open five connections a second.
CONNECT_PAUSE_S = 0.25
PING_EVERY_S = 20.0


class Run(NamedTuple):
    """One measured run: frames and MB a second, CPU of the exchange, how late it was."""

    frames: float
    megabytes: float
    cpu: float
    late_ms: float

    @property
    def cpu_us(self) -> float:
        """Processor time of the exchange for each frame, in microseconds."""
        return 1e6 * self.cpu / self.frames


async def scale(rate: float, seconds: float, runs: int) -> int:
    arguments = ("--markets", str(MARKETS), "--seed", "1", "--rate", str(rate))
    async with exchange_process(*arguments) as exchange:
        pinned = pin(exchange.pid, 0)
        where = "one core" if pinned else "no core of its own"
        print(f"{MARKETS} markets at rate {rate:g}, the exchange on {where}", flush=True)
        alone = [await _measured(exchange, seconds, "alone") for _ in range(runs)]
        idle = [await _idle(exchange.address) for _ in range(IDLE)]
        pinging = asyncio.create_task(_ping(idle))
        beside = [await _measured(exchange, seconds, f"{IDLE} idle") for _ in range(runs)]
        pinging.cancel()
        for writer in idle:
            writer.close()
    one, other = _median(alone), _median(beside)
    print(
        f"scale: rate {rate:g}, {one.frames:.0f} frames/s ({one.megabytes:.1f} MB/s) to one "
        f"reader, {one.cpu_us:.1f} us CPU a frame ({one.cpu:.0%} of a core), {one.late_ms:.0f} ms "
        f"late; beside {IDLE} idle connections {other.frames:.0f} frames/s "
        f"({other.frames / one.frames:.3f}x), {other.cpu_us:.1f} us a frame "
        f"({other.cpu_us / one.cpu_us:.3f}x); medians of {runs} runs of {seconds:.0f} s"
    )
    return 0


async def _measured(exchange: Running, seconds: float, what: str) -> Run:
    reader = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "benchmarks.counting", exchange.address, str(seconds)),
        stdout=asyncio.subprocess.PIPE,
    )
    assert reader.stdout is not None
    await reader.stdout.readline()
    before = cpu_s(exchange.pid)
    line = await reader.stdout.readline()
    cpu = cpu_s(exchange.pid) - before
    await reader.wait()
    counted = Counted(*json.loads(line))
    run = Run(
        counted.frames / counted.seconds,
        counted.bytes / counted.seconds / 1e6,
        cpu / counted.seconds,
        counted.late_ms,
    )
    print(
        f"  {what}: {run.frames:.0f} frames/s, {run.megabytes:.1f} MB/s, {run.cpu_us:.1f} us CPU a "
        f"frame ({run.cpu:.0%} of a core), {run.late_ms:.0f} ms late",
        flush=True,
    )
    return run


async def _idle(address: str) -> asyncio.StreamWriter:
    _, writer = await asyncio.open_connection(*address.split(":"))
    writer.write(open_websocket(address))
    await asyncio.sleep(CONNECT_PAUSE_S)
    return writer


async def _ping(idle: list[asyncio.StreamWriter]) -> None:
    """The exchange closes connections that are silent for two minutes."""
    while True:
        await asyncio.sleep(PING_EVERY_S)
        for writer in idle:
            writer.write(b"\x89\x80\0\0\0\0")


def _median(runs: list[Run]) -> Run:
    return Run(*(statistics.median(column) for column in zip(*runs, strict=True)))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rate", type=float, default=36.0)
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--runs", type=int, default=5)
    chosen = parser.parse_args()
    return asyncio.run(scale(chosen.rate, chosen.seconds, chosen.runs))


if __name__ == "__main__":
    sys.exit(main())
