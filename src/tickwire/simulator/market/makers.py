"""The makers of one market: their resting orders are the book, which moves by itself.

Levels change size, the spread closes, now and then the best level is withdrawn, and what takers
took away at the touch grows back at the far end of the side. Prices wander because what takers
clear on one side is later filled from the other, and come home because the chance of either leans
towards the instrument's price.

Units: prices and sizes are integers of 1e-8.
"""

import math

from tickwire.simulator.market.book import BOOK_DEPTH, Level
from tickwire.simulator.market.instruments import Instrument
from tickwire.simulator.market.ticks import TickTable
from tickwire.simulator.spelling import UNIT
from tickwire.world import Random

__all__ = ["Makers"]

# What a level is typically worth, in the quote currency.
_LEVEL_WORTH = {"KRW": 6_000_000.0, "BTC": 0.04, "USDT": 4_000.0}

# How often the touch of the busiest markets moves at one grid point.
_MOST_MOVES = 8


class Makers:
    """The two sides of a book, best first, and how they go on.

    The lists `asks` and `bids` stay the same objects and change in place.
    """

    def __init__(self, instrument: Instrument, ticks: TickTable, rng: Random) -> None:
        self._random = rng
        self._ticks = ticks
        self._home = instrument.price
        self._level_size = _LEVEL_WORTH[instrument.quote] * (UNIT * UNIT / instrument.price)
        # Above one move per grid point the touch moves further, so that a spread that many orders
        # have opened closes as fast.
        self._moves = min(math.ceil(max(instrument.book_pace, 1.0)), _MOST_MOVES)
        # Most books in BTC have a side with fewer levels than a frame has room for.
        thin = instrument.quote == "BTC"
        self._depths = [
            rng.randrange(4, BOOK_DEPTH) if thin and rng.random() < 0.5 else BOOK_DEPTH
            for _ in range(2)
        ]
        self.asks = [Level(ticks.up(self._home), self._draw_size())]
        self.bids = [Level(self._home, self._draw_size())]
        self._refill()
        self._settled = self._picture()

    def __repr__(self) -> str:
        return f"Makers({self.bids[0]}, {self.asks[0]})"

    def settle(self, *, shift: bool) -> bool:
        """The book moves if it is time (`shift`) and is complete again.

        Says whether it is another book than the last time.
        """
        if shift:
            self._churn()
            moves = self._moves
            while self._move_touch() and moves > 1:
                moves -= 1
        self._refill()
        picture = self._picture()
        if picture == self._settled:
            return False
        self._settled = picture
        return True

    def upward(self) -> float:
        """The chance that the next push goes up: even at home, leaning home elsewhere."""
        away = (self.bids[0].price - self._home) / self._home
        return min(0.95, max(0.05, 0.5 - 8 * away))

    def _picture(self) -> tuple[list[Level], list[Level]]:
        """All that a frame of the book would say."""
        return self.asks[:], self.bids[:]

    def _draw_size(self) -> int:
        rng = self._random
        size = int(self._level_size * (0.02 + rng.expovariate(1.0)))
        # A third of the orders are round.
        return max(size - size % 1_000_000 if rng.random() < 0.3 else size, 1)

    def _churn(self) -> None:
        """Some levels change size, mostly near the touch."""
        rng = self._random
        for _ in range(1 + int(4 * rng.random())):
            side = self.asks if rng.random() < 0.5 else self.bids
            index = int(len(side) * rng.random() ** 2)
            side[index] = side[index].resized(self._draw_size())

    def _move_touch(self) -> bool:
        """An open spread closes by a step; else, now and then, the best level is withdrawn.

        Says whether there was something to close.
        """
        rng = self._random
        asks, bids = self.asks, self.bids
        up = rng.random() < self.upward()
        lowest, highest = self._ticks.up(bids[0].price), self._ticks.down(asks[0].price)
        if lowest <= highest:
            # A wide gap closes from the middle.
            jump = int((highest - lowest) * 0.5 * rng.random())
            if up:
                bids.insert(0, Level(self._ticks.align(lowest + jump), self._draw_size()))
            else:
                price = self._ticks.align(highest - jump)
                asks.insert(0, Level(max(price, lowest), self._draw_size()))
            return True
        if rng.random() < 0.08:
            side = asks if up else bids
            if len(side) > 3:
                del side[0]
        return False

    def _refill(self) -> None:
        """Both sides have their usual number of levels again, as far as there are prices."""
        for side, depth, step in zip(
            (self.asks, self.bids), self._depths, (self._ticks.up, self._ticks.down), strict=True
        ):
            del side[depth:]
            while len(side) < depth:
                price = step(side[-1].price)
                if self._random.random() < 0.1:
                    price = step(price) if price > 0 else 0
                if price <= 0:
                    break
                side.append(Level(price, self._draw_size()))
