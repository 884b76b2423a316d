"""One stream on its way to those who asked for it.

Mostly everybody gets an event, and nobody has to look at it (`is_plain`). Somebody has to where a
newcomer waits for a state to begin with, where a snapshot is on its way that not everybody asked
for, and where events have ids and may be repeated.

A book may be carried in fewer levels than a newcomer wants. It is asked for anew then, and what
comes before the answer is too shallow for the newcomer. Each question is answered by one snapshot,
and answers come in order, so it is known how deep an event is, and who has asked for it.
"""

from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator
from itertools import groupby
from typing import Any, NamedTuple

from tickwire.control import Gap
from tickwire.delivery.takers import Batch, Shallow, Taker
from tickwire.events import BaseWebSocketEvent, OrderbookEvent
from tickwire.subscription import FULL_DEPTH, Stream

__all__ = ["Asked", "Audience", "Route"]

_IDENTITIES_KEPT = 32
"""How many events back a repeated one is recognised. A snapshot repeats the last trade."""

_ANSWERS_AWAITED = 4
"""How many snapshots may be on their way: of quiet markets some never come."""


class Asked(NamedTuple):
    """A snapshot on its way: in how many levels, and whether the stream goes on after it.

    Of a stream that was carried before, `again`, something may be under way still.
    """

    depth: int
    goes_on: bool
    again: bool = False


class Audience(NamedTuple):
    """Who gets an event of a route, and what it is to the route.

    `finished` are those of them who want nothing more. A `repeated` event is one that those who
    had the stream before have had. `gap` is to be told first, to `interrupted`.
    """

    takers: tuple[Taker, ...]
    finished: tuple[Taker, ...] = ()
    repeated: bool = False
    gap: Gap | None = None
    interrupted: tuple[Taker, ...] = ()

    @property
    def batches(self) -> tuple[Batch, ...]:
        """Those who get it when the read of the socket has ended."""
        return tuple(taker for taker in self.takers if isinstance(taker, Batch))


