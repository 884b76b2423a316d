"""What all events have: a view of a message that is decoded when it is first read."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol, Self, overload

import msgspec

from tickwire.errors import ProtocolError
from tickwire.fields import Field, View, set_values
from tickwire.subscription import Stream

__all__ = ["BaseWebSocketEvent", "Layout", "Part", "Payload"]


class Layout(Protocol):
    """How an exchange lays out the messages of one event class in one vocabulary."""

    @property
    def event(self) -> "type[BaseWebSocketEvent]":
        """The class of the events."""

    def values(self, payload: "Payload") -> Any:
        """The fields by their names, numbers as `msgspec.Raw`; raises `ProtocolError`."""

    def parts(self, literal: msgspec.Raw) -> list[Any]:
        """The values of every part: level of a book, asset; raises `ProtocolError`."""

    def first_part(self, literal: msgspec.Raw) -> Any | None:
        """The values of the first part alone; `None` if it cannot be told from the rest."""

    def members(self, name: str, literal: msgspec.Raw) -> dict[str, Any]:
        """An object in the field of this name, by long names; raises `ProtocolError`."""

    def unknown_members(self, payload: "Payload") -> dict[str, Any]:
        """The members that the event class has no field for, by their names on the wire."""


class Payload(msgspec.Struct, gc=False):
    """A message of one stream as it came, and how to read it; what an event is a view of."""

    stream: Stream
    body: bytes
    layout: Layout | None = None
    wider: tuple[Stream, ...] = ()
    """Streams that it belongs to as well, such as that of the orders in all markets."""
    received_time_ns: int = 0
    handed_over: bool = False
    unreadable: Callable[[ProtocolError], None] | None = None
    """Told, once, that the message cannot be read after all. Must not lead back to the event."""
    is_unreadable: bool = False

    def report(self, error: ProtocolError) -> None:
        """The message, or something in it, cannot be read; said once."""
        if self.unreadable is not None and not self.is_unreadable:
            self.is_unreadable = True
            self.unreadable(error)


class _Routed(Field[str]):
    """A field by which the message was routed: known without decoding it."""

    @overload
    def __get__(self, view: None, owner: type) -> Self: ...
    @overload
    def __get__(self, view: View, owner: type) -> str: ...
    def __get__(self, view: View | None, owner: type) -> Self | str:
        if view is None:
            return self
        assert isinstance(view, BaseWebSocketEvent)
        # A plain text, whatever the member of an enumeration is.
        routed: str = self._value_in(view._payload.stream)
        return routed and str(routed)


class BaseWebSocketEvent(View):
    """What every data event has. Build one with its fields as keyword arguments.

    Equal events have equal fields; how a number was spelled and when it came do not matter.
    """

    __slots__ = ("_payload",)
    _payload: Payload

    type = _Routed("the type as on the wire, such as `trade` or `candle.1m`")
    symbol = _Routed("the market, `QUOTE-BASE`; empty for what is of no market")
    timestamp = Field[int]("when the exchange made the message, ms")
    stream_type = Field[str]("`SNAPSHOT` for the state at the start, then `REALTIME`")

    def __init__(self, **fields: Any) -> None:
        super().__init__(**fields)
        set_payload(self, Payload(self._stream_of(self._values), b""))

    @classmethod
    def _stream_of(cls, values: Any) -> Stream:
        """The stream of an event that is built with these values."""
        return Stream(values.type, values.symbol)

    def _decode(self) -> Any:
        payload = self._payload
        assert payload.layout is not None
        try:
            values = payload.layout.values(payload)
        except ProtocolError as error:
            self._unreadable(error)
            raise
        set_values(self, values)
        return values

    def _unreadable(self, error: ProtocolError) -> None:
        self._payload.report(error)

    def decoded(self) -> Self:
        """This event, decoded now rather than when it is first read; raises `ProtocolError`."""
        self._values or self._decode()
        return self

    def as_handed_over(self) -> Self:
        """The same event, marked as given to a newcomer."""
        event = _new(type(self))
        set_payload(event, msgspec.structs.replace(self._payload, handed_over=True))
        set_values(event, self._values or self._decode())
        return event

    @property
    def stream(self) -> Stream:
        """The stream that this is an event of."""
        return self._payload.stream

    @property
    def streams(self) -> frozenset[Stream]:
        """The same, and the wider ones, such as that of the orders in all markets."""
        return frozenset((self._payload.stream, *self._payload.wider))

    @property
    def received_time_ns(self) -> int:
        """When the frame was read here, in nanoseconds since 1970 UTC; 0 for a built event."""
        return self._payload.received_time_ns

    @property
    def handed_over(self) -> bool:
        """Whether this is the last event of a stream that was live already, given to a newcomer."""
        return self._payload.handed_over

    @property
    def raw(self) -> str:
        """The text of the message as it came; of a built event, its JSON."""
        return self._payload.body.decode() if self._payload.body else self.to_json()

    @property
    def extra(self) -> Mapping[str, Any]:
        """What the message has beyond the fields known here, by its names on the wire.

        Numbers with a fraction are `Decimal`s. Empty for a built event.
        """
        layout = self._payload.layout
        return {} if layout is None else layout.unknown_members(self._payload)

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
        payload = self._payload
        arrival = (payload.body, payload.received_time_ns, payload.handed_over)
        return (*super().__reduce__(), arrival)

    def __setstate__(self, arrival: tuple[bytes, int, bool]) -> None:
        payload = self._payload
        payload.body, payload.received_time_ns, payload.handed_over = arrival


class Part(View):
    """One of many like it within an event.

    It leads back to the message, not to the event, which leads to it: no cycles to collect.
    """

    __slots__ = ("_payload",)
    _payload: Payload | None

    def __init__(self, **fields: Any) -> None:
        super().__init__(**fields)
        _set_payload_of_part(self, None)

    @classmethod
    def view(cls, values: object, payload: Payload) -> Self:
        """The part of a message that decoded values stand for."""
        part = cls.__new__(cls)
        set_values(part, values)
        _set_payload_of_part(part, payload)
        return part

    def _unreadable(self, error: ProtocolError) -> None:
        if self._payload is not None:
            self._payload.report(error)


_set_payload_of_part = Part.__dict__["_payload"].__set__
set_payload = BaseWebSocketEvent.__dict__["_payload"].__set__
_new = object.__new__


def event_of(payload: Payload) -> BaseWebSocketEvent:
    """The event in a payload, decoded when it is first read."""
    assert payload.layout is not None
    event = _new(payload.layout.event)
    set_payload(event, payload)
    set_values(event, None)
    return event


_encoder = msgspec.json.Encoder(decimal_format="number")
