"""Is the other side still there? Pings on silence, and how long an answer may take.

Any byte counts as life, so a busy connection is asked rarely and a silent one soon. The answer
is due in a few round trips; while none has been measured, later. A verdict given after our own
process was held up would blame the wrong side, so a late look first grants one more glance at
the socket.
"""

from dataclasses import dataclass
from enum import Enum

__all__ = ["Heartbeat", "HeartbeatTiming", "Verdict"]


@dataclass(frozen=True, kw_only=True)
class HeartbeatTiming:
    """When to ask and how long to wait, in seconds. The exchange closes after 60 s of silence."""

    silence_s: float = 3.0
    heartbeat_interval_s: float = 30.0
    answer_s: float = 3.0
    first_answer_s: float = 10.0
    grace_s: float = 0.25


class Verdict(Enum):
    """What a look at the heart says."""

    FINE = "fine"
    PING = "ping"
    DEAD = "dead"


class Heartbeat:
    """The life signs of one open connection, from the moment it opened."""

    def __init__(self, timing: HeartbeatTiming, now: float) -> None:
        self._timing = timing
        self.last_heard = now
        self.round_trip_s: float | None = None
        self._last_ping = now
        self._pong_expected = False
        self._answer_due: float | None = None
        self._graced = False

    def heard(self, now: float) -> None:
        """Something has come from the other side."""
        self.last_heard = now
        self._answer_due = None

    def ponged(self, now: float) -> None:
        """A pong has come: it also tells the round trip."""
        if self._pong_expected:
            self._pong_expected = False
            self.round_trip_s = now - self._last_ping
        self.heard(now)

    @property
    def look_at(self) -> float:
        """When to look next."""
        if self._answer_due is not None:
            return self._answer_due
        return min(
            self.last_heard + self._timing.silence_s,
            self._last_ping + self._timing.heartbeat_interval_s,
        )

    def look(self, now: float) -> Verdict:
        """Judge. `PING` means that a ping must go out now, and counts as sent."""
        if now < self.look_at:
            return Verdict.FINE
        if self._answer_due is None:
            self._last_ping = now
            self._pong_expected = True
            self._answer_due = now + self._answer_within_s()
            self._graced = False
            return Verdict.PING
        if now > self._answer_due + self._timing.grace_s and not self._graced:
            # We looked far too late: the answer may lie in the socket already.
            self._answer_due = now + self._timing.grace_s
            self._graced = True
            return Verdict.FINE
        return Verdict.DEAD

    def _answer_within_s(self) -> float:
        if self.round_trip_s is None:
            return self._timing.first_answer_s
        return max(self._timing.answer_s, 4 * self.round_trip_s)
