"""What one connection should carry, what it was asked to carry, and what has proved to flow."""

from collections.abc import Callable, Iterable, KeysView, Mapping
from types import MappingProxyType

from tickwire.core.planner import Plan
from tickwire.subscription import FULL_DEPTH, ORDINARY, DataType, Stream, Terms

__all__ = ["Ledger"]


class Ledger:
    """The streams of one connection: desired, sent and alive, with the silent ones in question.

    `alive` maps a stream to the time of its first data in this epoch. A stream that was sent and
    is not alive is unproven until it shows data or turns out to be merely quiet. A book that has
    to be asked for in more levels is unproven again until it shows those.

    A stream that does not begin with data (orders, news) may be silent for days. It is not asked
    about, and is taken for alive once its message has gone out and nobody objected for a while.

    One-off snapshots are kept apart: each is in one message and then only waited for, so it is
    never desired, sent or alive. It ends when nobody wants it any more, be it answered or not.
    """

    def __init__(self, begins_with_data: Callable[[DataType | str], bool]) -> None:
        self.begins_with_data = begins_with_data
        self._desired: dict[Stream, None] = {}
        self.depths: dict[Stream, int] = {}
        """In how many levels books are wanted, where that is not all of them."""
        self.sent: set[Stream] = set()
        self._sent_depths: dict[Stream, int] = {}
        self.alive: dict[Stream, float] = {}
        self.unproven: set[Stream] = set()
        # One-off snapshots, and whether this connection has been asked for them.
        self._once: dict[Stream, bool] = {}
        self._quiet: set[Stream] = set()
        # Taken as not sent, while the exchange serves them all the same.
        self._lapsed: set[Stream] = set()
        self._question_at: dict[Stream, float] = {}
        self._patience_s: dict[Stream, float] = {}
        self._presumed_at: dict[Stream, float] = {}

    def __repr__(self) -> str:
        once = f", {len(self._once)} once" if self._once else ""
        return f"{len(self.desired)} desired{once}, {len(self.sent)} sent, {len(self.alive)} alive"

    @property
    def desired(self) -> KeysView[Stream]:
        """The streams wanted, in the order of their wishes, so that no run differs from another."""
        return self._desired.keys()

    @property
    def once(self) -> KeysView[Stream]:
        """The streams of which a snapshot is wanted and nothing else, in the order of asking."""
        return self._once.keys()

    @property
    def unasked(self) -> tuple[Stream, ...]:
        """Those of them that no message of this connection has asked for."""
        return tuple(stream for stream, was_asked in self._once.items() if not was_asked)

    @property
    def wanted(self) -> tuple[Stream, ...]:
        """All that somebody wants data of, for good or once."""
        return (*self._desired, *self._once)

    @property
    def is_dirty(self) -> bool:
        """Whether a message is needed: there is something to say and it was not said yet."""
        return bool(self.unasked) or (
            bool(self.desired)
            and (
                self.desired != self.sent
                or not self._lapsed <= self.desired
                or any(
                    self._depth(stream) != self._sent_depth(stream)
                    for stream in (*self.depths, *self._sent_depths)
                    if stream in self._desired
                )
            )
        )

    def is_asked(self, stream: Stream) -> bool:
        """Whether a message of this connection has asked for a stream, for good or once."""
        return stream in self.sent or self._once.get(stream, False)

    def asked_for(self, stream: Stream) -> Terms:
        """What part of a stream the connection was asked for, or is to be if it was not yet."""
        if stream in self.sent:
            return Terms(self._sent_depth(stream))
        return Terms(self._depth(stream), is_only_snapshot=stream in self._once)

    @property
    def live(self) -> set[Stream]:
        """The streams that flow in as many levels as are wanted, and need not begin anew."""
        return {stream for stream in self.alive if self.is_live(stream)}

    def is_live(self, stream: Stream) -> bool:
        """Whether a stream flows, in as many levels as are wanted."""
        return stream in self.alive and self._depth(stream) <= self._sent_depth(stream)

    def _depth(self, stream: Stream) -> int:
        return self.depths.get(stream, FULL_DEPTH)

    def _sent_depth(self, stream: Stream) -> int:
        return self._sent_depths.get(stream, FULL_DEPTH)

    @property
    def missing(self) -> tuple[Stream, ...]:
        """Streams that are desired and neither have shown data in this epoch nor are presumed."""
        return tuple(sorted(self.desired - self.alive.keys()))

    @property
    def next_question_at(self) -> float:
        """When the first silent stream should be asked about."""
        return min(self._question_at.values(), default=float("inf"))

    @property
    def next_presumed_at(self) -> float:
        """When the first stream is taken for alive without data."""
        return min(self._presumed_at.values(), default=float("inf"))

    def is_served(self, stream: Stream) -> bool:
        """Whether the exchange serves a stream here, wanted or not, as far as is known."""
        return stream in self.sent or stream in self._lapsed

    def want(
        self,
        added: Iterable[Stream],
        removed: Iterable[Stream],
        altered: Mapping[Stream, Terms] = MappingProxyType({}),
    ) -> None:
        """The desired set has changed, or what part of some streams is wanted."""
        for stream in added:
            self._want(stream, altered.get(stream, ORDINARY))
        for stream, terms in altered.items():
            self._want(stream, terms)
        for stream in removed:
            self._desired.pop(stream, None)
            self.depths.pop(stream, None)
            self._leave_once(stream)

    def _want(self, stream: Stream, terms: Terms) -> None:
        if terms.is_only_snapshot:
            self._desired.pop(stream, None)
            was_asked = self._once.get(stream, False)
            # One that has been asked for in fewer levels would not do.
            self._once[stream] = was_asked and terms.depth <= self._depth(stream)
        else:
            self._leave_once(stream)
            self._desired.setdefault(stream)
        if terms.depth == FULL_DEPTH:
            self.depths.pop(stream, None)
        else:
            self.depths[stream] = terms.depth

    def _leave_once(self, stream: Stream) -> None:
        if stream in self._once:
            del self._once[stream]
            if stream not in self.sent:  # else it was asked for to go on, and is waited for still
                self._question_at.pop(stream, None)
                self._patience_s.pop(stream, None)

    def sent_out(
        self, plan: Plan, now: float, *, first_data_s: float, no_objection_s: float
    ) -> None:
        """A message has gone out: its streams are the connection's whole subscription now."""
        self.sent = set(plan.streams)
        self._sent_depths = dict(plan.depths)
        going_on = frozenset(plan.live)
        self.alive = {s: at for s, at in self.alive.items() if s in going_on}
        self._quiet &= self.sent
        self._lapsed.clear()
        self._once.update((s, True) for s in plan.once if s in self._once)
        waited_for = [*plan.fresh, *(s for s, was_asked in self._once.items() if was_asked)]
        kept = self.sent.union(self._once)
        self._patience_s = {s: p for s, p in self._patience_s.items() if s in kept}
        self.unproven = {s for s in plan.fresh if s not in self._quiet}
        # A snapshot is in this message alone, so it is waited for from now on.
        asked_once = frozenset(plan.once)
        waiting = {s: at for s, at in self._question_at.items() if s not in asked_once}
        self._question_at = {
            s: waiting.get(s, now + self._patience_s.setdefault(s, first_data_s))
            for s in waited_for
            if self.begins_with_data(s.type)
        }
        waiting = self._presumed_at
        self._presumed_at = {
            s: waiting.get(s, now + no_objection_s)
            for s in plan.fresh
            if not self.begins_with_data(s.type)
        }

    def proved(self, stream: Stream, now: float) -> None:
        """Data of this stream has come."""
        if stream in self.sent:
            self.alive.setdefault(stream, now)
            self.unproven.discard(stream)
            self._quiet.discard(stream)
            self._question_at.pop(stream, None)
            self._patience_s.pop(stream, None)
            self._presumed_at.pop(stream, None)

    def presume(self, now: float) -> tuple[Stream, ...]:
        """Take streams for alive to which nobody has objected for long enough; which those are."""
        due = tuple(sorted(s for s, at in self._presumed_at.items() if at <= now))
        for stream in due:
            self.proved(stream, now)
        return due

    def doubt(self) -> None:
        """The exchange objects to something that was sent: nothing is presumed any more."""
        self._presumed_at.clear()

    def silent(self, now: float) -> tuple[Stream, ...]:
        """Streams whose first data is overdue."""
        return tuple(sorted(s for s, at in self._question_at.items() if at <= now))

    def ask_again(self, streams: Iterable[Stream], now: float, longest_s: float) -> bool:
        """Take streams that exist but are silent as not sent; the next question comes later."""
        again = [
            s for s in streams if self._once.get(s) or (s in self.sent and s not in self.alive)
        ]
        for stream in again:
            self._patience_s[stream] = min(longest_s, 2 * self._patience_s[stream])
            self._question_at.pop(stream, None)
            if stream in self._once:
                self._once[stream] = False
                continue
            self.sent.discard(stream)
            self._lapsed.add(stream)
            self.unproven.discard(stream)
            self._quiet.add(stream)
        return bool(again)

    def distrust(self, unserved: Iterable[Stream], extra: Iterable[Stream]) -> None:
        """Take streams that the exchange does not serve as not sent, others as not taken back."""
        for stream in unserved:
            self.sent.discard(stream)
            self.alive.pop(stream, None)
        self._lapsed.update(extra)

    def forget(self, streams: Iterable[Stream]) -> None:
        """Streams that do not exist need no proof."""
        for stream in streams:
            self.unproven.discard(stream)
            self._question_at.pop(stream, None)

    def reset(self) -> None:
        """The connection is gone, and with it everything that was sent."""
        self.sent.clear()
        self._sent_depths.clear()
        self._once = dict.fromkeys(self._once, False)
        self.alive.clear()
        self.unproven.clear()
        self._quiet.clear()
        self._lapsed.clear()
        self._question_at.clear()
        self._presumed_at.clear()
