"""The ways into a component: what a route calls with an event.

Inline     a synchronous handler, called at once
Batch      a synchronous handler of many events, called when a read of the socket has ended
Queued     an asynchronous handler, of one event or of many, by way of the component's inbox
Streamed   whoever iterates, by way of the other inbox

`Shallow` stands before those that want fewer levels of a book than come.
"""

import inspect
import weakref
from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterable
from contextlib import suppress
from typing import TYPE_CHECKING

from tickwire.delivery.inbox import Handler, Item, identity_of
from tickwire.errors import ProtocolError
from tickwire.events import BaseWebSocketEvent, OrderbookEvent
from tickwire.subscription import FULL_DEPTH, ORDINARY, Stream, Terms

if TYPE_CHECKING:
    from tickwire.delivery.component import Component

__all__ = [
    "Batch",
    "Collected",
    "Held",
    "Inline",
    "Queued",
    "Shallow",
    "Streamed",
    "Taker",
    "cut",
    "is_async",
    "ways_in",
]


def is_async(handler: Handler) -> bool:
    """Whether calling the handler gives something to await."""
    return inspect.iscoroutinefunction(handler) or inspect.iscoroutinefunction(
        getattr(handler, "__call__", None)  # noqa: B004 - an object may be a handler
    )


class Held:
    """A handler as it is held: a method of the owner weakly, everything else strongly."""

    __slots__ = ("_weak", "strong")

    def __init__(self, handler: Handler, owner: object | None) -> None:
        self.strong: Handler | None = handler
        self._weak: weakref.WeakMethod[Handler] | None = None
        if owner is not None and getattr(handler, "__self__", None) is owner:
            self.strong, self._weak = None, weakref.WeakMethod(handler)

    def __call__(self) -> Handler | None:
        """The handler, unless its owner has been collected."""
        return self.strong if self._weak is None else self._weak()


class Taker(ABC):
    """One way into a component, for one stream; a batch is for several."""

    __slots__ = ("active", "component", "held", "in_batches", "terms")

    def __init__(
        self,
        component: "Component",
        held: Held | None = None,
        *,
        in_batches: bool = False,
        terms: Terms = ORDINARY,
    ) -> None:
        self.component = component
        self.active = True
        """Whether the wish still stands; a route may be in the middle of telling its takers."""
        self.held = held
        self.in_batches = in_batches
        self.terms = terms
        """What part of the stream is wanted."""

    def is_for(self, handler: Handler | None, *, in_batches: bool) -> bool:
        """Whether this taker leads to that handler, in that way."""
        held = None if self.held is None else self.held()
        return held == handler and self.in_batches == in_batches

    @property
    def way(self) -> Hashable:
        """What is the same for all takers that lead to one handler, or to whoever iterates."""
        handler = None if self.held is None else self.held()
        return id(self.component), identity_of(handler), self.in_batches

    def leave(self, stream: Stream) -> None:
        """The wish is withdrawn: nothing of the stream is handed on, not even what is here."""
        self.active = False

    @abstractmethod
    def take(self, event: BaseWebSocketEvent, read: int) -> None:
        """Accept an event that came with this read of the socket."""


class Inline(Taker):
    """Calls a synchronous handler at once."""

    __slots__ = ()

    def take(self, event: BaseWebSocketEvent, read: int) -> None:
        held = self.held
        if not self.active or held is None:
            return
        handler = held() if held.strong is None else held.strong
        if handler is not None:  # else its owner was collected; its wishes are about to go
            component = self.component
            component.inline += 1
            component.call(handler, event)


class Collected:
    """What one read of the socket brings for a synchronous handler of many events."""

    __slots__ = ("component", "events", "held", "streams")

    def __init__(self, component: "Component", held: Held) -> None:
        self.component = component
        self.held = held
        self.streams: set[Stream] = set()
        """The streams that are still wanted."""
        self.events: list[BaseWebSocketEvent] = []

    def begin(self, stream: Stream) -> None:
        """This stream is wanted as well, or again."""
        self.streams.add(stream)
        if self not in self.component.batches:
            self.component.batches.append(self)

    def finish(self, stream: Stream) -> None:
        """Nothing more of this stream will come; what is here is handed on."""
        self.streams.discard(stream)
        if not self.streams and self in self.component.batches:
            self.component.batches.remove(self)

    def leave(self, stream: Stream) -> None:
        """Nothing of this stream is handed on."""
        self.finish(stream)
        self.events[:] = [each for each in self.events if self.streams & each.streams]

    def flush(self) -> None:
        """Call the handler with what has been collected, if anything."""
        if not self.events:
            return
        events = self.events.copy()
        self.events.clear()
        handler = self.held()
        if handler is not None:
            self.component.inline += len(events)
            self.component.call(handler, events)


class Batch(Taker):
    """Collects for a synchronous handler; for all streams of a handler in one place."""

    __slots__ = ("collected",)

    def __init__(self, collected: Collected, terms: Terms = ORDINARY) -> None:
        super().__init__(collected.component, collected.held, in_batches=True, terms=terms)
        self.collected = collected

    def leave(self, stream: Stream) -> None:
        self.collected.leave(stream)

    def take(self, event: BaseWebSocketEvent, read: int) -> None:
        self.collected.events.append(event)

    def flush(self) -> None:
        """The read is over."""
        self.collected.flush()


class Queued(Taker):
    """Puts events into the inbox from which asynchronous handlers are awaited."""

    __slots__ = ()

    def take(self, event: BaseWebSocketEvent, read: int) -> None:
        held = self.held
        if self.active and held is not None and held() is not None:
            self.component.handler_inbox.put(Item(event, held, self.in_batches, self), read)


class Streamed(Taker):
    """Puts events into the inbox of whoever iterates."""

    __slots__ = ()

    def take(self, event: BaseWebSocketEvent, read: int) -> None:
        if self.active:
            self.component.stream_inbox.put(Item(event), read)


class Shallow:
    """Those who want no more than so many levels of a book, for whom one cut is made."""

    __slots__ = ("_depth", "_takers")

    def __init__(self, depth: int, takers: Iterable[Taker]) -> None:
        self._depth = depth
        self._takers = tuple(takers)

    def take(self, event: BaseWebSocketEvent, read: int) -> None:
        """Accept a book that came with this read of the socket."""
        event = cut(event, self._depth)
        for taker in self._takers:
            taker.take(event, read)


def cut(event: BaseWebSocketEvent, depth: int) -> BaseWebSocketEvent:
    """The event to a depth, if it is a book; any other is as it is."""
    if depth < FULL_DEPTH and isinstance(event, OrderbookEvent):
        with suppress(ProtocolError):  # what cannot be read is told to whoever reads it
            return event.cut_to(depth)
    return event


def ways_in(
    component: "Component", handler: Handler | None, *, in_batches: bool
) -> Callable[[Stream, Terms], Taker]:
    """What makes the ways in for a handler, or for nobody in particular."""
    if handler is None:
        return lambda stream, terms: Streamed(component, terms=terms)
    held = Held(handler, component.owner)
    if is_async(handler):
        return lambda stream, terms: Queued(component, held, in_batches=in_batches, terms=terms)
    if not in_batches:
        return lambda stream, terms: Inline(component, held, terms=terms)
    collected = component.collected_for(handler) or Collected(component, held)

    def batch(stream: Stream, terms: Terms) -> Taker:
        collected.begin(stream)
        return Batch(collected, terms)

    return batch
