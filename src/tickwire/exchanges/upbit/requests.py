"""A plan as Upbit's request: an array of ticket, type objects and format.

Source: docs.upbit.com, websocket-guide (2026-09) and the page of each type. Each request replaces
the connection's whole subscription; streams whose data already flows are asked for as realtime
only, or Upbit would send the snapshot of every one of them again. What has no snapshot has no
such flag either. A depth is a suffix of the code, which the replies do not have.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

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

    Types with streams of the same priority are in alphabetical order. No code is named twice for
    one type, since what Upbit makes of that is not known.
    """
    options = _Options(dict(plan.priorities), dict(plan.depths))
    objects: list[_Object] = [{"ticket": ticket}]
    objects += _market_objects(plan.fresh, options)
    objects += [{**each, "is_only_realtime": True} for each in _market_objects(plan.live, options)]
    objects += [{**each, "is_only_snapshot": True} for each in _market_objects(plan.once, options)]
    objects += _other_objects(plan.streams, options.priorities)
    objects.append({"format": wire_format})
    return _encoder.encode(objects).decode()


def encode_inquiry(ticket: str, wire_format: str) -> str:
    """The question what is subscribed to.

    Its format is that of the streams: they would be written in another one from then on.
    """
    return _encoder.encode(
        [{"ticket": ticket}, {"method": METHOD}, {"format": wire_format}]
    ).decode()


class _Options(NamedTuple):
    """What is not in the streams themselves."""

    priorities: _Priorities
    depths: Mapping[Stream, int]

    def code(self, stream: Stream) -> str:
        """How a stream is named."""
        depth = self.depths.get(stream)
        return stream.symbol if depth is None else f"{stream.symbol}.{depth}"


def _market_objects(streams: Iterable[Stream], options: _Options) -> Iterator[_Object]:
    by_kind = sorted((s for s in streams if s.type in MARKET_TYPES), key=_kind)
    for group in _most_important_first(groupby(by_kind, key=_kind), options.priorities):
        data_type, level = _kind(group[0])
        each: _Object = {"type": data_type, "codes": [options.code(s) for s in group]}
        if level:
            # Without an exponent, which the text of a small `Decimal` has.
            each["level"] = msgspec.Raw(f"{level:f}".encode())
        yield each


def _kind(stream: Stream) -> tuple[str, Decimal]:
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
