"""What flows on each connection, by what was asked there and what has come."""

from typing import NamedTuple

from tests.sim.link import Link
from tests.sim.wire import Heard, Request
from tickwire.subscription import FULL_DEPTH, Stream

__all__ = ["Arrival", "Flows"]

_MOST_AWAITED = 64
"""Snapshots of a stream that the exchange owes; of a hushed market some never come."""


class Arrival(NamedTuple):
    """A frame that has come: whether it begins the stream, ends it, or belongs to none."""

    is_first: bool = False
    is_once: bool = False
    is_stray: bool = False
    depth: int = FULL_DEPTH
    """In how many levels the stream comes for sure."""

    def serves(self, depth: int) -> bool:
        """Whether who wants so many levels can begin with it."""
        return depth <= self.depth


class _Flow:
    """A stream on a connection."""

    def __init__(self) -> None:
        self.owed: list[tuple[bool, int]] = []
        """Snapshots that were asked for: does the stream go on after it, and its levels."""
        self.is_live = False
        self.is_carried = self.was_left_out = False
        self.depth = FULL_DEPTH

    @property
    def sure_depth(self) -> int:
        """In how many levels it comes, and will."""
        return min([self.depth, *(depth for goes_on, depth in self.owed if goes_on)])


class Flows:
    """The streams of all connections, as one can know them from the wire."""

    def __init__(self) -> None:
        self._flows: dict[Link, dict[Stream, _Flow]] = {}

    def sent(self, link: Link, request: Request) -> None:
        """A message has left: it says what the connection carries from now on."""
        flows = self._flows.setdefault(link, {})
        for stream in flows.keys() - request.streams - request.once:
            flows[stream].is_live = flows[stream].is_carried = False
            flows[stream].was_left_out = True
        for stream in sorted(request.streams | request.once):
            flow = flows.setdefault(stream, _Flow())
            flow.was_left_out |= flow.is_carried and stream in request.once
            flow.is_carried = stream not in request.once
            depth = request.depths.get(stream, FULL_DEPTH)
            if stream in request.once:
                flow.is_live = False
            if stream in request.once or stream in request.fresh:
                owed = (stream not in request.once, depth)
                flow.owed = [*flow.owed, owed][-_MOST_AWAITED:]
            else:
                flow.depth = min(flow.depth, depth)
                flow.owed = [(goes_on, min(owed, depth)) for goes_on, owed in flow.owed]

    def lost(self, link: Link) -> None:
        """Nothing comes from there any more."""
        self._flows.pop(link, None)

    def live_on(self, link: Link) -> list[Stream]:
        """What flows on a connection."""
        return sorted(s for s, flow in self._flows.get(link, {}).items() if flow.is_live)

    def served_by(self, stream: Stream, depth: int) -> Link | None:
        """The connection by which a stream flows in so many levels."""
        for link, flows in self._flows.items():
            flow = flows.get(stream)
            is_there = flow is not None and not link.is_left and flow.is_live
            if flow is not None and is_there and depth <= flow.sure_depth:
                return link
        return None

    def read(self, link: Link, heard: Heard) -> Arrival:
        """A frame has come."""
        flow = self._flows.get(link, {}).get(heard.stream)
        if flow is None:
            return Arrival(is_stray=True)
        is_answer = heard.is_snapshot and bool(flow.owed)
        if is_answer:
            goes_on, depth = flow.owed.pop(0)
            if not goes_on:
                return Arrival(is_once=True, depth=depth)
            flow.depth = depth
        if not flow.is_carried:
            return Arrival(is_stray=True)
        if not flow.is_live and not is_answer:
            owed = [depth for goes_on, depth in flow.owed if goes_on]
            if not owed:
                return Arrival(is_stray=True)
            flow.depth = owed[0]
            if flow.was_left_out and heard.units:
                flow.depth = min(owed[0], len(heard.units))
        is_first, flow.is_live = not flow.is_live, True
        return Arrival(is_first=is_first, depth=flow.sure_depth)
