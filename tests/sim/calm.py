"""When the exchange should serve what is wanted: not while something is changing or broken."""

from collections.abc import Callable

from tests.sim.link import Link
from tests.sim.network import FAR_S, JITTER_S
from tickwire.core.connection import Timing
from tickwire.core.limiter import JITTER_MARGIN_S
from tickwire.core.strategy import STRATEGIES
from tickwire.exchanges.upbit.rules import MESSAGE_LIMITS
from tickwire.world import Clock

__all__ = ["MENDING_S", "Calm"]

MENDING_S = 120.0
"""The longest mending: a half-open connection noticed, a slow wait, a block, and a round trip."""

_CONVERGING_S = 1.0 + 2 * (JITTER_S + FAR_S)
"""A second, and the longest round trip."""
_LEAST_RATIO = 0.3
_LINGER_S = Timing().linger_s


class Calm:
    """Told of what happens, it knows how long to wait until all should be well.

    Trouble is given its time to be mended, however long the client says that it takes; if it says
    that it is mended sooner, it has to be.
    """

    def __init__(
        self, clock: Clock, *, one_lane: bool, strategy: str, ratio: Callable[[], float]
    ) -> None:
        """`ratio` is how much the client says that it has slowed down; too slow is no excuse."""
        self._limits = STRATEGIES[strategy].of_subscriptions(MESSAGE_LIMITS)
        self.sent: dict[Link, list[float]] = {}
        """When messages were sent on each connection."""
        self._clock = clock
        # One of several connections that has lost all its wishes is kept for a while.
        self._converging_s = _CONVERGING_S + (0.0 if one_lane else _LINGER_S)
        self._ratio = ratio
        self._last_ratio = 1.0
        self._settled_at = 0.0
        self.troubled_at = 0.0
        """When something was wrong for the last time."""
        self.is_troubled = False
        """Whether it may still be."""

    def stirred(self) -> None:
        """What is wanted, or what carries it, has changed."""
        self._settled_at = max(self._settled_at, self._clock.now() + self._converging_s)

    def troubled(self) -> None:
        """Something is wrong, and it may take long until it is noticed and mended."""
        self.troubled_at = self._clock.now()
        self._settled_at = self.troubled_at + MENDING_S
        self.is_troubled = True

    def mended(self) -> None:
        """Nothing is wrong any more."""
        self._settled_at = self._clock.now()
        self.is_troubled = False

    def is_due(self, links: list[Link]) -> bool:
        """Whether all wishes should be served by now, on these connections."""
        ratio = max(self._ratio(), _LEAST_RATIO)
        if ratio != self._last_ratio:
            # Whoever waits may go at this very moment.
            self._last_ratio = ratio
            self.stirred()
        due_at = self._settled_at
        for link in links:
            times = self.sent.get(link, [])
            for limit in self._limits:
                if len(times) >= limit.count:
                    width_s = limit.window_s / ratio + JITTER_MARGIN_S
                    free_at = times[-limit.count] + width_s
                    due_at = max(due_at, free_at + self._converging_s)
        return self._clock.now() >= due_at
