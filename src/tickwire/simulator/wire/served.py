"""Which public streams a request brings: those with a snapshot, and those that stay live."""

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from tickwire.simulator.market.instruments import Instrument
from tickwire.simulator.wire.request import MarketWish, Wish
from tickwire.simulator.wire.session import Stream, streams

__all__ = ["Served", "served"]


class Served(NamedTuple):
    """Streams in the order in which they were asked for, each once."""

    snapshots: tuple[Stream, ...]
    live: tuple[Stream, ...]


def served(
    wishes: Sequence[Wish],
    known: Mapping[str, Instrument],
    *,
    same_code_twice: Literal["all", "first", "last"],
) -> Served:
    """What these wishes bring. Unknown codes and levels bring nothing, not even an error."""
    snapshots: dict[Stream, None] = {}
    live: dict[Stream, None] = {}
    for wish, stream in _chosen(wishes, same_code_twice):
        instrument = known.get(stream.code)
        if instrument is None or (stream.level and stream.level not in instrument.levels):
            continue
        if not wish.is_only_realtime:
            snapshots[stream] = None
        if not wish.is_only_snapshot:
            live[stream] = None
    return Served(tuple(snapshots), tuple(live))


def _chosen(
    wishes: Sequence[Wish], same_code_twice: Literal["all", "first", "last"]
) -> list[tuple[MarketWish, Stream]]:
    """The streams asked for, with the wish of each.

    What a type and code asked for twice with different options brings is a switch.
    """
    asked = [
        (wish, stream)
        for wish in wishes
        if isinstance(wish, MarketWish)
        for stream in streams(wish)
    ]
    if same_code_twice == "all":
        return asked
    chosen: dict[tuple[str, str], tuple[MarketWish, Stream]] = {}
    for wish, stream in asked:
        if same_code_twice == "last" or (stream.type, stream.code) not in chosen:
            chosen[stream.type, stream.code] = wish, stream
    return list(chosen.values())
