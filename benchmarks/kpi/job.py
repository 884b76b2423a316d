"""What a client is asked for, and what it saw. Standard library only: peers import it."""

import asyncio
import json
import sys
import time
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.processes import cpu_s, resident_mib

__all__ = ["RETRY_S", "Job", "Watch"]

RETRY_S = 1.0
"""How long a user waits, where the library leaves a failure to its user, before the next try."""

_SAMPLE_S = 0.05

Wish = tuple[str, str]


@dataclass(frozen=True)
class Job:
    """Where to listen, to which pairs of type and code, and for how long at most."""

    address: str
    wishes: tuple[Wish, ...]
    components: int
    longest_s: float
    option: str = ""
    """A variant of the client."""

    @classmethod
    def given(cls) -> "Job":
        """The job on the command line."""
        members = json.loads(sys.argv[1])
        return cls(**{**members, "wishes": tuple(tuple(wish) for wish in members["wishes"])})

    def to_json(self) -> str:
        return json.dumps(asdict(self))


class Watch:
    """Waits until data of every wish has come, and counts tasks, memory and processor time.

    `seen` is how many were live at once at most. Made in the loop before anything that is held for
    the wishes, a connection or what waits to open one.
    """

    def __init__(self, job: Job) -> None:
        self._wanted = frozenset(job.wishes)
        self._live: set[Wish] = set()
        self._most = 0
        self._over = asyncio.Event()
        self._ended = ""
        self._wished_s: float | None = None
        self._live_s: float | None = None
        self._loop = asyncio.get_running_loop()
        self._tasks_before = self._tasks = len(asyncio.all_tasks())
        self._memory_before, self._cpu_before = resident_mib(), cpu_s()
        self._started = time.monotonic()
        self._loop.call_later(job.longest_s, self._over.set)
        self._sample()

    def _sample(self) -> None:
        self._tasks = max(self._tasks, len(asyncio.all_tasks()))
        if not self._over.is_set():
            self._loop.call_later(_SAMPLE_S, self._sample)

    def wished(self) -> None:
        """The last wish has been told to the library."""
        self._wished_s = time.monotonic() - self._started
        self._tasks = max(self._tasks, len(asyncio.all_tasks()))

    def saw(self, kind: str, code: str) -> None:
        """Data of a stream."""
        wish = kind, code
        if wish in self._live or wish not in self._wanted:
            return
        self._live.add(wish)
        self._most = max(self._most, len(self._live))
        if len(self._live) == len(self._wanted) and self._live_s is None:
            self._live_s = time.monotonic() - self._started
            self._over.set()

    def failed(self, kind: str, code: str) -> None:
        """The library has raised an error in place of data."""
        self._live.discard((kind, code))

    def ended(self, reason: str) -> None:
        """Nothing will come any more."""
        self._ended = self._ended or reason
        self._over.set()

    async def told(self) -> None:
        """Print the figures as one line once it is over; then stay until nobody listens."""
        await self._over.wait()
        figures: dict[str, Any] = {
            "seen": self._most,
            "live_s": self._live_s,
            "wished_s": self._wished_s,
            "ended": self._ended,
            "tasks": self._tasks - self._tasks_before,
            "memory_mib": round(resident_mib() - self._memory_before, 2),
            "cpu_s": round(cpu_s() - self._cpu_before, 4),
        }
        print(json.dumps(figures), flush=True)
        # The exchange is asked meanwhile what is still subscribed.
        await self._loop.run_in_executor(None, sys.stdin.read)
