"""Coming back after a loss: how often it has failed in a row, and when the next attempt is due.

A row of failures ends when everything that was asked for has come and has lasted for a while. So
a connection that opens and dies at once is not tried faster and faster.
"""

from typing import NamedTuple

from tickwire.core.backoff import Backoff, KeysBackoff
from tickwire.world import Random

__all__ = ["Recovery", "Setback"]


class Setback(NamedTuple):
    """What a failure leads to: a wait, perhaps an alarm, perhaps because of the keys for sure."""

    delay_s: float
    alarm: bool
    keys_refused: bool


class Recovery:
    """The failures of one connection in a row; times are the seconds of its clock."""

    def __init__(self, backoff: Backoff, keys_backoff: KeysBackoff, random: Random) -> None:
        self.failures = 0
        self._backoff = backoff
        self._keys_backoff = keys_backoff
        self._random = random
        self.not_before = 0.0
        """No attempt may be made before: the keys were refused, whoever wants something since."""
        # How often in a row the keys were refused; other failures between do not end that row.
        self._refusals = 0
        self._opened_at: float | None = None
        self._lost_at: float | None = None
        self._proved_at: float | None = None

    def __repr__(self) -> str:
        return f"<Recovery: {self.failures} failures in a row>"

    def opened(self, now: float) -> None:
        """The connection stands."""
        self._opened_at = now

    def failed(self, now: float, *, keys_refused: bool) -> Setback:
        """The connection was lost, or the attempt at one has failed."""
        self.failures += 1
        if self._opened_at is not None:
            if self._lost_at is None:
                self._lost_at = now
            if now >= self._opened_at + self._keys_backoff.settle_s:
                self._refusals = 0
        self._closed()
        if keys_refused:
            return self._refused(now)
        delay_s = self._backoff.delay_s(self.failures, self._random)
        return Setback(delay_s, self._backoff.is_exhausted(self.failures), keys_refused=False)

    def _refused(self, now: float) -> Setback:
        self._refusals += 1
        delay_s = self._keys_backoff.delay_s(self._refusals, self._random)
        self.not_before = now + delay_s
        # Once there is no doubt, somebody has to do something about it.
        is_certain = self._keys_backoff.is_certain(self._refusals)
        return Setback(delay_s, is_certain, is_certain)

    def proved(self, now: float) -> float | None:
        """All that was asked for has come; gives the length of the outage that this ends."""
        if self._proved_at is None:
            self._proved_at = now
        lost_at, self._lost_at = self._lost_at, None
        return None if lost_at is None else now - lost_at

    @property
    def settled_at(self) -> float | None:
        """When the row of failures ends, if nothing happens until then."""
        if self._proved_at is None or not self.failures:
            return None
        return self._proved_at + self._backoff.settle_s

    def settle(self, now: float) -> None:
        """End the row of failures, if it is time."""
        if self.settled_at is not None and now >= self.settled_at:
            self.failures = 0

    def rest(self) -> None:
        """Nobody wants anything any more, so nothing is missed; refused keys are no better."""
        self.failures = 0
        self._lost_at = None
        self._closed()

    def _closed(self) -> None:
        self._opened_at = self._proved_at = None
