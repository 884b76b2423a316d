"""The takers of one market: what an order that comes by takes from the book.

It eats the touch, and a big one the levels behind it too.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

from tickwire.simulator.market.book import Level
from tickwire.simulator.market.instruments import Instrument
from tickwire.simulator.spelling import UNIT
from tickwire.simulator.trading.orders import Order
from tickwire.world import Random

__all__ = ["Lot", "Takers"]

# What a taker order is typically worth, and the least that one may be, in the quote currency.
_ORDER_WORTH = {"KRW": 900_000.0, "BTC": 0.006, "USDT": 500.0}
_LEAST_WORTH = {"KRW": 5_000.0, "BTC": 0.00005, "USDT": 0.5}


class Lot(NamedTuple):
    """A part of what a taker takes: of the first level, or of an account's `order`."""

    price: int
    size: int
    order: Order | None = None


class Takers:
    """The sizes of taker orders: `usual` on average, never below `least`. Integers of 1e-8."""

    def __init__(self, instrument: Instrument, rng: Random) -> None:
        self._random = rng
        per_unit = UNIT * UNIT / instrument.price
        self.usual = _ORDER_WORTH[instrument.quote] * per_unit
        self.least = math.ceil(_LEAST_WORTH[instrument.quote] * per_unit * 1.5)

    def __repr__(self) -> str:
        return f"Takers(usual {self.usual:.0f}, least {self.least})"

    def lots(self, side: Sequence[Level]) -> list[Lot]:
        """What the next order takes from the side that it meets, best first."""
        rng = self._random
        left = max(self.least, int(self.usual * rng.expovariate(1.0)))
        if rng.random() < 0.1:
            # Takes the touch and a part of what is behind it.
            left = side[0].size + side[1].size // 3
        lots: list[Lot] = []
        # The last levels of a side stay: an emptied side has no price to come back from.
        for level in side[: min(3, len(side) - 2)]:
            lots.append(Lot(level.price, min(left, level.size)))
            left -= lots[-1].size
            if not left:
                break
        if len(lots) == 1 and rng.random() < 0.15:
            # Two resting orders at one price.
            price, size, _ = lots[0]
            part = size // 3
            lots = [Lot(price, part), Lot(price, size - part)] if part else lots
        return lots
