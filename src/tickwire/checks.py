"""Checks of plain values that are handed in; each raises `UsageError` with the value's name."""

from math import isfinite
from typing import Any

from tickwire.errors import UsageError

__all__ = ["check_flag", "check_kind", "check_seconds", "is_number"]


def is_number(value: Any) -> bool:
    """Whether it is a real number that can be calculated with, infinity and NaN included."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def check_seconds(name: str, value: Any) -> None:
    """It must be a time to wait: finite and not negative."""
    try:
        is_right = is_number(value) and value >= 0 and isfinite(value)
    except OverflowError:  # whole, and too large for a float
        is_right = False
    if not is_right:
        raise UsageError(f"{name} must be seconds from 0 up, a finite number, not {value!r}")


def check_flag(name: str, value: Any) -> None:
    """It must be true or false itself, not what is taken for it."""
    if not isinstance(value, bool):
        raise UsageError(f"{name} must be True or False, not {value!r}")


def check_kind(name: str, value: Any, kind: type) -> None:
    """It must be an instance of a class."""
    if not isinstance(value, kind):
        raise UsageError(f"{name} must be a {kind.__name__}, not {value!r}")
