"""How figures look: prices, changes, times, and columns of them."""

from datetime import UTC, datetime
from decimal import Decimal

from rich.cells import cell_len

__all__ = ["clock_time", "padded", "percent", "price"]


def price(value: Decimal) -> str:
    """A price or size with thousands separators, exact, without idle zeros: `116,499,000`."""
    text = f"{value:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def percent(ratio: Decimal) -> str:
    """A change as a signed percentage: 0.0125 is `+1.25%`."""
    return f"{ratio:+.2%}"


def clock_time(timestamp_ms: int) -> str:
    """The time of day in UTC: `03:43:10.403`."""
    moment = datetime.fromtimestamp(timestamp_ms / 1000, tz=UTC)
    return moment.isoformat(timespec="milliseconds")[11:23]


def padded(text: str, width: int, *, is_number: bool) -> str:
    """A text in a column; numbers stand at its right."""
    # Korean characters are two cells wide, which str.rjust does not know.
    space = " " * (width - cell_len(text))
    return space + text if is_number else text + space
