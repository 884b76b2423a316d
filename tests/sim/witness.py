"""Sees everything that happens, judges it by the invariants, and sums it up in one hash."""

import hashlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from math import inf
from typing import Any

from tests.sim import invariants
from tests.sim.calm import Calm
from tests.sim.components import Ear
from tests.sim.flows import Arrival, Flows
from tests.sim.invariants import Violation
from tests.sim.link import Link
from tests.sim.wire import Heard, Request, read_frame, read_request
from tickwire.control import ControlEvent, Rejected
from tickwire.core.connection import Timing
from tickwire.events import BaseWebSocketEvent, OrderbookEvent
from tickwire.subscription import DataType, Stream, Terms
from tickwire.world import Clock

__all__ = ["Witness"]

_TAIL = 80
_SHOWN = 300
_ERROR = b'{"error"'
_DEBOUNCE_S = Timing().debounce_s
_ON_THE_WAY_S = 1.0
"""How long a message and the last frames before it may be on their way, at most."""
_FIRST_DATA_S = Timing().first_data_s
_LINGER_S = Timing().linger_s
_SETTLED_S = Timing().backoff.settle_s


class Witness:
    """Told by the network, by the components and by whoever plays them."""

    def __init__(
        self,
        clock: Clock,
        ids: Sequence[str],
        *,
        text_of: Callable[[Request], str],
        wishes_of: Callable[[str], frozenset[Stream]],
        one_lane: bool,
        strategy: str,
        ratio: Callable[[], float],
    ) -> None:
        """`text_of` writes the same request anew; `wishes_of` are those that the client keeps.

        `ratio` is how much it has slowed down after complaints.
        """
        self.ids = ids
        self.ears: dict[str, Ear] = {}
        """Who wants something now, by id."""
        self.violations: list[Violation] = []
        self.tail: deque[str] = deque(maxlen=_TAIL)
        self.events = self.messages = self.attempts = self.losses = 0
        self.calm = Calm(clock, one_lane=one_lane, strategy=strategy, ratio=ratio)
        self._clock = clock
        self._text_of = text_of
        self._wishes_of = wishes_of
        self._one_lane = one_lane
        self._hashes = {who: hashlib.blake2b(digest_size=8) for who in ("", *ids)}
        self._banned = (0.0, 0.0)
        self.worst_second = 0
        """The most attempts to connect that have reached the exchange within a second."""
        self._knocks: deque[float] = deque()
        self._row: list[float] = []
        self._opened_at: dict[Link, float] = {}
        self._emptied_at = inf
        self._died: tuple[float, frozenset[Stream]] = (-1.0, frozenset())
        self._asked: dict[Link, tuple[Request, float]] = {}
        self._dropped: dict[tuple[Link, Stream], float] = {}
        self._last: dict[Stream, dict[Link, Heard]] = {}
        """What came last of a stream, by each connection that has brought some."""
        self.flows = Flows()
        self._wished_once: dict[Stream, float] = {}
        self._asked_once: dict[tuple[Link, Stream], float] = {}

    @property
    def digest(self) -> str:
        """The hash of everything so far, in its order on the wire and for each component.

        In which order several newcomers hear the first event of a stream is left to a set.
        """
        return hashlib.blake2b(
            b"".join(each.digest() for each in self._hashes.values()), digest_size=8
        ).hexdigest()

    def note(self, what: str, detail: object = "", *, who: str = "") -> None:
        """Something has happened, to a component or on the wire."""
        line = f"{self._clock.now():10.6f} {what} {detail}"
        self._hashes[who].update(line.encode())
        self.tail.append(line[:_SHOWN])

    def judge(self, check: Callable[..., str | None], *facts: Any, **more: Any) -> None:
        """See whether something holds."""
        problem = check(*facts, **more)
        if problem is not None:
            name = invariants.name_of(check)
            self.violated(Violation(name, self._clock.now(), problem))

    def violated(self, violation: Violation) -> None:
        self.note("VIOLATION", violation)
        self.violations.append(violation)

    # --- the components -----------------------------------------------------------------------

    @property
    def wanted(self) -> dict[Stream, int]:
        """The union of all wishes, but for snapshots alone; in how many levels each is wanted."""
        depths: dict[Stream, int] = {}
        for stream, terms in self._waited_for():
            depths[stream] = max(terms.depth, depths.get(stream, 0))
        once = self.wanted_once
        return {stream: depth for stream, depth in depths.items() if stream not in once}

    @property
    def wanted_once(self) -> frozenset[Stream]:
        """The streams of which everybody wants no more than a snapshot."""
        wishes = list(self._waited_for())
        going_on = {stream for stream, terms in wishes if not terms.is_only_snapshot}
        return frozenset(stream for stream, _ in wishes if stream not in going_on)

    def _waited_for(self) -> Iterator[tuple[Stream, Terms]]:
        """All wishes that are not over; who asks has some answers before others."""
        for ear in self.ears.values():
            for stream, terms in ear.wanted.items():
                if not (ear.is_asker and stream in ear.handed_over):
                    yield stream, terms

    def wants(self, ear: Ear) -> None:
        """A component has registered, perhaps in place of one with its id."""
        self.gone(ear.id)
        self.ears[ear.id] = ear
        self.note("wants", f"{ear.id}: {self._shown(ear)}")
        self._joined(ear)

    def changed(self, ear: Ear) -> None:
        """A component has added to its wishes, or withdrawn some."""
        self.note("wants now", f"{ear.id}: {self._shown(ear)}")
        self._joined(ear)

    def _shown(self, ear: Ear) -> str:
        return ", ".join(f"{stream} {tuple(ear.wanted[stream])}" for stream in sorted(ear.wanted))

    def _joined(self, ear: Ear) -> None:
        """Who finds a stream flowing has been told how things stand."""
        if ear.wanted:
            self._emptied_at = inf
        for stream, terms in ear.wanted.items():
            if stream not in ear.begun:
                self._wished_once[stream] = self._clock.now()
                link = self.flows.served_by(stream, terms.depth)
                if link is not None:
                    ear.begun[stream] = link
                    # Of two connections the one that counts may not reach so many levels.
                    if ear.is_asker and not self._is_served_twice(stream):
                        ear.handed_over.add(stream)
                    is_told = not (ear.is_slow or ear.is_asker or terms.is_only_realtime)
                    if is_told and self._one_lane:
                        got = stream in ear.handed_over
                        self.judge(invariants.begins_at_once, ear.id, stream, got=got)
        self.calm.stirred()

    def gone(self, component_id: str) -> None:
        """A component has withdrawn its wishes."""
        ear = self.ears.pop(component_id, None)
        if ear is not None:
            ear.is_gone = True
            self.note("gone", component_id)
            self._wanted_less()

    def died(self, ear: Ear) -> None:
        """A component was collected."""
        if self.ears.get(ear.id) is ear:
            self._died = self._clock.now(), frozenset(ear.wanted)
            self.gone(ear.id)

    def told(self, ear: Ear, event: ControlEvent) -> None:
        self.note("told", f"{ear.id}: {type(event).__name__}")
        if isinstance(event, Rejected):
            ear.wanted.pop(event.stream, None)
            self._wanted_less()
        elif type(event).__name__ == "Lagged":
            ear.has_lagged = True

    def heard(self, ear: Ear, event: BaseWebSocketEvent) -> None:
        stream, raw = event.stream, event.raw
        self.note("heard", f"{ear.id}: {stream} {event.timestamp}", who=ear.id)
        self.events += 1
        self.judge(invariants.deaf_once_gone, ear.id, stream, is_gone=ear.is_gone)
        if self._is_grouped_otherwise(stream):
            self.judge(invariants.sees_as_if_alone, ear.id, stream, ear.wanted, got=True)
        self.judge(invariants.hears_what_it_asked, ear.id, stream, ear.wanted)
        self._judge_part(ear, event)
        if stream.type == DataType.ORDERBOOK:
            before = ear.times.get(stream, 0)
            self.judge(invariants.goes_forward, ear.id, stream, event.timestamp, before)
            ear.times[stream] = event.timestamp
        if event.handed_over:
            if not ear.is_slow:
                ear.handed_over.add(stream)
                lasts = self._last.get(stream, {}).values()
                self.judge(invariants.is_the_last, ear.id, stream, raw, [e.raw for e in lasts])
                ear.trades.update((stream, last.trade_id) for last in lasts)
        elif ear.is_slow:
            self._heard_late(ear, stream, raw)
        else:
            ear.got.append((stream, raw))
        if stream in ear.wanted and ear.wanted[stream].is_only_snapshot:
            ear.forget([stream])
            self._wanted_less()

    def _wanted_less(self) -> None:
        if not any(ear.wanted for ear in self.ears.values()):
            self._row.clear()  # what nobody wants is not missed, and the next one goes at once
            self._emptied_at = min(self._emptied_at, self._clock.now())
        self.calm.stirred()

    def look_at_links(self, sound: Sequence[Link]) -> None:
        """The wire cannot say that nothing is wanted; one hangs up instead."""
        unwanted_s = self._clock.now() - self._emptied_at
        self.judge(invariants.hangs_up, unwanted_s, _LINGER_S + _ON_THE_WAY_S, sound)

    def _judge_part(self, ear: Ear, event: BaseWebSocketEvent) -> None:
        terms = ear.wanted.get(event.stream)
        if terms is not None:
            self.judge(
                invariants.sees_its_part,
                ear.id,
                event.stream,
                terms,
                is_snapshot=event.is_snapshot,
                is_handed_over=event.handed_over,
            )
        came = read_frame(event.raw.encode())
        if terms is not None and isinstance(event, OrderbookEvent) and came is not None:
            got = [tuple(unit.to_dict().values()) for unit in event.orderbook_units]
            self.judge(
                invariants.is_as_deep_as_wanted,
                ear.id,
                event.stream,
                terms.depth,
                got,
                came.units,
            )

    def answered(
        self, ear: Ear, before: Mapping[Stream, int], events: Mapping[str, BaseWebSocketEvent]
    ) -> None:
        """A snapshot was asked for; `before` are the times of the last events up to the call."""
        for stream in ear.wanted:
            event = events[stream.symbol]
            self.note("answered", f"{ear.id}: {stream} {event.timestamp}")
            self._judge_part(ear, event)
            self.judge(
                invariants.is_no_older, ear.id, stream, event.timestamp, before.get(stream, 0)
            )

    def times_of(self, streams: Iterable[Stream]) -> dict[Stream, int]:
        """Of what time the last events of some streams are, by the connection that is behind."""
        return {
            stream: min(last.timestamp for last in self._last[stream].values())
            for stream in streams
            if stream in self._last
        }

    def _heard_late(self, ear: Ear, stream: Stream, raw: str) -> None:
        due, place = ear.due.get(stream, []), ear.place.get(stream, 0)
        found = due.index(raw, place) if raw in due[place:] else -1
        if found < 0 and raw in ear.extra:
            return  # by the other of two connections
        skipped = due[place:found] if stream.type == DataType.TRADE and not ear.has_lagged else []
        # A trade that is told anew is for those who have not had it, which is not known here.
        missed = [each for each in skipped if each not in ear.optional]
        self.judge(invariants.in_order, ear.id, stream, found, place, len(missed))
        ear.place[stream] = max(found + 1, place)

    def nothing_is_left(self) -> None:
        """Everybody has had the time to hear everything."""
        for ear in self.ears.values():
            for stream, due in ear.due.items() if not ear.has_lagged else ():
                left = [
                    each for each in due[ear.place.get(stream, 0) :] if each not in ear.optional
                ]
                self.judge(invariants.gets_to_the_end, ear.id, stream, len(left))

    def _is_grouped_otherwise(self, stream: Stream) -> bool:
        return stream.type == DataType.ORDERBOOK and any(
            other.symbol == stream.symbol and other.type == stream.type and other != stream
            for ear in self.ears.values()
            for other in ear.wanted
        )

    def look_at_wishes(self) -> None:
        """The client keeps the wishes of everybody, and of nobody else."""
        for component_id in self.ids:
            kept, ear = self._wishes_of(component_id), self.ears.get(component_id)
            if ear is None:
                if self._died[0] == self._clock.now():
                    continue  # of two who are told at this very moment the client may be the second
                self.judge(invariants.the_dead_want_nothing, component_id, kept)
            else:
                self.judge(invariants.wishes_stand, component_id, kept, ear.wanted)

    # --- the network --------------------------------------------------------------------------

    def attempted(self) -> None:
        now = self._clock.now()
        self.attempts += 1
        self.note("attempt", self.attempts)
        self.judge(invariants.attempts_respect_bans, now, *self._banned)
        if self._one_lane:
            self._row.append(now)
            self.judge(invariants.backs_off, self._row)
        self.calm.troubled()

    def knocked(self) -> None:
        """An attempt has arrived, whatever comes of it."""
        now, knocks = self._clock.now(), self._knocks
        knocks.append(now)
        while knocks[0] <= now - 1.0:
            knocks.popleft()
        self.worst_second = max(self.worst_second, len(knocks))
        self.judge(invariants.knocks_seldom, len(knocks))

    def refused(self, status: int, retry_after_s: float | None) -> None:
        now = self._clock.now()
        self.note("refused", status)
        if retry_after_s is not None:
            self._banned = now, max(now + retry_after_s, self._banned[1])

    def opened(self, link: Link) -> None:
        self.note("opened", link)
        self._opened_at = {each: at for each, at in self._opened_at.items() if each.is_open}
        self._opened_at[link] = self._clock.now()
        if self._one_lane and link.is_sound:
            self.calm.mended()
        self.calm.stirred()

    @property
    def has_broken_links(self) -> bool:
        """Whether the client believes in a connection that does not work."""
        return any(link.is_open and not link.is_sound for link in self._opened_at)

    def lost(self, link: Link, reason: str) -> None:
        self.losses += 1
        if self._clock.now() - self._opened_at.get(link, inf) >= _SETTLED_S:
            self._row.clear()
        self.flows.lost(link)
        self.note("lost", f"{link}: {reason}")
        self.calm.troubled()

    def troubled(self, link: Link, what: str) -> None:
        self.note("troubled", f"{link}: {what}")
        self.calm.troubled()

    def sent(self, link: Link, text: str) -> None:
        now = self._clock.now()
        times = self.calm.sent.setdefault(link, [])
        times.append(now)
        if '"method"' in text:
            self.note("asked", link)
            return
        request = read_request(text)
        self.messages += 1
        self.note("sent", f"{link}: {request.text}")
        died_at, dying = self._died
        self.judge(invariants.names_nothing_twice, request)
        self._judge_once(link, request, now)
        self.judge(
            invariants.asks_for_what_is_wanted,
            request,
            frozenset(self.wanted),
            self.wanted_once,
            dying if died_at == now else frozenset(),
            whole=self._one_lane,
        )
        before, last = self._asked.get(link, (None, 0.0))
        self.judge(invariants.is_apart, request, now, before, last, _DEBOUNCE_S)
        self.judge(invariants.asked_in_one_way, request, self._text_of(request))
        for stream in () if before is None else before.streams - request.streams:
            self._dropped[link, stream] = now + _ON_THE_WAY_S
        self._asked[link] = request, now
        self.flows.sent(link, request)

    def _judge_once(self, link: Link, request: Request, now: float) -> None:
        for stream in sorted(request.once):
            asked = self._asked_once.get((link, stream), float("-inf"))
            wished = self._wished_once.get(stream, float("-inf"))
            self.judge(invariants.rides_along_once, stream, now, asked, wished, _FIRST_DATA_S)
            self._asked_once[link, stream] = now
        for stream in request.streams:
            self._asked_once.pop((link, stream), None)

    def read(self, link: Link, frames: list[bytes], deliver: Callable[[], None]) -> None:
        ears = tuple(self.ears.values())
        for frame in frames:
            heard = read_frame(frame)
            self.note("read", f"{link}: {frame!r}")
            if heard is None or link.is_left:
                continue
            moves = self._is_served_twice(heard.stream)
            arrival = self.flows.read(link, heard)
            for ear in ears:
                if not self._is_due(ear, link, heard, arrival) or ear.is_asker:
                    if moves:
                        ear.extra.add(heard.raw)
                    continue
                if moves:
                    ear.optional.add(heard.raw)
                if heard.trade_id:
                    trade = heard.stream, heard.trade_id
                    if trade in ear.trades:
                        continue
                    ear.trades.add(trade)
                if ear.is_slow:
                    ear.due.setdefault(heard.stream, []).append(heard.raw)
                    lasts = self._last.get(heard.stream, {}).values()
                    if heard.trade_id and heard.trade_id in [last.trade_id for last in lasts]:
                        ear.optional.add(heard.raw)
                else:
                    ear.expected.append(heard)
            if not (arrival.is_stray or arrival.is_once):
                self._keep(link, heard)
        deliver()
        if any(frame.startswith(_ERROR) for frame in frames):
            self.look_at_wishes()
        for ear in ears:
            if ear.expected or ear.got:
                expected, got = ear.expected, ear.got
                ear.expected, ear.got = [], []
                self._compare(ear, expected, got)

    def _keep(self, link: Link, heard: Heard) -> None:
        """Keep what a newcomer may be to begin with."""
        lasts = self._last.setdefault(heard.stream, {})
        for gone in [other for other in lasts if other.is_left or not other.is_open]:
            del lasts[gone]
        lasts[link] = heard

    def _is_served_twice(self, stream: Stream) -> bool:
        """Whether a stream is on its way to another connection; which of them counts is not known.

        A connection serves what its last message named, and one that was replaced by now may have
        frames on their way.
        """
        now = self._clock.now()
        links = [
            link
            for link, (request, _) in self._asked.items()
            if not link.is_left
            and (stream in request.streams or now < self._dropped.get((link, stream), 0.0))
        ]
        return len(links) > 1

    def _is_due(self, ear: Ear, link: Link, heard: Heard, arrival: Arrival) -> bool:
        """Whether a component should get a frame, by what it would see alone."""
        stream, terms = heard.stream, ear.wanted.get(heard.stream)
        if terms is None or arrival.is_stray:
            return False
        if arrival.is_once:
            if not terms.is_only_snapshot or not arrival.serves(terms.depth):
                return False
            is_due = stream not in ear.handed_over
            ear.handed_over.add(stream)
            return is_due
        if ear.begun.get(stream) is link:
            last = self._last.get(stream, {}).get(link)
            is_news = heard.trade_id or last is None or heard.timestamp > last.timestamp
            return not heard.is_snapshot or (bool(is_news) and not terms.is_only_realtime)
        begins = arrival.serves(terms.depth) and (arrival.is_first or heard.is_snapshot)
        if terms.is_only_snapshot:
            is_due = begins and heard.is_snapshot and stream not in ear.handed_over
            if is_due:
                ear.handed_over.add(stream)  # that is all of it, even if more comes at once
            return is_due
        if begins:
            ear.begun[stream] = link
        return begins and not (heard.is_snapshot and terms.is_only_realtime)

    def _compare(self, ear: Ear, expected: list[Heard], got: list[tuple[Stream, str]]) -> None:
        due = {(each.stream, each.raw) for each in expected}
        got = [each for each in got if each in due or each[1] not in ear.extra]
        ear.extra.clear()
        expected = [
            each
            for each in expected
            if each.raw not in ear.optional or each.trade_id or (each.stream, each.raw) in got
        ]
        for each in expected:
            if (each.stream, each.raw) not in got and (
                each.stream.level or self._is_grouped_otherwise(each.stream)
            ):
                self.judge(invariants.sees_as_if_alone, ear.id, each.stream, ear.wanted, got=False)
        self.judge(invariants.misses_nothing, ear.id, expected, got)
