"""What LIST_SUBSCRIPTIONS answers, as streams.

Source: the list-subscriptions page of docs.upbit.com (2026-09-22). It leaves open whether order
books are shown with the depth they were asked for, and what the short names of an indicator's
members are: whatever cannot be read of an entry is left out of its streams.
"""

from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import msgspec
from msgspec import Raw

from tickwire.core.exchange import Listed
from tickwire.errors import ProtocolError
from tickwire.exact import decimal_of
from tickwire.exchanges.upbit.literals import ABSENT, guarded, literals_of, value_of
from tickwire.exchanges.upbit.vocabulary import LONG_MEMBERS
from tickwire.indicators import Indicator, Value, ordered
from tickwire.subscription import DataType, Stream

__all__ = ["METHOD", "listed"]

METHOD = "LIST_SUBSCRIPTIONS"

_LONG_NAMES = {
    "mthd": "method",
    "rslt": "result",
    "tckt": "ticket",
    "ty": "type",
    "cds": "codes",
    "lv": "level",
    "tf": "timeframe",
    "inds": "indicators",
    "p": "params",
    "tr": "trigger",
    "ep": "event_params",
}


class _Reply(msgspec.Struct):
    result: list[dict[str, Raw]] = []
    rslt: list[dict[str, Raw]] = []
    ticket: str = ""
    tckt: str = ""


_reply = msgspec.json.Decoder(_Reply).decode
_text = msgspec.json.Decoder(str).decode
_texts = msgspec.json.Decoder(list[str]).decode
_objects = msgspec.json.Decoder(list[dict[str, Raw]]).decode


def listed(body: bytes) -> Listed:
    """The streams in a reply; raises `ProtocolError`."""
    reply: _Reply = guarded(_reply, body)
    entries = reply.result or reply.rslt
    streams = frozenset(stream for each in entries for stream in _streams(_in_long_names(each)))
    return Listed(reply.ticket or reply.tckt, streams)


def _in_long_names(members: dict[str, Raw]) -> dict[str, Raw]:
    return {_LONG_NAMES.get(name, name): text for name, text in members.items()}


def _read(decode: Callable[[Any], Any], members: dict[str, Raw], name: str, default: Any) -> Any:
    text = members.get(name, ABSENT)
    return guarded(decode, text) if text and bytes(text) != b"null" else default


def _streams(entry: dict[str, Raw]) -> Iterator[Stream]:
    name: str = _read(_text, entry, "type", "")
    kind = DataType(name) if name in set(DataType) else name
    level = _read(decimal_of, entry, "level", 0)
    codes: list[str] = _read(_texts, entry, "codes", [])
    if kind == DataType.ORDERBOOK:
        # With the depth or without it: which of the two is not documented.
        codes = [code.partition(".")[0] for code in codes]
    for code, indicator in product(codes or [""], _indicators(kind, entry) or (None,)):
        yield Stream(kind, code, level, indicator=indicator)


def _indicators(kind: str, entry: dict[str, Raw]) -> tuple[Indicator, ...]:
    if kind not in (DataType.INDICATOR, DataType.INDICATOR_SIGNAL):
        return ()
    try:
        timeframe: str = _read(_text, entry, "timeframe", "")
        asked: list[dict[str, Raw]] = _read(_objects, entry, "indicators", [])
        return tuple(_indicator(timeframe, _in_long_names(each)) for each in asked)
    except ProtocolError:
        return ()


def _indicator(timeframe: str, members: dict[str, Raw]) -> Indicator:
    name: str = _read(_text, members, "type", "")
    return Indicator(
        name,
        timeframe,
        ordered(name, _values(members, "params")),
        _read(_text, members, "trigger", ""),
        ordered("", _values(members, "event_params")),
    )


def _values(members: dict[str, Raw], field: str) -> dict[str, Value]:
    long = LONG_MEMBERS[field]
    literals = _read(literals_of, members, field, {})
    return {long.get(name, name): value_of(text) for name, text in literals.items()}
