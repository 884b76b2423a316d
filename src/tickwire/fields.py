"""A view of a decoded message: fields that are read, and numbers made, when asked for.

A class lists its fields once, in order, each with its type and meaning. An exchange adapter gives
it a decoded message that holds values by the same names, numbers still as their text. What is
made of a text when it is first read stays in the message, so it is made once for everybody.
"""

from collections.abc import Iterator
from dataclasses import FrozenInstanceError
from decimal import Decimal, InvalidOperation
from functools import partial
from types import SimpleNamespace
from typing import Any, ClassVar, Generic, Self, TypeVar, overload

import msgspec

from tickwire.errors import ProtocolError, UsageError

__all__ = ["MAX_DIGITS", "Field", "Number", "View", "decimal_of", "fields_of", "set_message"]

T_co = TypeVar("T_co", covariant=True)

MAX_DIGITS = 1000
"""A number longer than this is an attack or a fault, never a price."""


class Field(Generic[T_co]):
    """A field of a message, read from the decoded message when it is asked for."""

    undecoded: ClassVar[type | None] = None
    """What the message holds until the field is first read, where that differs."""

    def __init__(self, meaning: str) -> None:
        self.__doc__ = meaning

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, view: None, owner: type) -> Self: ...
    @overload
    def __get__(self, view: "View", owner: type) -> T_co: ...
    def __get__(self, view: "View | None", owner: type) -> "Self | T_co":
        if view is None:
            return self
        value = getattr(view._message, self.name)
        if type(value) is self.undecoded:
            value = self.converted(value)
            setattr(view._message, self.name, value)
        result: T_co = value
        return result

    def converted(self, value: Any) -> Any:
        """What users see for what a message holds, or for what an event is built with."""
        return value


class Number(Field[T_co]):
    """A number of a message: its text until it is read, then a `Decimal` equal to that text."""

    undecoded = msgspec.Raw

    def converted(self, value: Any) -> Decimal | None:
        if type(value) is msgspec.Raw:
            return decimal_of(bytes(value))
        try:
            number = _NAN if isinstance(value, float | bool) else Decimal(value)
        except (InvalidOperation, TypeError, ValueError):
            number = _NAN
        if not number.is_finite():
            raise UsageError(f"{self.name} must be a finite Decimal, int or text, not {value!r}")
        return number


def decimal_of(literal: bytes) -> Decimal | None:
    """The exact value of a JSON number, `None` for null or nothing; raises `ProtocolError`.

    A price that the wire spells `1.165E8` is written out as 116500000: the same number, and what
    one expects to see when it is printed.
    """
    if literal in (b"", b"null"):
        return None
    try:
        number = Decimal(literal.decode()) if len(literal) <= MAX_DIGITS else _NAN
    except InvalidOperation:
        number = _NAN
    if not number.is_finite():  # a context that traps nothing makes nonsense a nan by itself
        raise ProtocolError(f"expected a number, not {literal[:40]!r}", literal)
    if b"E" in literal or b"e" in literal:
        exponent = number.as_tuple().exponent
        if isinstance(exponent, int) and 0 < exponent < _LONGEST_WRITTEN_OUT:
            return Decimal(int(number))
    return number


_NAN = Decimal("nan")
_LONGEST_WRITTEN_OUT = 30


class View:
    """Something with fields, read from a decoded message that holds them by the same names."""

    __slots__ = ("_message",)
    _message: Any
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
        message = SimpleNamespace(**dict.fromkeys(self._fields))
        for name, value in fields.items():
            if value is not None:
                setattr(message, name, self._fields[name].converted(value))
        set_message(self, message)

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


set_message = View.__dict__["_message"].__set__


def _shown(value: object) -> str:
    # Texts come from outside, and a repr goes into logs: control characters must be escaped.
    return str(value) if isinstance(value, Decimal) else repr(value)


def fields_of(cls: type[View]) -> Iterator[tuple[str, bool]]:
    """The fields of an event class in order, each with whether it is a number."""
    for name, field in cls._fields.items():
        yield name, isinstance(field, Number)
