"""How long to wait before the next attempt to connect.

The first retry goes at once: most losses are a hiccup. Then the waits double, spread by chance
so that many clients do not return as one. After the fast attempts an alarm is due, and from
there the attempts go on slowly for ever: a feed that gives up at night is found in the morning.

Keys that the exchange refuses are another matter than a network that fails. Trying again soon
helps only if a nonce has come twice by chance, and who goes on trying is blocked. So there is one
quick try with another token, and then attempts that are minutes apart.
"""

from dataclasses import dataclass

from tickwire.checks import check_seconds
from tickwire.errors import UsageError
from tickwire.world import Random

__all__ = ["Backoff", "KeysBackoff"]


@dataclass(frozen=True, kw_only=True)
class Backoff:
    """Waits between attempts: 0, then `base_s` doubling, spread ± 50 %, never above `cap_s`."""

    base_s: float = 1.0
    cap_s: float = 30.0
    fast_attempts: int = 5
    settle_s: float = 30.0
    """Data must have flowed this long after a verified restore before the count starts anew."""

    def __post_init__(self) -> None:
        for name in ("base_s", "cap_s", "settle_s"):
            check_seconds(name, getattr(self, name))
        attempts = self.fast_attempts
        # Beyond that the power would be too large for a float.
        if not isinstance(attempts, int) or isinstance(attempts, bool) or not 0 <= attempts <= 1000:
            raise UsageError(
                f"fast_attempts must be a whole number from 0 to 1000, not {attempts!r}"
            )

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


@dataclass(frozen=True, kw_only=True)
class KeysBackoff:
    """Waits after the exchange has refused the keys: `quick_s`, then `base_s` doubling to `cap_s`.

    Each is spread by up to a fifth upwards, so that none is shorter than it says.
    """

    quick_s: float = 1.0
    base_s: float = 60.0
    cap_s: float = 600.0
    settle_s: float = 30.0
    """A connection that was open this long has shown that the keys were good."""

    def __post_init__(self) -> None:
        for name in ("quick_s", "base_s", "cap_s", "settle_s"):
            check_seconds(name, getattr(self, name))

    def is_certain(self, refusals: int) -> bool:
        """Whether another token was refused as well, so that the keys themselves are the reason."""
        return refusals > 1

    def delay_s(self, refusals: int, random: Random) -> float:
        """The wait after so many refusals in a row."""
        nominal = self.quick_s
        if self.is_certain(refusals):
            # After weeks of refusals the power would be too large for a float.
            doublings = min(refusals - 2, 30)
            nominal = min(self.cap_s, self.base_s * 2.0**doublings)
        return nominal * random.uniform(1.0, 1.2)
