"""Everything that the network and the exchange do wrong, drawn from the seed."""

from collections.abc import Awaitable, Callable

from tests.sim.loop import LoopClock
from tests.sim.network import Network
from tests.sim.wire import streams_of
from tests.sim.witness import Witness
from tickwire.simulator.wire.request import Refused
from tickwire.world import Random

__all__ = ["Faults"]


class Faults:
    """One fault after the other."""

    def __init__(
        self, network: Network, witness: Witness, clock: LoopClock, random: Random
    ) -> None:
        self._network = network
        self._witness = witness
        self._clock = clock
        self._random = random
        self._until = 0.0
        self._outage_at = random.uniform(0.0, 600.0) if random.random() < 0.5 else float("inf")
        self._kinds: tuple[Callable[[], Awaitable[None] | None], ...] = (
            self._reset,
            self._reset,
            self._close,
            self._fin,
            self._half_open,
            self._refuse,
            self._ban,
            self._ban,
            self._misread,
            self._object,
            self._noise,
            self._hush,
            self._miss_lists,
            self._flap,
            self._drop,
            self._snap,
        )

    async def play(self, until: float, mean_s: float) -> None:
        """One fault after the other, and at the end none."""
        self._until = until
        while True:
            await self._clock.sleep(self._random.expovariate(1 / mean_s))
            if self._clock.now() >= until:
                break
            kind = self._random.choice(self._kinds)
            if self._clock.now() >= self._outage_at:
                kind, self._outage_at = self._outage, float("inf")
            self._witness.note("fault", kind.__name__.strip("_"))
            happens = kind()
            if happens is not None:
                await happens
        network = self._network
        network.refusals.clear()
        network.down = None
        network.misread.clear()
        network.lists_missing = 0
        network.model.hush(())

    def _reset(self) -> None:
        for link in self._network.sound:
            link.reset()

    def _close(self) -> None:
        code = self._random.choice((1000, 1001, 1008))
        for link in self._network.sound:
            link.end(f"closed by the server ({code})", code=code)

    def _fin(self) -> None:
        for link in self._network.sound:
            link.end("end of stream")

    def _snap(self) -> None:
        for link in self._network.sound:
            link.snap()

    def _half_open(self) -> None:
        for link in self._network.sound[:1]:
            link.vanish()

    def _refuse(self) -> None:
        status = self._random.choice((0, 429, 503))
        self._network.refusals.extend([status] * self._random.randint(1, 7))
        self._reset()

    async def _outage(self) -> None:
        """Long enough for dozens of refusals where there are several connections."""
        self._network.down = self._random.choice((0, 429, 503, 503))
        self._reset()
        length_s = min(self._random.uniform(20.0, 120.0), self._until - self._clock.now())
        await self._clock.sleep(length_s)
        self._network.down = None

    def _ban(self) -> None:
        clock = self._clock
        seconds = self._random.uniform(2.0, 20.0)
        self._network.model.admission.ban(clock.wall_ns() + round(seconds * 1e9))
        self._fin()

    def _misread(self) -> None:
        text = self._random.choice(
            (
                "no JSON",
                '[{"type":"trade","codes":["KRW-BTC"]}]',
                '[{"ticket":"x"}]',
                '[{"ticket":"x"},{"type":"trade","codes":[]}]',
                '[{"ticket":"x"},{"type":"nothing","codes":["KRW-BTC"]}]',
            )
        )
        self._network.misread.append(text)

    def _object(self) -> None:
        for link in self._network.sound[-1:]:
            link.session.refuse(Refused("TOO_MANY_REQUEST"))
            link.flush()

    def _noise(self) -> None:
        for link in self._network.sound:
            link.insert(self._random.choice((b"\xff\xfe", b'{"type":"mystery","code":"X"}', b"[]")))

    async def _hush(self) -> None:
        codes = [instrument.code for instrument in self._network.model.instruments]
        self._network.model.hush(self._random.sample(codes, self._random.randint(1, len(codes))))
        await self._clock.sleep(self._random.uniform(5.0, 40.0))
        self._network.model.hush(())

    def _drop(self) -> None:
        for link in self._network.sound:
            served = streams_of(link.session.wishes)
            flowing = [each for each in self._witness.flows.live_on(link) if each in served]
            if flowing:
                self._network.drop(link, self._random.choice(flowing))

    def _miss_lists(self) -> None:
        self._network.lists_missing = self._random.randint(1, 3)

    async def _flap(self) -> None:
        for _ in range(self._random.randint(2, 10)):
            self._reset()
            await self._clock.sleep(self._random.uniform(0.2, 3.0))
