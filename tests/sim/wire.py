"""The wire as the simulation reads it: by nothing that client or exchange use themselves."""

import re
from decimal import Decimal
from typing import NamedTuple

import msgspec

from tickwire.simulator.wire.request import MarketWish, Wish
from tickwire.subscription import DataType, Stream

__all__ = ["Heard", "Request", "read_frame", "read_request", "stream_of", "streams_of"]

_UNIT = 10**8


class Heard(NamedTuple):
    """A data frame: its stream, its text, and of a trade the id."""

    stream: Stream
    raw: str
    trade_id: int


class Request(NamedTuple):
    """A subscription message: what it names, the part that is to begin anew, its text."""

    streams: frozenset[Stream]
    fresh: frozenset[Stream]
    text: str
    """Without the ticket, which is another each time."""


class _Head(msgspec.Struct):
    type: str = ""
    code: str = ""
    level: Decimal = Decimal(0)
    sequential_id: int = 0


class _Object(msgspec.Struct):
    type: str = ""
    codes: tuple[str, ...] = ()
    level: Decimal = Decimal(0)
    is_only_realtime: bool = False


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
    return Heard(stream, frame.decode(), head.sequential_id if head.type == "trade" else 0)


def read_request(text: str) -> Request:
    """A message of the client."""
    asked = {
        stream_of(each.type, code, each.level): each.is_only_realtime
        for each in _requests.decode(text)
        for code in each.codes
    }
    fresh = frozenset(stream for stream, goes_on in asked.items() if not goes_on)
    return Request(frozenset(asked), fresh, _TICKET.sub('"ticket":""', text))


def streams_of(wishes: tuple[Wish, ...]) -> frozenset[Stream]:
    """What the exchange would answer to LIST_SUBSCRIPTIONS, as streams."""
    return frozenset(
        stream_of(wish.type, code, Decimal(wish.level) / _UNIT)
        for wish in wishes
        if isinstance(wish, MarketWish)
        for code in wish.codes
    )
