"""The ways into a component: what a route calls with an event.

Inline     a synchronous handler, called at once
Batch      a synchronous handler of many events, called when a read of the socket has ended
Queued     an asynchronous handler, of one event or of many, by way of the component's inbox
Streamed   whoever iterates, by way of the other inbox
"""

import inspect
import weakref
from collections.abc import Callable, Hashable
from functools import partial
from typing import TYPE_CHECKING

from tickwire.delivery.inbox import Handler, Item, identity_of
from tickwire.events import BaseWebSocketEvent
from tickwire.subscription import Stream

if TYPE_CHECKING:
    from tickwire.delivery.component import Component

__all__ = ["Batch", "Held", "Inline", "Queued", "Streamed", "Taker", "is_async", "ways_in"]


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


class Taker:
    """One way into a component, for one stream; a batch is for several."""

    __slots__ = ("active", "component", "held", "in_batches")

    def __init__(
        self, component: "Component", held: Held | None = None, *, in_batches: bool = False
    ) -> None:
        self.component = component
        self.active = True
        """Whether the wish still stands; a route may be in the middle of telling its takers."""
        self.held = held
        self.in_batches = in_batches

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

    def take(self, event: BaseWebSocketEvent, read: int) -> None:
        """Accept an event that came with this read of the socket."""
        raise NotImplementedError


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


class Batch(Taker):
    """Collects what one read of the socket brings for a synchronous handler."""

    __slots__ = ("events", "streams")

    def __init__(self, component: "Component", held: Held) -> None:
        super().__init__(component, held, in_batches=True)
        self.streams: set[Stream] = set()
        """The streams it is for: what comes together is handed on together."""
        self.events: list[BaseWebSocketEvent] = []
        """What has been collected; a route appends to it."""
        component.batches.append(self)

    def leave(self, stream: Stream) -> None:
        self.streams.discard(stream)
        if not self.streams and self in self.component.batches:
            self.component.batches.remove(self)
        self.events[:] = [each for each in self.events if self.streams & each.streams]

    def take(self, event: BaseWebSocketEvent, read: int) -> None:
        self.events.append(event)

    def flush(self) -> None:
        """Call the handler with what has been collected, if anything."""
        if not self.events:
            return
        events = self.events.copy()
        self.events.clear()
        handler = None if self.held is None else self.held()
        if handler is not None:
            self.component.inline += len(events)
            self.component.call(handler, events)


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


def ways_in(
    component: "Component", handler: Handler | None, *, in_batches: bool
) -> Callable[[], Taker]:
    """What makes the ways in for a handler, or for nobody in particular."""
    if handler is None:
        return partial(Streamed, component)
    held = Held(handler, component.owner)
    if is_async(handler):
        return partial(Queued, component, held, in_batches=in_batches)
    return partial(Batch if in_batches else Inline, component, held)
