"""A tape played to each connection by itself: from its start, and only what it has asked for."""

from collections.abc import Collection
from dataclasses import dataclass

from tickwire.simulator.tape import Tape
from tickwire.simulator.wire.session import Session

__all__ = ["Playback"]

# A tape begins this long after the first accepted request, so that a client can finish setting up.
_LEAD_NS = 500_000_000
# At speed 0 a tape is played as fast as its reader takes it: no more while this many bytes are
# still under way, and no more than this many in one step.
_CHUNK = 1 << 20


@dataclass
class _Head:
    """Where a connection is on the tape, and when it began."""

    start_ns: int
    played: int = 0


class Playback:
    """One tape, and how far each connection has heard it."""

    def __init__(self, tape: Tape) -> None:
        self._tape = tape
        self._heads: dict[Session, _Head] = {}

    def __repr__(self) -> str:
        return f"Playback({self._tape}, {len(self._heads)} connections)"

    def begin(self, session: Session, now_ns: int) -> None:
        """A request was accepted: the first one starts the tape, later ones do not rewind it."""
        self._heads.setdefault(session, _Head(now_ns + _LEAD_NS))

    def end(self, session: Session) -> None:
        """Nothing more for this connection."""
        self._heads.pop(session, None)

    def step(self, now_ns: int, hushed: Collection[str]) -> None:
        """Bring every connection up to now; these codes go by unheard."""
        for session, head in self._heads.items():
            if now_ns >= head.start_ns:
                self._play(session, head, now_ns, hushed)

    def due_ns(self, by_ns: int) -> int:
        """When a connection's next frame is due, at the latest `by_ns`."""
        tape, due_ns = self._tape, by_ns
        for head in self._heads.values():
            if head.played < len(tape.frames):
                due_ns = min(due_ns, head.start_ns + round(tape.due_s(head.played) * 1e9))
        return due_ns

    def _play(self, session: Session, head: _Head, now_ns: int, hushed: Collection[str]) -> None:
        tape = self._tape
        reached = tape.reached((now_ns - head.start_ns) / 1e9)
        if head.played == reached:
            return
        wanted = {(stream.type, stream.code) for stream in session.live}
        room = _CHUNK - session.backlog if tape.speed == 0 else None
        while head.played < reached and (room is None or room > 0):
            frame = tape.frames[head.played]
            head.played += 1
            if (frame.type, frame.code) in wanted and frame.code not in hushed:
                session.outbox.append(frame.payload)
                if room is not None:
                    room -= len(frame.payload)
