"""A plan as Upbit's request: an array of ticket, type objects and format.

Source: docs.upbit.com, websocket-guide (2026-09) and the page of each type. Each request replaces
the connection's whole subscription; streams whose data already flows are asked for as realtime
only, or Upbit would send the snapshot of every one of them again. What has no snapshot has no
such flag either.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import groupby
from operator import attrgetter

import msgspec

from tickwire.core.planner import Plan
from tickwire.exchanges.upbit.listings import METHOD
from tickwire.exchanges.upbit.rules import MARKET_TYPES
from tickwire.indicators import Indicator
from tickwire.subscription import DataType, Stream

__all__ = ["encode", "encode_inquiry"]

_encoder = msgspec.json.Encoder(decimal_format="number")

_Object = dict[str, object]
_Priorities = Mapping[Stream, int]


def encode(plan: Plan, ticket: str, wire_format: str) -> str:
    """The request text: fresh streams before live ones, and among these the most important first.

    Types with streams of the same priority are in alphabetical order.
    """
    priorities = dict(plan.priorities)
    objects: list[_Object] = [{"ticket": ticket}]
    objects += _market_objects(plan.fresh, priorities)
    objects += [
        {**each, "is_only_realtime": True} for each in _market_objects(plan.live, priorities)
    ]
    objects += _other_objects(plan.streams, priorities)
    objects.append({"format": wire_format})
    return _encoder.encode(objects).decode()


def encode_inquiry(ticket: str, wire_format: str) -> str:
    """The question what is subscribed to.

    Its format is that of the streams: they would be written in another one from then on.
    """
    return _encoder.encode(
        [{"ticket": ticket}, {"method": METHOD}, {"format": wire_format}]
    ).decode()


def _market_objects(streams: Iterable[Stream], priorities: _Priorities) -> Iterator[_Object]:
    by_options = sorted((s for s in streams if s.type in MARKET_TYPES), key=_options)
    for group in _most_important_first(groupby(by_options, key=_options), priorities):
        data_type, level = _options(group[0])
        each: _Object = {"type": data_type, "codes": [s.symbol for s in group]}
        if level:
            each["level"] = level
        yield each


def _options(stream: Stream) -> tuple[str, Decimal]:
    return stream.type, stream.level


def _most_important_first(
    groups: Iterable[tuple[object, Iterable[Stream]]], priorities: _Priorities
) -> list[list[Stream]]:
    """A group is as important as the most important stream in it."""
    return sorted(
        (list(group) for _, group in groups),
        key=lambda group: -max(priorities.get(stream, 0) for stream in group),
    )


def _other_objects(streams: Iterable[Stream], priorities: _Priorities) -> Iterator[_Object]:
    ordered = sorted(s for s in streams if s.type not in MARKET_TYPES)
    for group in _most_important_first(groupby(ordered, key=attrgetter("type")), priorities):
        data_type = group[0].type
        yield from _MAKERS.get(data_type, _by_codes)(data_type, group)


def _by_codes(data_type: str, streams: Sequence[Stream]) -> Iterator[_Object]:
    """One object; without codes it asks for all markets, those named by others included."""
    if all(stream.symbol for stream in streams):
        yield {"type": data_type, "codes": [stream.symbol for stream in streams]}
    else:
        yield {"type": data_type}


def _announcements(data_type: str, streams: Sequence[Stream]) -> Iterator[_Object]:
    """One object; the text is in it for all as soon as one wants it."""
    each: _Object = {"type": data_type}
    if all(stream.category for stream in streams):
        each["categories"] = sorted({stream.category for stream in streams})
    if any(stream.include_body for stream in streams):
        each["include_body"] = True
    yield each


def _indicators(data_type: str, streams: Sequence[Stream]) -> Iterator[_Object]:
    """Objects of codes times indicators that come to these streams and to no other.

    Codes with the same indicators share an object, so that the product is never more than asked.
    """
    wanted: dict[str, dict[str, list[Indicator]]] = {}
    for stream in streams:
        assert stream.indicator is not None
        by_symbol = wanted.setdefault(stream.indicator.timeframe, {})
        by_symbol.setdefault(stream.symbol, []).append(stream.indicator)
    for timeframe, by_symbol in sorted(wanted.items()):
        codes: dict[tuple[Indicator, ...], list[str]] = {}
        for symbol, indicators in by_symbol.items():
            codes.setdefault(tuple(indicators), []).append(symbol)
        for asked, symbols in codes.items():
            yield {
                "type": data_type,
                "codes": symbols,
                "timeframe": timeframe,
                "indicators": [_indicator(each) for each in asked],
            }


def _indicator(indicator: Indicator) -> _Object:
    each: _Object = {"type": indicator.type, "params": dict(indicator.params)}
    if indicator.trigger:
        each["trigger"] = indicator.trigger
    if indicator.event_params:
        each["event_params"] = dict(indicator.event_params)
    return each


_MAKERS: dict[str, Callable[[str, Sequence[Stream]], Iterator[_Object]]] = {
    DataType.ANNOUNCEMENT: _announcements,
    DataType.INDICATOR: _indicators,
    DataType.INDICATOR_SIGNAL: _indicators,
}
