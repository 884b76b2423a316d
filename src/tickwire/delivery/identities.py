"""Tells an event that came before from a new one, by its id."""

from collections import deque
from collections.abc import Callable
from typing import Any

__all__ = ["Identities"]

_KEPT = 32
"""How many events back a repeated one is recognised. A snapshot repeats the last trade."""


class Identities:
    """The ids of what came last of one stream; `identity_of` raises `ProtocolError`."""

    __slots__ = ("_as_snapshot", "_highest", "_identity_of", "_kept")

    def __init__(self, identity_of: Callable[[Any], int]) -> None:
        self._identity_of = identity_of
        # Looked through from end to end: for so few that is no slower than a set, and smaller.
        self._kept: deque[int] = deque(maxlen=_KEPT)
        self._highest = -1
        self._as_snapshot = -1

    def came_before(self, event: object) -> bool:
        """Whether this came before; most are higher than all before, and cannot have."""
        identity = self._identity_of(event)
        if identity > self._highest:
            self._highest = identity
        elif identity in self._kept:
            return True
        self._kept.append(identity)
        return False

    def is_unheard(self, event: Any, *, came_before: bool) -> bool:
        """Whether it came before as a snapshot, so not to those who want none."""
        identity = self._identity_of(event)
        if event.is_snapshot:
            if not came_before:
                self._as_snapshot = identity
            return False
        if not came_before or identity != self._as_snapshot:
            return False
        self._as_snapshot = -1
        return True
