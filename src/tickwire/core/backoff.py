"""How long to wait before the next attempt to connect.

The first retry goes at once: most losses are a hiccup. Then the waits double, spread by chance
so that many clients do not return as one. After the fast attempts an alarm is due, and from
there the attempts go on slowly for ever: a feed that gives up at night is found in the morning.
"""

from dataclasses import dataclass

from tickwire.world import Random

__all__ = ["Backoff"]


@dataclass(frozen=True, kw_only=True)
class Backoff:
    """Waits between attempts: 0, then `base_s` doubling, spread ± 50 %, never above `cap_s`."""

    base_s: float = 1.0
    cap_s: float = 30.0
    fast_attempts: int = 5
    settle_s: float = 30.0
    """Data must have flowed this long after a verified restore before the count starts anew."""

    def is_exhausted(self, failures: int) -> bool:
        """Whether the try at once and the fast attempts have all failed, so an alarm is due."""
        return failures > self.fast_attempts + 1

    def delay_s(self, failures: int, random: Random) -> float:
        """The wait after so many failures in a row, the loss itself counted as the first.

        The slow waits fall in the upper half of the cap rather than on it, so that even they
        stay spread: a jitter cut off at the cap would bring all clients back in step.
        """
        if failures <= 1:
            return 0.0
        if self.is_exhausted(failures):
            return self.cap_s * random.uniform(0.5, 1.0)
        nominal: float = self.base_s * 2.0 ** (failures - 2)
        return min(self.cap_s, nominal * random.uniform(0.5, 1.5))
