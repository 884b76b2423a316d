"""What all events have: a view of a message that is decoded when it is first read."""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import msgspec

from tickwire.fields import Field, Routed, View
from tickwire.hot import Layout, LazyEvent, Source
from tickwire.subscription import Stream

__all__ = ["BaseWebSocketEvent", "EventLayout", "Part"]


class EventLayout(Layout):
    """A layout that knows what else there is in a message than fields."""

    def members(self, name: str, literal: bytes) -> dict[str, Any]:
        """An object in the field of this name, by long names; raises `ProtocolError`."""
        raise NotImplementedError

    def unknown_members(self, body: bytes) -> dict[str, Any]:
        """The members that the event class has no field for, by their names on the wire."""
        raise NotImplementedError


class BaseWebSocketEvent(LazyEvent, View):
    """What every data event has. Build one with its fields as keyword arguments.

    Equal events have equal fields; how a number was spelled and when it came do not matter.
    """

    __slots__ = ()

    type = Routed[str]("the type as on the wire, such as `trade` or `candle.1m`")
    symbol = Routed[str]("the market, `QUOTE-BASE`; empty for what is of no market")
    timestamp = Field[int]("when the exchange made the message, ms")
    stream_type = Field[str]("`SNAPSHOT` for the state at the start, then `REALTIME`")

    @classmethod
    def _source_of(cls, values: SimpleNamespace) -> Source:
        return Source(None, cls._stream_of(values))

    @classmethod
    def _stream_of(cls, values: Any) -> Stream:
        """The stream of an event that is built with these values."""
        return Stream(values.type, values.symbol)

    @property
    def _origin(self) -> Source:
        assert self._source is not None
        return self._source

    @property
    def _layout(self) -> EventLayout | None:
        layout = self._origin.layout
        assert layout is None or isinstance(layout, EventLayout)
        return layout

    def check(self) -> None:
        """Read all of it; raises `ProtocolError`."""
        self.to_dict()

    @property
    def streams(self) -> frozenset[Stream]:
        """The stream, and the wider ones, such as that of the orders in all markets."""
        return frozenset(self._streams)

    @property
    def _streams(self) -> tuple[Stream, ...]:
        return (self.stream, *self._origin.wider)

    @property
    def raw(self) -> str:
        """The text of the message as it came; of a built event, its JSON."""
        return self._body.decode() if self._body else self.to_json()

    @property
    def extra(self) -> Mapping[str, Any]:
        """What the message has beyond the fields known here, by its names on the wire.

        Numbers with a fraction are `Decimal`s. Empty for a built event.
        """
        layout = self._layout
        return {} if layout is None else layout.unknown_members(self._body)

    @property
    def is_snapshot(self) -> bool:
        """Whether this tells the state at the start of a stream."""
        return self.stream_type == "SNAPSHOT"

    def to_json(self) -> str:
        """The fields as one JSON object, numbers as numbers."""
        return _encoder.encode(self.to_dict()).decode()

    def __hash__(self) -> int:
        return hash((self.type, self.symbol, self.timestamp))

    def __reduce__(self) -> tuple[Any, ...]:
        arrival = (self._body, self.received_time_ns, self.handed_over)
        return (*super().__reduce__(), arrival)

    def __setstate__(self, arrival: tuple[bytes, int, bool]) -> None:
        self._restore(*arrival)


class Part(View):
    """One of many like it within an event."""

    __slots__ = ()


_encoder = msgspec.json.Encoder(decimal_format="number")
