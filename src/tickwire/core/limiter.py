"""When may the next one go? Exact sliding windows.

A token bucket of five a second can put nine messages into one rolling second, and the exchange
counts rolling windows. So the times of the last grants are kept, and a grant is given only when
every window would still hold. Each window is widened by a margin, because the network can
squeeze messages together on their way: what left one second apart may arrive closer than that.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["JITTER_MARGIN_S", "Limit", "Limiter", "Unlimited"]

JITTER_MARGIN_S = 0.2
"""How much closer together two messages may arrive than they were sent."""


@dataclass(frozen=True)
class Limit:
    """At most `count` within any `window_s` seconds."""

    count: int
    window_s: float


class Limiter:
    """Grants that keep several limits at once. Time is told, never asked.

    A clock that steps back cannot open a window: a grant is dated at the earliest by the last.
    """

    def __init__(self, limits: Sequence[Limit], *, margin_s: float = JITTER_MARGIN_S) -> None:
        if not limits:
            raise ValueError("a limiter needs at least one limit")
        self.limits = tuple(limits)
        self._margin_s = margin_s
        self._grants: deque[float] = deque(maxlen=max(limit.count for limit in limits))
        self._blocked_until = float("-inf")
        self.granted = 0

    def __repr__(self) -> str:
        rules = ", ".join(f"{limit.count} in {limit.window_s:g} s" for limit in self.limits)
        return f"<Limiter {rules}; {self.granted} granted>"

    def free_at(self, ratio: float = 1.0) -> float:
        """The earliest time at which one more may go; in the past when it may go now.

        A `ratio` below 1 slows down: every window is stretched to that part of its rate.
        """
        earliest = self._blocked_until
        for limit in self.limits:
            if len(self._grants) >= limit.count:
                oldest = self._grants[-limit.count]
                earliest = max(earliest, oldest + self._width(limit, ratio))
        return earliest

    def free(self, now: float, ratio: float = 1.0) -> int:
        """How many may go at once now."""
        if now < self._blocked_until:
            return 0
        left = min(
            limit.count - sum(now < at + self._width(limit, ratio) for at in self._grants)
            for limit in self.limits
        )
        return max(0, left)

    def block(self, wait_s: float, now: float) -> None:
        """Grant nothing for so long, whatever the windows say."""
        self._blocked_until = max(self._blocked_until, now + wait_s)

    def used(self, now: float) -> None:
        """The last slot taken was used only now: windows run from when something went out."""
        if self._grants:
            self._grants[-1] = max(self._grants[-1], now)

    def take(self, now: float, ratio: float = 1.0) -> bool:
        """Take the next slot if there is one now."""
        if self._grants and now < self._grants[-1]:
            now = self._grants[-1]
        if now < self.free_at(ratio):
            return False
        self._grants.append(now)
        self.granted += 1
        return True

    def _width(self, limit: Limit, ratio: float) -> float:
        return limit.window_s / ratio + self._margin_s


class Unlimited(Limiter):
    """Grants everything outside a block; for measurements on a local exchange."""

    def __init__(self) -> None:
        super().__init__((Limit(1, 0.0),), margin_s=0.0)

    def __repr__(self) -> str:
        return f"<Unlimited: {self.granted} granted>"
