"""One event to everybody who asked for it, and to nobody else.

Routes are kept by stream, as long as somebody takes it or a connection carries it. An event is
decoded once, when somebody reads it; the first of a stream on a connection before anybody can,
since it is what proves the stream. Each route remembers its last event: to give it to newcomers
while the stream is live, to answer `latest`, and to say after an interruption between which two
events nothing is known.
"""

import logging
from collections.abc import Callable, Container, Hashable, Iterable
from dataclasses import dataclass

from tickwire.control import ControlEvent, Gap
from tickwire.core.exchange import Exchange, Other
from tickwire.core.planner import Plan
from tickwire.delivery.carrier import Asked
from tickwire.delivery.component import Component, worth_a_line
from tickwire.delivery.route import LEFT_OVER, Audience, Route
from tickwire.delivery.takers import Batch, Taker, cut
from tickwire.errors import ProtocolError
from tickwire.events import BaseWebSocketEvent
from tickwire.subscription import FULL_DEPTH, Stream

__all__ = ["DataProcessor", "DeliveryStatistics"]

_log = logging.getLogger("tickwire.delivery")


@dataclass(frozen=True)
class DeliveryStatistics:
    """What became of the messages: `messages` is the sum of the six after it.

    `leftovers` came from a connection that has left their stream, or had to while another one
    carried it: nobody needs them.
    `unreadable` counts events that were delivered and turned out not to be what their type
    promises when somebody read them. `deliveries` counts an event once for each way into a
    component; `gaps` the interruptions of single streams.
    """

    messages: int
    events: int
    duplicates: int
    leftovers: int
    unrouted: int
    undecodable: int
    unknown: int
    unreadable: int
    deliveries: int
    gaps: int


class Unreadable:
    """Counts and reports events that somebody has, and that cannot be read.

    Every event refers to this, so it refers to nothing itself.
    """

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, error: ProtocolError) -> None:
        self.count += 1
        if worth_a_line(self.count):
            _log.warning(
                "%d unreadable event(s) so far; this one: %s: %r",
                self.count,
                error,
                error.payload[:200],
            )


