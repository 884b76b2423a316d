"""One stream on its way to those who asked for it."""

from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

from tickwire.delivery.takers import Batch, Taker
from tickwire.events import BaseWebSocketEvent
from tickwire.subscription import Stream

__all__ = ["Route"]

_IDENTITIES_KEPT = 32
"""How many events back a repeated one is recognised. A snapshot repeats the last trade."""


class Route:
    """The takers of one stream, and its last event."""

    __slots__ = (
        "appends",
        "batches",
        "direct",
        "hands_over",
        "highest",
        "identities",
        "identity_of",
        "interrupted",
        "last",
        "live",
        "newcomers",
        "stream",
        "takers",
    )

    def __init__(
        self,
        stream: Stream,
        identity_of: Callable[[Any], int] | None,
        *,
        hands_over: bool,
    ) -> None:
        self.stream = stream
        self.identity_of = identity_of
        self.hands_over = hands_over
        """Whether a newcomer gets the last event; an old happening would be taken for a new one."""
        self.newcomers: set[Taker] = set()
        self.last: BaseWebSocketEvent | None = None
        self.live = False
        self.interrupted = ""
        # Looked through from end to end: for so few that is no slower than a set, and smaller.
        self.identities: deque[int] = deque(maxlen=_IDENTITIES_KEPT)
        self.highest = -1
        self.set_takers(())

    def set_takers(self, takers: Iterable[Taker]) -> None:
        """Sort the takers by how they are told."""
        self.takers = tuple(takers)
        self.batches = tuple(taker for taker in self.takers if isinstance(taker, Batch))
        # To append to a list is all that a batch costs for each event.
        self.appends = tuple(taker.events.append for taker in self.batches)
        self.direct = tuple(taker for taker in self.takers if not isinstance(taker, Batch))

    def is_repeated(self, identity: int) -> bool:
        """Whether this came before; most are higher than all before, and cannot have."""
        if identity > self.highest:
            self.highest = identity
        elif identity in self.identities:
            return True
        self.identities.append(identity)
        return False
