"""A network in memory between the real client and the exchange's model, with all its faults.

Both directions keep their order and take 0 to 150 ms, drawn anew for each message, so the network
squeezes together what was sent apart. In some runs the exchange is far away, which adds the same
to all of them: more messages go out before the first is answered. What is under way when a
connection breaks is lost.
"""

import asyncio
import json
import math
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Protocol

from tests.sim.link import Link
from tests.sim.loop import LoopClock
from tests.sim.wire import names
from tickwire.errors import HandshakeRefused, TransportError
from tickwire.simulator.exchange import Exchange, Refusal
from tickwire.simulator.wire.session import Session
from tickwire.subscription import Stream
from tickwire.world import Listener, Random

__all__ = ["FAR_S", "JITTER_S", "Network", "Observer"]

JITTER_S = 0.15
FAR_S = 0.25
"""What each way takes at least, where the exchange is far away."""

_ADDRESS = "192.0.2.1"
_LOOK_NS = 500_000_000
_HANDSHAKE_TIMEOUT_S = 5.0


class Observer(Protocol):
    """Who is told of everything that crosses the network."""

    def attempted(self) -> None: ...
    def knocked(self) -> None: ...
    def refused(self, status: int, retry_after_s: float | None) -> None: ...
    def opened(self, link: "Link") -> None: ...
    def lost(self, link: "Link", reason: str) -> None: ...
    def sent(self, link: "Link", text: str) -> None: ...
    def read(self, link: "Link", frames: list[bytes], deliver: Callable[[], None]) -> None: ...
    def troubled(self, link: "Link", what: str) -> None: ...


class Network:
    """Connects, and makes go wrong what its faults say."""

    def __init__(
        self, model: Exchange, clock: LoopClock, random: Random, observer: Observer
    ) -> None:
        self.model = model
        self.clock = clock
        self.observer = observer
        self.links: list[Link] = []
        self.refusals: deque[int] = deque()
        """What the next handshakes end with: an HTTP status, 0 for no answer at all."""
        self.dropped: set[tuple[Link, Stream]] = set()
        """What the exchange does not serve any more, although it has accepted it."""
        self.drops: list[tuple[float, Stream]] = []
        """All that it has ever dropped, and when."""
        self.down: int | None = None
        """What all of them end with, while it lasts."""
        self.misread: deque[str] = deque()
        """How the exchange understands the next messages."""
        self.lists_missing = 0
        """How many of the next questions for the market list fail."""
        self.far_s = 0.0
        """What each way takes at least."""
        self._random = random
        self._step()

    def delay_s(self) -> float:
        """How long the next piece takes; often as little or as much as can be."""
        drawn: float = self._random.random() * 1.4 - 0.2
        return self.far_s + JITTER_S * min(1.0, max(0.0, drawn))

    async def connect(
        self, url: str, *, headers: Mapping[str, str], listener: Listener, compression: bool = True
    ) -> Link:
        """The `connect` of a `tickwire.world.World`."""
        self.observer.attempted()
        answer: asyncio.Future[Link | Refusal] = asyncio.get_running_loop().create_future()
        # It arrives even if nobody waits for it any more.
        self.clock.call_at(
            self.clock.now() + self.delay_s(), lambda: self._knocked(listener, answer)
        )
        try:
            answered = await answer
            if isinstance(answered, Refusal) and not answered.status:
                await self.clock.sleep(_HANDSHAKE_TIMEOUT_S)
                raise TransportError("no answer to the handshake")
            await self.clock.sleep(self.delay_s())
        except asyncio.CancelledError:
            if answer.done() and not answer.cancelled():
                opened = answer.result()
                if isinstance(opened, Link):
                    opened.abort()
            raise
        if isinstance(answered, Refusal):
            wait_s = math.ceil(answered.wait_s) if answered.status == 418 else None
            self.observer.refused(answered.status, wait_s)
            raise HandshakeRefused(answered.status, wait_s)
        self.observer.opened(answered)
        return answered

    def _knocked(self, listener: Listener, answer: "asyncio.Future[Link | Refusal]") -> None:
        self.observer.knocked()
        status = self.refusals.popleft() if self.refusals else self.down
        answered: Session | Refusal
        if status is None:
            answered = self.model.connect(_ADDRESS, self.clock.wall_ns())
        else:
            answered = Refusal(status, 0.0)
        if isinstance(answered, Refusal):
            if not answer.cancelled():
                answer.set_result(answered)
            return
        link = Link(self, listener, answered)
        self.links.append(link)
        if answer.cancelled():
            link.abort()
        else:
            answer.set_result(link)

    async def fetch(self, url: str) -> bytes:
        """The `fetch` of a `tickwire.world.World`: the market list."""
        await self.clock.sleep(2 * self.delay_s())
        if self.lists_missing:
            self.lists_missing -= 1
            raise TransportError("no market list today")
        codes = [instrument.code for instrument in self.model.instruments]
        return json.dumps([{"market": code} for code in codes]).encode()

    def message_arrived(self, link: Link, text: str) -> None:
        """The exchange has received a message."""
        if self.misread:
            text = self.misread.popleft()
            self.observer.troubled(link, f"misread as {text}")
        self.model.receive(link.session, text, self.clock.wall_ns())
        if '"method"' not in text:
            self._begins_anew(link)
        link.flush()

    def drop(self, link: Link, stream: Stream) -> None:
        """The exchange serves a stream no more, and does not say so."""
        session = link.session
        session.wishes = tuple(
            replace(wish, codes=tuple(kept))
            for wish in session.wishes
            if (kept := [code for code in wish.codes if not names(wish, code, stream)])
        )
        named = stream.type, stream.symbol
        session.live = tuple(each for each in session.live if (each.type, each.code) != named)
        self.model._routes.replace(session, session.live, session.format)
        self.dropped.add((link, stream))
        self.drops.append((self.clock.now(), stream))
        self.observer.troubled(link, f"{stream} dropped")

    def _begins_anew(self, link: Link) -> None:
        self.dropped = {each for each in self.dropped if each[0] is not link}

    def gone(self, link: Link, code: int, reason: str) -> None:
        """The exchange has done with a connection."""
        self._begins_anew(link)
        self.observer.troubled(link, reason)
        self.model.disconnect(link.session, self.clock.wall_ns(), code, reason)
        self.links.remove(link)

    @property
    def sound(self) -> list[Link]:
        """The connections that work."""
        return [link for link in self.links if link.is_sound]

    def _step(self) -> None:
        now_ns = self.clock.wall_ns()
        self.model.step(now_ns)
        for link in tuple(self.links):
            link.flush()
        idle = self.model.idle(now_ns)
        for link in tuple(self.links):
            if link.session in idle:
                link.end("no bytes for too long")
        due_ns = max(self.model.due_ns(now_ns + _LOOK_NS), now_ns + 1)
        self.clock.call_at(self.clock.at_ns(due_ns), self._step)
