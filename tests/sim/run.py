"""One run: ten minutes of a whole client against the exchange's model, out of one seed."""

import asyncio
import gc
import logging
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tests.sim import invariants
from tests.sim.calm import MENDING_S
from tests.sim.cast import Cast
from tests.sim.faults import Faults
from tests.sim.invariants import Violation
from tests.sim.link import Link
from tests.sim.loop import LoopClock, VirtualLoop
from tests.sim.network import FAR_S, Network
from tests.sim.wire import Request, stream_of, streams_of
from tests.sim.witness import Witness
from tickwire.core import pending
from tickwire.core.states import ConnectionState
from tickwire.core.subscriptions import SubscriptionManager
from tickwire.errors import TransportError
from tickwire.exchanges.upbit import Upbit
from tickwire.manager import WebSocketManager
from tickwire.simulator.exchange import Exchange
from tickwire.simulator.market.instruments import instruments
from tickwire.simulator.spelling import UNIT
from tickwire.simulator.wire.request import MarketWish
from tickwire.subscription import FULL_DEPTH, Stream
from tickwire.world import Random, World

__all__ = ["LENGTH_S", "Outcome", "run"]

LENGTH_S = 600.0
"""How long a run is, in simulated seconds."""

_CALM_S = 12.0
"""Who asks again for what does not exist is told after five seconds and hung up after five more."""
_FAULTS_END_S = LENGTH_S - _CALM_S - MENDING_S
_WISHES_END_S = LENGTH_S - 30.0
_HANGING_UP_S = 7.0
_LOOK_S = 0.5
_LONGEST_HELD_S = 2.0
_SAID_S = 15.0
"""A wish has been said by then, however fast others change: no share of a minute waits longer."""
_MOST_QUESTIONS = 20
_TURNS = 20
"""Turns of the loop in which whatever has come reaches everybody."""


@dataclass(frozen=True)
class Outcome:
    """What came of a run."""

    seed: int
    digest: str
    violations: tuple[Violation, ...]
    tail: tuple[str, ...]
    simulated_s: float
    events: int
    messages: int
    attempts: int
    losses: int
    convergences: int
    worst_windows: dict[str, int]
    wanted_s: float
    """Seconds in which streams were wanted that had been for a while, of all of them together."""
    served_s: float
    """In how many of them the exchange served them, on a connection that worked."""
    untroubled_s: tuple[float, float]
    """Both of them again, without the time in which something was broken."""


def run(seed: int) -> Outcome:
    """Play a seed to its end, or until something is violated."""
    loop = VirtualLoop()
    collecting = gc.isenabled()
    gc.disable()  # a collection at some other moment would be another run
    played = _Run(seed, loop)
    logged = logging.root.manager.disable
    logging.disable(logging.ERROR)
    alarm = _Alarm(played)
    logging.getLogger("tickwire").addHandler(alarm)
    try:
        return loop.run_until_complete(played.play())
    finally:
        logging.getLogger("tickwire").removeHandler(alarm)
        logging.disable(logged)
        if collecting:
            gc.enable()
        loop.close()
        gc.collect()


class _Alarm(logging.Handler):
    """Hears what is critical: that the client has failed, and where."""

    def __init__(self, played: "_Run") -> None:
        super().__init__(logging.CRITICAL)
        self._played = played

    def emit(self, record: logging.LogRecord) -> None:
        now = self._played.clock.now()
        self._played.witness.violated(Violation("I16", now, self.format(record)))