class DataProcessor:
    """Routes by stream, and delivers to those who want it."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._routes: dict[Stream, Route] = {}
        self._read = 0
        self._touched: list[Route | Audience] = []
        self._finished: list[tuple[Stream, Taker]] = []
        self._events = self._duplicates = self._leftovers = self._unrouted = 0
        self._undecodable = self._unknown = self._deliveries = self._gaps = 0
        self._unreadable = Unreadable()
        self.finished: Callable[[list[tuple[Stream, Taker]]], None] = lambda finished: None
        """Told at the end of a read who has got all that they want of a stream."""

    def __repr__(self) -> str:
        return f"<DataProcessor {len(self._routes)} routes, {self._events} events>"

    # --- routes -------------------------------------------------------------------------------

    def connect(self, stream: Stream, taker: Taker) -> bool:
        """Let a taker have the events of a stream; says whether it wants any more.

        A live one that tells a state gives it the last event at once, as a new one would.
        """
        route = self._routes.get(stream)
        if route is None:
            route = self._routes[stream] = Route(
                stream,
                self._exchange.identity_of(stream.type),
                hands_over=self._exchange.begins_with_data(stream.type),
            )
        if not route.add(taker):
            return True
        assert route.last is not None
        self._deliveries += 1
        taker.take(cut(route.last, taker.terms.depth).as_handed_over(), self._read)
        if isinstance(taker, Batch):
            taker.flush()
        if taker.terms.is_only_snapshot:
            route.remove(taker)
            return False
        return True

    def disconnect(self, stream: Stream, taker: Taker) -> None:
        """No event of this stream reaches the taker any more, not even one under way."""
        route = self._routes.get(stream)
        if route is not None:
            self._remove(route, taker)

    def _remove(self, route: Route, *takers: Taker) -> None:
        """Let them have nothing more; forget a route of which nobody takes or carries anything."""
        # As long as a connection carries the stream, whoever comes back can go on with it.
        if takers:
            route.remove(*takers)
        # What a taker does with an event may have ended the route, or begun another one.
        if route.is_idle and self._routes.get(route.stream) is route:
            del self._routes[route.stream]

    def latest(self, stream: Stream, depth: int | None = None) -> BaseWebSocketEvent | None:
        """The last event of a stream that somebody wants; a book in so many levels, or as it is."""
        route = self._routes.get(stream)
        if route is None or not route.takers or route.last is None:
            return None
        if depth is None:
            return route.last
        return cut(route.last, depth) if route.reaches(depth) else None

    # --- what a lane tells: see `transport.intake.Reader` ---------------------------------

    def process(
        self,
        lane: Hashable,
        events: Iterable[BaseWebSocketEvent],
        received_time_ns: int,
        alive: Container[Stream],
    ) -> list[Stream]:
        self._read += 1
        read, routes, touched, proved = self._read, self._routes, self._touched, list[Stream]()
        unreadable = self._unreadable
        for event in events:
            stream = event.stream
            route = routes.get(stream)
            if route is None:
                self._unrouted += 1
                continue
            if route.plain_for is lane:
                event._arrive(received_time_ns, unreadable)
            elif not self._look_at(route, lane, event, received_time_ns):
                # A repeated event proves its stream as well as a new one.
                if route.is_proved(lane) and stream not in alive:
                    proved.append(stream)
                continue
            route.last = event
            self._events += 1
            self._deliveries += len(route.takers)
            for append in route.appends:
                append(event)
            for taker in route.direct:
                taker.take(event, read)
            if route.batches:
                touched.append(route)
            if stream not in alive:
                proved.append(stream)
        if touched:
            self._flush()
        return proved

    def _look_at(
        self, route: Route, lane: Hashable, event: BaseWebSocketEvent, received_time_ns: int
    ) -> bool:
        """Look at an event of a stream that is not plain: whether it is for everybody.

        If not, it cannot be decoded, or was given here to whom it is for.
        """
        try:
            if not route.counts(lane):
                event.check()
            audience = route.hear(lane, event)
        except ProtocolError as error:
            self.undecodable(error)
            return False
        event._arrive(received_time_ns, self._unreadable)
        if audience is None:
            return True
        if audience is LEFT_OVER:
            self._leftovers += 1
            self._remove(route)
            return False
        self._tell_gap(audience.gap, audience.interrupted)
        if audience.takers and len(audience.takers) == len(route.takers) and not audience.finished:
            return True
        if audience.repeated:
            self._duplicates += 1
        else:
            self._events += 1
        self._deliveries += len(audience.takers)
        self._touched.append(audience)
        for taker in audience.takers:
            part = cut(event, taker.terms.depth)
            # Who wants to know how things stand may be told by what happens, if nothing else will.
            is_state = event.is_snapshot or not taker.terms.is_only_snapshot
            taker.take(part if is_state else part.as_handed_over(), self._read)
        self._finished += [(route.stream, taker) for taker in audience.finished]
        self._remove(route, *audience.finished)
        return False

    def process_shared(
        self,
        lane: Hashable,
        events: Iterable[BaseWebSocketEvent],
        received_time_ns: int,
        alive: Container[Stream],
    ) -> list[Stream]:
        self._read += 1
        proved: list[Stream] = []
        for event in events:
            streams = [stream for stream in event._streams if stream in self._routes]
            if not streams:
                self._unrouted += 1
                continue
            try:
                event.check()
            except ProtocolError as error:
                self.undecodable(error)
                continue
            event._arrive(received_time_ns, self._unreadable)
            self._events += 1
            self._deliver_once(lane, event, [self._routes[stream] for stream in streams])
            proved += [stream for stream in streams if stream not in alive]
        self._flush()
        return proved

    def _deliver_once(
        self, lane: Hashable, event: BaseWebSocketEvent, routes: Iterable[Route]
    ) -> None:
        """Deliver by several routes: whoever has asked by two of them hears it once."""
        takers: dict[Hashable, Taker] = {}
        for route in routes:
            self._tell_gap(*route.begin_shared(lane, event))
            for taker in route.takers:
                takers.setdefault(taker.way, taker)
            if route.batches:
                self._touched.append(route)
        self._deliveries += len(takers)
        for taker in takers.values():
            taker.take(event, self._read)

    def is_wanted(self, event: BaseWebSocketEvent) -> bool:
        return any(stream in self._routes for stream in event._streams)

    def _flush(self) -> None:
        """The read is over: batches are complete."""
        touched, self._touched = self._touched, []
        for each in touched:
            for batch in each.batches:
                batch.flush()
        if self._finished:
            finished, self._finished = self._finished, []
            self.finished(finished)

    def _tell_gap(self, gap: Gap | None, takers: Iterable[Taker]) -> None:
        if gap is not None:
            self._gaps += 1
            for component in _components(takers):
                component.tell(gap, self._read)

    def tell(self, streams: Iterable[Stream], event: ControlEvent) -> None:
        routes = (self._routes.get(stream) for stream in streams)
        takers = (taker for route in routes if route is not None for taker in route.takers)
        for component in _components(takers):
            component.tell(event, self._read)

    def assigned(self, lane: Hashable, streams: Iterable[Stream]) -> None:
        for stream in streams:
            route = self._routes.get(stream)
            if route is not None:
                route.assign(lane)

    def asked(self, lane: Hashable, plan: Plan, left: Container[Stream]) -> None:
        depths = dict(plan.depths)
        for streams, goes_on in ((plan.fresh, True), (plan.once, False)):
            for stream in streams:
                route = self._routes.get(stream)
                if route is None:
                    continue
                if route.hands_over:
                    depth = depths.get(stream, FULL_DEPTH)
                    route.ask(lane, Asked(depth, goes_on, stream in left))
                else:
                    route.carry(lane)
        for stream in plan.live:
            route = self._routes.get(stream) if stream in depths else None
            if route is not None:
                route.narrow(lane, depths[stream])

    def dropped(self, lane: Hashable, streams: Iterable[Stream]) -> None:
        for stream in streams:
            route = self._routes.get(stream)
            if route is not None:
                route.drop(lane)
                self._remove(route)

    def lost(self, lane: Hashable, streams: Iterable[Stream], reason: str) -> None:
        for stream in streams:
            route = self._routes.get(stream)
            if route is not None:
                route.lose(lane, reason)
                self._remove(route)

    def undecodable(self, error: ProtocolError) -> None:
        self._undecodable += 1
        if worth_a_line(self._undecodable):
            _log.warning(
                "%d undecodable message(s) so far; this one: %s: %r",
                self._undecodable,
                error,
                error.payload[:200],
            )

    def unknown(self, message: Other) -> None:
        self._unknown += 1
        _log.debug("a message of the unknown kind %r", message.kind)

    def statistics(self) -> DeliveryStatistics:
        """What became of everything that has come."""
        parts = (
            self._events,
            self._duplicates,
            self._leftovers,
            self._unrouted,
            self._undecodable,
            self._unknown,
        )
        return DeliveryStatistics(
            sum(parts), *parts, self._unreadable.count, self._deliveries, self._gaps
        )


def _components(takers: Iterable[Taker]) -> tuple[Component, ...]:
    """The components behind some takers, each once."""
    return tuple({id(taker.component): taker.component for taker in takers}.values())
