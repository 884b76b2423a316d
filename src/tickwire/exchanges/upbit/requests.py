"""A plan as Upbit's request: an array of ticket, type objects and format.

Source: docs.upbit.com, websocket-guide (2026-09). Each request replaces the connection's whole
subscription; streams whose data already flows are asked for as realtime only, or Upbit would
send the snapshot of every one of them again.
"""

from collections.abc import Iterable
from decimal import Decimal
from itertools import groupby

import msgspec

from tickwire.core.planner import Plan
from tickwire.subscription import DataType, Stream

__all__ = ["encode"]

_encoder = msgspec.json.Encoder(decimal_format="number")


def encode(plan: Plan, ticket: str) -> str:
    """The request text: types in alphabetical order, fresh streams before live ones."""
    objects: list[dict[str, object]] = [{"ticket": ticket}]
    objects += _type_objects(plan.fresh)
    objects += [{**each, "is_only_realtime": True} for each in _type_objects(plan.live)]
    objects.append({"format": "DEFAULT"})
    return _encoder.encode(objects).decode()


def _type_objects(streams: Iterable[Stream]) -> Iterable[dict[str, object]]:
    by_options = sorted(streams, key=_options)
    for (data_type, level), group in groupby(by_options, key=_options):
        each: dict[str, object] = {"type": data_type, "codes": [s.symbol for s in group]}
        if level:
            each["level"] = level
        yield each


def _options(stream: Stream) -> tuple[DataType, Decimal]:
    return stream.type, stream.level
