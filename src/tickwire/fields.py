"""A view of decoded values: fields that are read, and numbers made, when asked for.

A class lists its fields once, in order, each with its type and meaning. Whoever decodes gives it
values by the same names, numbers still as their text. What is made of a text when it is first
read stays with the values, so it is made once for everybody.
"""

from collections.abc import Mapping
from dataclasses import FrozenInstanceError
from decimal import Decimal, InvalidOperation
from functools import partial
from operator import attrgetter
from types import SimpleNamespace
from typing import Any, ClassVar, Generic, Self, TypeVar, get_args, overload

import msgspec

from tickwire.errors import ProtocolError, UsageError

__all__ = [
    "MAX_DIGITS",
    "Field",
    "Number",
    "NumberOrText",
    "View",
    "decimal_of",
    "fields_of",
    "set_values",
    "unquoted",
]

T_co = TypeVar("T_co", covariant=True)

MAX_DIGITS = 1000
"""A number longer than this is an attack or a fault, never a price."""


class Field(Generic[T_co]):
    """A field that the values hold as users see it."""

    def __init__(self, meaning: str) -> None:
        self.__doc__ = meaning

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name
        self._value_in = attrgetter(name)

    @overload
    def __get__(self, view: None, owner: type) -> Self: ...
    @overload
    def __get__(self, view: "View", owner: type) -> T_co: ...
    def __get__(self, view: "View | None", owner: type) -> "Self | T_co":
        if view is None:
            return self
        values = view._values or view._decode()
        value = self._value_in(values)
        if type(value) is msgspec.Raw:
            value = self._read(value, view)
            setattr(values, self.name, value)
        result: T_co = value
        return result

    def _read(self, literal: msgspec.Raw, view: "View") -> Any:
        """What users see, to be left with the values; the view is told if it cannot be had."""
        try:
            return self.decoded(literal, view)
        except ProtocolError as error:
            view._unreadable(error)
            raise

    @property
    def kind(self) -> Any:
        """The type of what users see, as it was declared: `int` of a `Field[int]`."""
        declared = get_args(getattr(self, "__orig_class__", Field[str]))
        return declared[0]

    def decoded(self, literal: msgspec.Raw, view: "View") -> Any:
        """What users see for the text of the wire; raises `ProtocolError`."""
        raise NotImplementedError

    def converted(self, value: Any) -> Any:
        """What users see for what a view is built with; raises `UsageError`."""
        return value


class Number(Field[T_co]):
    """A number: its text until it is read, then a `Decimal` equal to that text."""

    @overload
    def __get__(self, view: None, owner: type) -> Self: ...
    @overload
    def __get__(self, view: "View", owner: type) -> T_co: ...
    def __get__(self, view: "View | None", owner: type) -> "Self | T_co":
        # What `Field` does, written out for numbers as nearly all are: it is half the cost.
        if view is None:
            return self
        values = view._values or view._decode()
        value = self._value_in(values)
        if type(value) is msgspec.Raw:
            text = str(value, "ascii", "replace")
            # A JSON literal that begins so is a number, and one so short has no absurd exponent.
            if text[:1] not in _BEGINNINGS or len(text) > _SHORT:
                value = self._read(value, view)
            else:
                value = Decimal(text)
                if "E" in text or "e" in text:
                    value = _written_out(value)
            setattr(values, self.name, value)
        result: T_co = value
        return result

    def decoded(self, literal: msgspec.Raw, view: "View") -> Decimal | None:
        return decimal_of(literal)

    def converted(self, value: Any) -> Decimal:
        try:
            number = _NAN if isinstance(value, float | bool) else Decimal(value)
        except (InvalidOperation, TypeError, ValueError):
            number = _NAN
        if not number.is_finite():
            raise UsageError(f"{self.name} must be a finite Decimal, int or text, not {value!r}")
        return number


