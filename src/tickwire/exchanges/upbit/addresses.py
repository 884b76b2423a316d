"""Whose a message is, where type and code alone do not tell: of an account, news, indicators.

Such a message belongs to the exact stream (the orders of one market) and, if there is one, to a
wider one (the orders of all markets).
"""

from collections.abc import Callable
from typing import NamedTuple

import msgspec
from msgspec import Raw

from tickwire.exchanges.upbit.heads import Head
from tickwire.exchanges.upbit.literals import ABSENT, guarded, literals_of, value_of
from tickwire.exchanges.upbit.vocabulary import LONG_MEMBERS
from tickwire.indicators import Indicator, Value, ordered
from tickwire.subscription import DataType, Stream

__all__ = ["Address", "address_of"]


class Address(NamedTuple):
    """The stream that a message is of, and the wider ones that it is of as well."""

    stream: Stream
    wider: tuple[Stream, ...] = ()


def address_of(kind: DataType, head: Head, body: bytes) -> Address | None:
    """The address of a message of one of these types, `None` for all others.

    Raises `ProtocolError`.
    """
    reader = _READERS.get(kind)
    return None if reader is None else reader(kind, head, body)


def _of_order(kind: DataType, head: Head, body: bytes) -> Address:
    return Address(Stream(kind, head.symbol), (Stream(kind),))


def _of_asset(kind: DataType, head: Head, body: bytes) -> Address:
    return Address(Stream(kind))


class _Announcement(msgspec.Struct):
    category: str = ""
    cat: str = ""


_announcement = msgspec.json.Decoder(_Announcement).decode


def _of_announcement(kind: DataType, head: Head, body: bytes) -> Address:
    found: _Announcement = guarded(_announcement, body)
    category = found.cat if head.is_short else found.category
    # The text is asked for once for all, see `requests`: whoever wants it gets the same message.
    return Address(
        Stream(kind, category=category),
        (
            Stream(kind, category=category, include_body=True),
            Stream(kind),
            Stream(kind, include_body=True),
        ),
    )


class _Long(msgspec.Struct):
    timeframe: str
    indicator: str
    params: Raw
    trigger: str = ""
    event_params: Raw = ABSENT


class _Short(
    msgspec.Struct,
    rename={
        "timeframe": "tf",
        "indicator": "ind",
        "params": "p",
        "trigger": "tr",
        "event_params": "ep",
    },
):
    """The same in the other vocabulary."""

    timeframe: str
    indicator: str
    params: Raw
    trigger: str = ""
    event_params: Raw = ABSENT


_long = msgspec.json.Decoder(_Long).decode
_short = msgspec.json.Decoder(_Short).decode


def _of_indicator(kind: DataType, head: Head, body: bytes) -> Address:
    found: _Long | _Short = guarded(_short if head.is_short else _long, body)
    trigger, happened = found.trigger, found.event_params
    if kind is DataType.INDICATOR:
        trigger, happened = "", ABSENT
    indicator = Indicator(
        found.indicator,
        found.timeframe,
        ordered(found.indicator, _values("params", found.params, head)),
        trigger,
        ordered("", _values("event_params", happened, head)) if happened else (),
    )
    return Address(Stream(kind, head.symbol, indicator=indicator))


def _values(field: str, literal: Raw, head: Head) -> dict[str, Value]:
    long = LONG_MEMBERS[field] if head.is_short else {}
    literals = literals_of(literal)
    return {long.get(name, name): value_of(text) for name, text in literals.items()}


_READERS: dict[DataType, Callable[[DataType, Head, bytes], Address]] = {
    DataType.MY_ORDER: _of_order,
    DataType.MY_ASSET: _of_asset,
    DataType.ANNOUNCEMENT: _of_announcement,
    DataType.INDICATOR: _of_indicator,
    DataType.INDICATOR_SIGNAL: _of_indicator,
}