class Route:
    """The takers of one stream, and its last event."""

    __slots__ = (
        "_as_snapshot",
        "_asked",
        "_depth",
        "_highest",
        "_identities",
        "_identity_of",
        "_interrupted",
        "_is_calm",
        "_is_settled",
        "_is_sorted",
        "_newcomers",
        "appends",
        "batches",
        "carriers",
        "direct",
        "hands_over",
        "is_plain",
        "last",
        "live",
        "stream",
        "takers",
    )

    def __init__(
        self,
        stream: Stream,
        identity_of: Callable[[Any], int] | None,
        *,
        hands_over: bool,
    ) -> None:
        self.stream = stream
        self.hands_over = hands_over
        """Whether a newcomer gets the last event; an old happening would be taken for a new one."""
        self.last: BaseWebSocketEvent | None = None
        self.live = False
        self.carriers: dict[Hashable, int] = {}
        """Which connections carry it, and in how many levels: two, while it changes over."""
        self.is_plain = False
        """Whether the next event is for everybody, whatever is in it."""
        self._identity_of = identity_of
        self._interrupted = ""
        self._newcomers: set[Taker] = set()
        self._asked: tuple[Asked, ...] = ()
        self._depth = FULL_DEPTH
        # Whether the last event is of the connection that carries it now, so as deep as the next.
        self._is_settled = True
        # Looked through from end to end: for so few that is no slower than a set, and smaller.
        self._identities: deque[int] = deque(maxlen=_IDENTITIES_KEPT)
        self._highest = -1
        self._as_snapshot = -1
        self.takers: dict[Taker, None] = {}
        """In the order in which they came."""
        self._sort()

    def __repr__(self) -> str:
        state = "live" if self.live else "not live"
        return f"<Route {self.stream}: {state}, {len(self.takers)} takers>"

    # --- who takes ----------------------------------------------------------------------------

    def _sort(self) -> None:
        """Sort the takers by how they are told. When something comes: they come by dozens."""
        self.batches = tuple(taker for taker in self.takers if isinstance(taker, Batch))
        whole = [taker for taker in self.takers if _depth_of(taker) == FULL_DEPTH]
        # To append to a list is all that a batch costs for each event.
        self.appends = tuple(
            each.collected.events.append for each in whole if isinstance(each, Batch)
        )
        self.direct: tuple[Taker | Shallow, ...] = (
            *(taker for taker in whole if not isinstance(taker, Batch)),
            *_shallow(taker for taker in self.takers if _depth_of(taker) < FULL_DEPTH),
        )
        self._is_sorted = True
        self._note()

    def _note(self) -> None:
        self._is_calm = (
            self._is_sorted
            and self.live
            and self._is_settled
            and len(self.carriers) < 2
            and not self._newcomers
            and not self._asked
        )
        self.is_plain = self._is_calm and self._identity_of is None

    def add(self, taker: Taker) -> bool:
        """Let a taker have what comes; says whether it is to begin with the last event."""
        is_known = self.live and self.hands_over and len(self.carriers) < 2
        is_served = is_known and self.reaches(_depth_of(taker))
        if not is_served:
            self._newcomers.add(taker)
        self.takers[taker] = None
        self._change()
        return is_served and not taker.terms.is_only_realtime

    def remove(self, *takers: Taker) -> None:
        """Let them have nothing more."""
        for taker in takers:
            self.takers.pop(taker, None)
            self._newcomers.discard(taker)
        self._change()

    def _change(self) -> None:
        self._is_sorted = False
        self._note()

    @property
    def is_idle(self) -> bool:
        """Whether nobody takes the stream, and nothing of it is on its way."""
        return not (self.takers or self.carriers or self._asked)

    @property
    def is_proved(self) -> bool:
        """Whether all have got what they want who want the stream to go on."""
        return self.live and all(each.terms.is_only_snapshot for each in self._newcomers)

    def reaches(self, depth: int) -> bool:
        """Whether a book comes in at least so many levels, and will; others come whole."""
        return depth <= self._depth and all(depth <= a.depth for a in self._asked if a.goes_on)

    # --- what was asked for -------------------------------------------------------------------

    def expect(self, asked: Asked) -> None:
        """A message has gone out that is answered by a snapshot."""
        self._asked = (*self._asked, asked)[-_ANSWERS_AWAITED:]
        if not asked.goes_on:
            self.live = False
        self._note()

    def narrow(self, lane: Hashable, depth: int) -> None:
        """A message has gone out by which a book goes on in no more levels than these."""
        self.carriers[lane] = depth
        self._depth = min(self._depth, depth)
        self._asked = tuple(each._replace(depth=min(each.depth, depth)) for each in self._asked)

    def carry(self, lane: Hashable, depth: int) -> None:
        """A connection is asked for it, in so many levels."""
        self.carriers[lane] = depth
        self._note()

    def drop(self, lane: Hashable) -> None:
        """A connection carries it no more; what was asked for before may still come."""
        if self.carriers.pop(lane, None) is None:
            return
        if self.carriers:
            # A deeper one shows only with its next event: the last may be of the other.
            self._depth = min(self._depth, *self.carriers.values())
            self._is_settled = False
        else:
            self.live = False
        self._note()

    def interrupt(self, reason: str) -> None:
        """The connection is gone, and with it whatever was on its way."""
        self._asked = ()
        if self.live:
            self.live = False
            self._interrupted = reason
        self._note()

    # --- what comes ---------------------------------------------------------------------------

    def hear(self, event: BaseWebSocketEvent) -> Audience | None:
        """Who gets the next event; `None`: everybody. Raises `ProtocolError`."""
        if not self._is_sorted:
            self._sort()
        answers = None if self._is_calm else self._answered_by(event)
        if self._is_left_over(answers):
            return Audience(())
        if answers is not None and not answers.goes_on:
            return self._hear_once(answers.depth)
        identity = None if self._identity_of is None else self._identity_of(event)
        came_before = identity is not None and self._came_before(identity)
        if self._is_calm and not came_before:
            return None
        is_snapshot = event.is_snapshot
        depth = self._depth_of_other(event) if answers is None else answers.depth
        levels = self._levels_at_most(event) if answers is None else FULL_DEPTH
        new = {
            each
            for each in self._newcomers
            if self._begins_with(each, min(depth, levels), is_snapshot)
        }
        is_repeated = came_before or (answers is not None and self._is_no_news(event))
        is_unheard = came_before and not is_snapshot and identity == self._as_snapshot
        if is_snapshot and identity is not None and not came_before:
            self._as_snapshot = identity
        elif is_unheard:
            self._as_snapshot = -1

        def is_for(taker: Taker) -> bool:
            if _depth_of(taker) > levels:
                return False
            if taker.terms.is_only_realtime and (is_snapshot or is_unheard):
                return is_unheard
            return taker in new if taker in self._newcomers else not is_repeated

        takers = tuple(filter(is_for, self.takers))
        settled = tuple(each for each in self.takers if each not in self._newcomers)
        gap = self.begin(event)
        self._newcomers -= new
        self._is_settled = self._is_settled or self._settles(event, answers)
        if self._is_settled:
            self._depth = depth
        self._note()
        finished = tuple(each for each in takers if each.terms.is_only_snapshot)
        return Audience(takers, finished, is_repeated, gap, settled)

    def _answered_by(self, event: BaseWebSocketEvent) -> Asked | None:
        """The question that this event is the answer to, which is open no more."""
        if not event.is_snapshot or not self._asked:
            return None
        answered, *others = self._asked
        self._asked = tuple(others)
        return answered

    def _is_left_over(self, answers: Asked | None) -> bool:
        """Whether an event is on its way from a time before the stream was left out."""
        if not self.carriers:
            return True
        return answers is None and not self.live and not any(a.goes_on for a in self._asked)

    def _hear_once(self, depth: int) -> Audience:
        """A snapshot that nothing follows: for those who have asked for no more."""
        askers = tuple(
            taker
            for taker in self.takers
            if taker.terms.is_only_snapshot and _depth_of(taker) <= depth
        )
        self._newcomers.difference_update(askers)
        self._note()
        return Audience(askers, askers)

    def begin(self, event: BaseWebSocketEvent) -> Gap | None:
        """An event of the stream; if it was interrupted, between which two nothing is known."""
        gap = None
        if not self.live and self.last is not None and self._interrupted:
            gap = Gap(self.stream, self.last, event, self._interrupted)
            self._interrupted = ""
        self.live = True
        self.last = event
        return gap

    def begin_shared(self, event: BaseWebSocketEvent) -> tuple[Gap | None, tuple[Taker, ...]]:
        """The same where an event may be of several streams, none of which begins with a state."""
        settled = tuple(each for each in self.takers if each not in self._newcomers)
        gap = self.begin(event)
        self._newcomers.clear()
        if not self._is_sorted:
            self._sort()
        self._note()
        return gap, settled

    def _depth_of_other(self, event: BaseWebSocketEvent) -> int:
        """How deep an event is that is no answer."""
        if self.live:
            is_known = self._is_settled or any(asked.goes_on for asked in self._asked)
            return self._depth if is_known else min(self.carriers.values())
        asked = next(asked for asked in self._asked if asked.goes_on)
        return min(asked.depth, self._levels_at_most(event))

    def _settles(self, event: BaseWebSocketEvent, answers: Asked | None) -> bool:
        """Whether an event is surely as deep as the one connection left carries the stream."""
        if len(self.carriers) > 1 or any(asked.goes_on for asked in self._asked):
            return False
        if answers is not None or not isinstance(event, OrderbookEvent):
            return True
        return len(event.orderbook_units) >= min(self.carriers.values())

    def _levels_at_most(self, event: BaseWebSocketEvent) -> int:
        """How deep an event is at most that comes from another connection, or another time."""
        is_unsure = len(self.carriers) > 1 or any(asked.again for asked in self._asked)
        if is_unsure and isinstance(event, OrderbookEvent):
            return len(event.orderbook_units)
        return FULL_DEPTH

    def _begins_with(self, taker: Taker, depth: int, is_snapshot: bool) -> bool:
        """Whether a newcomer can begin with this event, and go on with what is on its way."""
        wanted = _depth_of(taker)
        return (
            wanted <= depth
            and all(wanted <= asked.depth for asked in self._asked if asked.goes_on)
            and (is_snapshot or not taker.terms.is_only_snapshot or not self._asked)
        )

    def _is_no_news(self, event: BaseWebSocketEvent) -> bool:
        """Whether a snapshot tells those nothing new who have had the stream before."""
        return self.live and self.last is not None and event.timestamp <= self.last.timestamp

    def _came_before(self, identity: int) -> bool:
        """Whether this came before; most are higher than all before, and cannot have."""
        if identity > self._highest:
            self._highest = identity
        elif identity in self._identities:
            return True
        self._identities.append(identity)
        return False


def _depth_of(taker: Taker) -> int:
    return taker.terms.depth


def _shallow(takers: Iterable[Taker]) -> Iterator[Shallow]:
    by_depth = sorted(takers, key=_depth_of)
    return (Shallow(depth, group) for depth, group in groupby(by_depth, key=_depth_of))
