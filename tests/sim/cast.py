"""The components as they are played, drawn from the seed: they change their minds, and end."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from tests.sim import invariants
from tests.sim.calm import MENDING_S
from tests.sim.components import KINDS, Ear, Owner, Slow, on_end
from tests.sim.loop import LoopClock
from tests.sim.witness import Witness
from tickwire.client import WebSocketClient
from tickwire.errors import TransportError, UsageError
from tickwire.events import BaseWebSocketEvent
from tickwire.manager import WebSocketManager
from tickwire.subscription import (
    DEPTHS,
    FULL_DEPTH,
    DataType,
    Stream,
    SubscriptionSpec,
    Terms,
)
from tickwire.world import Random

__all__ = ["Cast", "Wish"]

_TYPES = (
    DataType.TICKER,
    DataType.TRADE,
    DataType.TRADE,
    DataType.ORDERBOOK,
    DataType.ORDERBOOK,
    DataType.CANDLE_1S,
    DataType.CANDLE_1M,
)
_UNKNOWN = ("KRW-NOPE", "KRW-BTCC", "BTC-NIX")
_LONGEST_DELAY_S = 0.4
_LONG_S = 300.0

Wish = tuple[SubscriptionSpec, ...]


@dataclass
class _Role:
    """A component as it is played: what it asked for, and the object, if there is one."""

    wish: Wish
    ear: Ear
    owner: Owner | None


class Cast:
    """The components, who registers them, and who lets them go."""

    def __init__(
        self,
        manager: WebSocketManager,
        witness: Witness,
        clock: LoopClock,
        random: Random,
        codes: tuple[str, ...],
        levels: dict[str, tuple[int, ...]],
    ) -> None:
        self.let_go: list[Ear] = []
        """Those to which nobody refers any more, while they are still there."""
        self._roles: dict[str, _Role] = {}
        self._manager = manager
        self._witness = witness
        self._clock = clock
        self._random = random
        self._codes = codes
        self._levels = levels
        # Where all groupings are of one market they are many, each on a connection of its own.
        self._types = (*_TYPES, *[DataType.ORDERBOOK] * 7) if len(levels) == 1 else _TYPES
        self._ends: list[object] = []
        self._clients: list[WebSocketClient] = []
        self._is_awake = False

    async def play(self, component_id: str, until: float) -> None:
        """One component's life: long calms, and now and then a spell of changing its mind."""
        random = self._random
        while self._clock.now() < until:
            await self._clock.sleep(random.expovariate(1 / 25))
            if random.random() < 0.15:
                calm_at = min(until, self._clock.now() + random.choice((3.0, 8.0, 40.0)))
                while self._clock.now() < calm_at:
                    await self._change(component_id)
                    await self._clock.sleep(random.uniform(0.02, 0.3))
            elif self._clock.now() < until:
                await self._change(component_id)

    async def play_client(self, component_id: str, until: float) -> None:
        """A client's life: wishes added one by one, withdrawn one by one, and all at once."""
        random, clock = self._random, self._clock
        while clock.now() < until:
            client = WebSocketClient(component_id, manager=self._manager)
            self._clients.append(client)
            is_awaited = random.random() < 0.7
            ear = Ear(self._witness, component_id, {}, is_slow=is_awaited)
            self._witness.wants(ear)
            hear = self._slowly(ear) if is_awaited else ear.hear
            for _ in range(random.randint(2, 15)):
                await clock.sleep(random.expovariate(1 / 10))
                if ear.wanted and random.random() < 0.4:
                    chosen = random.choice(sorted(ear.wanted))
                    await client.unsubscribe(chosen.type, chosen.symbol)
                    kind = chosen.type, chosen.symbol
                    ear.forget([s for s in ear.wanted if (s.type, s.symbol) == kind])
                else:
                    spec = self._spec(known=True, once=not is_awaited)
                    for stream, terms in spec.wishes:
                        if ear.wanted.get(stream) != terms:
                            ear.forget([stream])
                            ear.wanted[stream] = terms
                    await client.subscribe(spec, hear)
                self._witness.changed(ear)
            await client.disconnect()
            self._witness.gone(component_id)
            await clock.sleep(random.expovariate(1 / 10))

    async def play_asker(self, component_id: str, until: float) -> None:
        """Somebody who asks how things stand, now and then, and does not always wait for it."""
        random, clock, witness = self._random, self._clock, self._witness
        while clock.now() < until:
            await clock.sleep(random.expovariate(1 / 10))
            spec = self._spec(once=True)
            if spec.names_whole_market:
                spec = spec.expanded(self._codes)
            spec = SubscriptionSpec(
                spec.data_type,
                spec.symbols,
                level=spec.level,
                depth=spec.terms.depth,
                is_only_snapshot=True,
            )
            ear = Ear(witness, component_id, dict(spec.wishes), is_slow=False)
            ear.is_asker = True
            before = witness.times_of(spec.streams)
            timeout_s = random.choice((0.05, 0.2, 3.0, _LONG_S))
            witness.wants(ear)
            try:
                events = await self._manager.get_snapshot(
                    spec.data_type,
                    spec.symbols,
                    level=spec.level,
                    depth=spec.terms.depth,
                    timeout=timeout_s,
                )
            except TimeoutError:
                calm_s = min(timeout_s, clock.now() - witness.calm.troubled_at)
                witness.judge(invariants.is_answered_in_time, spec.streams, calm_s, MENDING_S)
            except UsageError as error:
                unknown = [symbol for symbol in spec.symbols if symbol in _UNKNOWN]
                witness.judge(invariants.is_refused_rightly, unknown, str(error))
            else:
                witness.answered(ear, before, events)
            finally:
                witness.gone(component_id)

    def _slowly(self, ear: Ear) -> Callable[[BaseWebSocketEvent], Awaitable[None]]:
        delay_s = self._random.choice((0.0, 0.05, _LONGEST_DELAY_S))

        async def hear(event: BaseWebSocketEvent) -> None:
            ear.hear(event)
            if delay_s and not self._is_awake:
                await self._clock.sleep(delay_s)

        return hear

    async def leave(self) -> None:
        """Everybody says goodbye."""
        for client in self._clients:
            await client.disconnect()
        for component_id in self._roles:
            await self._manager.unregister_component(component_id)
        for component_id in list(self._witness.ears):
            self._witness.gone(component_id)

    async def again(self) -> None:
        """Everybody asks for the same once more, in another order."""
        roles = list(self._roles.items())
        self._random.shuffle(roles)
        for component_id, role in roles:
            wish = list(role.wish)
            self._random.shuffle(wish)
            await self._register(component_id, tuple(wish))

    def wake_up(self) -> None:
        """From now on nobody is slow."""
        self._is_awake = True
        for role in self._roles.values():
            if role.owner is not None:
                role.owner.delay_s = 0.0

    async def _change(self, component_id: str) -> None:
        random = self._random
        role = self._roles.get(component_id)
        drawn = random.random()
        if role is None or drawn < 0.55:
            await self._register(component_id, self._wish())
        elif drawn < 0.65:
            await self._register(component_id, role.wish)
        elif drawn < 0.75:
            await self._register_and_cancel(component_id, self._wish())
        elif drawn < 0.88 or role.owner is None:
            del self._roles[component_id]
            await self._manager.unregister_component(component_id)
            self._witness.gone(component_id)
        else:
            self._let_go(self._roles.pop(component_id))

    async def _register(self, component_id: str, wish: Wish) -> None:
        kind = self._random.choice((*KINDS, None))
        wanted = dict(self._wanted(wish))
        if kind is Slow and any(terms.is_only_snapshot for terms in wanted.values()):
            kind = KINDS[0]  # what waits in an inbox is over before it is heard
        # Whoever has no ear for `Rejected` does not ask for what may not exist.
        if kind is None and any(stream.symbol in _UNKNOWN for stream in wanted):
            kind = KINDS[0]
        ear = Ear(self._witness, component_id, wanted, is_slow=kind is Slow)
        owner = None if kind is None else kind(ear, self._clock, self._crashes)
        try:
            if owner is None:
                await self._manager.register_component(component_id, wish, handler=ear.hear)
            else:
                if kind is Slow:
                    owner.delay_s = self._random.choice((0.0, 0.01, 0.1, _LONGEST_DELAY_S))
                await self._manager.register_component(component_id, owner, wish)
        except TransportError:
            return  # the market list could not be read, and nothing has changed
        self._witness.wants(ear)
        before = self._roles.get(component_id)
        self._roles[component_id] = _Role(wish, ear, owner)
        if owner is not None:
            self._ends.append(on_end(owner, lambda: self._ended(ear)))
        if before is not None and before.owner is not None:
            before.owner = None

    async def _register_and_cancel(self, component_id: str, wish: Wish) -> None:
        loop = asyncio.get_running_loop()
        registering = loop.create_task(self._register(component_id, wish))
        for _ in range(self._random.randrange(4)):
            await asyncio.sleep(0)
        await self._clock.sleep(self._random.choice((0.0, 0.0, 0.05)))
        registering.cancel()
        with suppress(asyncio.CancelledError):
            await registering

    def _let_go(self, role: _Role) -> None:
        role.ear.let_go_at = self._clock.now()
        self.let_go.append(role.ear)
        self._witness.note("let go", role.ear.id)
        role.owner = None

    def _ended(self, ear: Ear) -> None:
        if ear in self.let_go:
            self.let_go.remove(ear)
        self._witness.died(ear)

    def _crashes(self) -> bool:
        return self._random.random() < 0.01

    # --- wishes -------------------------------------------------------------------------------

    def _wish(self) -> Wish:
        """Of a stream wished for twice the last would count, so each is in one spec."""
        wish: list[SubscriptionSpec] = []
        named: set[Stream] = set()
        for _ in range(self._random.randint(1, 3)):
            spec = self._spec()
            streams = {stream for stream, _ in self._wanted((spec,))}
            if not streams & named:
                wish.append(spec)
                named |= streams
        return tuple(wish)

    def _spec(self, *, known: bool = False, once: bool = True) -> SubscriptionSpec:
        random = self._random
        kind = random.choice(self._types)
        symbols = random.sample(self._codes, random.randint(1, min(3, len(self._codes))))
        level = 0
        if not known and random.random() < 0.06:
            symbols = [random.choice(_UNKNOWN)]
        elif not known and random.random() < 0.05:
            symbols = ["KRW"]
        elif kind is DataType.ORDERBOOK and self._levels:
            symbols = [random.choice(sorted(self._levels))]
            level = random.choice((0, *self._levels[symbols[0]]))
        depth = random.choice(DEPTHS) if kind is DataType.ORDERBOOK else FULL_DEPTH
        part = random.random()
        return SubscriptionSpec(
            kind,
            symbols,
            level=level,
            depth=depth,
            is_only_snapshot=once and part < 0.1,
            is_only_realtime=part > 0.85,
        )

    def _wanted(self, wish: Wish) -> Iterator[tuple[Stream, Terms]]:
        for spec in wish:
            yield from (spec.expanded(self._codes) if spec.names_whole_market else spec).wishes
