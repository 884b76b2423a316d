"""Slower after complaints of the exchange, and step by step back to the full rate.

    ratio
    1.0 ────┐                                        ┌──── never above what is documented
            │ reduction_ratio                   ┌────┘ recovery_step
            └────┐ of what it was          ┌────┘
                 └── recovery_delay ───────┘ recovery_interval

Complaints are HTTP 429 and 418 at the handshake, an error on an open connection that names the
limit, and a close for policy (1008). Each may be bad luck, so only several within a window slow
down; each puts the recovery off.
"""

from collections import deque

from tickwire.core.strategy import Strategy

__all__ = ["Adjustment"]


class Adjustment:
    """The part of the strategy's rate that is used now. Time is told, never asked."""

    def __init__(self, strategy: Strategy, *, is_enabled: bool = True) -> None:
        self.errors = 0
        """Complaints since the start."""
        self._strategy = strategy
        self._is_enabled = is_enabled
        self._recent: deque[float] = deque(maxlen=strategy.error_threshold)
        self._ratio = 1.0
        """As it was at the last complaint."""
        self._last = float("-inf")

    def __repr__(self) -> str:
        return f"<Adjustment {self._ratio:.2f} after {self.errors} complaints>"

    def ratio(self, now: float) -> float:
        """The part of the rate, above 0 and at most 1."""
        return min(1.0, self._ratio + self._steps(now) * self._strategy.recovery_step)

    def next_step_at(self, now: float) -> float:
        """When the ratio grows next; infinity if it is whole."""
        if self.ratio(now) >= 1.0:
            return float("inf")
        return self._step_at(self._steps(now))

    def notify(self, now: float) -> bool:
        """The exchange has complained; whether that reduces the rate."""
        now = max(now, self._last)
        self.errors += 1
        if not self._is_enabled:
            return False
        strategy = self._strategy
        self._ratio = self.ratio(now)
        self._last = now
        self._recent.append(now)
        if (
            len(self._recent) < strategy.error_threshold
            or now - self._recent[0] > strategy.error_window
        ):
            return False
        self._recent.clear()
        self._ratio = max(strategy.least_ratio, self._ratio * strategy.reduction_ratio)
        return True

    def _steps(self, now: float) -> int:
        """How often the rate has grown since the last complaint."""
        strategy = self._strategy
        if self._ratio >= 1.0 or now < self._step_at(0):
            return 0
        rest_s = now - self._last - strategy.recovery_delay
        steps = max(0, int(rest_s // strategy.recovery_interval))
        # A division may be off by a bit, and whoever comes at the moment of a step comes for it.
        while self._step_at(steps) <= now:
            steps += 1
        return steps

    def _step_at(self, steps: int) -> float:
        """When the rate grows after it has grown so often."""
        strategy = self._strategy
        return self._last + strategy.recovery_delay + steps * strategy.recovery_interval
