"""How long tickwire holds the event loop while more comes than it can read.

A callback runs once in every turn and notes the wall and the processor time since the last; a
timer every 10 ms notes how late it is.
"""

import asyncio
import time

from benchmarks.hot_path.job import Job, Tally
from benchmarks.hot_path.readers.tickwire_client import handlers, subscribe
from tickwire import WebSocketClient, WebSocketManager

TIMER_S = 0.01


class Turns:
    """The turns of the running loop."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.wall_ns: list[int] = []
        self.cpu_ns: list[int] = []
        self.timer_late_s: list[float] = []

    def begin(self) -> None:
        self._wall, self._cpu = time.perf_counter_ns(), time.thread_time_ns()
        self._loop.call_soon(self._turn)
        self._due = self._loop.time() + TIMER_S
        self._loop.call_at(self._due, self._timer)

    def _turn(self) -> None:
        wall, cpu = time.perf_counter_ns(), time.thread_time_ns()
        self.wall_ns.append(wall - self._wall)
        self.cpu_ns.append(cpu - self._cpu)
        self._wall, self._cpu = wall, cpu
        self._loop.call_soon(self._turn)

    def _timer(self) -> None:
        self.timer_late_s.append(self._loop.time() - self._due)
        self._due = self._loop.time() + TIMER_S
        self._loop.call_at(self._due, self._timer)


async def main(job: Job) -> None:
    over = asyncio.Event()
    turns = Turns()
    tally = Tally(job, over.set, warm=turns.begin)
    handle = handlers(tally, job.types)
    async with WebSocketManager(websocket_base_url=f"ws://{job.address}") as manager:
        clients = [WebSocketClient(f"reader {n}", manager=manager) for n in range(job.components)]
        for client in clients:
            for kind in job.types:
                await subscribe(client, kind, job.codes, handle[kind])
        await over.wait()
        wall, cpu, late = sorted(turns.wall_ns), sorted(turns.cpu_ns), sorted(turns.timer_late_s)
        tally.tell(
            turns=len(wall),
            wall_ms={"p50": _at(wall, 0.5), "p99": _at(wall, 0.99), "max": _at(wall, 1.0)},
            cpu_ms={"p50": _at(cpu, 0.5), "p99": _at(cpu, 0.99), "max": _at(cpu, 1.0)},
            timer_late_ms=1e3 * late[int(0.99 * (len(late) - 1))] if late else 0.0,
        )
        for client in clients:
            await client.disconnect()


def _at(sorted_ns: list[int], share: float) -> float:
    """A percentile in milliseconds."""
    return sorted_ns[int(share * (len(sorted_ns) - 1))] / 1e6


if __name__ == "__main__":
    asyncio.run(main(Job.given()))
