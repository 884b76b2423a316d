"""The difference between what is wanted and what was sent, as the one message that closes it.

The wire replaces: each message is the connection's whole subscription. So a plan always names
every stream desired, and is needed exactly when the desired set differs from the one last sent.
Asking for a stream again would bring a second snapshot of it; one whose data already flows is
therefore asked for as realtime only.
"""

from collections.abc import Collection, Container, Hashable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from tickwire.subscription import Stream

__all__ = ["Plan", "assign", "plan"]


@dataclass(frozen=True)
class Plan:
    """One subscription message: `fresh` streams begin with a snapshot, `live` ones go on.

    `priorities` are those that are not 0.
    """

    fresh: tuple[Stream, ...]
    live: tuple[Stream, ...]
    priorities: tuple[tuple[Stream, int], ...] = ()

    @property
    def streams(self) -> frozenset[Stream]:
        return frozenset(self.fresh + self.live)


def plan(
    desired: Collection[Stream],
    sent: Collection[Stream],
    live: Container[Stream],
    priorities: Mapping[Stream, int] = MappingProxyType({}),
) -> Plan:
    """The message that brings a connection from `sent` to `desired`, in a fixed order.

    Shape: `desired` must not be empty, since the wire has no word for "nothing"; the connection
    is closed instead. `live` are the streams with data in this epoch.
    """
    if not desired:
        raise ValueError("an empty set cannot be sent")
    ordered = sorted(desired)
    going_on = {stream for stream in ordered if stream in live and stream in sent}
    return Plan(
        fresh=tuple(stream for stream in ordered if stream not in going_on),
        live=tuple(stream for stream in ordered if stream in going_on),
        priorities=tuple((s, priorities[s]) for s in ordered if s in priorities),
    )


def assign(slot: Hashable, lanes: Sequence[Collection[Hashable]], most: int | None = None) -> int:
    """The index of the lane that should carry a stream: the first whose slot for it is free.

    A slot is what one connection can carry only once, such as the order book of a symbol in
    whatever grouping. No lane takes more than `most` of them. A result of `len(lanes)` means that
    another lane is needed.
    """
    for index, taken in enumerate(lanes):
        if slot not in taken and (most is None or len(taken) < most):
            return index
    return len(lanes)
