"""An event loop without a clock: when nothing is ready, time is that of the next timer."""

import asyncio
from collections.abc import Callable
from typing import Any

from tickwire.world import Timer

__all__ = ["LoopClock", "VirtualLoop"]

_BEGINNING_NS = 1_767_225_600_000_000_000
"""2026-01-01 00:00 UTC."""


class VirtualLoop(asyncio.BaseEventLoop):
    """Asyncio's own loop, which waits by stepping forward. It has no sockets and no threads."""

    _scheduled: list[asyncio.TimerHandle]

    def __init__(self) -> None:
        super().__init__()
        self._now = 0.0
        self._clock_resolution = 1e-9
        self._selector = self

    def time(self) -> float:
        return self._now

    def select(self, timeout: float | None) -> tuple[()]:
        """What a selector does with its time, without taking any."""
        if timeout is None:
            raise RuntimeError("everybody waits and no timer is set: nothing will ever happen")
        if timeout > 0:
            # The very moment: to add the difference would miss it by a rounding.
            self._now = self._scheduled[0].when()
        return ()

    def _process_events(self, event_list: Any) -> None:
        """There are none."""

    def _write_to_self(self) -> None:
        """Nobody sleeps who would have to be woken."""


class LoopClock:
    """The time of a loop as a `tickwire.world.Clock`."""

    def __init__(self, loop: VirtualLoop) -> None:
        self._loop = loop

    def now(self) -> float:
        return self._loop.time()

    def wall_ns(self) -> int:
        return _BEGINNING_NS + round(self._loop.time() * 1e9)

    def at_ns(self, wall_ns: int) -> float:
        """When the wall clock shows this."""
        return (wall_ns - _BEGINNING_NS) / 1e9

    def call_at(self, when: float, callback: Callable[[], object]) -> Timer:
        return self._loop.call_at(when, callback)

    async def sleep(self, delay_s: float) -> None:
        await asyncio.sleep(delay_s)
