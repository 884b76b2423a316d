"""What the exchange says it serves, beside what it was asked for.

Only type, symbol and grouping are compared: how depths, flags, categories and the parameters of
indicators are shown is not documented, and a difference that is none would cost a message.
"""

from collections.abc import Set
from dataclasses import dataclass
from decimal import Decimal

from tickwire.subscription import DataType, Stream

__all__ = ["Listing", "Verification", "compare"]


@dataclass(frozen=True)
class Listing:
    """What the exchange says it serves on one connection.

    `endpoint` is its door: `public`, `private` or `info`. In `streams` each has what the exchange
    tells of it: the indicators of an entry that cannot be read are left out of it, and categories
    of announcements are never told.
    """

    endpoint: str
    streams: frozenset[Stream]


@dataclass(frozen=True)
class Verification:
    """Whether the exchange serves what is wanted; true if it was found to serve that and no more.

    `missing` was asked for and is not served, `extra` is served and was not asked for.
    `unverified` is wanted while nobody can say: its connection is not open, or the exchange was not
    asked for it yet when it said what it serves.
    """

    missing: frozenset[Stream]
    extra: frozenset[Stream]
    unverified: frozenset[Stream] = frozenset()

    def __bool__(self) -> bool:
        return not self.missing and not self.extra and not self.unverified


_Shown = tuple[DataType | str, str, Decimal]


def _shown(stream: Stream) -> _Shown:
    return stream.type, stream.symbol, stream.level


def compare(
    said: Set[Stream],
    served: Set[Stream],
    once: Set[Stream] = frozenset(),
    *,
    wanted: Set[Stream] = frozenset(),
) -> Verification:
    """The difference between what was asked for and what is served.

    Of the streams in `once` a snapshot was asked for; they may be shown or not. What is `wanted`
    by now and was not asked for then is unverified.

    A stream without a symbol (the orders of all markets) stands for every one of its type, on
    either side: what a wish without codes is shown as is not documented either.
    """
    return Verification(
        missing=_beyond(said, served),
        extra=_beyond(served, said | once),
        unverified=frozenset(wanted - said),
    )


def _beyond(streams: Set[Stream], others: Set[Stream]) -> frozenset[Stream]:
    shown = {_shown(other) for other in others}
    types = {other.type for other in others}
    wide = {other.type for other in others if not other.symbol}
    return frozenset(
        stream
        for stream in streams
        if _shown(stream) not in shown
        and stream.type not in wide
        and (stream.symbol or stream.type not in types)
    )
