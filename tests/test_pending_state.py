"""Random wishes, losses and errors against the whole client in virtual time.

After any steps: no window is exceeded as the exchange counts it, nobody receives what they did
not ask for, everybody receives what they asked for exactly once, and once things are quiet the
last message equals the union of all wishes. The naive pending task of design document S2 goes
through the same machine, and fails.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Protocol, TypeVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.harness import MARKETS, MemoryExchange, virtual_world
from tests.naive import NaiveManager
from tickwire.errors import TransportError
from tickwire.events import BaseWebSocketEvent
from tickwire.manager import WebSocketManager
from tickwire.subscription import DataType, Stream, SubscriptionSpec
from tickwire.testing import ManualClock, MemoryNetwork

STREAMS = [Stream(kind, code) for kind in (DataType.TRADE, DataType.ORDERBOOK) for code in MARKETS]
UNKNOWN = Stream(DataType.TRADE, "KRW-NOPE")
COMPONENTS = ["strategy", "chart", "portfolio"]

T = TypeVar("T")
Got = Callable[[str, BaseWebSocketEvent], None]


class Subject(Protocol):
    """What the machine drives: something that turns wishes into messages."""

    async def start(self) -> None: ...
    async def wish(self, component: str, streams: frozenset[Stream]) -> None: ...
    async def stop(self) -> None: ...


class Tickwire:
    """The real thing."""

    delivers = True

    def __init__(self, clock: ManualClock, network: MemoryNetwork, got: Got) -> None:
        self._manager = WebSocketManager(world=virtual_world(clock, network))
        self._got = got

    async def start(self) -> None:
        await self._manager.start()

    async def wish(self, component: str, streams: frozenset[Stream]) -> None:
        if not streams:
            await self._manager.unregister_component(component)
            return
        specs = [SubscriptionSpec(stream.type, stream.symbol) for stream in sorted(streams)]
        await self._manager.register_component(
            component, specs, handler=lambda event: self._got(component, event)
        )

    async def stop(self) -> None:
        await self._manager.stop()


class Naive:
    """S2's pending task. It delivers nothing, so only what it sends is judged."""

    delivers = False

    def __init__(self, clock: ManualClock, network: MemoryNetwork, got: Got) -> None:
        self._manager = NaiveManager(clock, network)

    async def start(self) -> None:
        """Nothing to start."""

    async def wish(self, component: str, streams: frozenset[Stream]) -> None:
        await self._manager.register_component(component, streams)

    async def stop(self) -> None:
        await self._manager.stop()


