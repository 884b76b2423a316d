"""What the exchange counts: messages of a connection, connects and `Origin`s of an address.

Source: the rate-limits page of docs.upbit.com (2026-10-07): 5 messages per second and 100 per
minute on each connection, 5 connects per second from an address or, with a token, of a Pocket; one
request with `Origin` in 10 seconds. Windows roll: what happened exactly a second ago no longer
counts.
"""

from collections import deque

__all__ = ["CONNECTS_PER_SECOND", "ConnectGate", "MessageMeter", "OriginGate", "Window"]

MESSAGES_PER_SECOND = 5
MESSAGES_PER_MINUTE = 100
CONNECTS_PER_SECOND = 5

_SECOND_NS = 1_000_000_000
_MINUTE_NS = 60 * _SECOND_NS
_ORIGIN_NS = 10 * _SECOND_NS

# The first block lasts this long and every further one twice as long as the one before, up to the
# longest; a clean spell as long as the longest makes the next block a first one again. The real
# figures are not published, only that blocks grow each time.
_FIRST_BLOCK_NS = 2 * _SECOND_NS
_LONGEST_BLOCK_NS = 600 * _SECOND_NS


class Window:
    """Events of a rolling span of time, counted exactly."""

    def __init__(self, span_ns: int) -> None:
        self._span_ns = span_ns
        self._times: deque[int] = deque()
        self.worst = 0

    def count(self, now_ns: int) -> int:
        """How many events the window that ends now holds."""
        times = self._times
        while times and times[0] <= now_ns - self._span_ns:
            times.popleft()
        return len(times)

    def add(self, now_ns: int) -> int:
        """Enter an event; the count with it."""
        self.count(now_ns)
        self._times.append(now_ns)
        self.worst = max(self.worst, len(self._times))
        return len(self._times)


class MessageMeter:
    """The messages of one connection against both limits."""

    def __init__(self) -> None:
        self.second = Window(_SECOND_NS)
        self.minute = Window(_MINUTE_NS)

    def add(self, now_ns: int) -> tuple[bool, bool]:
        """Enter a message; whether it breaks the limit of the second, and of the minute."""
        return (
            self.second.add(now_ns) > MESSAGES_PER_SECOND,
            self.minute.add(now_ns) > MESSAGES_PER_MINUTE,
        )


class ConnectGate:
    """The connects of one address or Pocket: let in, refused with 429, or blocked with 418.

        open ──6th in a second──► 429 ──over the limit again within a second──► 418, blocked
          ▲                        │                                                │
          └── a second has passed ─┴──────────── the block has passed ──────────────┘

    Attempts during a block are refused with 418 and do not lengthen it. Only connects that were
    let in use up the limit; `attempts` counts all.
    """

    def __init__(self, limit: int = CONNECTS_PER_SECOND, *, seconds: int = 1) -> None:
        self._limit = limit
        self.attempts = Window(_SECOND_NS)
        self._accepted = Window(seconds * _SECOND_NS)
        self._warned_ns: int | None = None
        self._blocked_until_ns: int | None = None
        self._block_ns = 0

    def knock(self, now_ns: int) -> tuple[int, float]:
        """One attempt: HTTP status (101, 429 or 418) and for 418 the seconds left to wait."""
        self.attempts.add(now_ns)
        blocked = self._blocked_until_ns
        if blocked is not None and now_ns < blocked:
            return 418, (blocked - now_ns) / _SECOND_NS
        if self._accepted.count(now_ns) < self._limit:
            self._accepted.add(now_ns)
            return 101, 0.0
        if self._warned_ns is None or now_ns - self._warned_ns >= _SECOND_NS:
            self._warned_ns = now_ns
            return 429, 0.0
        if blocked is not None and now_ns - blocked >= _LONGEST_BLOCK_NS:
            self._block_ns = 0
        self._block_ns = min(max(_FIRST_BLOCK_NS, 2 * self._block_ns), _LONGEST_BLOCK_NS)
        self._blocked_until_ns = now_ns + self._block_ns
        return 418, self._block_ns / _SECOND_NS

    def turn_away(self, now_ns: int, until_ns: int) -> tuple[int, float]:
        """One attempt during a ban that is not of its own making."""
        self.attempts.add(now_ns)
        return 418, (until_ns - now_ns) / _SECOND_NS

    def left(self, now_ns: int) -> int:
        """How many more connects this second would take."""
        return self._limit - self._accepted.count(now_ns)


class OriginGate:
    """The requests of one address that carry `Origin`, as browsers send it."""

    def __init__(self) -> None:
        self._accepted = Window(_ORIGIN_NS)

    def knock(self, now_ns: int) -> bool:
        """One request: is it let in? Those that are not use up nothing."""
        if self._accepted.count(now_ns):
            return False
        self._accepted.add(now_ns)
        return True
