"""Wires the rooms together: wishes to lanes, lanes to the hub, the hub to components.

    components ──wishes──▶ SubscriptionManager ──changes──▶ lanes (Supervisor) ──▶ exchange
    components ◀──inboxes── DataProcessor ◀─────events───── lanes ◀──────────────── exchange

A manager belongs to one event loop. Clients of the same exchange share one (see `shared`), which
is what lets their wishes merge.
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from itertools import count
from types import TracebackType
from typing import Any, Self

from tickwire.checks import check_flag, check_kind, check_seconds
from tickwire.components import Components, check_component_id, check_spec, check_specs
from tickwire.core.connection import Timing
from tickwire.core.efficiency import SubscriptionPlan
from tickwire.core.explanation import Explanation
from tickwire.core.listing import Listing, Verification
from tickwire.core.rate_limiter import RateLimiter, RateLimiterStatus
from tickwire.core.strategy import Strategy, strategy_of
from tickwire.core.subscriptions import SubscriptionManager
from tickwire.delivery.component import Component
from tickwire.delivery.hub import DataProcessor
from tickwire.delivery.inbox import Handler
from tickwire.errors import UsageError
from tickwire.events import BaseWebSocketEvent
from tickwire.exchanges.upbit import Algorithm, JWTManager, Upbit, WireFormat
from tickwire.exchanges.upbit.rules import TICKET_PREFIX
from tickwire.lanes import Lanes
from tickwire.markets import Markets
from tickwire.readiness import Readiness, Waits
from tickwire.silence import Silence
from tickwire.snapshots import Snapshots, answers
from tickwire.statistics import ManagerStatistics
from tickwire.subscription import Stream, SubscriptionSpec, Wish
from tickwire.tasks import Tasks
from tickwire.transport.handshake import connect
from tickwire.transport.notes import host_notes
from tickwire.transport.rest import fetch
from tickwire.world import Clock, Random, SystemClock, World, new_uuid

__all__ = ["WebSocketManager", "real_world"]

_log = logging.getLogger("tickwire.manager")


def real_world() -> World:
    """The host's clocks and chance, its network, and what its processes tell each other."""
    return World(
        clock=SystemClock(),
        random=Random(),
        new_uuid=new_uuid,
        connect=connect,
        fetch=fetch,
        notes=host_notes(),
    )


