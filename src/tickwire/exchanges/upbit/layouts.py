"""How the messages of one event class are laid out in one vocabulary, and read.

Reading a message checks its syntax, and that every field is there and of its kind; numbers stay
as their text. A literal that is no number is found when it is read, or at once by `check`. What
kind a field is, and whether it may be missing or null, is as the event class declares it.
"""

from collections.abc import Callable, Iterable
from decimal import Decimal
from itertools import chain
from operator import attrgetter
from typing import Annotated, Any, get_args

import msgspec
from msgspec import Raw

from tickwire.errors import ProtocolError
from tickwire.events import (
    Asset,
    BaseWebSocketEvent,
    MyAssetEvent,
    OrderbookEvent,
    OrderbookUnit,
    Part,
    Payload,
)
from tickwire.exchanges.upbit.literals import ABSENT, guarded, literals_of, members_of, value_of
from tickwire.exchanges.upbit.vocabulary import LONG_MEMBERS, SHORT_MEMBERS, wire_names
from tickwire.fields import Field, Number, NumberOrText, decimal_of, fields_of, unquoted

__all__ = ["UpbitLayout"]

_INTEGER = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]

_PARTS: dict[type, tuple[str, type[Part]]] = {
    OrderbookEvent: ("orderbook_units", OrderbookUnit),
    MyAssetEvent: ("assets", Asset),
}
"""The field of an event that is a list of parts."""


def _is_text(field: Field[Any]) -> bool:
    """Whether the values hold the text of the wire, of which something is made when it is read."""
    return type(field).decoded is not Field.decoded


def _may_be_absent(field: Field[Any]) -> bool:
    return field.kind is Any or type(None) in get_args(field.kind)


def _struct(cls: type, *, short: bool) -> type:
    """The values of an event class: texts and integers decoded, numbers left as their text."""
    names = wire_names(cls, short=short)
    fields: list[tuple[str, Any] | tuple[str, Any, Any]] = []
    for name, field in fields_of(cls).items():
        if name not in names:
            continue
        kind = Raw if _is_text(field) else _INTEGER if field.kind is int else field.kind
        if _may_be_absent(field):
            fields.append((name, kind, ABSENT if kind is Raw else None))
        else:
            fields.append((name, kind))
    return msgspec.defstruct(
        cls.__name__ + ("Short" if short else "Long"),
        fields,
        rename=names,
        kw_only=True,
        gc=False,
        # What is of no market has no symbol, as its stream.
        namespace={} if "symbol" in names else {"symbol": ""},
    )


class UpbitLayout:
    """The layout of one event class in one vocabulary; a `tickwire.events.Layout`."""

    def __init__(self, event: type[BaseWebSocketEvent], *, short: bool) -> None:
        self.event = event
        self._is_short = short
        names = wire_names(event, short=short)
        self._wire_names = frozenset(names.values())
        self._values: Callable[[bytes], Any] = msgspec.json.Decoder(
            _struct(event, short=short)
        ).decode
        self._parts_field, self._part_class = _PARTS.get(event, ("", OrderbookUnit))
        part_struct = _struct(self._part_class, short=short)
        self._part: Callable[[bytes], Any] = msgspec.json.Decoder(part_struct).decode
        self._parts = msgspec.json.Decoder(list[part_struct]).decode  # type: ignore[valid-type]
        self._numbers = _numbers_of(event)
        self._numbers_of_part = _numbers_of(self._part_class)
        self._literals = attrgetter(*self._numbers) if self._numbers else lambda _: ()
        self._nested = tuple(name for name in LONG_MEMBERS if name in names)

    def __repr__(self) -> str:
        return f"<UpbitLayout of {self.event.__name__}>"

    def values(self, payload: Payload) -> Any:
        body, stream = payload.body, payload.stream
        try:
            values = self._values(body)
        except (ValueError, RecursionError) as error:
            raise ProtocolError(f"{stream.type}: {error}", body) from error
        if values.type != stream.type or values.symbol != stream.symbol:
            raise ProtocolError(f"{stream}: the message names its type or code twice", body)
        return values

    def check(self, event: BaseWebSocketEvent) -> None:
        """See that all is text and every number is one; raises `ProtocolError`."""
        # Reading takes no notice of the bytes in what nobody asked for.
        guarded(bytes.decode, event._payload.body)
        values = event._values or event._decode()
        for name in self._nested:
            getattr(event, name)
        parts: list[Any] = []
        if self._parts_field and type(literal := getattr(values, self._parts_field)) is Raw:
            parts = self.parts(literal)
        numbers = [self._literals(values)] if self._numbers else []
        numbers += map(attrgetter(*self._numbers_of_part), parts)
        if not numbers:
            return
        # All together first: it costs a fraction of looking at each.
        if b"".join(chain.from_iterable(numbers)).translate(None, _IN_NUMBERS):
            _check_numbers(values, self._numbers, self.event)
            for part in parts:
                _check_numbers(part, self._numbers_of_part, self._part_class)

    def parts(self, literal: Raw) -> list[Any]:
        found: list[Any] = guarded(self._parts, literal)
        return found

    def first_part(self, literal: Raw) -> Any | None:
        text = bytes(literal)
        # The first brace that closes ends the first part, unless it holds more than it should.
        end = text.find(b"}") + 1
        try:
            return self._part(text[text.index(b"{") : end])
        except (ValueError, RecursionError):
            return None

    def members(self, name: str, literal: Raw) -> dict[str, Any]:
        long = LONG_MEMBERS[name] if self._is_short else {}
        literals = {long.get(each, each): text for each, text in literals_of(literal).items()}
        if name != "value":
            return {each: value_of(text) for each, text in literals.items()}
        # Whether there is more beside the figures is not known; what is no number stays in `raw`.
        return {
            each: _number(each, text)
            for each, text in literals.items()
            if each in SHORT_MEMBERS["value"] or _is_number(text)
        }

    def unknown_members(self, payload: Payload) -> dict[str, Any]:
        found = members_of(payload.body)
        return {name: value for name, value in found.items() if name not in self._wire_names}


def _numbers_of(cls: type) -> tuple[str, ...]:
    return tuple(name for name, field in fields_of(cls).items() if isinstance(field, Number))


# The syntax of a literal has been checked: one that has no other characters is a number.
_IN_NUMBERS = b"0123456789.+-eE"


def _is_number(literal: Raw) -> bool:
    return not bytes(literal).translate(None, _IN_NUMBERS)


def _number(name: str, literal: Raw) -> Decimal:
    number = decimal_of(literal)
    if number is None:
        raise ProtocolError(f"{name} is no number: null", bytes(literal))
    return number


def _check_numbers(values: object, names: Iterable[str], cls: type) -> None:
    for name in names:
        literal = getattr(values, name)
        if type(literal) is not Raw:
            continue
        field, text = fields_of(cls)[name], bytes(literal)
        if text == b"null" and _may_be_absent(field):
            continue
        if isinstance(field, NumberOrText):
            text = unquoted(text)
        if text.translate(None, _IN_NUMBERS):
            raise ProtocolError(f"{name} is no number: {text[:40]!r}", text)
