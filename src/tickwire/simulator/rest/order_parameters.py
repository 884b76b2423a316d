"""The parameters of the REST calls of an account, each read as what it should be.

A parameter that is missing or empty is `None` or its usual value; one that cannot be read is
refused by its name with `validation_error`, raised as `OrderRefused`.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone

from tickwire.simulator.trading.order_form import OrderRefused

__all__ = ["Parameters", "choice", "count", "moment", "parts", "text", "texts"]

Parameters = Mapping[str, object]
"""Names to texts, or to lists of texts where the name is that of a list (without its `[]`)."""

_KST = timezone(timedelta(hours=9))


def text(given: Parameters, name: str) -> str | None:
    """One word; of several the last."""
    value = given.get(name)
    if isinstance(value, list):
        value = value[-1] if value else None
    return str(value) if value not in (None, "") else None


def texts(given: Parameters, name: str) -> list[str]:
    """A list, which may have been given as one word."""
    value = given.get(name)
    if value is None or value == "":
        return []
    return [str(one) for one in value] if isinstance(value, list) else [str(value)]


def parts(given: Parameters, name: str, most: int) -> list[str]:
    """A list in one word, parted by commas."""
    words = [word for word in (text(given, name) or "").split(",") if word]
    if len(words) > most:
        raise OrderRefused("validation_error", f"{name} has more than {most} entries")
    return words


def choice(given: Parameters, name: str, allowed: tuple[str, ...]) -> str:
    """One of these; the first where nothing is said."""
    word = text(given, name) or allowed[0]
    if word not in allowed:
        raise _invalid(name)
    return word


def count(given: Parameters, name: str, usual: int, most: int) -> int:
    """A number from 1 to `most`."""
    digits = text(given, name)
    if digits is None:
        return usual
    if not (digits.isascii() and digits.isdigit() and len(digits) < 10):
        raise _invalid(name)
    if not 1 <= int(digits) <= most:
        raise _invalid(name)
    return int(digits)


def moment(given: Parameters, name: str) -> int | None:
    """Milliseconds, or ISO 8601; without a zone it is Korean time."""
    word = text(given, name)
    if word is None:
        return None
    if word.isascii() and word.isdigit():
        return int(word[:16])
    try:
        # In a query string that is not encoded, the plus of the zone arrives as a space.
        at = datetime.fromisoformat(word[:11] + word[11:].replace(" ", "+"))
    except ValueError:
        raise _invalid(name) from None
    zoned = at if at.tzinfo else at.replace(tzinfo=_KST)
    return int(zoned.timestamp() * 1000)


def _invalid(name: str) -> OrderRefused:
    return OrderRefused("validation_error", f"{name} does not have a valid value")