class WebSocketManager(Snapshots):
    """Keeps what all components want, and as few connections as that needs.

    Addresses are those of the official SDK: an `environment` (`kr`, `sg`, `id`, `th`), or base
    URLs of scheme and host. `compression=False` does not offer it to the exchange. `wire_format`
    is how messages are written: `DEFAULT`, `SIMPLE` (short names), `JSON_LIST` or `SIMPLE_LIST`
    (in an array); it changes the bytes, not the events. `ticket_prefix` begins the ticket of each
    message, by which the exchange and `explain` name it; a unique id follows. The keys are for the
    private streams and those of indicators, see `JWTManager`; `jwt_algorithm` signs with another
    one. `strategy` is how much of what the exchange allows is used: `conservative`, `balanced`,
    `aggressive` or a `Strategy` of your own; after complaints of the exchange it is less for a
    while, unless `enable_dynamic_adjustment=False`. `enable_rate_limiter=False` is for
    measurements on a local exchange. Use it in one event loop, best as `async with`; it starts
    with the first component and `stop` leaves nothing behind.
    """

    def __init__(
        self,
        *,
        environment: str = "kr",
        websocket_base_url: str | None = None,
        base_url: str | None = None,
        access_key: str | None = None,
        secret_key: str | None = None,
        jwt_algorithm: Algorithm = "HS512",
        compression: bool = True,
        wire_format: WireFormat = "DEFAULT",
        ticket_prefix: str = TICKET_PREFIX,
        strategy: str | Strategy = "balanced",
        enable_dynamic_adjustment: bool = True,
        enable_rate_limiter: bool = True,
        timing: Timing | None = None,
        world: World | None = None,
    ) -> None:
        check_flag("compression", compression)
        check_flag("enable_dynamic_adjustment", enable_dynamic_adjustment)
        check_flag("enable_rate_limiter", enable_rate_limiter)
        timing = Timing() if timing is None else timing
        check_kind("timing", timing, Timing)
        world = real_world() if world is None else world
        check_kind("world", world, World)
        self.compression = compression
        """Whether compression is offered to the exchange."""
        self.wire_format = wire_format
        """How the exchange is asked to write its messages; events are the same in all of them."""
        self.ticket_prefix = ticket_prefix
        """What each message's ticket begins with."""
        self.strategy = strategy_of(strategy)
        """How much of what the exchange allows is used."""
        self.enable_dynamic_adjustment = enable_dynamic_adjustment
        """Whether less of it is used after complaints."""
        self.jwt_manager = JWTManager(
            access_key, secret_key, algorithm=jwt_algorithm, new_uuid=world.new_uuid
        )
        """The keys, and what signs with them."""
        self._exchange = Upbit(
            environment=environment,
            websocket_base_url=websocket_base_url,
            base_url=base_url,
            jwt_manager=self.jwt_manager,
            wire_format=wire_format,
            ticket_prefix=ticket_prefix,
        )
        self._world = replace(world, connect=partial(world.connect, compression=compression))
        self._markets = Markets(self._exchange, self._world)
        self._hub = DataProcessor(self._exchange)
        self._tasks = Tasks(stopping=self._stop_all, ended=self._end_all)
        self._waits = Waits(self._world.clock)
        self._lanes = Lanes(
            exchange=self._exchange,
            reader=self._hub,
            world=self._world,
            timing=timing,
            rate_limiter=RateLimiter(
                self._exchange,
                strategy=self.strategy,
                notes=world.notes,
                enable_dynamic_adjustment=enable_dynamic_adjustment,
                enable_rate_limiter=enable_rate_limiter,
                failed=_limiter_failed,
            ),
            run=self._tasks.run,
            progressed=self._waits.progressed,
            query=lambda lane, silent: self._tasks.run(
                self._silence.answer(lane, silent), "silent streams"
            ),
            priorities=lambda: self.components.priorities,
        )
        self._subscription_manager = SubscriptionManager(
            self._lanes.change, endpoint_of=self._exchange.endpoint_of
        )
        self.components = Components(
            hub=self._hub,
            desired=self._subscription_manager,
            run=self._tasks.run,
            progressed=self._waits.progressed,
        )
        """Who takes part; what clients and pools are made with."""
        self._silence = Silence(self._markets, self._hub, self.components)
        self._askers = count(1)
        self._started_at = self._world.clock.now()

    def __repr__(self) -> str:
        return (
            f"<WebSocketManager {self._exchange!r}: {len(self.components)} components, "
            f"{len(self._subscription_manager)} streams; {self._lanes!r}>"
        )

    # --- life ---------------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Begin to run in this loop; done by the first component as well."""
        await self._tasks.start()

    def _stop_all(self) -> None:
        self._lanes.stop()
        self.components.release_all()

    def _end_all(self, failure: BaseException | None) -> None:
        self.components.release_all(failure)
        self._waits.end()

    async def stop(self) -> None:
        """Close every connection and end every task; may be called twice.

        Raises `UsageError` in another event loop, unless that of the manager is closed.
        """
        await self._tasks.stop()

    @property
    def is_stopped(self) -> bool:
        """Whether this manager was stopped, or its loop has ended."""
        return self._tasks.are_stopped

    @property
    def subscription_manager(self) -> SubscriptionManager:
        """What all components want, merged: to be read; components change it."""
        return self._subscription_manager

    @property
    def clock(self) -> Clock:
        """The clock that this manager lives by."""
        return self._world.clock

    # --- components ---------------------------------------------------------------------------

    async def register_component(
        self,
        component_id: str,
        component_ref: object | Sequence[SubscriptionSpec] | None = None,
        subscriptions: Iterable[SubscriptionSpec] | None = None,
        *,
        handler: Handler | None = None,
        batch: bool = False,
    ) -> None:
        """Record what a component wants, in place of what it wanted before.

        Events go to `handler`, which with `batch` gets lists of those that came together; without
        one to the component's `handle_events` (lists), or else its `handle_event`. Control events
        go to its `handle_control`, if it has one. The component is held weakly: once it is
        collected, its wishes are gone. Without a component they last until `unregister_component`.
        Returns when the wish is recorded. Raises `UsageError`, and `AuthenticationError` if a wish
        needs keys and there are none.
        """
        if isinstance(component_ref, list | tuple) and subscriptions is None:
            component_ref, subscriptions = None, component_ref
        check_component_id(component_id)
        specs = check_specs(subscriptions)
        component = self.components.new(component_id, component_ref)
        if handler is None:
            if batch:
                raise UsageError("batch=True needs a handler=; or give the component handle_events")
            handler = getattr(component_ref, "handle_events", None)
            batch = handler is not None
            handler = handler or getattr(component_ref, "handle_event", None)
        if handler is not None and not callable(handler):
            raise UsageError(f"a handler must be callable, not {handler!r}")
        await self.start()
        found = [(spec, await self.wishes_of(spec)) for spec in specs]
        wishes = [wish for _, each in found for wish in each]
        self.components.replace(component, wishes, handler, in_batches=batch)
        for spec, each in found:
            component.rank((stream for stream, _ in each), spec.priority)

    async def unregister_component(self, component_id: str) -> None:
        """Forget a component and its wishes; an unknown id is no error."""
        self._tasks.check_loop()
        check_component_id(component_id)
        component = self.components.get(component_id)
        if component is not None:
            self.components.release(component)

    def _release(self, component: Component) -> None:
        """Forget a component that leaves by itself; raises as `stop` does."""
        if self._tasks.check_ending():
            self.components.release(component)

    # --- what is asked ------------------------------------------------------------------------

    async def wishes_of(self, spec: SubscriptionSpec) -> tuple[Wish, ...]:
        """The streams asked for; reads the market list if a whole market is named.

        Raises `AuthenticationError` if keys are needed and there are none, and `UsageError` for
        what this exchange does not have.
        """
        check_spec(spec)
        self._exchange.check(spec)
        return (await self._markets.expanded(spec)).wishes

    async def _snapshots_of(self, spec: SubscriptionSpec, timeout: float) -> dict[str, Any]:
        await self.start()
        wishes = await self.wishes_of(spec)
        asker = f"get_snapshot {next(self._askers)}"
        return await answers(
            wishes,
            timeout,
            component_id=asker,
            components=self.components,
            clock=self._world.clock,
            awaits_turn=self._lanes.awaits_turn,
        )

    def latest(self, *streams: Stream, depth: int | None = None) -> BaseWebSocketEvent | None:
        """The last event of the first of these streams that has one and is wanted.

        A book is cut to a depth; `None` stands for as many levels as there are.
        """
        events = (self._hub.latest(stream, depth) for stream in streams)
        return next((event for event in events if event is not None), None)

    async def ready(
        self, timeout: float | None = None, *, component_id: str | None = None
    ) -> Readiness:
        """Wait until every stream wanted (by one component, or by all) is confirmed.

        Returns what is confirmed and what is missing once nothing is missing or the time is up.
        Raises `UsageError` if there is no such component, and once the manager was stopped.
        """
        self._tasks.check_alive()
        if timeout is not None:
            check_seconds("timeout", timeout)
        if component_id is not None:
            check_component_id(component_id)
            self._taking_part(component_id)
        desired = self._subscription_manager

        def wanted() -> frozenset[Stream]:
            return frozenset(desired) if component_id is None else desired.wishes_of(component_id)

        def is_missing(stream: Stream) -> bool:
            return desired.is_wanted(stream, by=component_id) and not self._lanes.is_live(stream)

        readiness = await self._waits.until_confirmed(wanted, is_missing, timeout)
        self._tasks.check_alive()
        return replace(readiness, rejected=self.components.rejected(component_id))

    def plan(self) -> SubscriptionPlan:
        """The messages that would say all that is wanted now, and how efficient that is.

        It costs as much as to write a message for each component, so do not ask all the time.
        """
        return self._lanes.plan(self._subscription_manager.wishes())

    def explain(self, component: str | object) -> Explanation:
        """What a component (its id, or itself) wants, and what has become of each stream.

        Who else wants it, which connection carries it, which message asked for it, what confirmed
        it, and what it waits for if nothing has. As text it is meant to be read. Raises
        `UsageError` if there is no such component.
        """
        found = self._taking_part(component)
        streams = sorted(found.streams)
        others = self._subscription_manager.others_by_stream(found.id)
        return Explanation(
            found.id,
            tuple(
                self._lanes.explain(each, others.get(each, ()), found.terms_of(each))
                for each in streams
            ),
            tuple(sorted(found.rejected.items())),
        )

    def _taking_part(self, component: str | object) -> Component:
        found = self.components.find(component)
        if found is None:
            known = ", ".join(sorted(each.id for each in self.components)) or "none"
            raise UsageError(f"there is no component {component!r} here; there are: {known}")
        return found

    async def list_subscriptions(self) -> tuple[Listing, ...]:
        """What the exchange says it serves, one entry for each open connection.

        It is asked with a message that counts against the limits, after the subscription messages
        that are due. Raises `RateLimitTimeout` if the limits leave no room for it within 15 s,
        `TimeoutError` if the exchange has not answered after 3 s, `TransportError` if the
        connection is lost meanwhile, and `UsageError` after `stop`.
        """
        self._tasks.check_alive()
        return await self._lanes.list_subscriptions()

    async def verify_subscriptions(self) -> Verification:
        """Ask the same, compare it with what was sent, and repair what differs.

        What is missing is asked for again, and what nobody asked for is taken back, with the next
        message; when that has not helped twice in a row, on another connection. What is wanted of
        connections that are not open is told as `unverified`. Raises what `list_subscriptions`
        does.
        """
        self._tasks.check_alive()
        return await self._lanes.verify_subscriptions()

    def statistics(self) -> ManagerStatistics:
        """The whole in figures; cheap enough to ask often."""
        return ManagerStatistics(
            streams=len(self._subscription_manager),
            lanes=self._lanes.statistics(),
            delivery=self._hub.statistics(),
            components={each.id: each.statistics() for each in self.components},
            uptime_s=self._world.clock.now() - self._started_at,
        )

    def get_rate_limiter_status(self) -> RateLimiterStatus:
        """How far the exchange's limits are used, as JSON has it; see `RateLimiterStatus`."""
        return self._lanes.rate_limiter_status()


def _limiter_failed(error: Exception) -> None:
    _log.error("the limiter has failed, so what was due is put off", exc_info=error)
