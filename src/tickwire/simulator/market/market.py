"""One synthetic market: a book that moves by itself and taker orders that trade against it.

Theory of operation. Time runs in whole milliseconds and is handed in. Two things happen:

    settle(t)   on the market's own 100 ms grid: levels change size, the spread closes, now and
                then the best level is withdrawn; what trades took away at the touch grows back at
                the far end of the side.
    order(t)    a taker order eats the touch, for a big one the levels behind it too. Every fill is
                one trade, and the day's figures and the candles follow from the trades alone.

Between two grid points only trades change the book, so a reader can check every trade against the
book before it. Prices wander because what an order clears on one side is later filled from the
other, and come home because the chance of either leans towards the instrument's price.

All numbers are integers: prices and sizes of 1e-8, values of 1e-16. Sums are exact.
"""

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

from tickwire.simulator.dates import DAY_MS
from tickwire.simulator.market.book import BOOK_DEPTH, Level
from tickwire.simulator.market.candles import Candles
from tickwire.simulator.market.figures import Figures
from tickwire.simulator.market.history import History, Period
from tickwire.simulator.market.instruments import Instrument
from tickwire.simulator.market.past import Past
from tickwire.simulator.market.ticks import tick_table
from tickwire.simulator.spelling import UNIT
from tickwire.simulator.trading.orders import Order
from tickwire.world import Random

__all__ = ["GRID_MS", "PUBLISH_DELAY_MS", "Lot", "Market", "Resting", "Trade"]

GRID_MS = 100

# From the matching of a trade to its message: some tens of milliseconds on the real wire.
PUBLISH_DELAY_MS = 40

# What a book level and a taker order are typically worth, and the least that an order may be, in
# the quote currency.
_LEVEL_WORTH = {"KRW": 6_000_000.0, "BTC": 0.04, "USDT": 4_000.0}
_ORDER_WORTH = {"KRW": 900_000.0, "BTC": 0.006, "USDT": 500.0}
_LEAST_WORTH = {"KRW": 5_000.0, "BTC": 0.00005, "USDT": 0.5}

# How often the touch of the busiest markets moves at one grid point.
_MOST_MOVES = 8


class Trade(NamedTuple):
    """One fill, with the touch as the fill left it. Prices and sizes are integers of 1e-8."""

    timestamp: int
    trade_timestamp: int
    price: int
    size: int
    ask_bid: str
    prev_closing_price: int
    sequential_id: int
    best_ask_price: int
    best_ask_size: int
    best_bid_price: int
    best_bid_size: int


class Lot(NamedTuple):
    """A part of what a taker takes: of the first level, or of an account's `order`."""

    price: int
    size: int
    order: Order | None = None


class Resting(Protocol):
    """The orders of accounts that wait in a market."""

    def join(self, lots: list[Lot], *, buys: bool) -> list[Lot]:
        """The same size in all, with waiting orders in their place between the levels."""

    def filled(self, order: Order, trade: Trade) -> None:
        """A taker has taken so much of this order."""

    def cross(self, at_ms: int) -> Iterator[Trade]:
        """The book has moved: trade what it now offers at the price of a waiting order."""