class PendingState(RuleBasedStateMachine):
    """The machine; `subject` says what goes through it."""

    subject: type[Any] = Tickwire
    with_faults = True

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.clock = ManualClock()
        self.network = MemoryNetwork()
        self.exchange = MemoryExchange(self.clock, self.network)
        self.wishes: dict[str, frozenset[Stream]] = {}
        self.received: list[tuple[str, Stream]] = []
        self.changes = 0

        async def begin() -> Any:
            # Asyncio objects belong to the loop that they are made in.
            subject = self.subject(self.clock, self.network, self.got)
            await subject.start()
            return subject

        self.under_test = self.loop.run_until_complete(begin())

    def got(self, component: str, event: BaseWebSocketEvent) -> None:
        stream = Stream(DataType(event.type), event.symbol)
        assert stream in self.wishes.get(component, ()), f"{component} did not ask for {stream}"
        self.received.append((component, stream))

    def do(self, *steps: Coroutine[Any, Any, None]) -> None:
        async def all_of_them() -> None:
            for step in steps:
                await step

        self.loop.run_until_complete(all_of_them())

    def in_loop(self, function: Callable[[], T]) -> T:
        """Call a function as the reader of a socket would, from within the loop."""

        async def call() -> T:
            return function()

        return self.loop.run_until_complete(call())

    # --- what can happen ----------------------------------------------------------------------

    @rule(component=st.sampled_from(COMPONENTS), streams=st.frozensets(st.sampled_from(STREAMS)))
    def change_of_mind(self, component: str, streams: frozenset[Stream]) -> None:
        self.wishes[component] = streams
        self.changes += 1
        self.do(self.under_test.wish(component, streams))

    @rule(seconds=st.sampled_from([0.0, 0.01, 0.05, 0.1, 0.25, 1.0, 3.0]))
    def time_passes(self, seconds: float) -> None:
        self.do(self.clock.advance(seconds))

    @rule(
        changes=st.lists(
            st.tuples(
                st.sampled_from(COMPONENTS),
                st.frozensets(st.sampled_from(STREAMS), max_size=3),
                st.sampled_from([0.0, 0.05, 0.12, 0.2]),
            ),
            min_size=6,
            max_size=12,
        )
    )
    def burst(self, changes: list[tuple[str, frozenset[Stream], float]]) -> None:
        for component, streams, pause in changes:
            self.change_of_mind(component, streams)
            self.time_passes(pause)

    @rule(stream=st.sampled_from(STREAMS))
    def data(self, stream: Stream) -> None:
        before = len(self.received)
        if self.in_loop(lambda: self.exchange.emit(stream)) and self.under_test.delivers:
            expected = {c for c, wanted in self.wishes.items() if stream in wanted}
            got = [component for component, _ in self.received[before:]]
            assert sorted(got) == sorted(expected), "not exactly once to each who asked"

    @precondition(lambda self: self.with_faults)
    @rule()
    def connection_is_lost(self) -> None:
        if self.exchange.is_connected:
            self.in_loop(self.network.last.lose)

    @precondition(lambda self: self.with_faults)
    @rule(times=st.integers(1, 3))
    def network_is_down(self, times: int) -> None:
        self.network.failures = [TransportError("no route")] * times

    @precondition(lambda self: self.with_faults)
    @rule(name=st.sampled_from(["WRONG_FORMAT", "TOO_MANY_REQUEST", "INVALID_PARAM"]))
    def next_message_is_refused(self, name: str) -> None:
        self.exchange.refuse_next = name

    # --- what must hold -----------------------------------------------------------------------

    @invariant()
    def no_window_is_exceeded(self) -> None:
        for arrivals in self.exchange.arrivals:
            for limit, window in ((5, 1.0), (100, 60.0)):
                for first, excess in zip(arrivals, arrivals[limit:], strict=False):
                    assert excess - first >= window, f"more than {limit} messages in {window} s"
        for first, sixth in zip(self.exchange.connects, self.exchange.connects[5:], strict=False):
            assert sixth - first >= 1.0, "more than 5 connects in 1 s"

    def teardown(self) -> None:
        try:
            self.network.failures = []
            self.exchange.refuse_next = None
            self.do(self.clock.advance(75.0))
            union = frozenset().union(*self.wishes.values()) if self.wishes else frozenset()
            if union:
                assert self.exchange.is_connected, "streams are wanted and nothing is connected"
                assert self.exchange.live == union, "a wish was lost"
            elif self.under_test.delivers:
                assert not self.exchange.is_connected, "nothing is wanted and data still flows"
        finally:
            self.do(self.under_test.stop(), self.clock.settle())
            self.loop.close()


CHECKED = settings(
    max_examples=200,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)


def test_no_wish_is_lost_no_limit_breached_and_nobody_gets_what_they_did_not_ask() -> None:
    """The whole client holds what the machine demands."""
    run_state_machine_as_test(PendingState, settings=CHECKED)


def test_the_naive_pending_task_fails_the_same_test() -> None:
    """The machine finds the lost update of S2, with no fault around, so it would find ours."""

    class NaivePendingState(PendingState):
        subject = Naive
        with_faults = False

    found = settings(CHECKED, max_examples=200, phases=[Phase.generate], print_blob=False)
    with pytest.raises(AssertionError, match="a wish was lost"):
        run_state_machine_as_test(NaivePendingState, settings=found)
