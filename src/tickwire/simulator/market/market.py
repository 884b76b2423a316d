"""One synthetic market: a book that moves by itself and taker orders that trade against it.

Theory of operation. Time runs in whole milliseconds and is handed in. Two things happen:

    settle(t)   on the market's own 100 ms grid the book moves by itself (see `makers`).
    order(t)    a taker order meets the book (see `takers`). Every fill is one trade, and the day's
                figures and the candles follow from the trades alone.

Between two grid points only trades change the book, so a reader can check every trade against the
book before it.

All numbers are integers: prices and sizes of 1e-8, values of 1e-16. Sums are exact.
"""

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

from tickwire.simulator.dates import DAY_MS
from tickwire.simulator.market.candles import Candles
from tickwire.simulator.market.figures import Figures
from tickwire.simulator.market.history import History, Period
from tickwire.simulator.market.instruments import Instrument
from tickwire.simulator.market.makers import Makers
from tickwire.simulator.market.past import Past
from tickwire.simulator.market.takers import Lot, Takers
from tickwire.simulator.market.ticks import tick_table
from tickwire.simulator.trading.orders import Order
from tickwire.world import Random

__all__ = ["GRID_MS", "PUBLISH_DELAY_MS", "Market", "Resting", "Trade"]

GRID_MS = 100

# From the matching of a trade to its message: some tens of milliseconds on the real wire.
PUBLISH_DELAY_MS = 40


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
        self.instrument = instrument
        self.code = instrument.code
        self.resting: Resting | None = None
        """Set only while orders of accounts may wait here."""

        self.grid_phase_ms = rng.randrange(GRID_MS)
        chance = min(max(instrument.book_pace, 1e-9), 1.0)
        self._calm = math.log1p(-chance) if chance < 1 else -math.inf
        self._order_gap_ms = 1000 / instrument.order_pace if instrument.order_pace else math.inf

        ticks = tick_table(instrument.quote)
        self._makers = Makers(instrument, ticks, rng)
        self._takers = Takers(instrument, rng)
        # The makers' own lists: what either does shows at once.
        self.asks, self.bids = self._makers.asks, self._makers.bids
        # As if the book had last moved some of its usual pauses ago; the quietest ones minutes ago.
        pause = min(GRID_MS / max(instrument.book_pace, 1e-3), 140_000.0)
        self.book_ms = self.grid_after(now_ms - 2 * GRID_MS - int(pause * rng.random()))

        # One last trade of a past that only the figures know otherwise.
        age = min(self._order_gap_ms * rng.expovariate(1.0), 900_000.0)
        last_ms = now_ms - PUBLISH_DELAY_MS - 1 - int(age)
        home, usual = instrument.price, self._takers.usual
        hourly = usual * max(instrument.order_pace, 0.001) * 3600
        self.figures = Figures(home, ticks, hourly, last_ms, rng)
        self.history = History(instrument.order_pace)
        self.past = Past(f"{seed}/{self.code}/past", ticks, self.figures, home, last_ms, int(usual))
        self.candles = Candles(self.history.closed)
        self._midnight_ms = last_ms - last_ms % DAY_MS + DAY_MS
        self._sid_ms = self._sid_count = 0
        # Stands for all trades before.
        self.trade = Trade(0, 0, home, 0, "BID", home, 0, 0, 0, 0, 0)
        (first,) = self._sequential_ids(last_ms, 1)
        self._fill(last_ms, self.bids[0].price, self._takers.least, "ASK", first)

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
        if not self._makers.settle(shift=shift):
            return False
        self.book_ms = at_ms
        return True

    def order(self, at_ms: int) -> Iterator[Trade]:
        """A taker order. After each trade that this yields the market is as that trade left it."""
        buys = self._random.random() < self._makers.upward()
        lots = self._takers.lots(self.asks if buys else self.bids)
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
