"""All synthetic markets on one timeline: what is due next, and what it makes to tell.

Everything happens at a moment of its own, not at the moment of the step that gets to it: however
a stretch of time is cut into steps, the same seed gives the same events in the same order.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from tickwire.simulator.market.instruments import Instrument
from tickwire.simulator.market.market import PUBLISH_DELAY_MS, Market

__all__ = ["Entry", "Timeline", "Told"]

_CANDLE_TICK_MS = 1_000

# A host that slept must not wake into hours of market: of a longer step only the end happens.
_LONGEST_STEP_MS = 60_000


# Told when its time has come; each item that it yields is a trade.
Entry = Callable[[int], Iterable[object]]


class Told(NamedTuple):
    """Something to tell about a market, which is as it was at that moment."""

    what: str
    """`trade` (and with it the ticker), `orderbook`, or `candle` for all units."""
    market: Market


class Timeline:
    """The markets, moved forward together.

    Time is whole milliseconds, so what is due is filed by its millisecond: to file and to find an
    entry costs the same however many markets there are, which a heap's does not.
    """

    def __init__(self, instruments: Sequence[Instrument], seed: int, now_ms: int) -> None:
        self.markets = [Market(instrument, seed, now_ms) for instrument in instruments]
        self._reached = start = now_ms - PUBLISH_DELAY_MS
        # Markets by number. A market is at most once in a millisecond of either.
        self._grid_points: defaultdict[int, set[int]] = defaultdict(set)
        self._orders: defaultdict[int, list[int]] = defaultdict(list)
        self._shift_at = [market.next_shift(start) for market in self.markets]
        self._entries: dict[int, list[tuple[int, Entry]]] = {}
        self._traded: dict[int, None] = {}
        for index, market in enumerate(self.markets):
            self._grid_points[self._shift_at[index]].add(index)
            at = market.next_order(start)
            if at is not None:
                self._orders[at].append(index)

    def enter(self, index: int, at_ms: int, entry: Entry) -> None:
        """Something reaches the market of this number from outside, and happens at its moment."""
        self._entries.setdefault(max(at_ms, self._reached + 1), []).append((index, entry))

    def due_ms(self, by_ms: int) -> int:
        """When there is next something to look at, at the latest `by_ms`."""
        grid_points, orders, entries = self._grid_points, self._orders, self._entries
        for at in range(self._reached + 1, by_ms - PUBLISH_DELAY_MS):
            if (
                at in grid_points
                or at in orders
                or at in entries
                or (self._traded and at % _CANDLE_TICK_MS == 0)
            ):
                return at + PUBLISH_DELAY_MS
        return by_ms

    def step(self, now_ms: int) -> Iterator[Told]:
        """Everything that is to be told by now, in order, each while it is so."""
        until = now_ms - PUBLISH_DELAY_MS
        if until - self._reached > _LONGEST_STEP_MS:
            self._skip(until - self._reached - _CANDLE_TICK_MS)
        grid_points, orders = self._grid_points, self._orders
        while self._reached < until:
            self._reached = at = self._reached + 1
            # Candles come first and trades last: the candle of a second is told before that of
            # the next begins, and a trade counts from the book that stood there already.
            if at % _CANDLE_TICK_MS == 0:
                traded, self._traded = self._traded, {}
                for index in traded:
                    yield Told("candle", self.markets[index])
            if at in grid_points:
                yield from self._settle(at, grid_points.pop(at))
            if at in orders:
                yield from self._trade(at, orders.pop(at))
            if at in self._entries:
                for index, entry in self._entries.pop(at):
                    yield from self._tell(at, index, entry(at))

    def _settle(self, at: int, numbers: set[int]) -> Iterator[Told]:
        for index in sorted(numbers):
            market = self.markets[index]
            shift = at == self._shift_at[index]
            if shift:
                self._shift_at[index] = following = market.next_shift(at)
                self._grid_points[following].add(index)
            changed = market.settle(at, shift=shift)
            if market.resting is not None:
                yield from self._tell(at, index, market.resting.cross(at))
            if changed:
                yield Told("orderbook", market)

    def _trade(self, at: int, numbers: list[int]) -> Iterator[Told]:
        for index in sorted(numbers):
            market = self.markets[index]
            following = market.next_order(at)
            assert following is not None
            self._orders[following].append(index)
            self._traded[index] = None
            # What the trades leave of the book is told at the next point of the grid.
            self._grid_points[market.grid_after(at)].add(index)
            for _ in market.order(at):
                yield Told("trade", market)

    def _tell(self, at: int, index: int, trades: Iterable[object]) -> Iterator[Told]:
        """Trades beside the market's own orders."""
        market = self.markets[index]
        for _ in trades:
            self._traded[index] = None
            self._grid_points[market.grid_after(at)].add(index)
            yield Told("trade", market)

    def _skip(self, gap_ms: int) -> None:
        """Move all that is due into the future by whole seconds, which keeps every grid."""
        gap_ms -= gap_ms % _CANDLE_TICK_MS
        self._reached += gap_ms
        self._shift_at = [at + gap_ms for at in self._shift_at]
        for due in (self._grid_points, self._orders):
            moved = {at + gap_ms: numbers for at, numbers in due.items()}
            due.clear()
            due.update(moved)  # type: ignore[arg-type]
        self._entries = {at + gap_ms: entries for at, entries in self._entries.items()}
