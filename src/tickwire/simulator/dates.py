"""Dates and times as the exchange writes them, from milliseconds since 1970 UTC."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

__all__ = ["DAY_MS", "Written", "date", "written"]

DAY_MS = 86_400_000

# Korea keeps one offset all year.
_KST = timedelta(hours=9)


class Written(NamedTuple):
    """One second, in every form that a message needs."""

    date: str
    """`yyyy-MM-dd`, as trades have it."""
    time: str
    """`HH:mm:ss`, as trades have it."""
    compact_date: str
    """`yyyyMMdd`, as tickers have it."""
    compact_time: str
    """`HHmmss`, as tickers have it."""
    utc: str
    """`yyyy-MM-ddTHH:mm:ss`, as candles have it."""
    kst: str
    """The same in Korean time."""


def written(at_ms: int) -> Written:
    """The second that this moment lies in."""
    # Most messages of one second share one entry.
    return _written(at_ms // 1000)


@lru_cache(maxsize=256)
def _written(second: int) -> Written:
    moment = datetime.fromtimestamp(second, UTC).replace(tzinfo=None)
    day, time = moment.date().isoformat(), moment.time().isoformat()
    return Written(
        day,
        time,
        day.replace("-", ""),
        time.replace(":", ""),
        moment.isoformat(),
        (moment + _KST).isoformat(),
    )


def date(at_ms: int) -> str:
    """The UTC day, `yyyy-MM-dd`."""
    return written(at_ms - at_ms % DAY_MS).date
