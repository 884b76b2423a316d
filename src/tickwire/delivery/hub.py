"""One event to everybody who asked for it, and to nobody else.

Routes are kept by stream. An event is decoded once, and only if somebody takes it. Each route
remembers its last event: to give it to newcomers while the stream is live, to answer `latest`,
and to say after an interruption between which two events nothing is known.
"""

import logging
from collections import deque
from collections.abc import Hashable, Iterable
from dataclasses import dataclass

from tickwire.control import ControlEvent, Gap
from tickwire.core.exchange import Exchange, Other, Payload
from tickwire.delivery.component import Component, Taker, worth_a_line
from tickwire.errors import ProtocolError
from tickwire.events import BaseWebSocketEvent
from tickwire.subscription import Stream

__all__ = ["DataProcessor", "DeliveryStatistics"]

_log = logging.getLogger("tickwire.delivery")

_IDENTITIES_KEPT = 32
"""How many events back a repeated one is recognised. A snapshot repeats the last trade."""


@dataclass(frozen=True)
class DeliveryStatistics:
    """What became of the messages: `messages` is the sum of all the others but `deliveries`.

    `deliveries` counts an event once for each way into a component; `gaps` the interruptions
    of single streams.
    """

    messages: int
    events: int
    duplicates: int
    unrouted: int
    undecodable: int
    unknown: int
    deliveries: int
    gaps: int


class _Route:
    """The takers of one stream, and its last event."""

    __slots__ = ("identities", "interrupted", "last", "live", "newcomers", "stream", "takers")

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.takers: tuple[Taker, ...] = ()
        self.newcomers: set[Taker] = set()
        self.last: BaseWebSocketEvent | None = None
        self.live = False
        self.interrupted = ""
        # Looked through from end to end: for so few that is no slower than a set, and smaller.
        self.identities: deque[Hashable] = deque(maxlen=_IDENTITIES_KEPT)

    def is_repeated(self, identity: Hashable) -> bool:
        if identity in self.identities:
            return True
        self.identities.append(identity)
        return False


class DataProcessor:
    """Routes by stream, decodes what somebody wants, and delivers."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._routes: dict[tuple[str, str, object], _Route] = {}
        self._batch = 0
        self._events = self._duplicates = self._unrouted = 0
        self._undecodable = self._unknown = self._deliveries = self._gaps = 0

    def __repr__(self) -> str:
        return f"<DataProcessor {len(self._routes)} routes, {self._events} events>"

    # --- routes -------------------------------------------------------------------------------

    def connect(self, stream: Stream, taker: Taker) -> None:
        """Let a taker have the events of a stream; a live one gives it the last event at once."""
        route = self._routes.get(stream)
        if route is None:
            route = self._routes[stream] = _Route(stream)
        route.takers += (taker,)
        if route.live and route.last is not None:
            self._deliveries += 1
            taker.take(route.last.as_handed_over(), self._batch)
        else:
            route.newcomers.add(taker)

    def disconnect(self, stream: Stream, taker: Taker) -> None:
        """No event of this stream reaches the taker any more, not even one under way."""
        route = self._routes.get(stream)
        if route is None:
            return
        route.takers = tuple(each for each in route.takers if each is not taker)
        route.newcomers.discard(taker)
        if not route.takers:
            del self._routes[stream]

    def latest(self, stream: Stream) -> BaseWebSocketEvent | None:
        """The last event of a stream that somebody wants."""
        route = self._routes.get(stream)
        return None if route is None else route.last

    # --- what a lane tells: see `transport.supervisor.Reader` ---------------------------------

    def process(self, payload: Payload, received_time_ns: int, batch: int) -> bool:
        route = self._routes.get(payload.key)
        if route is None:
            self._unrouted += 1
            return False
        self._batch = batch
        try:
            event = self._exchange.decode(payload, received_time_ns)
        except ProtocolError as error:
            self.undecodable(error)
            return False
        takers: Iterable[Taker] = route.takers
        identity = self._exchange.identity(event)
        if identity is not None and route.is_repeated(identity):
            # Those who have had it do not get it twice; newcomers have not had it.
            self._duplicates += 1
            takers = tuple(route.newcomers)
        else:
            self._events += 1
        if not route.live:
            self._revive(route, event)
        route.newcomers.clear()
        route.last = event
        for taker in takers:
            self._deliveries += 1
            taker.take(event, batch)
        return True

    def _revive(self, route: _Route, event: BaseWebSocketEvent) -> None:
        route.live = True
        if route.last is None or not route.interrupted:
            return
        gap = Gap(route.stream, route.last, event, route.interrupted)
        route.interrupted = ""
        self._gaps += 1
        for component in _components(t for t in route.takers if t not in route.newcomers):
            component.tell(gap, self._batch)

    def tell(self, streams: Iterable[Stream], event: ControlEvent) -> None:
        routes = (self._routes.get(stream) for stream in streams)
        takers = (taker for route in routes if route is not None for taker in route.takers)
        for component in _components(takers):
            component.tell(event, self._batch)

    def interrupted(self, streams: Iterable[Stream], reason: str) -> None:
        for stream in streams:
            route = self._routes.get(stream)
            if route is not None and route.live:
                route.live = False
                route.interrupted = reason

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
            self._unrouted,
            self._undecodable,
            self._unknown,
        )
        return DeliveryStatistics(sum(parts), *parts, self._deliveries, self._gaps)


def _components(takers: Iterable[Taker]) -> tuple[Component, ...]:
    """The components behind some takers, each once."""
    return tuple({id(taker.component): taker.component for taker in takers}.values())