class Market:
    """The state of one market, and how it goes on."""

    def __init__(self, instrument: Instrument, seed: int, now_ms: int) -> None:
        # Each market draws from its own source: it is the same whichever others there are.
        self._random = rng = Random(f"{seed}/{instrument.code}")
        quote = instrument.quote
        self.instrument = instrument
        self.code = instrument.code
        self._ticks = tick_table(quote)
        self._home = instrument.price
        self.resting: Resting | None = None
        """Set only while orders of accounts may wait here."""
        per_unit = UNIT * UNIT / instrument.price
        self._level_size = _LEVEL_WORTH[quote] * per_unit
        self._order_size = _ORDER_WORTH[quote] * per_unit
        self._least_size = math.ceil(_LEAST_WORTH[quote] * per_unit * 1.5)

        self.grid_phase_ms = rng.randrange(GRID_MS)
        chance = min(max(instrument.book_pace, 1e-9), 1.0)
        self._calm = math.log1p(-chance) if chance < 1 else -math.inf
        # Above one move per grid point the touch moves further, so that a spread that many orders
        # have opened closes as fast.
        self._moves = min(math.ceil(max(instrument.book_pace, 1.0)), _MOST_MOVES)
        self._order_gap_ms = 1000 / instrument.order_pace if instrument.order_pace else math.inf

        # Most books in BTC have a side with fewer levels than a frame has room for.
        thin = quote == "BTC"
        self._depths = [
            rng.randrange(4, BOOK_DEPTH) if thin and rng.random() < 0.5 else BOOK_DEPTH
            for _ in range(2)
        ]
        self.asks = [Level(self._ticks.up(self._home), self._draw_size())]
        self.bids = [Level(self._home, self._draw_size())]
        self._refill()
        self._settled = self._picture()
        # As if the book had last moved some of its usual pauses ago; the quietest ones minutes ago.
        pause = min(GRID_MS / max(instrument.book_pace, 1e-3), 140_000.0)
        self.book_ms = self.grid_after(now_ms - 2 * GRID_MS - int(pause * rng.random()))

        # One last trade of a past that only the figures know otherwise.
        age = min(self._order_gap_ms * rng.expovariate(1.0), 900_000.0)
        last_ms = now_ms - PUBLISH_DELAY_MS - 1 - int(age)
        hourly = self._order_size * max(instrument.order_pace, 0.001) * 3600
        self.figures = Figures(self._home, self._ticks, hourly, last_ms, rng)
        self.history = History(instrument.order_pace)
        self.past = Past(
            f"{seed}/{self.code}/past",
            self._ticks,
            self.figures,
            self._home,
            last_ms,
            int(self._order_size),
        )
        self.candles = Candles(self.history)
        self._midnight_ms = last_ms - last_ms % DAY_MS + DAY_MS
        self._sid_ms = self._sid_count = 0
        # Stands for all trades before.
        self.trade = Trade(0, 0, self._home, 0, "BID", self._home, 0, 0, 0, 0, 0)
        (first,) = self._sequential_ids(last_ms, 1)
        self._fill(last_ms, self.bids[0].price, self._least_size, "ASK", first)

    def __repr__(self) -> str:
        return f"Market({self.code}, last trade {self.trade})"

    # --- when things happen

    def next_order(self, now_ms: int) -> int | None:
        """When the next taker order comes; `None` for never."""
        if math.isinf(self._order_gap_ms):
            return None
        return now_ms + max(1, round(self._random.expovariate(1.0) * self._order_gap_ms))

    def next_shift(self, now_ms: int) -> int:
        """The next grid point at which the book moves by itself."""
        skipped = int(math.log(1.0 - self._random.random()) / self._calm)
        return self.grid_after(now_ms) + skipped * GRID_MS

    def grid_after(self, now_ms: int) -> int:
        """The next point of this market's grid."""
        return now_ms + GRID_MS - (now_ms - self.grid_phase_ms) % GRID_MS

    # --- what happens

    def settle(self, at_ms: int, *, shift: bool) -> bool:
        """A grid point: the book moves if it is time (`shift`) and is complete again.

        Says whether it is another book than at the last grid point.
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
        self.book_ms = at_ms
        return True

    def order(self, at_ms: int) -> Iterator[Trade]:
        """A taker order. After each trade that this yields the market is as that trade left it."""
        rng = self._random
        buys = rng.random() < self._upward()
        side = self.asks if buys else self.bids
        left = max(self._least_size, int(self._order_size * rng.expovariate(1.0)))
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
        if self.resting is not None:
            lots = self.resting.join(lots, buys=buys)
        yield from self.execute(at_ms, lots, buys=buys)

    def execute(self, at_ms: int, lots: Sequence[Lot], *, buys: bool) -> Iterator[Trade]:
        """Fill these, best first, from the side that the taker meets; as `order` otherwise."""
        ids = self._sequential_ids(at_ms, len(lots))
        for lot, sequential_id in zip(lots, ids, strict=True):
            if lot.order is None:
                self.withdraw(lot.size, asks=buys)
                self.book_ms = at_ms
            trade = self._fill(at_ms, lot.price, lot.size, "BID" if buys else "ASK", sequential_id)
            if lot.order is not None and self.resting is not None:
                self.resting.filled(lot.order, trade)
            yield trade

    def withdraw(self, size: int, *, asks: bool) -> None:
        """Take this much from a side's first level, which has met an order elsewhere."""
        side = self.asks if asks else self.bids
        if size == side[0].size:
            del side[0]
        else:
            side[0] = side[0].resized(side[0].size - size)

    # --- the book

    def _picture(self) -> tuple[list[Level], list[Level]]:
        """All that a frame of the book would say."""
        return self.asks[:], self.bids[:]

    def _draw_size(self) -> int:
        rng = self._random
        size = int(self._level_size * (0.02 + rng.expovariate(1.0)))
        # A third of the orders are round.
        return max(size - size % 1_000_000 if rng.random() < 0.3 else size, 1)

    def _upward(self) -> float:
        """The chance that the next push goes up: even at home, leaning home elsewhere."""
        away = (self.bids[0].price - self._home) / self._home
        return min(0.95, max(0.05, 0.5 - 8 * away))

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
        up = rng.random() < self._upward()
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

    # --- trades and what follows from them

    def _fill(self, at_ms: int, price: int, size: int, ask_bid: str, sequential_id: int) -> Trade:
        delay = PUBLISH_DELAY_MS // 2 + int(self._random.random() * PUBLISH_DELAY_MS / 2)
        if at_ms >= self._midnight_ms:
            self._close_day(at_ms)
        self.figures.add(at_ms, price, size, ask_bid)
        ask, bid = self.asks[0], self.bids[0]
        self.trade = Trade(
            max(self.trade.timestamp, at_ms + delay),
            at_ms,
            price,
            size,
            ask_bid,
            self.figures.prev_closing_price,
            sequential_id,
            ask.price,
            ask.size,
            bid.price,
            bid.size,
        )
        timestamp = self.trade.timestamp
        self.candles.add(at_ms, price, size, timestamp)
        self.history.add(sequential_id, price, size, ask_bid, timestamp)
        return self.trade

    def today(self) -> Period:
        """The UTC day of the last trade, as the ticker has it."""
        figures, trade = self.figures, self.trade
        return Period(
            self._midnight_ms - DAY_MS,
            figures.open,
            figures.high,
            figures.low,
            trade.price,
            figures.acc_volume,
            figures.acc_value,
            trade.timestamp,
            figures.prev_closing_price,
        )

    def _close_day(self, at_ms: int) -> None:
        """The first trade of a UTC day is about to come."""
        self.history.day_over(self.today())
        self._midnight_ms = at_ms - at_ms % DAY_MS + DAY_MS

    def _sequential_ids(self, at_ms: int, count: int) -> list[int]:
        """Ids of `count` trades of this moment; two neighbours are swapped now and then."""
        if at_ms != self._sid_ms:
            self._sid_ms, self._sid_count = at_ms, 0
        first = at_ms * 10_000 + self._sid_count
        self._sid_count += count
        ids = list(range(first, first + count))
        if count > 1 and self._random.random() < 0.15:
            ids[0], ids[1] = ids[1], ids[0]
        return ids
