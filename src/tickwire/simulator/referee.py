"""The referee: what clients really did, as the exchange saw it.

`report()` is the answer of `GET /sim/stats`. Its shape is a contract with a version number:
times are wall-clock seconds, `frames` and `bytes` count data frames handed to the socket.

A live stream is *orphaned* if nobody can need it: because its code is none of the market's, so that
nothing will ever come, or because every known live stream of its connection is live on another
connection of the same address as well, as when a client has moved on and left the old connection
open. Of connections that cover each other the oldest counts as orphaned, and the last one never.
All that one machine runs has one address, so two clients of the same wishes look like that too.
"""

from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from tickwire.simulator.auth import Authority
from tickwire.simulator.limits import ConnectGate, MessageMeter
from tickwire.simulator.wire.request import MarketWish
from tickwire.simulator.wire.session import Session, Stream, streams

__all__ = ["Referee"]

_VERSION = 1
# A test that runs for days must not fill the memory with the story of its connections.
_CONNECTIONS_KEPT = 1_000
_MESSAGES_KEPT = 1_000
# An access key is no secret, but whoever reads a report need not learn it.
_KEY_SHOWN = 4


@dataclass(eq=False)
class _Record:
    """The story of one connection."""

    session: Session
    closed_ns: int | None = None
    close_code: int | None = None
    close_reason: str | None = None
    messages: deque[tuple[int, str]] = field(default_factory=lambda: deque(maxlen=_MESSAGES_KEPT))

    def report(self, orphaned: int) -> dict[str, Any]:
        session = self.session
        return {
            "id": session.number,
            "endpoint": session.endpoint,
            "account": None if session.account is None else session.account[:_KEY_SHOWN],
            "opened_at": _seconds(session.opened_ns),
            "closed_at": None if self.closed_ns is None else _seconds(self.closed_ns),
            "close_code": self.close_code,
            "close_reason": self.close_reason,
            "messages": [{"at": _seconds(at), "text": text} for at, text in self.messages],
            "format": session.format.name,
            "subscription": [wish.report() for wish in session.wishes],
            "frames": session.frames,
            "bytes": session.bytes,
            "orphaned": orphaned,
        }


class Referee:
    """Counts everything that a client could do wrong, and keeps the last connections' stories."""

    def __init__(self, seed: int, codes: Iterable[str], authority: Authority) -> None:
        self._seed = seed
        # Of each code: how many trades have been told, and the id of the last.
        self._issued = {code: [0, 0] for code in codes}
        self._authority = authority
        self._origins = self._origin_refusals = 0
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

    def originated(self, admitted: bool) -> None:
        """A request with `Origin` came."""
        self._origins += 1
        if not admitted:
            self._origin_refusals += 1
            self._refusals["429"] += 1

    def traded(self, code: str, sequential_id: int) -> None:
        """A trade is told to whoever wants it."""
        issued = self._issued[code]
        issued[0] += 1
        issued[1] = sequential_id

    def private(self, account: str | None) -> int:
        """How many connections to the private endpoints this account has open."""
        return sum(one.account == account and one.endpoint != "public" for one in self._open)

    def opened(self, session: Session) -> None:
        """A connection stands."""
        self._connects += 1
        record = self._open[session] = _Record(session)
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

    def totals(self) -> dict[str, Any]:
        """What all connections together have come to."""
        return self._totals(self._orphaned())

    def _totals(self, orphaned: Counter[Session]) -> dict[str, Any]:
        return {
            "connects": self._connects,
            "open": len(self._open),
            "refusals": dict(self._refusals),
            "breaches": dict(self._breaches),
            "worst_windows": dict(self._worst),
            "messages": self._messages,
            "frames": self._frames + sum(session.frames for session in self._open),
            "bytes": self._bytes + sum(session.bytes for session in self._open),
            "origins": self._origins,
            "origin_refusals": self._origin_refusals,
            "auth_failures": self._authority.failures,
            "nonce_reuses": self._authority.nonce_reuses,
            "orphaned": sum(orphaned.values()),
        }

    def report(self, now_ns: int) -> dict[str, Any]:
        """Everything, as JSON has it."""
        orphaned = self._orphaned()
        return {
            "version": _VERSION,
            "seed": self._seed,
            "markets": len(self._issued),
            "now": _seconds(now_ns),
            "totals": self._totals(orphaned),
            "connections": [record.report(orphaned[record.session]) for record in self._records],
            "ids_issued": {
                code: {"count": count, "last": last}
                for code, (count, last) in self._issued.items()
                if count
            },
        }

    def _orphaned(self) -> Counter[Session]:
        """How many orphaned streams each open connection has."""
        orphaned: Counter[Session] = Counter()
        # Who serves a stream, by address.
        serving: Counter[tuple[str, Stream]] = Counter()
        for session in self._open:
            serving.update((session.address, stream) for stream in session.live)
            for wish in session.wishes if session.closing is None else ():
                if isinstance(wish, MarketWish) and not wish.is_only_snapshot:
                    orphaned[session] += sum(
                        stream.code not in self._issued for stream in set(streams(wish))
                    )
        for session in self._open:
            own = [(session.address, stream) for stream in session.live]
            if own and all(serving[one] > 1 for one in own):
                orphaned[session] += len(own)
                serving.subtract(own)
        return orphaned


def _seconds(at_ns: int) -> float:
    return at_ns / 1_000_000_000
