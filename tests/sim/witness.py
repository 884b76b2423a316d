"""Sees everything that happens, judges it by the invariants, and sums it up in one hash."""

import hashlib
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from tests.sim import invariants
from tests.sim.calm import Calm
from tests.sim.components import Ear
from tests.sim.invariants import Violation
from tests.sim.link import Link
from tests.sim.wire import Heard, Request, read_frame, read_request
from tickwire.control import ControlEvent, Rejected
from tickwire.core.connection import Timing
from tickwire.events import BaseWebSocketEvent
from tickwire.subscription import DataType, Stream
from tickwire.world import Clock

__all__ = ["Witness"]

_TAIL = 80
_SHOWN = 300
_ERROR = b'{"error"'
_DEBOUNCE_S = Timing().debounce_s
_ON_THE_WAY_S = 1.0
"""How long a message and the last frames before it may be on their way, at most."""


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
        self.calm = Calm(clock, one_lane=one_lane, ratio=ratio)
        self._clock = clock
        self._text_of = text_of
        self._wishes_of = wishes_of
        self._one_lane = one_lane
        self._hashes = {who: hashlib.blake2b(digest_size=8) for who in ("", *ids)}
        self._banned = (0.0, 0.0)
        self._died: tuple[float, frozenset[Stream]] = (-1.0, frozenset())
        self._asked: dict[Link, tuple[Request, float]] = {}
        self._dropped: dict[tuple[Link, Stream], float] = {}
        self._last: dict[Stream, Heard] = {}

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
    def wanted(self) -> frozenset[Stream]:
        """The union of all wishes."""
        return frozenset().union(*(ear.wanted for ear in self.ears.values()))

    def wants(self, ear: Ear) -> None:
        """A component has registered, perhaps in place of one with its id."""
        self.gone(ear.id)
        self.ears[ear.id] = ear
        self.note("wants", f"{ear.id}: {', '.join(map(str, sorted(ear.wanted)))}")
        self.calm.stirred()

    def changed(self, ear: Ear) -> None:
        """A component has added to its wishes, or withdrawn some."""
        self.note("wants now", f"{ear.id}: {', '.join(map(str, sorted(ear.wanted)))}")
        self.calm.stirred()

    def gone(self, component_id: str) -> None:
        """A component has withdrawn its wishes."""
        ear = self.ears.pop(component_id, None)
        if ear is not None:
            ear.is_gone = True
            self.note("gone", component_id)
            self.calm.stirred()

    def died(self, ear: Ear) -> None:
        """A component was collected."""
        if self.ears.get(ear.id) is ear:
            self._died = self._clock.now(), frozenset(ear.wanted)
            self.gone(ear.id)

    def told(self, ear: Ear, event: ControlEvent) -> None:
        self.note("told", f"{ear.id}: {type(event).__name__}")
        if isinstance(event, Rejected):
            ear.wanted.discard(event.stream)
            self.calm.stirred()
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
        if event.handed_over:
            if not ear.is_slow:
                last = self._last.get(stream)
                self.judge(invariants.is_the_last, ear.id, stream, raw, last and last.raw)
                if last is not None:
                    ear.trades.add((stream, last.trade_id))
        elif ear.is_slow:
            self._heard_late(ear, stream, raw)
        else:
            ear.got.append((stream, raw))

    def _heard_late(self, ear: Ear, stream: Stream, raw: str) -> None:
        due, place = ear.due.get(stream, []), ear.place.get(stream, 0)
        found = due.index(raw, place) if raw in due[place:] else -1
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
                self.judge(invariants.the_dead_want_nothing, component_id, kept)
            else:
                self.judge(invariants.wishes_stand, component_id, kept, ear.wanted)

    # --- the network --------------------------------------------------------------------------

    def attempted(self) -> None:
        now = self._clock.now()
        self.attempts += 1
        self.note("attempt", self.attempts)
        self.judge(invariants.attempts_respect_bans, now, *self._banned)
        self.calm.troubled()

    def refused(self, status: int, retry_after_s: float | None) -> None:
        now = self._clock.now()
        self.note("refused", status)
        if retry_after_s is not None:
            self._banned = now, max(now + retry_after_s, self._banned[1])

    def opened(self, link: Link) -> None:
        self.note("opened", link)
        if self._one_lane:
            self.calm.mended()
        self.calm.stirred()

    def lost(self, link: Link, reason: str) -> None:
        self.losses += 1
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
        self.judge(
            invariants.asks_for_what_is_wanted,
            request,
            self.wanted,
            dying if died_at == now else frozenset(),
            whole=self._one_lane,
        )
        before, last = self._asked.get(link, (None, 0.0))
        self.judge(invariants.is_apart, request, now, before, last, _DEBOUNCE_S)
        self.judge(invariants.asked_in_one_way, request, self._text_of(request))
        for stream in () if before is None else before.streams - request.streams:
            self._dropped[link, stream] = now + _ON_THE_WAY_S
        self._asked[link] = request, now

    def read(self, link: Link, frames: list[bytes], deliver: Callable[[], None]) -> None:
        ears = tuple(self.ears.values())
        for frame in frames:
            heard = read_frame(frame)
            self.note("read", f"{link}: {frame!r}")
            if heard is None or link.is_left:
                continue
            moves = self._is_served_twice(heard.stream)
            for ear in ears:
                if heard.stream not in ear.wanted:
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
                    last = self._last.get(heard.stream)
                    if heard.trade_id and last is not None and last.trade_id == heard.trade_id:
                        ear.optional.add(heard.raw)
                else:
                    ear.expected.append(heard)
            self._last[heard.stream] = heard
        deliver()
        if any(frame.startswith(_ERROR) for frame in frames):
            self.look_at_wishes()
        for ear in ears:
            if ear.expected or ear.got:
                expected, got = ear.expected, ear.got
                ear.expected, ear.got = [], []
                self._compare(ear, expected, got)

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

    def _compare(self, ear: Ear, expected: list[Heard], got: list[tuple[Stream, str]]) -> None:
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
