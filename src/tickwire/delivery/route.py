"""One stream on its way to those who asked for it.

Mostly everybody gets an event, and nobody has to look at it (`plain_for`). Somebody has to where a
newcomer waits for a state to begin with, where a snapshot is on its way that not everybody asked
for, and where events have ids and may be repeated.

One connection counts. While the stream changes to another, both may carry it: the new one counts
from its first event that is no older than the last of the old one, so that nothing is missing,
nothing comes twice and nothing goes back in time.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator
from itertools import groupby
from typing import Any, NamedTuple

from tickwire.control import Gap
from tickwire.delivery.carrier import Arrival, Asked, Carrier
from tickwire.delivery.identities import Identities
from tickwire.delivery.takers import Batch, Shallow, Taker
from tickwire.events import BaseWebSocketEvent
from tickwire.subscription import FULL_DEPTH, Stream

__all__ = ["LEFT_OVER", "Audience", "Route"]


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


LEFT_OVER = Audience(())
"""Of an event from a connection that has left the stream, or whose events do not count."""


class Route:
    """The takers of one stream, and its last event."""

    __slots__ = (
        "_assigned",
        "_carriers",
        "_counts",
        "_depth",
        "_identities",
        "_interrupted",
        "_is_calm",
        "_is_sorted",
        "_newcomers",
        "appends",
        "batches",
        "direct",
        "hands_over",
        "last",
        "plain_for",
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
        self.plain_for: Hashable = None
        """The connection whose next event is for everybody, whatever is in it."""
        self._identities = None if identity_of is None else Identities(identity_of)
        self._interrupted = ""
        self._newcomers: set[Taker] = set()
        self._carriers: dict[Hashable, Carrier] = {}
        self._counts = Carrier()
        self._assigned: Hashable = None
        self._depth = FULL_DEPTH
        self.takers: dict[Taker, None] = {}
        """In the order in which they came."""
        self._sort()

    def __repr__(self) -> str:
        state = "live" if self.is_live else "not live"
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
        counts = self._counts
        self._is_calm = (
            self._is_sorted and counts.is_live and not self._newcomers and not counts.asked
        )
        is_plain = self._is_calm and self._identities is None
        self.plain_for = counts.lane if is_plain else None

    def add(self, taker: Taker) -> bool:
        """Let a taker have what comes; says whether it is to begin with the last event."""
        is_served = self.is_live and self.hands_over and self.reaches(_depth_of(taker))
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
        return not (self.takers or self._carriers)

    @property
    def is_live(self) -> bool:
        """Whether something has come, and will."""
        return self._counts.is_live

    def counts(self, lane: Hashable) -> bool:
        """Whether a connection is the one whose events count, and has shown some."""
        return self._counts.lane is lane and self._counts.is_live

    def is_proved(self, lane: Hashable) -> bool:
        """Whether a connection has shown that it carries the stream as it is wanted.

        By its event that all have got what they want by it who want the stream to go on.
        """
        carrier = self._carriers.get(lane)
        if carrier is None or not carrier.is_live:
            return False
        return all(each.terms.is_only_snapshot for each in self._newcomers)

    def reaches(self, depth: int) -> bool:
        """Whether a book comes in at least so many levels, and will; others come whole."""
        return depth <= self._depth and self._counts.reaches(depth)

    # --- what was asked for -------------------------------------------------------------------

    def assign(self, lane: Hashable) -> None:
        """The stream is to come by this connection from now on."""
        self._assigned = lane

    def ask(self, lane: Hashable, asked: Asked) -> None:
        """A message has gone out that names the stream and is answered by a snapshot."""
        self._carrier(lane).ask(asked)
        self._settle()

    def carry(self, lane: Hashable) -> None:
        """A message has gone out that names the stream, of which there is no snapshot."""
        self._carrier(lane).carry()

    def narrow(self, lane: Hashable, depth: int) -> None:
        """A message has gone out by which a book goes on in no more levels than these."""
        self._carrier(lane).narrow(depth)

    def _carrier(self, lane: Hashable) -> Carrier:
        carrier = self._carriers.get(lane)
        if carrier is None:
            carrier = self._carriers[lane] = Carrier(lane)
        if self._assigned is None:
            self._assigned = lane
        return carrier

    def drop(self, lane: Hashable) -> None:
        """A message has gone out that leaves the stream out."""
        carrier = self._carriers.get(lane)
        if carrier is not None:
            carrier.leave()
            self._forget_if_done(carrier)
            self._settle()

    def lose(self, lane: Hashable, reason: str) -> None:
        """A connection is gone, and with it whatever was on its way."""
        carrier = self._carriers.pop(lane, None)
        if carrier is not None:
            was_live = carrier is self._counts and carrier.is_live
            carrier.lose()
            self._settle()
            if was_live and self.takers and not self.is_live:
                self._interrupted = reason

    def _forget_if_done(self, carrier: Carrier) -> None:
        """Nothing is to come by it any more."""
        if not (carrier.is_carried or carrier.asked):
            self._carriers.pop(carrier.lane, None)

    def _settle(self) -> None:
        """If the connection that counts brings nothing any more, another may."""
        if not self._counts.is_live:
            for carrier in self._carriers.values():
                if carrier.is_live:
                    self._count(carrier)
                    break
        self._note()

    def _count(self, carrier: Carrier) -> None:
        """From now on the events of this connection count."""
        self._depth = min(self._depth, self._counts.depth)
        self._counts = carrier
        last, carrier.last = carrier.last, None
        if last is not None and not self._is_older(last):
            self.last, self._depth = last, carrier.depth
        # Who has had a deeper book begins anew, once it is that deep again.
        self._newcomers.update(
            taker for taker in self.takers if not carrier.reaches(_depth_of(taker))
        )

    # --- what comes ---------------------------------------------------------------------------

    def hear(self, lane: Hashable, event: BaseWebSocketEvent) -> Audience | None:
        """Who gets the next event; `None`: everybody. Raises `ProtocolError`."""
        if not self._is_sorted:
            self._sort()
        identities = self._identities
        if self._is_calm and self._counts.lane is lane:
            if identities is None or not identities.came_before(event):
                return None
            return self._spread(event, Arrival(None, self._counts.depth), came_before=True)
        was_live, counted = self.is_live, self._counts
        arrival = self._arrival(lane, event)
        if arrival is None:
            return LEFT_OVER
        answers = arrival.answers
        if answers is not None and not answers.goes_on:
            return self._hear_once(answers.depth)
        tells_state = answers is not None or self._counts is not counted
        return self._spread(
            event,
            arrival,
            came_before=identities is not None and identities.came_before(event),
            is_known=was_live and tells_state and not self._is_newer(event),
        )

    def _arrival(self, lane: Hashable, event: BaseWebSocketEvent) -> Arrival | None:
        """What an event is, if its connection counts, or does from now on."""
        carrier, is_live = self._carriers.get(lane), self.is_live
        if carrier is None:
            return None
        arrival = carrier.hear(event)
        self._forget_if_done(carrier)
        if arrival is None or carrier is self._counts:
            return arrival
        if carrier.is_live and is_live and not self._takes_over(carrier, arrival, event):
            carrier.last = event
            return None
        if carrier.is_live:
            self._count(carrier)
        return arrival

    def _takes_over(self, carrier: Carrier, arrival: Arrival, event: BaseWebSocketEvent) -> bool:
        """Whether a connection counts from now on although another is live."""
        return (
            carrier.lane is self._assigned
            and arrival.levels == FULL_DEPTH
            and not self._is_older(event)
            and all(carrier.reaches(_depth_of(taker)) for taker in self.takers)
        )

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

    def _spread(
        self,
        event: BaseWebSocketEvent,
        arrival: Arrival,
        *,
        came_before: bool,
        is_known: bool = False,
    ) -> Audience:
        """Who gets an event: newcomers if they can begin with it, others if they have not had it.

        It `came_before`, or tells a state that `is_known` to those who had the stream before.
        """
        is_snapshot, identities = event.is_snapshot, self._identities
        is_repeated = came_before or is_known
        is_unheard = identities is not None and identities.is_unheard(
            event, came_before=came_before
        )
        new = {taker for taker in self._newcomers if self._begins_with(taker, arrival, is_snapshot)}

        def is_for(taker: Taker) -> bool:
            if _depth_of(taker) > arrival.levels:
                return False
            if taker.terms.is_only_realtime and (is_snapshot or is_unheard):
                return is_unheard
            return taker in new if taker in self._newcomers else not is_repeated

        takers = tuple(filter(is_for, self.takers))
        settled = tuple(each for each in self.takers if each not in self._newcomers)
        gap = self._begin(event)
        self._newcomers -= new
        self._depth = min(arrival.depth, arrival.levels)
        self._note()
        finished = tuple(each for each in takers if each.terms.is_only_snapshot)
        return Audience(takers, finished, is_repeated, gap, settled)

    def _begins_with(self, taker: Taker, arrival: Arrival, is_snapshot: bool) -> bool:
        """Whether a newcomer can begin with this event, and go on with what is on its way."""
        wanted = _depth_of(taker)
        return (
            wanted <= min(arrival.depth, arrival.levels)
            and self._counts.will_reach(wanted)
            and (is_snapshot or not taker.terms.is_only_snapshot or not self._is_asked)
        )

    @property
    def _is_asked(self) -> bool:
        return any(carrier.asked for carrier in self._carriers.values())

    def _begin(self, event: BaseWebSocketEvent) -> Gap | None:
        """An event of the stream; if it was interrupted, between which two nothing is known."""
        gap = None
        if self._interrupted and self.last is not None:
            gap = Gap(self.stream, self.last, event, self._interrupted)
        self._interrupted = ""
        self.last = event
        return gap

    def begin_shared(
        self, lane: Hashable, event: BaseWebSocketEvent
    ) -> tuple[Gap | None, tuple[Taker, ...]]:
        """The same where an event may be of several streams, none of which begins with a state."""
        settled = tuple(each for each in self.takers if each not in self._newcomers)
        gap = self._begin(event)
        self._counts = self._carriers.get(lane, self._counts)
        self._counts.is_live = self._counts.is_carried
        self._newcomers.clear()
        if not self._is_sorted:
            self._sort()
        self._note()
        return gap, settled

    def _is_newer(self, event: BaseWebSocketEvent) -> bool:
        return self.last is None or event.timestamp > self.last.timestamp

    def _is_older(self, event: BaseWebSocketEvent) -> bool:
        return self.last is not None and event.timestamp < self.last.timestamp


def _depth_of(taker: Taker) -> int:
    return taker.terms.depth


def _shallow(takers: Iterable[Taker]) -> Iterator[Shallow]:
    by_depth = sorted(takers, key=_depth_of)
    return (Shallow(depth, group) for depth, group in groupby(by_depth, key=_depth_of))
