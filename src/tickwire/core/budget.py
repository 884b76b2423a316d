"""The slots of one connection, divided between subscriptions and requests.

    the exchange's windows ≥ the strategy's whole ≥ what subscriptions may use of it
                             everything keeps to it  they keep to both

The ratio of the adjustment stretches all of them, so it slows down and cannot let more through.
"""

from enum import IntEnum

from tickwire.core.adjustment import Adjustment
from tickwire.core.limiter import Limiter

__all__ = ["Budget", "Priority"]


class Priority(IntEnum):
    """Who goes first."""

    SUBSCRIPTION = 0  # what a connection is for: to restore or change what it carries
    REQUEST = 1  # what somebody would like to know once: snapshots, lists, signs of life


class Budget:
    """The limiter of everything, one more for subscriptions, and how fast they go now."""

    def __init__(
        self,
        whole: Limiter,
        *,
        subscriptions: Limiter | None = None,
        adjustment: Adjustment | None = None,
    ) -> None:
        self.whole = whole
        self._subscriptions = subscriptions
        self._adjustment = adjustment

    def __repr__(self) -> str:
        return f"<Budget {self.whole!r}>"

    def take(self, priority: Priority, now: float) -> bool:
        """Take the next slot if there is one now."""
        ratio = self._ratio(now)
        part = self._part(priority)
        if part is not None and not part.free(now, ratio):
            return False
        if not self.whole.take(now, ratio):
            return False
        if part is not None:
            taken = part.take(now, ratio)
            assert taken, "a slot that was free is gone"
        return True

    def used(self, priority: Priority, now: float) -> None:
        """The last slot taken was used only now, as late as the machine let us."""
        self.whole.used(now)
        part = self._part(priority)
        if part is not None:
            part.used(now)

    def free(self, now: float) -> int:
        """How many subscriptions may go at once now."""
        ratio = self._ratio(now)
        part = self._part(Priority.SUBSCRIPTION)
        whole = self.whole.free(now, ratio)
        return whole if part is None else min(whole, part.free(now, ratio))

    def free_at(self, priority: Priority, now: float) -> float:
        """When to ask again: there may be a slot then, and there is none before."""
        ratio = self._ratio(now)
        part = self._part(priority)
        free_at = self.whole.free_at(ratio)
        if part is not None:
            free_at = max(free_at, part.free_at(ratio))
        if free_at > now and self._adjustment is not None:
            # Once it goes faster, the slot may come sooner.
            free_at = min(free_at, self._adjustment.next_step_at(now))
        return free_at

    def block(self, wait_s: float, now: float) -> None:
        """Grant nothing for so long."""
        self.whole.block(wait_s, now)

    def _ratio(self, now: float) -> float:
        return 1.0 if self._adjustment is None else self._adjustment.ratio(now)

    def _part(self, priority: Priority) -> Limiter | None:
        return self._subscriptions if priority is Priority.SUBSCRIPTION else None
