"""Volume and value of the last 24 hours, which move on in steps of ten minutes.

Finer steps would only cost memory. All of it is there from the start, packed as 64-bit integers,
so that an exchange of hundreds of markets does not grow all day.
"""

from array import array

from tickwire.simulator.dates import DAY_MS

__all__ = ["Rolling"]

_STEP_MS = 600_000
# One more than a day has, for the step under way.
_STEPS = DAY_MS // _STEP_MS + 1
# Sums need more than 64 bits.
_HALF = 1 << 62
_WIDTH = 4


class Rolling:
    """Exact sums; volumes are integers of 1e-8, values of 1e-16."""

    def __init__(self, at_ms: int) -> None:
        """Nothing so far; times must not go back before this one."""
        self.volume = 0
        self.value = 0
        self._step = at_ms // _STEP_MS
        # Of the step under way.
        self._volume = self._value = 0
        self._past = array("q", bytes(8 * _WIDTH * _STEPS))

    def __repr__(self) -> str:
        return f"Rolling({self.volume}, {self.value})"

    def add(self, at_ms: int, volume: int, value: int) -> None:
        """Count what was traded at this moment."""
        step = at_ms // _STEP_MS
        for _ in range(min(step - self._step, _STEPS)):
            self._close()
        # After a whole round nothing is left, however long the pause was.
        self._step = max(self._step, step)
        self._volume += volume
        self._value += value
        self.volume += volume
        self.value += value

    def _close(self) -> None:
        """The step under way is over; the one a day before the next counts no longer."""
        at = self._step % _STEPS * _WIDTH
        sums = *divmod(self._volume, _HALF), *divmod(self._value, _HALF)
        self._past[at : at + _WIDTH] = array("q", sums)
        self._volume = self._value = 0
        self._step += 1
        at = self._step % _STEPS * _WIDTH
        v1, v0, w1, w0 = self._past[at : at + _WIDTH]
        self.volume -= v1 * _HALF + v0
        self.value -= w1 * _HALF + w0
        self._past[at : at + _WIDTH] = array("q", (0, 0, 0, 0))