class NumberOrText(Number[T_co]):
    """A number that the wire may put in quotes; users see the number."""

    def decoded(self, literal: msgspec.Raw, view: "View") -> Decimal | None:
        return super().decoded(msgspec.Raw(unquoted(bytes(literal))), view)


def unquoted(literal: bytes) -> bytes:
    """The literal without the quotes around it, if it has some; of an empty text, the quotes."""
    return literal[1:-1] if len(literal) > 2 and literal[:1] == literal[-1:] == b'"' else literal


def decimal_of(literal: msgspec.Raw | bytes) -> Decimal | None:
    """The exact value of a JSON literal, `None` for null or nothing; raises `ProtocolError`.

    A price that the wire spells `1.165E8` is written out as 116500000: the same number, and what
    one expects to see when it is printed.
    """
    text = str(literal, "ascii", "replace")
    try:
        number = Decimal(text) if text[:1] in _BEGINNINGS and len(text) <= MAX_DIGITS else _NAN
    except InvalidOperation:
        number = _NAN
    if text in ("", "null"):
        return None
    if not number.is_finite():  # a context that traps nothing makes nonsense a nan by itself
        raise ProtocolError(f"expected a number, not {text[:40]!r}", bytes(literal))
    return _written_out(number)


def _written_out(number: Decimal) -> Decimal:
    """The same number without a power of ten to be multiplied in, unless that is absurd."""
    return Decimal(f"{number:f}") if 0 < number.adjusted() < _LONGEST_WRITTEN_OUT else number


_NAN = Decimal("nan")
_SHORT = 20
_BEGINNINGS = frozenset("-0123456789")
_LONGEST_WRITTEN_OUT = 30


class View:
    """Something with fields, read from values that have the same names."""

    __slots__ = ("_values",)
    _values: Any
    """`None` until something is read, where decoding waits for that."""
    _fields: ClassVar[dict[str, Field[Any]]] = {}

    def __init_subclass__(cls) -> None:
        own = {name: field for name, field in vars(cls).items() if isinstance(field, Field)}
        cls._fields = cls._fields | own

    def __init__(self, **fields: Any) -> None:
        unknown = fields.keys() - self._fields.keys()
        if unknown:
            raise UsageError(
                f"{type(self).__name__} has no field {', '.join(sorted(unknown))}; "
                f"it has {', '.join(self._fields)}"
            )
        values = SimpleNamespace(**dict.fromkeys(self._fields))
        for name, value in fields.items():
            if value is not None:
                setattr(values, name, self._fields[name].converted(value))
        set_values(self, values)

    def _decode(self) -> Any:
        """Make the values; raises `ProtocolError`."""
        raise NotImplementedError

    def _unreadable(self, error: ProtocolError) -> None:
        """A text among the values is not what it should be."""

    def __setattr__(self, name: str, value: object) -> None:
        raise FrozenInstanceError(f"{type(self).__name__} is immutable; build another one")

    def __delattr__(self, name: str) -> None:
        raise FrozenInstanceError(f"{type(self).__name__} is immutable; build another one")

    def to_dict(self) -> dict[str, Any]:
        """The fields by name: texts, whole numbers and `Decimal`s."""
        return {name: getattr(self, name) for name in self._fields}

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self.to_dict() == other.to_dict()

    def __hash__(self) -> int:
        return hash((type(self), *self.to_dict().values()))

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={_shown(getattr(self, name))}" for name in self._fields)
        return f"{type(self).__name__}({shown})"

    def __reduce__(self) -> tuple[Any, ...]:
        return partial(type(self), **self.to_dict()), ()


set_values = View.__dict__["_values"].__set__


def _shown(value: object) -> str:
    # Texts come from outside, and a repr goes into logs: control characters must be escaped.
    if isinstance(value, Mapping):
        return repr(dict(value))
    return str(value) if isinstance(value, Decimal) else repr(value)


def fields_of(cls: type[View]) -> Mapping[str, Field[Any]]:
    """The fields of a class by their names, in order."""
    return cls._fields
