"""The referee: what clients really did, as the exchange saw it.

`report()` is the answer of `GET /sim/stats`. Its shape is a contract with a version number:
times are wall-clock seconds, `frames` and `bytes` count data frames handed to the socket.
"""

from collections import deque
from dataclasses import dataclass, field
from typing import Any

from tickwire.simulator.limits import ConnectGate, MessageMeter
from tickwire.simulator.session import Session

__all__ = ["Referee"]

_VERSION = 1
# A test that runs for days must not fill the memory with the story of its connections.
_CONNECTIONS_KEPT = 1_000
_MESSAGES_KEPT = 1_000


@dataclass(eq=False)
class _Record:
    """The story of one connection."""

    session: Session
    endpoint: str
    closed_ns: int | None = None
    close_code: int | None = None
    close_reason: str | None = None
    messages: deque[tuple[int, str]] = field(default_factory=lambda: deque(maxlen=_MESSAGES_KEPT))

    def report(self) -> dict[str, Any]:
        session = self.session
        return {
            "id": session.number,
            "endpoint": self.endpoint,
            "opened_at": _seconds(session.opened_ns),
            "closed_at": None if self.closed_ns is None else _seconds(self.closed_ns),
            "close_code": self.close_code,
            "close_reason": self.close_reason,
            "messages": [{"at": _seconds(at), "text": text} for at, text in self.messages],
            "format": session.format.name,
            "subscription": [wish.report() for wish in session.wishes],
            "frames": session.frames,
            "bytes": session.bytes,
        }


class Referee:
    """Counts everything that a client could do wrong, and keeps the last connections' stories."""

    def __init__(self, seed: int, markets: int) -> None:
        self._seed = seed
        self._markets = markets
        self._records: deque[_Record] = deque(maxlen=_CONNECTIONS_KEPT)
        self._open: dict[Session, _Record] = {}
        self._connects = self._messages = 0
        self._refusals = {"429": 0, "418": 0}
        self._breaches = {"messages_per_second": 0, "messages_per_minute": 0}
        self._breaches["connects_per_second"] = 0
        self._worst = {"messages_1s": 0, "messages_60s": 0, "connects_1s": 0}
        # Of connections that are closed; the open ones count their own.
        self._frames = self._bytes = 0

    def attempted(self, gate: ConnectGate, status: int, limit: int, now_ns: int) -> None:
        """An address knocked and got this answer."""
        window = gate.attempts.count(now_ns)
        self._worst["connects_1s"] = max(self._worst["connects_1s"], window)
        if window > limit:
            self._breaches["connects_per_second"] += 1
        if str(status) in self._refusals:
            self._refusals[str(status)] += 1

    def opened(self, session: Session, endpoint: str) -> None:
        """A connection stands."""
        self._connects += 1
        record = self._open[session] = _Record(session, endpoint)
        self._records.append(record)

    def received(
        self, session: Session, text: str, now_ns: int, breaches: tuple[bool, bool]
    ) -> None:
        """A message came; `breaches` says whether it broke the second's and the minute's limit."""
        self._messages += 1
        self._open[session].messages.append((now_ns, text))
        meter: MessageMeter = session.meter
        self._breaches["messages_per_second"] += breaches[0]
        self._breaches["messages_per_minute"] += breaches[1]
        self._worst["messages_1s"] = max(self._worst["messages_1s"], meter.second.worst)
        self._worst["messages_60s"] = max(self._worst["messages_60s"], meter.minute.worst)

    def closed(self, session: Session, now_ns: int, code: int, reason: str) -> None:
        """A connection has ended."""
        record = self._open.pop(session)
        record.closed_ns, record.close_code, record.close_reason = now_ns, code, reason
        self._frames += session.frames
        self._bytes += session.bytes

    def report(self, now_ns: int) -> dict[str, Any]:
        """Everything, as JSON has it."""
        return {
            "version": _VERSION,
            "seed": self._seed,
            "markets": self._markets,
            "now": _seconds(now_ns),
            "totals": {
                "connects": self._connects,
                "open": len(self._open),
                "refusals": dict(self._refusals),
                "breaches": dict(self._breaches),
                "worst_windows": dict(self._worst),
                "messages": self._messages,
                "frames": self._frames + sum(session.frames for session in self._open),
                "bytes": self._bytes + sum(session.bytes for session in self._open),
            },
            "connections": [record.report() for record in self._records],
        }


def _seconds(at_ns: int) -> float:
    return at_ns / 1_000_000_000
