"""One participant: what it wants, how its events reach it, and what became of them.

A wish is a stream and where its events go: a handler, or nobody in particular, which means
whoever iterates. Synchronous handlers run at once, inline; asynchronous ones are awaited one at
a time by the component's own task, which takes from its inbox. What a handler raises is counted
and logged, and touches nobody else.
"""

import inspect
import logging
import weakref
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from tickwire.control import ControlEvent, Lagged
from tickwire.delivery.inbox import Handler, Inbox, InboxStatistics, Item
from tickwire.events import BaseWebSocketEvent
from tickwire.subscription import Stream

__all__ = ["Component", "ComponentStatistics", "Taker", "hold"]

_log = logging.getLogger("tickwire.delivery")


@dataclass(frozen=True)
class ComponentStatistics:
    """What reached one component: `inline` calls, and what went through its inboxes."""

    streams: int
    inline: int
    handled: InboxStatistics
    streamed: InboxStatistics
    handler_errors: int
    untold: int

    @property
    def received(self) -> int:
        """Events that were routed to this component."""
        return self.inline + self.handled.put + self.streamed.put

    @property
    def delivered(self) -> int:
        """Events that it has got."""
        return self.inline + self.handled.taken + self.streamed.taken

    @property
    def conflated(self) -> int:
        return self.handled.conflated + self.streamed.conflated

    @property
    def dropped(self) -> int:
        return self.handled.dropped + self.streamed.dropped

    @property
    def pending(self) -> int:
        return self.handled.pending + self.streamed.pending


def hold(handler: Handler, owner: object | None) -> Callable[[], Handler | None]:
    """How a handler is held: a method of the owner weakly, everything else strongly."""
    if owner is not None and getattr(handler, "__self__", None) is owner:
        return weakref.WeakMethod(handler)
    return lambda: handler


def worth_a_line(count: int) -> bool:
    """Whether the n-th of a kind is logged: a flood of losses must not flood the log as well."""
    return count in _WORTH_A_LINE


_WORTH_A_LINE = frozenset(10**power for power in range(12))


def is_async(handler: Handler) -> bool:
    """Whether calling the handler gives something to await."""
    return inspect.iscoroutinefunction(handler) or inspect.iscoroutinefunction(
        getattr(handler, "__call__", None)  # noqa: B004 - an object may be a handler
    )


class Taker:
    """One way into a component; what a route calls with an event."""

    __slots__ = ("_asynchronous", "_handler", "_has_handler", "active", "component")

    def __init__(self, component: "Component", handler: Handler | None) -> None:
        self.component = component
        self.active = True
        self._has_handler = handler is not None
        self._asynchronous = handler is not None and is_async(handler)
        self._handler = hold(handler, component.owner) if handler is not None else None

    def is_for(self, handler: Handler | None) -> bool:
        """Whether this taker leads to that handler."""
        return (self._handler() if self._handler is not None else None) == handler

    def take(self, event: BaseWebSocketEvent, batch: int) -> None:
        """Accept an event, unless the wish has been withdrawn meanwhile."""
        component = self.component
        if not self.active:
            return
        if self._handler is None:
            component.stream_inbox.put(Item(event, None), batch)
            return
        handler = self._handler()
        if handler is None:
            return  # collected; its wishes are about to go
        if self._asynchronous:
            component.handler_inbox.put(Item(event, handler), batch)
        else:
            component.inline += 1
            component.call(handler, event)


class Component:
    """A participant by its id. Changes of its wishes are made here and read by the manager."""

    def __init__(
        self,
        component_id: str,
        *,
        owner: object | None = None,
        control_handler: Handler | None = None,
        forgotten: Callable[["Component"], None] | None = None,
    ) -> None:
        """`owner` is held weakly; `forgotten` is called, from any thread, once it is collected."""
        self.id = component_id
        self.takers: dict[Stream, list[Taker]] = {}
        self.inline = 0
        self.untold: Counter[str] = Counter()
        self.streams_control = False
        self.handler_inbox = Inbox(component_id, lagged=self._lagged_for_handler)
        self.stream_inbox = Inbox(component_id, lagged=self._lagged_for_stream)
        self._handler_errors = 0
        self._owner: weakref.ref[object] | None = None
        if owner is not None:
            callback = None if forgotten is None else (lambda _: forgotten(self))
            self._owner = weakref.ref(owner, callback)
        self._control: Callable[[], Handler | None] = (
            hold(control_handler, owner) if control_handler is not None else (lambda: None)
        )

    def __repr__(self) -> str:
        return f"<Component {self.id!r}: {len(self.takers)} streams>"

    @property
    def owner(self) -> object | None:
        """The object this component stands for, if there is one and it still lives."""
        return None if self._owner is None else self._owner()

    @property
    def streams(self) -> Iterable[Stream]:
        """The streams wanted."""
        return self.takers.keys()

    def want(
        self, streams: Iterable[Stream], handler: Handler | None
    ) -> list[tuple[Stream, Taker]]:
        """Add wishes, and say which are new: those there with the same handler stay."""
        taker = Taker(self, handler)
        new: list[tuple[Stream, Taker]] = []
        for stream in streams:
            present = self.takers.setdefault(stream, [])
            if not any(each.is_for(handler) for each in present):
                present.append(taker)
                new.append((stream, taker))
        return new

    # --- control ------------------------------------------------------------------------------

    def tell(self, event: ControlEvent, batch: int) -> None:
        """Give a control event to whoever listens here; count it if nobody does."""
        handler = self._control()
        if handler is not None:
            if is_async(handler):
                self.handler_inbox.put(Item(event, handler), batch)
            else:
                self.call(handler, event)
        if self.streams_control:
            self.stream_inbox.put(Item(event, None), batch)
        elif handler is None:
            self.untold[type(event).__name__] += 1

    def _lagged_for_handler(self, event: Lagged) -> Item | None:
        handler = self._control()
        if handler is None:
            self._report_loss(event)
            return None
        return Item(event, handler)

    def _lagged_for_stream(self, event: Lagged) -> Item | None:
        if not self.streams_control:
            self._report_loss(event)
            return None
        return Item(event, None)

    def _report_loss(self, event: Lagged) -> None:
        self.untold["Lagged"] += 1
        if worth_a_line(self.untold["Lagged"]):
            _log.warning(
                "%r is too slow: %d %s events dropped this time, the %d. such loss",
                self.id,
                event.dropped,
                event.type,
                self.untold["Lagged"],
            )

    # --- calling ------------------------------------------------------------------------------

    def call(self, handler: Handler, event: Any) -> None:
        """Call a synchronous handler; what it raises stays here."""
        try:
            handler(event)
        except Exception:
            self._failed(handler)

    async def run(self) -> None:
        """Await the asynchronous handlers, one event at a time, until the inbox is ended."""
        while True:
            event, handler = await self.handler_inbox.take()
            assert handler is not None
            try:
                result = handler(event)
                if inspect.isawaitable(result):
                    await result
            except Exception:
                self._failed(handler)

    def _failed(self, handler: Handler) -> None:
        self._handler_errors += 1
        name = getattr(handler, "__qualname__", repr(handler))
        _log.exception("%r: its handler %s failed", self.id, name)

    def statistics(self) -> ComponentStatistics:
        """This component in figures."""
        return ComponentStatistics(
            streams=len(self.takers),
            inline=self.inline,
            handled=self.handler_inbox.statistics(),
            streamed=self.stream_inbox.statistics(),
            handler_errors=self._handler_errors,
            untold=sum(self.untold.values()),
        )
