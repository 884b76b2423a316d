"""What a reader is asked to do, and what it has read. Standard library only: peers import it."""

import json
import sys
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.processes import pin

__all__ = ["Job", "Tally"]


@dataclass(frozen=True)
class Job:
    """Where to read, what, and how much of it: measured once `warm` events have been read."""

    address: str
    kind: str
    format: str
    codes: tuple[str, ...]
    events: int
    warm: int
    components: int = 1
    """How many components the events go to."""
    retain: bool = False
    """Keep every event that was read, and measure memory in place of time."""
    option: str = ""
    """A variant of the reader."""

    @classmethod
    def given(cls) -> "Job":
        """The job on the command line; from here on the process has a core of its own."""
        pin(0, 1)
        return cls(**json.loads(sys.argv[1]))

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @property
    def types(self) -> tuple[str, ...]:
        """The types that the events of this kind have."""
        mix = ("ticker", "trade", "orderbook", "candle.1s")
        return mix if self.kind == "mix" else (self.kind,)


class Tally:
    """Counts events and sums what was read of them; measures; says when all have come."""

    def __init__(
        self,
        job: Job,
        finished: Callable[[], object],
        *,
        warm: Callable[[], object] = lambda: None,
    ) -> None:
        self._job = job
        self._finished = finished
        self._warm = warm
        self._sums: dict[str, list[Any]] = {}
        self._left = job.warm
        self._is_warm = False
        self._started: tuple[int, float, float] = (0, 0.0, 0.0)
        self._kept: list[object] = []
        self.figures: dict[str, Any] = {}

    def adder(self, kind: str) -> Callable[..., None]:
        """A function that takes the two numbers of an event of this type, or sums of several."""
        sums = self._sums[kind] = [0, 0, 0]

        def add(first: Any, second: Any, events: int = 1) -> None:
            sums[0] += events
            sums[1] += first
            sums[2] += second
            self._left -= events
            if self._left <= 0:
                self._reached()

        return add

    def keeping(self, read: Callable[[Any], None]) -> Callable[[Any], None]:
        """`read`, and where the job is to retain events, keep them afterwards."""
        if not self._job.retain:
            return read
        keep = self._kept.append

        def read_and_keep(event: Any) -> None:
            keep(event)
            read(event)

        return read_and_keep

    def keeping_all(self, read: Callable[[Any], None]) -> Callable[[Any], None]:
        """The same for a function of a list of events."""
        if not self._job.retain:
            return read
        keep = self._kept.extend

        def read_and_keep(events: Any) -> None:
            keep(events)
            read(events)

        return read_and_keep

    def _reached(self) -> None:
        events = sum(sums[0] for sums in self._sums.values())
        if not self._is_warm:
            self._is_warm = True
            self._left = self._job.events - events
            if self._job.retain:
                tracemalloc.start()
                self._kept.clear()
            self._warm()
            self._started = events, time.process_time(), time.perf_counter()
            if self._left > 0:
                return
        if self.figures:
            return
        before, cpu, wall = self._started
        self.figures = {
            "measured": events - before,
            "cpu_s": time.process_time() - cpu,
            "wall_s": time.perf_counter() - wall,
        }
        if self._job.retain:
            self.figures["retained_bytes"] = tracemalloc.get_traced_memory()[0]
            tracemalloc.stop()
        self._finished()

    @property
    def sums(self) -> dict[str, list[str]]:
        """How many events there were of each type, and the sums of their two numbers."""
        return {kind: [str(each) for each in sums] for kind, sums in self._sums.items()}

    def tell(self, **more: Any) -> None:
        """Print the figures as one line of JSON."""
        print(json.dumps({**self.figures, "sums": self.sums, **more}), flush=True)
