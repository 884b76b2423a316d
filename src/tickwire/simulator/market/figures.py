"""What a ticker sums up about one market: its UTC day, its last 24 hours, its 52 weeks.

After the start all of it follows from the trades alone, in exact integers: prices and volumes of
1e-8, values of 1e-16. What was before the start is made up once.
"""

from tickwire.simulator.dates import DAY_MS, date
from tickwire.simulator.market.rolling import Rolling
from tickwire.simulator.market.ticks import TickTable
from tickwire.world import Random

__all__ = ["Figures"]

_HOUR_MS = 3_600_000


class Figures:
    """The running figures of one market."""

    def __init__(
        self, home: int, ticks: TickTable, hourly: float, last_ms: int, rng: Random
    ) -> None:
        """A past around the price `home` with so much volume an hour, up to `last_ms`."""
        align = ticks.align
        self._day = last_ms // DAY_MS
        self._last_price = home
        self.prev_closing_price = align(int(home * rng.uniform(0.96, 1.04)))
        # A day opens where the one before closed, but for some ticks.
        self.open = align(int(self.prev_closing_price * rng.uniform(0.9995, 1.0005)))
        self.high = align(int(max(self.open, home) * rng.uniform(1.0, 1.02)))
        self.low = align(int(min(self.open, home) * rng.uniform(0.98, 1.0)))
        self.highest_52_week_price = align(int(home * rng.uniform(1.3, 2.0)))
        self.highest_52_week_date = date(last_ms - DAY_MS * rng.randrange(20, 360))
        self.lowest_52_week_price = align(int(home * rng.uniform(0.4, 0.8)))
        self.lowest_52_week_date = date(last_ms - DAY_MS * rng.randrange(20, 360))

        self.acc_value = self.acc_volume = self.acc_ask_volume = self.acc_bid_volume = 0
        hour = last_ms - last_ms % _HOUR_MS
        self._rolling = Rolling(hour - 23 * _HOUR_MS)
        for start in range(hour - 23 * _HOUR_MS, hour + 1, _HOUR_MS):
            size = int(hourly * rng.uniform(0.5, 1.5)) + 1
            asks = int(size * rng.uniform(0.4, 0.6))
            value = size * align(int(home * rng.uniform(0.99, 1.01)))
            self._rolling.add(start, size, value)
            if start // DAY_MS == self._day:
                self.acc_volume += size
                self.acc_value += value
                self.acc_ask_volume += asks
                self.acc_bid_volume += size - asks

    @property
    def acc_volume_24h(self) -> int:
        """Volume of the last 24 hours."""
        return self._rolling.volume

    @property
    def acc_value_24h(self) -> int:
        """Value of the last 24 hours."""
        return self._rolling.value

    def add(self, at_ms: int, price: int, size: int, ask_bid: str) -> None:
        """Count one trade."""
        if at_ms // DAY_MS != self._day:
            self._open_day(at_ms // DAY_MS, price)
        self._last_price = price
        if price > self.high:
            self.high = price
            if price > self.highest_52_week_price:
                self.highest_52_week_price, self.highest_52_week_date = price, date(at_ms)
        elif price < self.low:
            self.low = price
            if price < self.lowest_52_week_price:
                self.lowest_52_week_price, self.lowest_52_week_date = price, date(at_ms)
        value = price * size
        self.acc_value += value
        self.acc_volume += size
        if ask_bid == "ASK":
            self.acc_ask_volume += size
        else:
            self.acc_bid_volume += size
        self._rolling.add(at_ms, size, value)

    def _open_day(self, day: int, price: int) -> None:
        """The first trade of a UTC day opens it."""
        self._day = day
        self.prev_closing_price = self._last_price
        self.open = self.high = self.low = price
        self.acc_value = self.acc_volume = self.acc_ask_volume = self.acc_bid_volume = 0
