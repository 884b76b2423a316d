"""Whose turn is it? Those who wait for a slot of one budget, in order.

A slot goes to whoever has the highest priority, among these to whoever has waited longest. What
waits is named, not stored: the subscription message has no content until its turn comes.

A gate fails shut. If a limiter raises, nobody is let through; the failure is counted and told, and
the question is asked again a little later.
"""

from collections.abc import Callable, Hashable
from typing import Generic, NamedTuple, TypeVar

from tickwire.core.budget import Budget, Priority

__all__ = ["MAX_WAIT_S", "RETRY_S", "Gate"]

W = TypeVar("W", bound=Hashable)

MAX_WAIT_S = 15.0
"""How long a one-off request waits for its turn, unless it says otherwise."""

RETRY_S = 1.0
"""How long after a failure of the limiter it is asked again."""


class _Wait(NamedTuple):
    since: float
    until: float


class Gate(Generic[W]):
    """The waiters for the slots of a budget. Time is told, never asked."""

    def __init__(
        self,
        new_budget: Callable[[], Budget],
        *,
        failed: Callable[[Exception], object] = lambda error: None,
    ) -> None:
        self.budget = new_budget()
        self.waits = 0
        """How many were let through only after a wait."""
        self.failures = 0
        """How often the limiter itself has failed."""
        self._new_budget = new_budget
        self._failed = failed
        self._retry_at = float("-inf")
        self._lines: dict[Priority, dict[W, _Wait]] = {priority: {} for priority in Priority}

    def __repr__(self) -> str:
        return f"<Gate {len(self)} waiting; {self.budget.whole!r}>"

    def __len__(self) -> int:
        return sum(map(len, self._lines.values()))

    def join(
        self,
        waiter: W,
        now: float,
        priority: Priority = Priority.REQUEST,
        *,
        max_wait_s: float = float("inf"),
    ) -> None:
        """Wait for a slot, behind those who do already; who waits already keeps the place."""
        if not any(waiter in line for line in self._lines.values()):
            self._lines[priority][waiter] = _Wait(now, now + max_wait_s)

    def leave(self, waiter: W) -> None:
        """Do not wait any more; who does not wait need not leave."""
        for line in self._lines.values():
            line.pop(waiter, None)

    def late(self, now: float) -> list[W]:
        """Those who have waited as long as they would; they have left."""
        late = [
            waiter
            for line in self._lines.values()
            for waiter, wait in line.items()
            if wait.until <= now
        ]
        for waiter in late:
            self.leave(waiter)
        return late

    def serve(self, now: float) -> W | None:
        """Give a slot, if there is one now, to whoever's turn it is; they have left."""
        for priority, line in self._lines.items():
            first = next(iter(line), None)
            if first is not None and self._let_through(first, priority, now):
                return first
        return None

    def take(self, waiter: W, now: float) -> bool:
        """Take a slot, if there is one now and it is this waiter's turn."""
        for priority, line in self._lines.items():
            for first in line:
                return first == waiter and self._let_through(waiter, priority, now)
        return False

    def used(self, priority: Priority, now: float) -> None:
        """What was let through has gone out just now."""
        try:
            self.budget.used(priority, now)
        except Exception as error:
            self._fail(error, now)

    def next_at(self, now: float) -> float | None:
        """When to ask again; in the past for at once, `None` if nobody waits."""
        moments = [
            moment
            for priority, line in self._lines.items()
            if line
            for moment in (self._free_at(priority, now), *(wait.until for wait in line.values()))
        ]
        return min(moments, default=None)

    def block(self, wait_s: float, now: float) -> None:
        """Let nobody through for so long."""
        try:
            self.budget.block(wait_s, now)
        except Exception as error:
            self._fail(error, now)

    def renew(self) -> None:
        """The same waiters, before a budget of which nothing is used: on another connection."""
        self.budget = self._new_budget()
        self._retry_at = float("-inf")

    def _let_through(self, waiter: W, priority: Priority, now: float) -> bool:
        if not self._grant(priority, now):
            return False
        if now > self._lines[priority].pop(waiter).since:
            self.waits += 1
        return True

    def _grant(self, priority: Priority, now: float) -> bool:
        if now < self._retry_at:
            return False
        try:
            return self.budget.take(priority, now)
        except Exception as error:
            self._fail(error, now)
            return False

    def _free_at(self, priority: Priority, now: float) -> float:
        if now < self._retry_at:
            return self._retry_at
        try:
            return self.budget.free_at(priority, now)
        except Exception as error:
            self._fail(error, now)
            return self._retry_at

    def _fail(self, error: Exception, now: float) -> None:
        self.failures += 1
        self._retry_at = now + RETRY_S
        self._failed(error)
