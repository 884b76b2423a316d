"""The wire as the simulation reads it: by nothing that client or exchange use themselves."""

import re
from collections import Counter
from decimal import Decimal
from typing import NamedTuple

import msgspec

from tickwire.simulator.wire.request import MarketWish, Wish
from tickwire.subscription import FULL_DEPTH, DataType, Stream

__all__ = ["Heard", "Request", "names", "read_frame", "read_request", "stream_of", "streams_of"]

_UNIT = 10**8


class Heard(NamedTuple):
    """A data frame: its stream, its text, and what else tells it from others."""

    stream: Stream
    raw: str
    trade_id: int
    """0 but for trades."""
    is_snapshot: bool
    timestamp: int
    units: tuple[tuple[Decimal, ...], ...]
    """The levels of a book; of others none."""

    def reaches(self, depth: int) -> bool:
        """Whether it has as many levels as this, if it is a book."""
        return self.stream.type != DataType.ORDERBOOK or len(self.units) >= depth


class Request(NamedTuple):
    """A subscription message: what it names, the part that is to begin anew, its text."""

    streams: frozenset[Stream]
    fresh: frozenset[Stream]
    once: frozenset[Stream]
    """Of which there is to be a snapshot and nothing else; no part of `streams`."""
    depths: dict[Stream, int]
    """Of all books."""
    twice: frozenset[Stream]
    """What is named twice, or in two ways."""
    text: str
    """Without the ticket, which is another each time."""


class _Head(msgspec.Struct):
    type: str = ""
    code: str = ""
    level: Decimal = Decimal(0)
    sequential_id: int = 0
    stream_type: str = ""
    timestamp: int = 0
    orderbook_units: tuple["_Unit", ...] = ()


class _Unit(msgspec.Struct):
    ask_price: Decimal
    bid_price: Decimal
    ask_size: Decimal
    bid_size: Decimal


class _Object(msgspec.Struct):
    type: str = ""
    codes: tuple[str, ...] = ()
    level: Decimal = Decimal(0)
    is_only_realtime: bool = False
    is_only_snapshot: bool = False


_heads = msgspec.json.Decoder(_Head)
_requests = msgspec.json.Decoder(list[_Object])
_TYPES = {str(kind): kind for kind in DataType}
_TICKET = re.compile(r'"ticket":"[^"]*"')
_streams: dict[tuple[str, str, Decimal], Stream] = {}


def stream_of(kind: str, code: str, level: Decimal = Decimal(0)) -> Stream:
    """The stream of these, made once."""
    key = (kind, code, level)
    if key not in _streams:
        _streams[key] = Stream(_TYPES.get(kind, kind), code, level)
    return _streams[key]


def read_frame(frame: bytes) -> Heard | None:
    """A data frame; `None` for anything else."""
    try:
        head = _heads.decode(frame)
    except msgspec.DecodeError:
        return None
    if head.type not in _TYPES:
        return None
    stream = stream_of(head.type, head.code, head.level)
    return Heard(
        stream,
        frame.decode(),
        head.sequential_id if head.type == "trade" else 0,
        head.stream_type == "SNAPSHOT",
        head.timestamp,
        tuple(msgspec.structs.astuple(unit) for unit in head.orderbook_units),
    )


def read_request(text: str) -> Request:
    """A message of the client."""
    asked: dict[Stream, _Object] = {}
    depths: dict[Stream, int] = {}
    named: Counter[tuple[str, str]] = Counter()
    for each in _requests.decode(text):
        for spelled in each.codes:
            code, _, suffix = spelled.partition(".")
            named[each.type, code] += 1
            stream = stream_of(each.type, code, each.level)
            asked[stream] = each
            if each.type == DataType.ORDERBOOK:
                depths[stream] = int(suffix or FULL_DEPTH)
    once = frozenset(stream for stream, each in asked.items() if each.is_only_snapshot)
    return Request(
        frozenset(asked) - once,
        frozenset(stream for stream, each in asked.items() if not each.is_only_realtime) - once,
        once,
        depths,
        frozenset(stream_of(*each) for each, times in named.items() if times > 1),
        _TICKET.sub('"ticket":""', text),
    )


def names(wish: Wish, code: str, stream: Stream) -> bool:
    """Whether a code of a wish is this stream, and goes on."""
    if not isinstance(wish, MarketWish) or wish.is_only_snapshot:
        return False
    return stream_of(wish.type, code.partition(".")[0], Decimal(wish.level) / _UNIT) == stream


def streams_of(wishes: tuple[Wish, ...]) -> dict[Stream, int]:
    """What the exchange serves by now, and of books how many levels."""
    return {
        stream_of(wish.type, code.partition(".")[0], Decimal(wish.level) / _UNIT): int(
            code.partition(".")[2] or FULL_DEPTH
        )
        for wish in wishes
        if isinstance(wish, MarketWish) and not wish.is_only_snapshot
        for code in wish.codes
    }
