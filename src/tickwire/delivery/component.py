"""One participant: what it wants, how its events reach it, and what became of them.

A wish is a stream and where its events go: a handler, or nobody in particular, which means
whoever iterates. Synchronous handlers run at once, inline; asynchronous ones are awaited one at
a time by the component's own task, which takes from its inbox. What a handler raises is counted
and logged, and touches nobody else.
"""

import asyncio
import inspect
import logging
import weakref
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from tickwire.control import ControlEvent, Lagged
from tickwire.delivery.inbox import Handler, Inbox, InboxStatistics, Item
from tickwire.delivery.takers import Batch, Collected, Held, Taker, is_async, ways_in
from tickwire.errors import ProtocolError
from tickwire.subscription import ORDINARY, Stream, Terms, Wish

__all__ = ["Change", "Component", "ComponentStatistics", "worth_a_line"]

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
    def withdrawn(self) -> int:
        return self.handled.withdrawn + self.streamed.withdrawn

    @property
    def pending(self) -> int:
        return self.handled.pending + self.streamed.pending


def worth_a_line(count: int) -> bool:
    """Whether the n-th of a kind is logged: a flood of losses must not flood the log as well."""
    return count in _WORTH_A_LINE


_WORTH_A_LINE = frozenset(10**power for power in range(12))


class Change(NamedTuple):
    """A new way into a component for a stream, and the one whose place it takes."""

    stream: Stream
    taker: Taker
    before: Taker | None


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
        self.ranks: dict[Stream, int] = {}
        """The priorities of its wishes, where they are not 0."""
        self.rejected: dict[Stream, str] = {}
        """What it wanted last and cannot have, since the exchange has no such stream; and why."""
        self.batches: list[Collected] = []
        """Those of the takers that collect; a loss is told of every stream, so they are at hand."""
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
            Held(control_handler, owner) if control_handler is not None else (lambda: None)
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

    @property
    def is_iterated(self) -> bool:
        """Whether anything is here for whoever iterates, or may come."""
        return len(self.stream_inbox) > 0 or any(
            taker.held is None for takers in self.takers.values() for taker in takers
        )

    @property
    def modest(self) -> dict[Stream, Terms]:
        """The streams of which it does not want all, and what part of them."""
        together = {
            stream: Terms.together(taker.terms for taker in takers)
            for stream, takers in self.takers.items()
            if any(taker.terms != ORDINARY for taker in takers)
        }
        return {stream: terms for stream, terms in together.items() if terms != ORDINARY}

    def terms_of(self, stream: Stream) -> Terms:
        """What part of a stream that it wants reaches it, by all of its handlers."""
        every = [taker.terms for taker in self.takers[stream]]
        is_only_realtime = all(each.is_only_realtime for each in every)
        return Terms.together(every)._replace(is_only_realtime=is_only_realtime)

    def depth_of(self, stream: Stream) -> int | None:
        """In how many levels it wants a book; `None` if it does not want the stream."""
        return max((taker.terms.depth for taker in self.takers.get(stream, ())), default=None)

    def want(
        self, wishes: Iterable[Wish], handler: Handler | None, *, in_batches: bool = False
    ) -> list["Change"]:
        """Add wishes, and say what is new.

        A handler has one wish for each stream, the last one: the same again is as it was, and one
        for another part of the stream takes its place.
        """
        way_in = ways_in(self, handler, in_batches=in_batches)
        new: list[Change] = []
        for stream, terms in dict(wishes).items():
            self.rejected.pop(stream, None)
            present = self.takers.setdefault(stream, [])
            before = next((t for t in present if t.is_for(handler, in_batches=in_batches)), None)
            if before is not None and before.terms == terms:
                continue
            if before is not None:
                before.leave(stream)
                present.remove(before)
            taker = way_in(stream, terms)
            present.append(taker)
            new.append(Change(stream, taker, before))
        return new

    def rank(self, streams: Iterable[Stream], priority: int) -> None:
        """Say how important wanted streams are; the highest that was said of one counts."""
        for stream in streams:
            if stream in self.takers and priority > self.ranks.get(stream, 0):
                self.ranks[stream] = priority

    def collected_for(self, handler: Handler) -> Collected | None:
        """Where this handler's events are collected already."""
        return next((each for each in self.batches if each.held() == handler), None)

    def takers_for(self, stream: Stream, handler: Handler | None) -> list[Taker]:
        """The ways in for a stream: those that lead to a handler, or all."""
        return [
            taker
            for taker in self.takers.get(stream, ())
            if handler is None or (taker.held is not None and taker.held() == handler)
        ]

    def finished(self, stream: Stream, taker: Taker) -> None:
        """A wish has got all that it was for."""
        present = self.takers.get(stream, [])
        if taker in present:
            present.remove(taker)
            if isinstance(taker, Batch):
                taker.collected.finish(stream)
        if not present:
            self.takers.pop(stream, None)
            self.ranks.pop(stream, None)

    # --- control ------------------------------------------------------------------------------

    def tell(self, event: ControlEvent, read: int) -> None:
        """Give a control event to whoever listens here; count it if nobody does."""
        for batch in tuple(self.batches):
            batch.flush()  # what came before is told before
        handler = self._control()
        if handler is not None:
            if is_async(handler):
                self.handler_inbox.put(Item(event, self._control), read)
            else:
                self.call(handler, event)
        if self.streams_control:
            self.stream_inbox.put(Item(event), read)
        elif handler is None:
            self.untold[type(event).__name__] += 1

    def _lagged_for_handler(self, event: Lagged) -> Item | None:
        handler = self._control()
        if handler is None:
            self._report_loss(event)
            return None
        return Item(event, self._control)

    def _lagged_for_stream(self, event: Lagged) -> Item | None:
        if not self.streams_control:
            self._report_loss(event)
            return None
        return Item(event)

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

    def call(self, handler: Handler, argument: Any) -> None:
        """Call a synchronous handler with an event or a list; what it raises stays here."""
        try:
            handler(argument)
        except (Exception, asyncio.CancelledError) as error:
            # Nobody can cancel what does not wait: that is the result of a task of the handler's.
            self._failed(handler, error)

    async def run(self) -> None:
        """Await the asynchronous handlers, one event at a time, until the inbox is ended."""
        while True:
            # Nothing of it may stay here while the next is waited for: it would hold the handler.
            await self._handle(await self.handler_inbox.take())

    async def _handle(self, item: Item) -> None:
        assert item.held is not None
        handler = item.held()
        if handler is None:
            return  # collected; its wishes are about to go
        argument: Any = item.event
        if item.in_batches:
            argument = [item.event, *self.handler_inbox.take_more(item)]
        try:
            result = handler(argument)
            if inspect.isawaitable(result):
                await result
        except asyncio.CancelledError as error:
            if _is_being_cancelled():
                raise
            self._failed(handler, error)
        except Exception as error:
            self._failed(handler, error)

    def _failed(self, handler: Handler, error: BaseException) -> None:
        if isinstance(error, ProtocolError):
            # An event that cannot be read: counted and reported where it came from.
            _log.debug("%r: an unreadable event: %s", self.id, error)
            return
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


def _is_being_cancelled() -> bool:
    # Whoever had the task in a variable of its own would hold the handler by it, in a ring.
    task = asyncio.current_task()
    return task is None or task.cancelling() > 0
