"""A view of a message: fields that are read, and numbers made, when asked for.

A class lists its fields once, in order, each with its type and meaning. How one is read is in
`tickwire.hot`. What is made of a text when it is first read stays with the view, so it is made
once for everybody.
"""

from collections.abc import Mapping
from dataclasses import FrozenInstanceError
from decimal import Decimal, InvalidOperation
from functools import partial
from types import NoneType, SimpleNamespace
from typing import Any, ClassVar, TypeVar, get_args

from tickwire.errors import UsageError
from tickwire.exact import decimal_of, unquoted
from tickwire.hot import How, LazyField, LazyParts, LazyView, RoutedField, Source

__all__ = ["Field", "Number", "NumberOrText", "PartsField", "Routed", "View"]

T_co = TypeVar("T_co", covariant=True)


class Field(LazyField[T_co]):
    """A text, a whole number, or whatever its type says."""

    sequence: type[LazyParts[Any]] | None = None

    def __init__(self, meaning: str) -> None:
        self.__doc__ = meaning

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @property
    def kind(self) -> Any:
        """The type of what users see, as it was declared: `int` of a `Field[int]`."""
        declared = get_args(getattr(self, "__orig_class__", Field[str]))
        return declared[0]

    @property
    def is_optional(self) -> bool:
        """Whether a message may lack it, or have null in its place."""
        return self.kind is Any or NoneType in get_args(self.kind)

    @property
    def how(self) -> How:
        """How it is read."""
        if type(self).decoded is not LazyField.decoded:
            return "own"
        kinds = (self.kind, *get_args(self.kind))
        if int in kinds:
            return "integer"
        if bool in kinds:
            return "flag"
        return "any" if Any in kinds else "text"

    def converted(self, value: Any) -> Any:
        """What users see for what a view is built with; raises `UsageError`."""
        return value


class Routed(RoutedField[T_co], Field[T_co]):
    """A text by which the message was routed: known without decoding it."""


class Number(Field[T_co]):
    """A number: its text until it is read, then a `Decimal` equal to that text."""

    @property
    def how(self) -> How:
        return "number" if type(self).decoded is LazyField.decoded else "own"

    def converted(self, value: Any) -> Decimal:
        try:
            number = _NAN if isinstance(value, float | bool) else Decimal(value)
        except (InvalidOperation, TypeError, ValueError):
            number = _NAN
        if not number.is_finite():
            raise UsageError(f"{self.name} must be a finite Decimal, int or text, not {value!r}")
        return number


_NAN = Decimal("nan")


class NumberOrText(Number[T_co]):
    """A number that the wire may put in quotes; users see the number."""

    def decoded(self, literal: bytes, view: LazyView) -> Decimal | None:
        return decimal_of(unquoted(literal))


class PartsField(Field[T_co]):
    """A list of objects, each a view of its own."""

    part: type["View"]

    @property
    def how(self) -> How:
        return "parts"

    def converted(self, value: Any) -> tuple["View", ...]:
        return tuple(each if isinstance(each, self.part) else self.part(**each) for each in value)


class View(LazyView):
    """Something with fields, read from a message or given by name."""

    __slots__ = ()
    _fields: ClassVar[dict[str, Field[Any]]] = {}

    def __init_subclass__(cls) -> None:
        own = {name: field for name, field in vars(cls).items() if isinstance(field, Field)}
        cls._fields = cls._fields | own
        for index, (name, field) in enumerate(cls._fields.items()):
            if name in own:
                field._place(name, index, field.how, field.is_optional, field.sequence)

    def __init__(self, **fields: Any) -> None:
        unknown = fields.keys() - self._fields.keys()
        if unknown:
            raise UsageError(
                f"{type(self).__name__} has no field {', '.join(sorted(unknown))}; "
                f"it has {', '.join(self._fields)}"
            )
        values = dict.fromkeys(self._fields)
        for name, value in fields.items():
            if value is not None:
                values[name] = self._fields[name].converted(value)
        self._build(self._source_of(SimpleNamespace(**values)), tuple(values.values()))

    @classmethod
    def _source_of(cls, values: SimpleNamespace) -> Source | None:
        """What a view that is built with these values would be a message of."""
        return None

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


def _shown(value: object) -> str:
    # Texts come from outside, and a repr goes into logs: control characters must be escaped.
    if isinstance(value, Mapping):
        return repr(dict(value))
    return str(value) if isinstance(value, Decimal) else repr(value)
