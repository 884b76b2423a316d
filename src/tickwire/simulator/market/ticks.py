"""The price grid of a quote currency: which prices exist, and which is the next one.

Source: the market-info pages of docs.upbit.com for KRW (2026-05-04), BTC and USDT. Real ticks are
changed now and then for single assets; here one table holds for a whole quote currency.
"""

from bisect import bisect_right

from tickwire.simulator.spelling import units

__all__ = ["TickTable", "tick_table"]


class TickTable:
    """Ticks by price range. Prices and ticks are integers of 1e-8.

    Every range begins on a multiple of the ticks on both sides of it, so stepping never leaves
    the grid.
    """

    def __init__(self, *ranges: tuple[str, str]) -> None:
        """Takes `(price from, tick)` in ascending order, the first from zero."""
        self._starts = [units(start) for start, _ in ranges]
        self._ticks = [units(tick) for _, tick in ranges]

    def tick(self, price: int) -> int:
        """The distance to the next higher price."""
        return self._ticks[bisect_right(self._starts, price) - 1]

    def up(self, price: int) -> int:
        """The next higher price."""
        return price + self.tick(price)

    def down(self, price: int) -> int:
        """The next lower price; zero when there is none."""
        return price - self.tick(price - 1)

    def align(self, price: int) -> int:
        """The price itself if it is on the grid, else the next lower one."""
        return price - price % self.tick(price)


_TABLES = {
    "KRW": TickTable(
        ("0", "0.00000001"),
        ("0.00001", "0.0000001"),
        ("0.0001", "0.000001"),
        ("0.001", "0.00001"),
        ("0.01", "0.0001"),
        ("0.1", "0.001"),
        ("1", "0.01"),
        ("10", "0.1"),
        ("100", "1"),
        ("5000", "5"),
        ("10000", "10"),
        ("50000", "50"),
        ("100000", "100"),
        ("500000", "500"),
        ("1000000", "1000"),
    ),
    "BTC": TickTable(("0", "0.00000001")),
    "USDT": TickTable(
        ("0", "0.00000001"),
        ("0.0001", "0.0000001"),
        ("0.001", "0.000001"),
        ("0.01", "0.00001"),
        ("0.1", "0.0001"),
        ("1", "0.001"),
        ("10", "0.01"),
    ),
}


def tick_table(quote: str) -> TickTable:
    """The price grid of the markets that are quoted in `KRW`, `BTC` or `USDT`."""
    return _TABLES[quote]
