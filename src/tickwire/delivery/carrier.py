"""A stream on one connection: what was asked for there, and what an event from there is.

A book may be carried in fewer levels than a newcomer wants. It is asked for anew then, and what
comes before the answer is too shallow. Each question is answered by one snapshot, and answers come
in order, so it is known how deep an event is, and what it is the answer to.
"""

from collections.abc import Hashable
from typing import NamedTuple

from tickwire.events import BaseWebSocketEvent, OrderbookEvent
from tickwire.subscription import FULL_DEPTH

__all__ = ["Arrival", "Asked", "Carrier"]

_ANSWERS_AWAITED = 64
"""How many snapshots may be on their way: what a line that has stalled for seconds may hold."""


class Asked(NamedTuple):
    """A snapshot on its way: in how many `levels`, and whether the stream goes on after it.

    `depth` is how many of them it will have for good: a later message may ask for fewer.
    Of a stream that was carried before, `again`, something may be under way that is less deep.
    """

    depth: int
    goes_on: bool
    again: bool = False
    levels: int = FULL_DEPTH


class Arrival(NamedTuple):
    """What an event is to its stream: which question it `answers`, if any, and how deep it is.

    The stream goes on in at least `depth` levels; the event itself has no more than `levels`.
    """

    answers: Asked | None
    depth: int
    levels: int = FULL_DEPTH


class Carrier:
    """What one connection owes of a stream."""

    __slots__ = ("_was_carried", "asked", "depth", "is_carried", "is_live", "lane", "last")

    def __init__(self, lane: Hashable = None) -> None:
        self.lane = lane
        self.asked: tuple[Asked, ...] = ()
        self.depth = FULL_DEPTH
        """In how many levels a book comes."""
        self.is_carried = False
        """Whether the connection's last message has it go on; else leftovers come, and answers."""
        self._was_carried = False
        self.is_live = False
        """Whether something has come, and will."""
        self.last: BaseWebSocketEvent | None = None
        """What came last while another connection was the one that counts."""

    def __repr__(self) -> str:
        state = "live" if self.is_live else "carried" if self.is_carried else "left"
        return f"<Carrier {self.lane}: {state}, {len(self.asked)} asked>"

    def carry(self) -> None:
        """A message has gone out that names it."""
        self.is_carried = True

    def ask(self, asked: Asked) -> None:
        """A message has gone out that is answered by a snapshot."""
        again = asked.again or self._was_carried or (self.is_carried and not self.is_live)
        asked = asked._replace(again=again, levels=asked.depth)
        self.asked = (*self.asked, asked)[-_ANSWERS_AWAITED:]
        if asked.goes_on:
            self.is_carried = True
        else:
            self.leave()

    def narrow(self, depth: int) -> None:
        """A message has gone out by which a book goes on in no more levels than these."""
        self.is_carried = True
        self.depth = min(self.depth, depth)
        self.asked = tuple(each._replace(depth=min(each.depth, depth)) for each in self.asked)

    def leave(self) -> None:
        """By the message that has gone out it does not go on; what was asked for may still come."""
        self._was_carried |= self.is_carried
        self.is_carried = self.is_live = False

    def lose(self) -> None:
        """The connection is gone, and with it whatever was on its way."""
        self.leave()
        self.asked = ()

    def reaches(self, depth: int) -> bool:
        """Whether a book comes in at least so many levels, and will."""
        return depth <= self.depth and self.will_reach(depth)

    def will_reach(self, depth: int) -> bool:
        """Whether it will, once everything has come that was asked for."""
        return all(depth <= asked.depth for asked in self.asked if asked.goes_on)

    def hear(self, event: BaseWebSocketEvent) -> Arrival | None:
        """What the next event is; `None`: left over from before the stream was left out."""
        answers = self._answered_by(event)
        if answers is not None and not answers.goes_on:
            # Whoever asked gets it, even if a message has left the stream out meanwhile.
            return Arrival(answers, answers.depth)
        if not self.is_carried:
            return None
        if answers is not None:
            arrival = Arrival(answers, answers.depth)
        else:
            depths = [asked.depth for asked in self.asked if asked.goes_on]
            if not (self.is_live or depths):
                return None
            levels = self._levels_at_most(event)
            arrival = Arrival(None, self.depth if self.is_live else min(depths[0], levels), levels)
        self.is_live = True
        self.depth = arrival.depth
        return arrival

    def _answered_by(self, event: BaseWebSocketEvent) -> Asked | None:
        """The question that this event is the answer to; those before it will not be answered."""
        if not event.is_snapshot or not self.asked:
            return None
        levels = len(event.orderbook_units) if isinstance(event, OrderbookEvent) else 0
        for index, asked in enumerate(self.asked):
            # A market that was silent has not answered those before.
            if levels <= asked.levels:
                self.asked = self.asked[index + 1 :]
                return asked
        return None

    def _levels_at_most(self, event: BaseWebSocketEvent) -> int:
        """How deep an event is at most that may be of an earlier time."""
        if isinstance(event, OrderbookEvent) and any(asked.again for asked in self.asked):
            return len(event.orderbook_units)
        return FULL_DEPTH
