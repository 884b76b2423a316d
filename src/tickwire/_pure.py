"""The hot path in Python: what an event is while nobody has read it, and how a field is read.

`_hot.c` is the same compiled; `tickwire.hot` says which one runs. What the two do must be equal in
everything that can be seen: this file is how one finds out what that is.

    Recogniser ──▶ LazyEvent ─▶ Source ──▶ Layout
       frame        an event    its stream  where each field is on the wire
                       ▲
                   LazyField   reads one field: a number is made when it is read

An event leads to its parts and never the other way round, so neither waits for the collector.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from operator import attrgetter
from types import SimpleNamespace
from typing import Annotated, Any, Generic, Literal, Self, TypeVar, overload

import msgspec
from msgspec import Raw

from tickwire.errors import ProtocolError
from tickwire.exact import decimal_of
from tickwire.subscription import Stream

__all__ = [
    "Beginnings",
    "How",
    "Layout",
    "LazyEvent",
    "LazyField",
    "LazyParts",
    "LazyView",
    "Recogniser",
    "RoutedField",
    "Source",
]

T_co = TypeVar("T_co", covariant=True)

How = Literal["text", "integer", "flag", "any", "number", "parts", "own"]
"""How a field is read. The first four are checked when the message is decoded, the others read
when they are asked for: `parts` are objects in a list, `own` is left to the field itself."""

Unreadable = Callable[[ProtocolError], None]


class LazyField(Generic[T_co]):
    """Reads one field of a view."""

    def _place(
        self,
        name: str,
        index: int,
        how: How,
        is_optional: bool,
        sequence: "type[LazyParts[Any]] | None",
    ) -> None:
        """Say which of a view's fields this is, how it is read, and what its parts come in.

        Without a class of sequences for them that is a tuple.
        """
        self._name = name
        self._value_in = attrgetter(name)
        self._how = how
        self._is_optional = is_optional
        self._sequence = sequence

    @overload
    def __get__(self, view: None, owner: type) -> Self: ...
    @overload
    def __get__(self, view: "LazyView", owner: type) -> T_co: ...
    def __get__(self, view: "LazyView | None", owner: type) -> "Self | T_co":
        if view is None:
            return self
        values = view._values or view._decode()
        value = self._value_in(values)
        if type(value) is Raw:
            text = str(value, "ascii", "replace") if self._how == "number" else ""
            # A JSON literal that begins so is a number, and one so short has no absurd exponent.
            if (
                text[:1] in _BEGINNINGS
                and len(text) <= _SHORT
                and "E" not in text
                and "e" not in text
            ):
                value = Decimal(text)
            else:
                value = self._made(value, view)
            setattr(values, self._name, value)
        result: T_co = value
        return result

    def _made(self, literal: Raw, view: "LazyView") -> Any:
        """What users see, to be left with the values."""
        try:
            if self._how == "own":
                return self.decoded(bytes(literal), view)
            if self._how == "parts":
                return _parts_of(literal, view, self._sequence)
            number = decimal_of(literal)
            if number is None and not self._is_optional:
                raise ProtocolError(f"{self._name} is no number: null", bytes(literal))
            return number
        except ProtocolError as error:
            view._report(error)
            raise

    def decoded(self, literal: bytes, view: Any) -> Any:
        """What users see for the text of the wire, if that is the field's own affair.

        Of a member that is not there the text is empty. Raises `ProtocolError`.
        """
        raise NotImplementedError


_SHORT = 20
_BEGINNINGS = frozenset("-0123456789")


class RoutedField(LazyField[T_co]):
    """The type or symbol by which a message was routed: known without decoding it."""

    @overload
    def __get__(self, view: None, owner: type) -> Self: ...
    @overload
    def __get__(self, view: "LazyView", owner: type) -> T_co: ...
    def __get__(self, view: "LazyView | None", owner: type) -> "Self | T_co":
        if view is None:
            return self
        result: T_co = self._value_in(view._source)
        return result


class Source:
    """What a message is of, the same for all that begin like it.

    A stream, and the wider ones that it is of as well; how its messages are read, `None` for an
    event that was built. `type` and `symbol` are the plain texts of the stream.
    """

    __slots__ = ("layout", "stream", "symbol", "type", "wider")

    def __init__(
        self, layout: "Layout | None", stream: Stream, wider: tuple[Stream, ...] = ()
    ) -> None:
        self.layout = layout
        self.stream = stream
        self.wider = wider
        self.type = stream.type and str(stream.type)
        self.symbol = stream.symbol and str(stream.symbol)


class _Once:
    """Tells that something cannot be read the first time: what an event shares with its parts."""

    __slots__ = ("tell",)

    def __init__(self, tell: Unreadable | None) -> None:
        self.tell = tell

    def __call__(self, error: ProtocolError) -> None:
        tell, self.tell = self.tell, None
        if tell is not None:
            tell(error)


_Arrival = tuple[int, Unreadable | None, bool]
_NOT_ARRIVED: _Arrival = (0, None, False)


class LazyView:
    """Something with fields: a message that nobody has read yet, or values it was built with."""

    __slots__ = ("_arrival", "_body", "_source", "_values")
    _source: Source | None
    """`None` for a part of a message."""
    _body: bytes
    _values: Any
    """`None` until something is read."""
    _arrival: _Arrival

    def _build(self, source: Source | None, values: tuple[Any, ...]) -> None:
        """Have these values, one for each field in order."""
        _set_source(self, source)
        _set_body(self, b"")
        _set_values(self, SimpleNamespace(**dict(zip(type(self)._fields, values, strict=True))))  # type: ignore[attr-defined]
        _set_arrival(self, _NOT_ARRIVED)

    def _decode(self) -> Any:
        source = self._source
        assert source is not None
        assert source.layout is not None
        try:
            values = source.layout.read(source, self._body)
        except ProtocolError as error:
            self._report(error)
            raise
        _set_values(self, values)
        return values

    def _report(self, error: ProtocolError) -> None:
        """The message, or something in it, cannot be read."""
        received_time_ns, tell, handed_over = self._arrival
        if tell is not None:
            if type(tell) is not _Once:
                _set_arrival(self, (received_time_ns, None, handed_over))
            tell(error)

    def _once(self) -> _Once:
        """What this and its parts tell together."""
        received_time_ns, tell, handed_over = self._arrival
        if type(tell) is _Once:
            return tell
        once = _Once(tell)
        _set_arrival(self, (received_time_ns, once, handed_over))
        return once


_new = object.__new__
_set_source = LazyView.__dict__["_source"].__set__
_set_body = LazyView.__dict__["_body"].__set__
_set_values = LazyView.__dict__["_values"].__set__
_set_arrival = LazyView.__dict__["_arrival"].__set__


class LazyEvent(LazyView):
    """A view that is an event: of a stream, and come at some time."""

    __slots__ = ()

    @classmethod
    def _of(cls, source: Source, body: bytes) -> Self:
        """The view of a message that is decoded when the first field is read."""
        view = _new(cls)
        _set_source(view, source)
        _set_body(view, body)
        _set_values(view, None)
        _set_arrival(view, _NOT_ARRIVED)
        return view

    def _arrive(self, received_time_ns: int, unreadable: Unreadable | None) -> None:
        """Say when the message came, and who is told, once, if it cannot be read after all.

        Whoever is told must not lead back to the event.
        """
        tell = self._arrival[1]
        if type(tell) is _Once:
            tell.tell, unreadable = unreadable, tell
        _set_arrival(self, (received_time_ns, unreadable, False))

    def _restore(self, body: bytes, received_time_ns: int, handed_over: bool) -> None:
        """Have the text and arrival of the event that this one was built like."""
        _set_body(self, body)
        _set_arrival(self, (received_time_ns, None, handed_over))

    def decoded(self) -> Self:
        """This event, decoded now rather than when it is first read; raises `ProtocolError`."""
        self._values or self._decode()
        return self

    def as_handed_over(self) -> Self:
        """The same event, marked as given to a newcomer."""
        view = _new(type(self))
        _set_source(view, self._source)
        _set_body(view, self._body)
        _set_values(view, self._values)
        _set_arrival(view, (*self._arrival[:2], True))
        return view

    @property
    def stream(self) -> Stream:
        """The stream that this is an event of."""
        assert self._source is not None
        return self._source.stream

    @property
    def received_time_ns(self) -> int:
        """When the frame was read here, in nanoseconds since 1970 UTC; 0 for a built event."""
        return self._arrival[0]

    @property
    def handed_over(self) -> bool:
        """Whether this is the last event of a stream that was live already, given to a newcomer."""
        return self._arrival[2]


class Layout:
    """Where the fields of a class are on the wire, by their names there.

    `parts` is the layout of the objects in its list of parts, if it has one. Decoding checks the
    syntax of the whole and that every field is there; numbers stay as their text.
    """

    def __init__(
        self, view: type[Any], names: Mapping[str, str], parts: "Layout | None" = None
    ) -> None:
        self.view = view
        self.parts = parts
        self._is_routed = "type" in names
        struct = _struct(view, names)
        self._read: Callable[[bytes], Any] = msgspec.json.Decoder(struct).decode
        self._read_all: Callable[[bytes], list[Any]] = msgspec.json.Decoder(
            list[struct]  # type: ignore[valid-type]
        ).decode

    def read(self, source: Source, body: bytes) -> Any:
        """The values of a message; raises `ProtocolError`."""
        try:
            body.isascii() or body.decode()
            values = self._read(body)
        except (ValueError, RecursionError) as error:
            raise ProtocolError(f"{source.type}: {error}", body) from error
        if self._is_routed and (values.type != source.type or values.symbol != source.symbol):
            raise ProtocolError(f"{source.stream}: the message names its type or code twice", body)
        return values

    def first_in(self, literal: bytes) -> Any | None:
        """The values of the first object in a list; `None` if it cannot be told from the rest."""
        start = literal.find(b"{")
        if literal[:start].rstrip() != b"[":
            return None
        # The first brace that closes ends the first one, unless it holds more than it should.
        try:
            return self._read(literal[start : literal.find(b"}") + 1])
        except (ValueError, RecursionError):
            return None

    def all_in(self, literal: bytes) -> list[Any]:
        """The values of each object in a list; raises `ProtocolError`."""
        try:
            return self._read_all(literal)
        except (ValueError, RecursionError) as error:
            raise ProtocolError(str(error), literal) from error


_INTEGER = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
_ABSENT = Raw(b"")


def _struct(view: type[Any], names: Mapping[str, str]) -> type:
    """The values of a class: texts and integers decoded, the others left as their text."""
    fields: list[tuple[str, Any] | tuple[str, Any, Any]] = []
    for name, field in view._fields.items():
        if name not in names:
            continue
        kind = field.kind if field.how in ("text", "flag", "any") else Raw
        kind = _INTEGER if field.how == "integer" else kind
        if field.is_optional:
            fields.append((name, kind, _ABSENT if kind is Raw else None))
        else:
            fields.append((name, kind))
    return msgspec.defstruct(
        view.__name__,
        fields,
        rename=dict(names),
        kw_only=True,
        gc=False,
        # What is of no market has no symbol, as its stream.
        namespace={} if "symbol" in names else {"symbol": ""},
    )


class LazyParts(Generic[T_co]):
    """The parts of a message in order, of which the first is often all that anybody wants."""

    __slots__ = ("_all", "_best", "_layout", "_literal", "_once")
    _all: tuple[T_co, ...] | None
    _best: T_co | None
    _layout: Layout
    _literal: bytes
    _once: _Once

    def _whole(self) -> tuple[T_co, ...]:
        """All of them; raises `ProtocolError`."""
        if self._all is None:
            try:
                found = self._layout.all_in(self._literal)
            except ProtocolError as error:
                self._once(error)
                raise
            self._all = tuple(_part(self._layout, values, self._once) for values in found)
        return self._all

    @overload
    def __getitem__(self, index: int) -> T_co: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[T_co, ...]: ...
    def __getitem__(self, index: int | slice) -> T_co | tuple[T_co, ...]:
        if index == 0 and self._all is None:
            if self._best is None:
                values = self._layout.first_in(self._literal)
                if values is not None:
                    self._best = _part(self._layout, values, self._once)
            if self._best is not None:
                return self._best
        return self._whole()[index]


def _parts_of(literal: Raw, view: LazyView, sequence: type[LazyParts[Any]] | None) -> Any:
    assert view._source is not None
    assert view._source.layout is not None
    layout = view._source.layout.parts
    assert layout is not None
    parts: LazyParts[Any] = _new(sequence or LazyParts)
    parts._all = parts._best = None
    parts._layout = layout
    parts._literal = bytes(literal)
    parts._once = view._once()
    return parts if sequence else parts._whole()


def _part(layout: Layout, values: Any, once: _Once) -> Any:
    part = _new(layout.view)
    _set_source(part, None)
    _set_body(part, b"")
    _set_values(part, values)
    _set_arrival(part, (0, once, False))
    return part


class Recogniser:
    """Tells from its first bytes what a message is of, once it has been told from all of it.

    `known` has the beginnings of messages up to the second comma, each with its source; or, where
    the end from the last comma on matters as well, with the sources by that end. `listed` is the
    same with the bracket of an array before them. Both are filled by whoever learns.
    """

    def __init__(self, known: "Beginnings", listed: "Beginnings") -> None:
        self._known = known
        self._listed = listed

    def recognise(self, frame: bytes) -> Any:
        """The view of a frame with one message that begins like one before; else `None`."""
        beginning = frame[: frame.find(b",", frame.find(b",") + 1)]
        known = self._known.get(beginning)
        if known is None:
            known = self._listed.get(beginning)
            return None if known is None else _only_one_of(frame, known)
        if frame[-1] != _BRACE:
            return None
        if isinstance(known, dict):
            known = known.get(frame[frame.rfind(b",") :])
        return None if known is None else known.layout.view._of(known, frame)  # type: ignore[union-attr]


Beginnings = dict[bytes, Source | dict[bytes, Source]]
_BRACE = ord("}")
_BRACKET = ord("]")


def _only_one_of(array: bytes, known: Source | dict[bytes, Source]) -> Any:
    """The view of an array of one such message; `None` if it could hold anything else."""
    if array[-1] != _BRACKET:
        return None
    source: Source | None
    if isinstance(known, dict):
        # The array and the units in it, and nothing opens after those.
        alone = array.count(b"[") == 2 and array.rfind(b"{") < array.rfind(b"]", 0, -1)
        source = known.get(array[array.rfind(b",") : -1])
    else:
        # Nothing closes before the message does.
        alone = array.find(b"}") == len(array) - 2
        source = known
    if source is None or source.layout is None or not alone:
        return None
    return source.layout.view._of(source, array[1:-1])
