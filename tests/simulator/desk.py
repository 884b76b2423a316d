"""An exchange without a network: the pure model, moved by hand."""

import json
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from tickwire.simulator.exchange import Exchange, Refusal
from tickwire.simulator.market.instruments import instruments, named
from tickwire.simulator.tape import Tape
from tickwire.simulator.wire.session import Session
from tickwire.world import SystemClock

# 2026-11-20 03:59:12.000 UTC
START_NS = 1_795_147_152_000_000_000
SECOND_NS = 1_000_000_000


class StillClock(SystemClock):
    """A clock on which no time passes, for limits that count by the second."""

    def wall_ns(self) -> int:
        return START_NS


class Desk:
    """One exchange and the time it is there."""

    def __init__(
        self,
        *,
        seed: int = 1,
        markets: int = 12,
        rate: float = 1.0,
        tape: Tape | None = None,
        at_ns: int = START_NS,
        **options: Any,
    ) -> None:
        self.now_ns = at_ns
        known = instruments(markets, rate) if tape is None else [named(code) for code in tape.codes]
        self.exchange = Exchange(known, seed=seed, now_ns=at_ns, tape=tape, **options)
        self._callers = 0

    def connect(self, address: str | None = None, **headers: Any) -> Session:
        """A connection that is let in; each from an address of its own unless one is given."""
        self._callers += 1
        session = self.knock(address or f"10.0.0.{self._callers}", **headers)
        assert isinstance(session, Session)
        return session

    def knock(self, address: str, **headers: Any) -> Session | Refusal:
        """An attempt to connect."""
        return self.exchange.connect(address, self.now_ns, **headers)

    def send(self, session: Session, text: str) -> None:
        """A message as it is."""
        self.exchange.receive(session, text, self.now_ns)

    def ask(self, session: Session, *elements: dict[str, Any]) -> None:
        """A request with a ticket."""
        self.send(session, json.dumps([{"ticket": "t"}, *elements]))

    def subscribed(self, *elements: dict[str, Any]) -> Session:
        """A new connection with this subscription."""
        session = self.connect()
        self.ask(session, *elements)
        return session

    def advance(self, seconds: float, step_s: float = 0.1) -> None:
        """Let time go on in steps."""
        until = self.now_ns + round(seconds * SECOND_NS)
        while self.now_ns < until:
            self.now_ns = min(until, self.now_ns + round(step_s * SECOND_NS))
            self.exchange.step(self.now_ns)


def parsed(frames: Iterable[bytes]) -> list[Any]:
    """What the frames say, with every number exact."""
    return [json.loads(frame, parse_float=Decimal, parse_int=Decimal) for frame in frames]


def said(session: Session) -> list[Any]:
    """What has come for this connection since the last look."""
    return parsed(session.take())


def kinds(session: Session) -> list[tuple[str, str, str]]:
    """Type, code and stream type of what has come since the last look."""
    return [(one["type"], one["code"], one["stream_type"]) for one in said(session)]
