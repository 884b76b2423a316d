"""Who takes part: the components of one manager, where their events go, and their tasks."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterable, Iterator
from contextlib import suppress
from typing import Any

from tickwire.core.subscriptions import SubscriptionManager
from tickwire.delivery.component import Component
from tickwire.delivery.hub import DataProcessor
from tickwire.delivery.inbox import Ended, Handler
from tickwire.delivery.takers import Taker
from tickwire.errors import UsageError
from tickwire.subscription import Stream, SubscriptionSpec, Wish

__all__ = ["Components", "check_component_id", "check_spec", "check_specs"]

_log = logging.getLogger("tickwire.manager")


class Components:
    """The components by their ids; of two with one id, the newer takes the place of the older.

    A change of wishes reaches the hub (where events go) and the desired set (what is asked for) in
    one step, so that nobody hears of a stream that is not counted.
    """

    def __init__(
        self,
        *,
        hub: DataProcessor,
        desired: SubscriptionManager,
        run: Callable[[Coroutine[Any, Any, None], str], asyncio.Task[None]],
        progressed: Callable[[], None],
    ) -> None:
        """`progressed` is told of every change: others may want what somebody withdraws."""
        self._hub = hub
        self._desired = desired
        self._run = run
        self._progressed = progressed
        self._components: dict[str, Component] = {}
        self._tasks: dict[Component, asyncio.Task[None]] = {}
        hub.finished = self._finished

    def __repr__(self) -> str:
        return f"<Components: {len(self)}>"

    def __len__(self) -> int:
        return len(self._components)

    def __iter__(self) -> Iterator[Component]:
        return iter(tuple(self._components.values()))

    @property
    def priorities(self) -> dict[Stream, int]:
        """The highest priority of the wishes for each stream, where it is not 0."""
        highest: dict[Stream, int] = {}
        for component in self:
            for stream, rank in component.ranks.items():
                highest[stream] = max(rank, highest.get(stream, 0))
        return highest

    def get(self, component_id: str) -> Component | None:
        """The component with this id."""
        return self._components.get(component_id)

    def find(self, component: str | object) -> Component | None:
        """The component with this id, or that stands for this object."""
        if isinstance(component, str):
            return self.get(component)
        if component is None:  # which is also what those without an owner stand for
            return None
        return next((each for each in self if each.owner is component), None)

    def new(self, component_id: str, owner: object | None) -> Component:
        """A component that stands for its owner, not taken in yet; raises `UsageError`."""
        try:
            return Component(
                component_id,
                owner=owner,
                control_handler=getattr(owner, "handle_control", None),
                forgotten=self._forget_soon,
            )
        except TypeError:
            raise UsageError(
                f"a {type(owner).__name__} cannot be weakly referenced, so its end would go "
                "unnoticed; add '__weakref__' to its __slots__, or pass handler= instead"
            ) from None

    def join(self, component: Component) -> None:
        """Take a component in, in place of another one with the same id.

        Whoever has lost its place does not come back: raises what it was lost by.
        """
        self.check(component)
        if not self._has_place(component):
            before = self._adopt(component)
            self._count(component)
            self._retire(before, _displaced(component.id))

    def check(self, component: Component) -> None:
        """Raise what a component has lost its place by, if it has."""
        reason = component.stream_inbox.ended
        if reason is None or self._has_place(component):
            return
        if isinstance(reason, Ended):
            raise UsageError(
                f"component {component.id!r} was unregistered, or its manager was stopped; "
                "make another one"
            )
        raise reason.with_traceback(None)

    def replace(
        self,
        component: Component,
        wishes: Iterable[Wish],
        handler: Handler | None,
        *,
        in_batches: bool = False,
    ) -> None:
        """Take a component in with these wishes, in place of another one with the same id."""
        before = self._adopt(component)
        self.want(component, wishes, handler, in_batches=in_batches)
        # Only now, so that a stream wanted before and after is live for the newcomer.
        self._retire(before, _displaced(component.id))

    def want(
        self,
        component: Component,
        wishes: Iterable[Wish],
        handler: Handler | None,
        *,
        in_batches: bool = False,
    ) -> None:
        """Add wishes of a component, for a handler or for whoever iterates.

        Raises what the component has lost its place by, if it has.
        """
        self.check(component)
        for stream, taker, before in component.want(wishes, handler, in_batches=in_batches):
            # What a handler does with the event that it is handed over may have withdrawn the rest.
            is_wanted = taker in component.takers.get(stream, ())
            if is_wanted and not self._hub.connect(stream, taker):
                component.finished(stream, taker)
            if before is not None:
                self._hub.disconnect(stream, before)
        self._count(component)

    def unwant(
        self, component: Component, streams: Iterable[Stream], handler: Handler | None = None
    ) -> None:
        """Withdraw wishes of a component, those for a handler or whoever they were for.

        Raises what the component has lost its place by, if it has.
        """
        self.check(component)
        for stream in tuple(streams):
            component.rejected.pop(stream, None)
            takers = component.takers_for(stream, handler)
            self._disconnect(stream, takers)
            for taker in takers:
                component.finished(stream, taker)
        self._count(component)

    def reject(self, stream: Stream, reason: str) -> None:
        """Withdraw a wish for all who have it: there is no such stream."""
        for component in self:
            if stream in component.takers:
                self.unwant(component, [stream])
                component.rejected[stream] = reason

    def rejected(self, component_id: str | None) -> frozenset[Stream]:
        """What a component, or any of them, wanted last and cannot have."""
        return frozenset(
            stream
            for component in self
            if component_id in (None, component.id)
            for stream in component.rejected
        )

    def _has_place(self, component: Component) -> bool:
        return self._components.get(component.id) is component

    def _count(self, component: Component) -> None:
        self._desired.replace(component.id, component.streams, component.modest)
        self._progressed()

    def _finished(self, finished: Iterable[tuple[Stream, Taker]]) -> None:
        """Some wishes have got all that they were for."""
        touched: dict[str, Component] = {}
        for stream, taker in finished:
            taker.component.finished(stream, taker)
            touched[taker.component.id] = taker.component
        for component in touched.values():
            if self._has_place(component):
                self._count(component)

    def release(self, component: Component, reason: BaseException | None = None) -> None:
        """Forget a component and its wishes; none of its handlers is called from now on.

        Whoever iterates comes to an end, by the `reason` if there is one.
        """
        if self._has_place(component):
            del self._components[component.id]
            self._desired.replace(component.id, ())
            self._retire(component, reason)
            self._progressed()

    def release_all(self, reason: BaseException | None = None) -> None:
        """Forget every component."""
        for component in self:
            self.release(component, reason)

    def _adopt(self, component: Component) -> Component | None:
        """Take a component in and run its inbox; gives the one that had the id before."""
        before = self._components.get(component.id)
        owner = None if before is None else before.owner
        if owner is not None and owner is not component.owner:
            _log.warning("component id %r is taken over by another object", component.id)
        self._components[component.id] = component
        self._tasks[component] = self._run(self._run_inbox(component), f"inbox of {component.id}")
        return before

    def _retire(self, component: Component | None, reason: BaseException | None = None) -> None:
        """Let no event reach a component any more."""
        if component is None:
            return
        for stream, takers in component.takers.items():
            self._disconnect(stream, takers)
        component.takers.clear()
        component.stream_inbox.end(reason)
        task = self._tasks.pop(component)
        if task is _current_task():
            # A handler of its own has ended it, and may finish what it is at.
            component.handler_inbox.end()
        else:
            task.cancel()

    def _disconnect(self, stream: Stream, takers: Iterable[Taker]) -> None:
        for taker in takers:
            taker.leave(stream)
            self._hub.disconnect(stream, taker)

    async def _run_inbox(self, component: Component) -> None:
        try:
            await component.run()
        except Ended:
            return
        except Exception as error:
            # An inbox ends with an error only when its component cannot keep up.
            _log.error("component %r is removed: %s", component.id, error)
            self.release(component, error)

    def _forget_soon(self, component: Component) -> None:
        # The collector may run this in any thread and at any moment, so it only leaves a note.
        task = self._tasks.get(component)
        loop = None if task is None else task.get_loop()
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._forget, component)

    def _forget(self, component: Component) -> None:
        # An id may have been taken over by a newer object, which must stay.
        if self._has_place(component):
            _log.info("component %r was collected; its wishes are withdrawn", component.id)
            self.release(component)


def _displaced(component_id: str) -> UsageError:
    return UsageError(
        f"another client or component took the id {component_id!r}; give each its own id"
    )


def _current_task() -> asyncio.Task[Any] | None:
    with suppress(RuntimeError):  # no loop is running here
        return asyncio.current_task()
    return None


def check_component_id(component_id: str) -> None:
    """Raise `UsageError` for an id that is no text or is blank."""
    if not isinstance(component_id, str) or not component_id.strip():
        raise UsageError(f"a component id must be text with something in it, not {component_id!r}")


def check_spec(spec: SubscriptionSpec) -> None:
    """Raise `UsageError` for what is no wish."""
    if not isinstance(spec, SubscriptionSpec):
        raise UsageError(
            "expected one SubscriptionSpec, such as SubscriptionSpec('ticker', 'KRW-BTC'), "
            f"not {spec!r}"
        )


def check_specs(specs: object) -> tuple[SubscriptionSpec, ...]:
    """The same as a tuple; raise `UsageError` for none at all and for what is something else."""
    if specs is not None and (isinstance(specs, str) or not isinstance(specs, Iterable)):
        raise UsageError(f"subscriptions must be a list, not {specs!r}; {_PLACES}")
    given = () if specs is None else tuple(specs)
    for spec in given:
        if not isinstance(spec, SubscriptionSpec):
            raise UsageError(f"expected a SubscriptionSpec, not {spec!r}; {_PLACES}")
    if not given:
        raise UsageError(f"no subscriptions given; {_PLACES}")
    return given


_PLACES = (
    "call register_component(component_id, component, [SubscriptionSpec, …]), "
    "or without a component register_component(component_id, [SubscriptionSpec, …])"
)
