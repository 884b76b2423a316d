"""The difference between what is wanted and what was sent, as the one message that closes it.

The wire replaces: each message is the connection's whole subscription. So a plan always names
every stream desired, and is needed exactly when the desired set differs from the one last sent.
Asking for a stream again would bring a second snapshot of it; one whose data already flows is
therefore asked for as realtime only. A stream of which somebody wants no more than a snapshot is
in one message, and not in the next: it is no part of what was sent.
"""

from collections.abc import Collection, Container, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from tickwire.subscription import Stream

__all__ = ["Plan", "assign", "plan"]


@dataclass(frozen=True)
class Plan:
    """One subscription message: `fresh` streams begin with a snapshot, `live` ones go on.

    Of those in `once` a snapshot comes and nothing else. `depths` are the order books that are
    asked for with fewer levels than all, `priorities` those that are not 0.
    """

    fresh: tuple[Stream, ...]
    live: tuple[Stream, ...]
    priorities: tuple[tuple[Stream, int], ...] = ()
    once: tuple[Stream, ...] = ()
    depths: tuple[tuple[Stream, int], ...] = ()

    @property
    def streams(self) -> frozenset[Stream]:
        """What the connection carries from now on."""
        return frozenset(self.fresh + self.live)


def plan(
    desired: Collection[Stream],
    sent: Collection[Stream],
    live: Container[Stream],
    priorities: Mapping[Stream, int] = MappingProxyType({}),
    *,
    once: Iterable[Stream] = (),
    depths: Mapping[Stream, int] = MappingProxyType({}),
) -> Plan:
    """The message that brings a connection from `sent` to `desired`, in a fixed order.

    Shape: `desired` and `once` have no stream in common and must not both be empty, since the
    wire has no word for "nothing"; the connection is closed instead. `live` are the streams with
    data in this epoch, as deep as they are wanted.
    """
    ordered = sorted(desired)
    snapshots = tuple(sorted(once))
    if not ordered and not snapshots:
        raise ValueError("an empty set cannot be sent")
    going_on = {stream for stream in ordered if stream in live and stream in sent}
    return Plan(
        fresh=tuple(stream for stream in ordered if stream not in going_on),
        live=tuple(stream for stream in ordered if stream in going_on),
        priorities=tuple((s, priorities[s]) for s in (*ordered, *snapshots) if s in priorities),
        once=snapshots,
        depths=tuple((s, depths[s]) for s in (*ordered, *snapshots) if s in depths),
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
