"""The pending task as design document S2 has it, kept as the proof that our test can fail.

It reads the desired state, then waits for the gate, then sends what it read; and it forgets a
send that failed. A change that comes during the wait is "merged" into a message that was built
before it, so nobody ever sends it.
"""

import asyncio
from collections.abc import Sequence

import msgspec

from tests.harness import virtual_world
from tickwire.core.limiter import Limiter
from tickwire.core.planner import Plan
from tickwire.exchanges.upbit import Upbit, rules
from tickwire.subscription import Stream
from tickwire.testing import ManualClock, MemoryNetwork, MemoryTransport


class NaiveManager:
    """S2's `_on_subscription_change` and `_debounced_subscription_handler`, as written there."""

    def __init__(self, clock: ManualClock, network: MemoryNetwork) -> None:
        self._clock = clock
        self._world = virtual_world(clock, network)
        self._wishes: dict[str, frozenset[Stream]] = {}
        self._pending_subscription_task: asyncio.Task[None] | None = None
        self._debounce_delay = 0.1
        self._limiter = Limiter(rules.MESSAGE_LIMITS)
        self._transport: MemoryTransport | None = None

    async def register_component(self, component_id: str, streams: frozenset[Stream]) -> None:
        self._wishes[component_id] = streams
        self._on_subscription_change()

    def _on_subscription_change(self) -> None:
        if not self._pending_subscription_task or self._pending_subscription_task.done():
            self._pending_subscription_task = asyncio.create_task(
                self._debounced_subscription_handler()
            )

    async def _debounced_subscription_handler(self) -> None:
        try:
            await self._clock.sleep(self._debounce_delay)
            await self._send_latest_subscriptions()
        except Exception as error:
            del error  # S2 logs it, and forgets the change with it
        finally:
            self._pending_subscription_task = None

    async def _send_latest_subscriptions(self) -> None:
        union = frozenset().union(*self._wishes.values())
        if union:
            await self._gate()
            if self._transport is None:
                transport = await self._world.connect("ws://memory", headers={}, listener=self)
                assert isinstance(transport, MemoryTransport)
                self._transport = transport
            self._transport.send_text(Upbit().encode(Plan(tuple(sorted(union)), ()), "naive"))

    async def _gate(self) -> None:
        while not self._limiter.take(self._clock.now()):
            await self._clock.sleep(self._limiter.free_at() - self._clock.now())

    def frames_received(self, frames: Sequence[bytes]) -> None:
        for frame in frames:
            msgspec.json.decode(frame)

    def pong_received(self) -> None:
        """Nothing to do."""

    def connection_lost(self, reason: str, code: int | None = None) -> None:
        self._transport = None
        self._on_subscription_change()

    async def stop(self) -> None:
        if self._pending_subscription_task is not None:
            self._pending_subscription_task.cancel()
