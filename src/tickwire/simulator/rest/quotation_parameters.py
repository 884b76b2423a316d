"""The parameters of a quotation call, read and checked: text in, a value out, or a `Mistake`.

Where neither the pages nor the real API say what happens, the mild reading is taken: a `count`
above the most is the most, and what is empty is as if absent.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from tickwire.simulator.dates import DAY_MS
from tickwire.simulator.spelling import units

__all__ = [
    "INVALID",
    "NO_CODE",
    "TYPE",
    "Mistake",
    "Query",
    "read_before_ms",
    "read_count",
    "read_days_ago",
    "read_details",
    "read_in_won",
    "read_level",
    "read_list",
    "read_text",
    "read_time_of_day_ms",
    "read_whole",
]

Query = Mapping[str, str]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FAR_MS = 1 << 60


class Mistake(Exception):
    """The caller asked wrongly; status and message are Upbit's."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


_MISSING = (400, "Missing request parameter error. Check the required parameters!")
TYPE = (400, "Type mismatch error. Check the parameters type!")
INVALID = (400, "Invalid parameter. Check the given value!")
NO_CODE = (404, "Code not found")


def read_text(query: Query, name: str) -> str:
    """The text of a parameter that must be there."""
    value = query.get(name)
    if not value:
        raise Mistake(*_MISSING)
    return value


def read_list(query: Query, name: str) -> dict[str, None]:
    """The entries of a list that must be there, in its order and each once."""
    return dict.fromkeys(read_text(query, name).upper().split(","))


def read_whole(query: Query, name: str) -> int | None:
    """A whole number."""
    value = query.get(name)
    if not value:
        return None
    if not re.fullmatch(r"[+-]?\d{1,19}", value, re.ASCII):
        raise Mistake(*TYPE)
    return int(value)


def read_count(query: Query, *, most: int, default: int) -> int:
    """How many are wanted."""
    asked = read_whole(query, "count")
    if asked is None:
        return default
    if asked < 1:
        raise Mistake(*INVALID)
    return min(asked, most)


def read_details(query: Query) -> bool:
    """Are the details of markets wanted too?"""
    value = query.get("is_details") or query.get("isDetails") or "false"
    if value.lower() not in ("true", "false"):
        raise Mistake(*TYPE)
    return value.lower() == "true"


def read_days_ago(query: Query) -> int:
    """How many days back the day of the trades is."""
    days = read_whole(query, "days_ago")
    if days is None:
        return 0
    if not 1 <= days <= 7:
        raise Mistake(*INVALID)
    return days


def read_in_won(query: Query) -> bool:
    """Are the closes wanted in won too?"""
    currency = query.get("converting_price_unit")
    if not currency:
        return False
    if currency.upper() != "KRW":
        raise Mistake(*INVALID)
    return True


def read_level(query: Query) -> int:
    """The `level` of a book as an integer of 1e-8; zero for none."""
    value = query.get("level") or "0"
    if not re.fullmatch(r"\d{1,12}(\.\d{1,20})?", value, re.ASCII):
        raise Mistake(*TYPE)
    whole, _, fraction = value.partition(".")
    fraction = fraction.rstrip("0")
    # Finer than any price: a grouping that no market has.
    return -1 if len(fraction) > 8 else units(f"{whole}.{fraction}")


def read_time_of_day_ms(query: Query) -> int:
    """The `to` of trades: milliseconds since midnight, exclusive; without one the whole day."""
    value = query.get("to")
    if not value:
        return DAY_MS
    match = re.fullmatch(r"(\d\d):(\d\d):(\d\d)|(\d\d)(\d\d)(\d\d)", value, re.ASCII)
    if match is None:
        raise Mistake(*INVALID)
    hour, minute, second = (int(part) for part in match.groups() if part is not None)
    if hour > 23 or minute > 59 or second > 59:
        raise Mistake(*INVALID)
    return ((hour * 60 + minute) * 60 + second) * 1_000


def read_before_ms(query: Query) -> int:
    """The `to` of candles: milliseconds since 1970 UTC, exclusive; without one no bound."""
    value = query.get("to")
    if not value:
        return _FAR_MS
    # A plus sign that was not escaped arrives as a space.
    value = re.sub(r" (?=\d\d:?\d\d$)(?<=:\d\d )", "+", value.strip())
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise Mistake(*INVALID) from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    # Exclusive: of a fraction of a millisecond the next whole one is as good a bound.
    return -((_EPOCH - moment) // timedelta(milliseconds=1))
