"""Bytes that may be wrong, read with care: what both heads and layouts need for that."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import Raw

from tickwire.errors import ProtocolError
from tickwire.exact import MAX_DIGITS, decimal_of
from tickwire.indicators import Value

__all__ = ["ABSENT", "exact", "guarded", "literals_of", "members_of", "value_of"]

ABSENT = Raw(b"")
"""The text of a number that is not there."""


def guarded(read: Callable[[Any], Any], body: Any) -> Any:
    """Read, with every way in which bytes can be wrong mapped to `ProtocolError`."""
    try:
        return read(body)
    except (ValueError, RecursionError, ArithmeticError) as error:
        raise ProtocolError(str(error), bytes(body)) from error


def exact(text: str) -> Decimal:
    """A number as it is written; raises `ValueError` for one that is too long."""
    if len(text) > MAX_DIGITS:
        raise ValueError(f"a number of {len(text)} characters")
    return Decimal(text)


def members_of(literal: bytes | Raw) -> dict[str, Any]:
    """The members of an object, numbers with a fraction as `Decimal`s; raises `ProtocolError`."""
    found: dict[str, Any] = guarded(_members, literal)
    return found


_members = msgspec.json.Decoder(dict[str, Any], float_hook=exact).decode


def literals_of(literal: bytes | Raw) -> dict[str, Raw]:
    """The members of an object as their texts; raises `ProtocolError`."""
    found: dict[str, Raw] = guarded(_literals, literal)
    return found


_literals = msgspec.json.Decoder(dict[str, Raw]).decode


def value_of(literal: Raw) -> Value:
    """A text, a whole number, or any other number as a `Decimal`; raises `ProtocolError`."""
    text = bytes(literal)
    if text[:1] == b'"':
        value: str = guarded(_text, literal)
        return value
    number = decimal_of(literal)
    if number is None:
        raise ProtocolError("neither a number nor a text: null", text)
    return int(number) if text.lstrip(b"-").isdigit() else number


_text = msgspec.json.Decoder(str).decode
