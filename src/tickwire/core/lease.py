"""A limiter whose windows are shared with others, by way of a short note.

The note holds when the last slots were granted and until when nobody may go, on a clock that all of
them read. Whoever wants a slot reads it, decides and writes it, and nobody else does meanwhile.
There is nothing to give back, so a process that dies holds nobody up.

    no note yet        nothing was granted
    a note in order    its grants and its block count, beside what is remembered here
    anything else      every slot counts as granted this very moment; it is mended, and it is told
"""

import json
from collections import Counter, deque
from collections.abc import Callable, Sequence
from math import isfinite
from typing import NamedTuple
from zlib import crc32

from tickwire.core.limiter import JITTER_MARGIN_S, Limit, Limiter
from tickwire.world import Notes

__all__ = ["BUSY_S", "Lease", "Note"]

BUSY_S = 0.01
"""How long after somebody else had the note in hand it is asked for again."""

_NEVER = float("-inf")


class Note(NamedTuple):
    """What those who share a limiter tell each other: times in seconds, in their order."""

    grants: tuple[float, ...] = ()
    blocked_until: float = _NEVER

    def write(self) -> str:
        """As text, with a checksum before it."""
        blocked = self.blocked_until if isfinite(self.blocked_until) else None
        body = json.dumps([self.grants, blocked])
        return f"{crc32(body.encode()):08x} {body}"

    @classmethod
    def read(cls, text: str) -> "Note | None":
        """What a text says; `None` if it is not as it was written."""
        checksum, _, body = text.partition(" ")
        if checksum != f"{crc32(body.encode()):08x}":
            return None
        grants, blocked = json.loads(body)
        return cls(tuple(grants), _NEVER if blocked is None else blocked)


class Lease(Limiter):
    """Grants that keep several limits at once, counted for everybody who uses the same note.

    `most` is the highest count of the limits of whoever shares it: so many grants are noted.
    `take` and `block` raise `ValueError` when the note was not in order.
    """

    def __init__(
        self,
        limits: Sequence[Limit],
        *,
        notes: Notes,
        name: str,
        most: int,
        margin_s: float = JITTER_MARGIN_S,
    ) -> None:
        super().__init__(limits, margin_s=margin_s)
        self._notes = notes
        self._name = name
        self._most = most
        self._busy_until = _NEVER

    def free_at(self, ratio: float = 1.0) -> float:
        return max(self._busy_until, super().free_at(ratio))

    def take(self, now: float, ratio: float = 1.0) -> bool:
        granted = False

        def decide() -> None:
            nonlocal granted
            granted = super(Lease, self).take(now, ratio)

        # The note can only be worse than what is known here.
        if now < self.free_at(ratio):
            return False
        if not self._with_the_others(now, decide):
            self._busy_until = now + BUSY_S
        return granted

    def block(self, wait_s: float, now: float) -> None:
        super().block(wait_s, now)
        # If somebody else has it in hand, the others hear of it when it is used next.
        self._with_the_others(now, lambda: None)

    def _with_the_others(self, now: float, decide: Callable[[], None]) -> bool:
        """Decide by what all of them know, and note it; false if the note is in hand."""
        is_spoilt = False

        def edit(text: str | None) -> str:
            nonlocal is_spoilt
            note = Note() if text is None else Note.read(text)
            is_spoilt = note is None
            self._adopt(note or Note((now,) * self._most))
            decide()
            return Note(tuple(self._grants), self._blocked_until).write()

        if not self._notes.update(self._name, edit):
            return False
        if is_spoilt:
            raise ValueError(
                "what those who connect tell each other was spoilt; all slots count as used"
            )
        return True

    def _adopt(self, note: Note) -> None:
        # It has what is remembered here as well, unless it was lost.
        grants = sorted((Counter(note.grants) | Counter(self._grants)).elements())
        self._grants = deque(grants, maxlen=self._most)
        self._blocked_until = max(self._blocked_until, note.blocked_until)
