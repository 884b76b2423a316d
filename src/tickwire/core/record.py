"""What one connection has said and how long that took, for whoever asks why.

Nothing is decided by it. It is kept where things happen anyway, a few numbers for each message.
"""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass

from tickwire.core.planner import Plan
from tickwire.subscription import Stream

__all__ = ["Latency", "Message", "Record"]

_BOUNDS_S = (0.05, 0.1, 0.15, 0.2, 0.5, 1.0, 1.5, 2.0, 5.0, 10.0, 20.0, 60.0)


@dataclass(frozen=True)
class Message:
    """A subscription message that went out: the how manieth of this connection, and when."""

    number: int
    ticket: str
    sent_at: float


@dataclass(frozen=True)
class Latency:
    """How long changes took until a message said them, from the first one that it says.

    `counts` has one entry for each of `bounds_s`, of what took at most so long and longer than
    the bound before, and one more for what took longer than all of them.
    """

    counts: tuple[int, ...] = (0,) * (len(_BOUNDS_S) + 1)
    max_s: float = 0.0

    bounds_s = _BOUNDS_S

    @property
    def count(self) -> int:
        return sum(self.counts)

    def percentile(self, percent: float) -> float:
        """The least bound that so many percent did not exceed, or the maximum; 0.0 of none."""
        needed = self.count * percent / 100
        reached = 0
        for count, bound_s in zip(self.counts, _BOUNDS_S, strict=False):
            reached += count
            if reached >= needed:
                return min(bound_s, self.max_s)
        return self.max_s


class Record:
    """The messages of one connection, over all its epochs."""

    def __init__(self) -> None:
        self.messages = 0
        self.bytes = 0
        self.named = 0
        """Streams that were named, by each message that named them."""
        self.noop_flushes = 0
        """How often what had changed was as before again when its message was due."""
        self._message_of: dict[Stream, Message] = {}
        # Of one-off snapshots, which are in one message and not in the next.
        self._once: dict[Stream, Message] = {}
        # Those of connections lost since; after the next message nobody need remember.
        self._asked_before: set[Stream] = set()
        self._presumed: set[Stream] = set()
        self._changed_at: float | None = None
        self._latencies = [0] * (len(_BOUNDS_S) + 1)
        self._longest_s = 0.0

    def __repr__(self) -> str:
        return f"<Record {self.messages} messages of {self.bytes} bytes>"

    def changed(self, now: float) -> None:
        """What is wanted has changed. A loss of the connection makes nobody forget since when."""
        if self._changed_at is None:
            self._changed_at = now

    def settled(self, *, is_noop: bool) -> None:
        """There is nothing to say any more; a no-op if what is wanted is what was sent before."""
        if self._changed_at is not None:
            self._changed_at = None
            self.noop_flushes += is_noop

    def sent(self, plan: Plan, ticket: str, size: int, now: float) -> None:
        """A message of so many bytes has gone out."""
        self.messages += 1
        self.bytes += size
        message = Message(self.messages, ticket, now)
        before, streams = self._message_of, plan.streams
        self.named += len(streams)
        self._message_of = {stream: before.get(stream, message) for stream in streams}
        self._message_of.update(dict.fromkeys(plan.fresh, message))
        self._once.update(dict.fromkeys(plan.once, message))
        self._asked_before.clear()
        self._presumed &= streams
        if self._changed_at is not None:
            latency_s = now - self._changed_at
            self._changed_at = None
            self._latencies[bisect_left(_BOUNDS_S, latency_s)] += 1
            self._longest_s = max(self._longest_s, latency_s)

    def unwanted(self, streams: Iterable[Stream]) -> None:
        """Nobody wants these any more; who comes for a snapshot of one asks anew."""
        for stream in streams:
            self._once.pop(stream, None)

    def presumed(self, streams: Iterable[Stream]) -> None:
        """These are taken for alive without data."""
        self._presumed.update(streams)

    def lost(self) -> None:
        """The connection is gone, and with it everything that was sent."""
        self._asked_before.update(self._message_of, self._once)
        self._message_of.clear()
        self._once.clear()
        self._presumed.clear()

    def message_of(self, stream: Stream) -> Message | None:
        """The message of this epoch that asked for a stream, the newest if there were several."""
        return self._message_of.get(stream) or self._once.get(stream)

    def was_asked_before(self, stream: Stream) -> bool:
        """Whether a stream was asked for on the connection before, and not since."""
        return stream in self._asked_before

    def is_presumed(self, stream: Stream) -> bool:
        """Whether a stream that is alive was taken for it without data."""
        return stream in self._presumed

    @property
    def latency(self) -> Latency:
        """How long changes took until they were said."""
        return Latency(tuple(self._latencies), self._longest_s)
