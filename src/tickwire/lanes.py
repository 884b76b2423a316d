"""Which lane carries which stream: the connections of one manager, by endpoint."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Collection, Coroutine, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from tickwire.core.connection import Timing
from tickwire.core.efficiency import PlannedMessage, SubscriptionPlan, Traffic, naive_traffic
from tickwire.core.exchange import Endpoint, Exchange
from tickwire.core.explanation import Conflict, StreamExplanation
from tickwire.core.interest import SubscriptionChange
from tickwire.core.listing import Listing, Verification
from tickwire.core.planner import assign, plan
from tickwire.core.rate_limiter import RateLimiter, RateLimiterStatus
from tickwire.subscription import Stream, Terms
from tickwire.transport.intake import Reader
from tickwire.transport.supervisor import LaneStatistics, Supervisor
from tickwire.world import World

__all__ = ["Lanes"]

T = TypeVar("T")

_AN_ID = "00000000-0000-4000-8000-000000000000"


@dataclass
class _Change:
    """What of a change is for one lane."""

    added: list[Stream] = field(default_factory=list)
    removed: list[Stream] = field(default_factory=list)
    altered: dict[Stream, Terms] = field(default_factory=dict)


class Lanes:
    """As few connections as the streams need: one for each endpoint, more only for conflicts.

    Streams conflict if one connection cannot carry both, or if the exchange might refuse one of
    them and with it the other.

    A stream stays on the lane it was given. A lane that has lost all its streams closes its
    connection after a while and is used again when it can be.
    """

    def __init__(
        self,
        *,
        exchange: Exchange,
        reader: Reader,
        world: World,
        timing: Timing,
        rate_limiter: RateLimiter,
        run: Callable[[Coroutine[Any, Any, None], str], asyncio.Task[None]],
        progressed: Callable[[], None],
        query: Callable[[Supervisor, tuple[Stream, ...]], object],
        priorities: Callable[[], Mapping[Stream, int]],
    ) -> None:
        self._exchange = exchange
        self._reader = reader
        self._world = world
        self._timing = timing
        self._run = run
        self._progressed = progressed
        self._query = query
        self._priorities = priorities
        self._rate_limiter = rate_limiter
        self._lanes: dict[Endpoint, list[Supervisor]] = {}
        self._lane_of: dict[Stream, Supervisor] = {}
        # Of those that are not on the first lane.
        self._conflicts: dict[Stream, tuple[Conflict, ...]] = {}

    def __repr__(self) -> str:
        return ", ".join(map(repr, self._all())) or "no connection"

    def _all(self) -> list[Supervisor]:
        return [lane for lanes in self._lanes.values() for lane in lanes]

    def change(self, change: SubscriptionChange) -> None:
        """The desired set has changed: tell the lanes that carry the streams."""
        changes: dict[Supervisor, _Change] = defaultdict(_Change)
        for stream in change.removed:
            lane = self._lane_of.pop(stream)
            lane.slots.pop(self._exchange.slot_of(stream), None)
            self._conflicts.pop(stream, None)
            changes[lane].removed.append(stream)
        for stream in change.added:
            lane = self._lane_of[stream] = self._lane_for(stream)
            changes[lane].added.append(stream)
        for stream, terms in change.altered.items():
            changes[self._lane_of[stream]].altered[stream] = terms
        for lane, its in changes.items():
            lane.want(its.added, its.removed, altered=its.altered)
            # What the lane before carried goes on until its next message, which may take a while.
            self._reader.assigned(lane, its.added)
        self._progressed()

    def is_live(self, stream: Stream) -> bool:
        """Whether a stream flows on its lane's connection, in as many levels as are wanted."""
        lane = self._lane_of.get(stream)
        return lane is not None and lane.connection.ledger.is_live(stream)

    def awaits_turn(self, stream: Stream) -> bool:
        """Whether the connection for a stream is open and could not ask for it yet."""
        lane = self._lane_of.get(stream)
        if lane is None or not lane.connection.state.is_open:
            return False
        return not lane.connection.ledger.is_asked(stream)

    async def list_subscriptions(self) -> tuple[Listing, ...]:
        """What the exchange says it serves, one entry for each open connection."""
        return await _ask(Supervisor.list_subscriptions, self._open())

    async def verify_subscriptions(self) -> Verification:
        """Where that differs from what is wanted, on all connections together."""
        asked = self._open()
        found = await _ask(Supervisor.verify_subscriptions, asked)
        # What was not open was not asked, and what was lost since serves nothing.
        sound = set(asked).intersection(self._open())
        unsound = [lane.connection.ledger.desired for lane in self._all() if lane not in sound]
        return Verification(
            missing=frozenset().union(*(each.missing for each in found)),
            extra=frozenset().union(*(each.extra for each in found)),
            unverified=frozenset().union(*unsound, *(each.unverified for each in found)),
        )

    def _open(self) -> list[Supervisor]:
        return [lane for lane in self._all() if lane.connection.state.is_open]

    def stop(self) -> None:
        """Close every connection for good."""
        for lane in self._all():
            lane.stop()

    def statistics(self) -> tuple[LaneStatistics, ...]:
        """Every lane in figures."""
        return tuple(lane.statistics() for lane in self._all())

    def plan(self, wishes: Iterable[Iterable[Stream]]) -> SubscriptionPlan:
        """What would be sent if all were to be said anew, beside what it is instead of."""
        records = [lane.connection.record for lane in self._all()]
        return SubscriptionPlan(
            messages=tuple(
                PlannedMessage(
                    lane.endpoint, lane.number, tuple(sorted(carried)), self._size_of(carried)
                )
                for lane in self._all()
                if (carried := lane.connection.ledger.desired)
            ),
            naive=naive_traffic(wishes, self._exchange.endpoint_of, self._size_of),
            sent=Traffic(
                sum(record.messages for record in records),
                sum(record.bytes for record in records),
                sum(record.named for record in records),
            ),
        )

    def _size_of(self, streams: Collection[Stream]) -> int:
        ticket = self._exchange.ticket(_AN_ID)
        return len(self._exchange.encode(plan(streams, (), ()), ticket).encode())

    def explain(
        self, stream: Stream, also_wanted_by: tuple[str, ...], terms: Terms
    ) -> StreamExplanation:
        """What carries a stream of which this part is wanted, why that, and what it waits for."""
        lane = self._lane_of[stream]
        return StreamExplanation(
            stream=stream,
            also_wanted_by=also_wanted_by,
            endpoint=lane.endpoint,
            lane=lane.number,
            carried=lane.carried(stream),
            conflicts=self._conflicts.get(stream, ()),
            terms=terms,
            asked=lane.connection.ledger.asked_for(stream),
        )

    def rate_limiter_status(self) -> RateLimiterStatus:
        """The limits that all lanes keep to, in figures."""
        lanes = [lane.limited() for lane in self._all()]
        return self._rate_limiter.status(lanes, self._world.clock.now())

    def _lane_for(self, stream: Stream) -> Supervisor:
        endpoint = self._exchange.endpoint_of(stream.type)
        lanes = self._lanes.setdefault(endpoint, [])
        slot = self._exchange.slot_of(stream)
        most = self._exchange.most_streams(endpoint)
        fitting = [lane for lane in lanes if self._stranger_on(lane, stream) is None]
        # Where it flows still, it need not be asked for again.
        fitting.sort(key=lambda lane: not lane.connection.ledger.is_served(stream))
        index = assign(slot, [lane.slots.keys() for lane in fitting], most)
        lane = fitting[index] if index < len(fitting) else self._new_lane(endpoint)
        conflicts = tuple(
            Conflict(each.number, each.slots.get(slot) or self._stranger_on(each, stream))
            for each in lanes
            if each.number < lane.number
            and (each not in fitting or assign(slot, [each.slots.keys()], most) > 0)
        )
        if conflicts:
            self._conflicts[stream] = conflicts
        lane.slots[slot] = stream
        return lane

    def _stranger_on(self, lane: Supervisor, stream: Stream) -> Stream | None:
        """A stream of another compartment that a lane carries; all that it carries are of one."""
        carried = next(iter(lane.slots.values()), None)
        if carried is None:
            return None
        compartment_of = self._exchange.compartment_of
        return None if compartment_of(carried) == compartment_of(stream) else carried

    def _new_lane(self, endpoint: Endpoint) -> Supervisor:
        lanes = self._lanes[endpoint]
        lane = Supervisor(
            endpoint=endpoint,
            number=len(lanes) + 1,
            exchange=self._exchange,
            reader=self._reader,
            world=self._world,
            timing=self._timing,
            rate_limiter=self._rate_limiter,
            progressed=self._progressed,
            query=self._query,
            priorities=self._priorities,
        )
        lanes.append(lane)
        self._run(lane.run(), f"{endpoint} lane {lane.number}")
        return lane


async def _ask(
    question: Callable[[Supervisor], Coroutine[Any, Any, T]], lanes: Iterable[Supervisor]
) -> tuple[T, ...]:
    answers: list[T] = []
    for answer in await asyncio.gather(*map(question, lanes), return_exceptions=True):
        if isinstance(answer, BaseException):
            raise answer
        answers.append(answer)
    return tuple(answers)
