"""How a price compares with the last day's close, as the messages say it."""

from functools import lru_cache
from typing import NamedTuple

from tickwire.simulator.wire.formats import PRICE

__all__ = ["Change", "change_of"]

_RATE_DECIMALS = 10
_RATE_UNIT = 10_000_000_000


class Change(NamedTuple):
    """A price and how it compares with the last day's, as text."""

    price: str
    direction: str
    distance: str
    signed: str
    rate: str
    signed_rate: str


# The same prices trade again and again.
@lru_cache(maxsize=1 << 10)
def change_of(price: int, prev_closing: int, short: bool) -> Change:
    """Prices are integers of 1e-8; `short` is the format's."""
    text = PRICE[short]
    change = price - prev_closing
    rate = _rate(change, prev_closing)
    return Change(
        text(price),
        _direction(change),
        text(abs(change)),
        text(change),
        text(abs(rate), _RATE_DECIMALS),
        text(rate, _RATE_DECIMALS),
    )


def _direction(change: int) -> str:
    if change == 0:
        return "EVEN"
    return "RISE" if change > 0 else "FALL"


def _rate(change: int, base: int) -> int:
    """The change as a share of `base`, rounded half away from zero to ten decimals."""
    rate = (2 * abs(change) * _RATE_UNIT + base) // (2 * base)
    return rate if change >= 0 else -rate
