"""A clock that moves only when told, so that a minute of waiting costs nothing in a test."""

import asyncio
import heapq
from collections.abc import Callable
from itertools import count

__all__ = ["ManualClock"]

_SETTLING_TURNS = 20
"""Turns of the loop granted after each step, for what a timer sets off to run its course."""


class _Entry:
    """A call that is due at a time; a `tickwire.world.Timer`."""

    def __init__(self, callback: Callable[[], object]) -> None:
        self.callback: Callable[[], object] | None = callback

    def cancel(self) -> None:
        self.callback = None


class ManualClock:
    """Time that stands still until `advance` is awaited; a `tickwire.world.Clock`.

    The wall clock starts at 2026-01-01 00:00 UTC and moves along.
    """

    def __init__(self) -> None:
        self._now = 0.0
        self._timers: list[tuple[float, int, _Entry]] = []
        self._order = count()

    def now(self) -> float:
        return self._now

    def wall_ns(self) -> int:
        return 1_767_225_600_000_000_000 + round(self._now * 1e9)

    def call_at(self, when: float, callback: Callable[[], object]) -> _Entry:
        entry = _Entry(callback)
        heapq.heappush(self._timers, (when, next(self._order), entry))
        return entry

    async def sleep(self, delay_s: float) -> None:
        if delay_s <= 0:
            await asyncio.sleep(0)  # noqa: TID251 - one turn of the loop, no time
            return
        woken = asyncio.get_running_loop().create_future()

        def wake() -> None:
            if not woken.done():
                woken.set_result(None)

        timer = self.call_at(self._now + delay_s, wake)
        try:
            await woken
        finally:
            timer.cancel()

    async def settle(self) -> None:
        """Let every task run until all of them wait for time or for the network."""
        for _ in range(_SETTLING_TURNS):
            await asyncio.sleep(0)  # noqa: TID251 - one turn of the loop, no time

    async def advance(self, delta_s: float) -> None:
        """Move on, stopping at each timer on the way to let what it sets off happen."""
        target = self._now + delta_s
        await self.settle()
        while self._timers and self._timers[0][0] <= target:
            when, _, entry = heapq.heappop(self._timers)
            self._now = max(self._now, when)
            if entry.callback is not None:
                entry.callback()
                await self.settle()
        self._now = target
        await self.settle()