class _Run:
    """The parts of a run. Chance is split, so that each part draws from its own."""

    def __init__(self, seed: int, loop: VirtualLoop) -> None:
        self.seed = seed
        self.loop = loop
        self.clock = LoopClock(loop)
        random = Random(seed)
        self.random = random
        busy = instruments(8, random.choice((0.02, 0.05, 0.2)))
        quiet = instruments(40)[-3:]
        chosen = (*random.sample(busy, random.randint(2, 5)), *quiet[: random.randint(0, 3)])
        is_grouped = random.random() < 0.4
        levels = {each.code: tuple(v // UNIT for v in each.levels if v >= UNIT) for each in chosen}
        is_crowded = is_grouped and random.random() < 0.5
        if is_crowded:
            # Many connections: all books are of one market, in up to six groupings.
            levels = dict([max(levels.items(), key=lambda each: len(each[1]))])
        else:
            levels = {code: these[:2] for code, these in levels.items()}
        self.model = Exchange(chosen, seed=seed, now_ns=self.clock.wall_ns())
        many = random.randint(5 if is_crowded else 2, 7)
        self.components = [f"component-{number}" for number in range(many)]
        self.clients = [f"client-{number}" for number in range(random.randint(0, 2))]
        self.askers = [f"asker-{number}" for number in range(random.randint(0, 2))]
        ids = self.components + self.clients
        strategy = Random(seed + 6).choice(("balanced", "balanced", "aggressive", "conservative"))
        self.witness = Witness(
            self.clock,
            ids,
            text_of=self._text_of,
            wishes_of=lambda each: self.manager._subscription_manager.wishes_of(each),
            one_lane=not is_grouped,
            strategy=strategy,
            ratio=lambda: self.manager.get_rate_limiter_status()["ratio"],
        )
        self.network = Network(self.model, self.clock, Random(seed + 1), self.witness)
        self.network.far_s = Random(seed + 7).choice((0.0, 0.0, FAR_S))
        numbers = iter(range(1, 1_000_000))
        self.manager = WebSocketManager(
            strategy=strategy,
            world=World(
                clock=self.clock,
                random=Random(seed + 2),
                new_uuid=lambda: f"ticket-{next(numbers)}",
                connect=self.network.connect,
                fetch=self.network.fetch,
            ),
        )
        codes = tuple(each.code for each in chosen)
        self.cast = Cast(
            self.manager, self.witness, self.clock, random, codes, levels if is_grouped else {}
        )
        self.faults = Faults(self.network, self.witness, self.clock, Random(seed + 3))
        self.mean_s = random.choice((8.0, 25.0, 80.0))
        self.orders = Random(seed + 4)
        self.convergences = 0
        self.wanted_s = self.served_s = 0.0
        self.untroubled_s = 0.0, 0.0
        self._wanted_since: dict[Stream, float] = {}
        self._told: set[tuple[Link, Stream]] = set()
        loop.set_exception_handler(self._unhandled)

    def _unhandled(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        problem = f"{context['message']}: {context.get('exception')!r}"
        self.witness.violated(Violation("I16", loop.time(), problem))

    def _text_of(self, request: Request) -> str:
        """The text of the same wishes, wished one by one in another order."""
        wishes = sorted(request.streams | request.once)
        self.orders.shuffle(wishes)
        merged = SubscriptionManager(lambda change: None)
        for number, stream in enumerate(wishes):
            merged.replace(f"one {number}", [stream])
            merged.replace(f"another {number % 3}", [stream])
        live = request.streams - request.fresh
        made = pending.plan(  # type: ignore[attr-defined] # the one that is in use
            [stream for stream in merged if stream not in request.once],
            request.streams,
            live,
            once=request.once,
            depths={s: depth for s, depth in request.depths.items() if depth < FULL_DEPTH},
        )
        return Upbit().encode(made, "")

    async def play(self) -> Outcome:
        async with self.manager:
            players = [
                self._player(self.cast.play(component_id, _WISHES_END_S))
                for component_id in self.components
            ]
            players += [
                self._player(self.cast.play_client(component_id, _WISHES_END_S))
                for component_id in self.clients
            ]
            players.append(self._player(self._wonder(Random(self.seed + 5))))
            players += [
                self._player(self.cast.play_asker(component_id, _WISHES_END_S))
                for component_id in self.askers
            ]
            players.append(self._player(self.faults.play(_FAULTS_END_S, self.mean_s)))
            await self._look_until(_WISHES_END_S)
            for player in players:
                player.cancel()
            await asyncio.gather(*players, return_exceptions=True)
            self.network.model.hush(())
            await self._look_until(LENGTH_S - _CALM_S)
            if not self.witness.violations:
                await self._end_calmly()
            await asyncio.gather(self._player(self.cast.leave()), return_exceptions=True)
            await self.clock.sleep(_HANGING_UP_S)
            self.witness.look_at_links(self.network.sound)
        self._look_for_leftovers()
        totals = self.model.referee.totals()
        witness = self.witness
        return Outcome(
            self.seed,
            witness.digest,
            tuple(witness.violations),
            tuple(witness.tail),
            self.loop.time(),
            witness.events,
            witness.messages,
            witness.attempts,
            witness.losses,
            self.convergences,
            {**totals["worst_windows"], "connects_1s": witness.worst_second},
            self.wanted_s,
            self.served_s,
            self.untroubled_s,
        )

    def _player(self, plays: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Somebody who plays until the end; whatever the client raises at them should not be."""
        player = self.loop.create_task(plays)
        player.add_done_callback(self._ended)
        return player

    def _ended(self, player: asyncio.Task[None]) -> None:
        if not player.cancelled() and player.exception() is not None:
            self._unhandled(
                self.loop, {"message": "a player has failed", "exception": player.exception()}
            )

    async def _wonder(self, random: Random) -> None:
        """Ask now and then, and twice at once, what the exchange serves: what was asked for."""
        while self.clock.now() < _WISHES_END_S:
            await self.clock.sleep(random.expovariate(1 / 20))
            await asyncio.gather(*[self._verify() for _ in range(random.randint(1, 2))])

    async def _verify(self) -> bool:
        """Ask it; whether there was an answer."""
        network, asked_at = self.network, self.clock.now()
        before = frozenset(network.dropped)
        try:
            found = await self.manager.verify_subscriptions()
        except (TimeoutError, TransportError):
            return False
        still = {(link, stream) for link, stream in before & network.dropped if link.is_open}
        meanwhile = {stream for at, stream in network.drops if at >= asked_at}
        self.witness.judge(
            invariants.is_verified,
            found.missing,
            found.extra,
            {stream for _, stream in still},
            {stream for _, stream in before} | meanwhile,
        )
        self._told |= still
        self.witness.calm.stirred()
        return True

    async def _look_until(self, end: float) -> None:
        while self.clock.now() < end and not self.witness.violations:
            await self.clock.sleep(_LOOK_S)
            self._look()

    def _look(self) -> None:
        """Judge what can be judged at any moment."""
        witness, now = self.witness, self.clock.now()
        totals = self.model.referee.totals()
        witness.judge(invariants.keeps_limits, totals)
        witness.look_at_wishes()
        for ear in self.cast.let_go:
            assert ear.let_go_at is not None
            witness.judge(invariants.is_collected, ear.id, now - ear.let_go_at, _LONGEST_HELD_S)
        if witness.calm.is_troubled and not witness.has_broken_links and self._is_connected():
            witness.calm.mended()
            witness.calm.stirred()
        witness.look_at_links(self.network.sound)
        self._measure()
        unnoticed = {stream for _, stream in self.network.dropped - self._told}
        is_due = witness.calm.is_due(self.network.sound)
        if witness.wanted and is_due and not unnoticed & witness.wanted.keys():
            self._judge_convergence()

    def _measure(self) -> None:
        """How much of what stays wanted is served, since the last look."""
        served = {stream for streams in self._served() for stream in streams}
        now, before = self.clock.now(), self._wanted_since
        self._wanted_since = {s: before.get(s, now) for s in self.witness.wanted}
        wanted = {s for s, since in self._wanted_since.items() if now >= since + _SAID_S}
        self.wanted_s += len(wanted) * _LOOK_S
        self.served_s += len(wanted & served) * _LOOK_S
        if not self.witness.calm.is_troubled:
            wanted_s, served_s = self.untroubled_s
            self.untroubled_s = (
                wanted_s + len(wanted) * _LOOK_S,
                served_s + len(wanted & served) * _LOOK_S,
            )

    def _is_connected(self) -> bool:
        """Whether the client says that every connection it should have stands."""
        lanes = self.manager.statistics().lanes
        return all(
            (state := ConnectionState(lane.state)).is_open or state is ConnectionState.DISCONNECTED
            for lane in lanes
        )

    def _judge_convergence(self) -> None:
        self.convergences += 1
        self.witness.judge(invariants.is_converged, self.witness.wanted, self._served())

    async def _end_calmly(self) -> None:
        """All is well in the end; and who asks for the same again changes nothing."""
        witness = self.witness
        for _ in range(_MOST_QUESTIONS):  # what was dropped is found at the latest now
            if await self._verify():
                break
        else:
            witness.violated(Violation("I2", self.clock.now(), "no question is answered"))
        await self._calm_down()
        self.cast.wake_up()
        await self.clock.sleep(_LOOK_S)
        for _ in range(_TURNS):
            await self.clock.sleep(0)
        witness.nothing_is_left()
        self._judge_convergence()
        await self._judge_listing()
        asked = self._served()
        await self.cast.again()
        witness.calm.mended()
        await self.clock.sleep(_CALM_S)
        if self._served() != asked:
            witness.violated(Violation("I4", self.clock.now(), "asking again changed something"))
        self._look()

    async def _judge_listing(self) -> None:
        with suppress(TimeoutError):
            listed = await self.manager.list_subscriptions()
            told = {
                stream_of(stream.type, stream.symbol, stream.level)
                for each in listed
                for stream in each.streams
            }
            served = {stream for streams in self._served() for stream in streams}
            once = {
                stream_of(wish.type, code.partition(".")[0], Decimal(wish.level) / UNIT)
                for link in self.network.sound
                for wish in link.session.wishes
                if isinstance(wish, MarketWish) and wish.is_only_snapshot
                for code in wish.codes
            }
            self.witness.judge(invariants.is_listed, told, served, once)

    async def _calm_down(self) -> None:
        """Nothing is wrong any more; wait until nothing is to be said either."""
        self.witness.calm.mended()
        self.witness.calm.stirred()
        until = self.clock.now() + MENDING_S
        while not self.witness.calm.is_due(self.network.sound):
            await self.clock.sleep(_LOOK_S)
            if self.clock.now() > until:
                self.witness.violated(Violation("I2", until, "it does not calm down"))
                break

    def _served(self) -> list[dict[Stream, int]]:
        return [streams_of(link.session.wishes) for link in self.network.sound]

    def _look_for_leftovers(self) -> None:
        left = [
            task.get_name()
            for task in asyncio.all_tasks(self.loop)
            if task is not asyncio.current_task()
        ]
        if left:
            self.witness.violated(Violation("I16", self.clock.now(), f"left: {left}"))
