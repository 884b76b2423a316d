"""The components of a simulation, and for each of them what it wants and what has reached it."""

import weakref
from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

from tests.sim.wire import Heard
from tickwire.control import ControlEvent
from tickwire.events import BaseWebSocketEvent
from tickwire.subscription import Stream, Terms
from tickwire.world import Clock

__all__ = ["KINDS", "Crash", "Ear", "Judge", "Owner", "on_end"]


class Crash(Exception):
    """What a handler raises, to see that it touches nobody."""


class Judge(Protocol):
    """Who is told of every call of a handler."""

    def heard(self, ear: "Ear", event: BaseWebSocketEvent) -> None: ...
    def told(self, ear: "Ear", event: ControlEvent) -> None: ...


class Ear:
    """One registration of a component: what it asked for, and what it got.

    It outlives the component itself, to notice a call that comes too late.
    """

    def __init__(
        self, judge: Judge, component_id: str, wanted: Mapping[Stream, Terms], *, is_slow: bool
    ) -> None:
        self.id = component_id
        self.wanted = dict(wanted)
        """Each stream with the part of it that is wanted."""
        self.begun: dict[Stream, object] = {}
        """By which connection it has had the state that each stream begins with."""
        self.is_slow = is_slow
        self.is_gone = False
        self.is_asker = False
        """Whether it has no handler, and is answered all at once."""
        self.handed_over: set[Stream] = set()
        self.extra: set[str] = set()
        """What may come by either of two connections, while a book changes its own."""
        self.let_go_at: float | None = None
        self.has_lagged = False
        self.expected: list[Heard] = []
        """What the read under way should bring; only for those that are not slow."""
        self.got: list[tuple[Stream, str]] = []
        self.due: dict[Stream, list[str]] = {}
        """What should reach a slow one, sooner or later."""
        self.place: dict[Stream, int] = {}
        """How much of that it has got or skipped."""
        self.optional: set[str] = set()
        """What of that it may have had before."""
        self.trades: set[tuple[Stream, int]] = set()
        self.times: dict[Stream, int] = {}
        """Of what time the last book is that it has been given."""
        self._judge = judge

    def hear(self, event: BaseWebSocketEvent) -> None:
        """A handler by itself."""
        self._judge.heard(self, event)

    def told(self, event: ControlEvent) -> None:
        self._judge.told(self, event)

    def forget(self, streams: Iterable[Stream]) -> None:
        """Some wishes are withdrawn; nothing of these streams is due any more."""
        for stream in streams:
            self.wanted.pop(stream, None)
            self.begun.pop(stream, None)
            self.handed_over.discard(stream)
            self.due.pop(stream, None)
            self.place.pop(stream, None)
            self.times.pop(stream, None)
            self.trades = {trade for trade in self.trades if trade[0] != stream}

    def __repr__(self) -> str:
        return f"<Ear {self.id}, {len(self.wanted)} streams>"


class Owner:
    """A component: held weakly by the client, strongly by whoever plays it."""

    def __init__(self, ear: Ear, clock: Clock, crashes: Callable[[], bool]) -> None:
        self.ear = ear
        self.delay_s = 0.0
        self._clock = clock
        self._crashes = crashes

    def handle_control(self, event: ControlEvent) -> None:
        self.ear.told(event)

    def _hear(self, event: BaseWebSocketEvent) -> None:
        self.ear.hear(event)
        if self._crashes():
            raise Crash


class Inline(Owner):
    """Hears each event at once."""

    def handle_event(self, event: BaseWebSocketEvent) -> None:
        self._hear(event)


class Batch(Owner):
    """Hears together what came together."""

    def handle_events(self, events: list[BaseWebSocketEvent]) -> None:
        for event in events:
            self.ear.hear(event)
        if self._crashes():
            raise Crash


class Slow(Owner):
    """Takes its time for each event."""

    async def handle_event(self, event: BaseWebSocketEvent) -> None:
        self._hear(event)
        if self.delay_s:
            await self._clock.sleep(self.delay_s)


KINDS: tuple[type[Owner], ...] = (Inline, Batch, Slow)


def on_end(owner: Owner, ended: Callable[[], None]) -> "weakref.ref[Owner]":
    """Call back once nobody holds this component any more; keep the result."""
    return weakref.ref(owner, lambda _: ended())
