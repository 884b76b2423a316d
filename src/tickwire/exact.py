"""Numbers as they are written: nothing rounded, nothing absurd."""

from decimal import Decimal, InvalidOperation

import msgspec

from tickwire.errors import ProtocolError

__all__ = ["MAX_DIGITS", "decimal_of", "unquoted"]

MAX_DIGITS = 1000
"""A number longer than this is an attack or a fault, never a price."""

_NAN = Decimal("nan")
_BEGINNINGS = frozenset("-0123456789")
_IN_NUMBERS = b"0123456789.+-eE"
_LONGEST_WRITTEN_OUT = 30


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
    # Without a power of ten to be multiplied in, unless that is absurd.
    return Decimal(f"{number:f}") if 0 < number.adjusted() < _LONGEST_WRITTEN_OUT else number


def unquoted(literal: bytes) -> bytes:
    """The literal without the quotes around it, if a number stands in them."""
    inner = literal[1:-1]
    is_number = (
        literal[:1] == literal[-1:] == b'"' and inner and not inner.translate(None, _IN_NUMBERS)
    )
    return inner if is_number else literal
