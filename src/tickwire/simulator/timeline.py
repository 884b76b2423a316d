"""All synthetic markets on one timeline: what is due next, and what it makes to tell.

Everything happens at a moment of its own, not at the moment of the step that gets to it: however
a stretch of time is cut into steps, the same seed gives the same events in the same order.
"""

import heapq
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tickwire.simulator.instruments import Instrument
from tickwire.simulator.market import PUBLISH_DELAY_MS, Market

__all__ = ["Timeline", "Told"]

# Of what falls on one millisecond, candles come first and trades last: the candle of a second is
# told before that of the next begins, and a trade counts from the book that stood there already.
_CANDLE_TICK, _GRID, _ORDER = range(3)
_CANDLE_TICK_MS = 1_000

# A host that slept must not wake into hours of market: of a longer step only the end happens.
_LONGEST_STEP_MS = 60_000


class Told(NamedTuple):
    """Something to tell about a market, which is as it was at that moment."""

    what: str
    """`trade` (and with it the ticker), `orderbook`, or `candle` for all units."""
    market: Market


class Timeline:
    """The markets, moved forward together."""

    def __init__(self, instruments: Sequence[Instrument], seed: int, now_ms: int) -> None:
        self.markets = [Market(instrument, seed, now_ms) for instrument in instruments]
        self._reached = start = now_ms - PUBLISH_DELAY_MS
        self._shift_at = [market.next_shift(start) for market in self.markets]
        self._grid_at = list(self._shift_at)
        self._traded: dict[int, None] = {}
        self._due = [(start - start % _CANDLE_TICK_MS + _CANDLE_TICK_MS, _CANDLE_TICK, 0)]
        self._due += [(at, _GRID, index) for index, at in enumerate(self._shift_at)]
        for index, market in enumerate(self.markets):
            at = market.next_order(start)
            if at is not None:
                self._due.append((at, _ORDER, index))
        heapq.heapify(self._due)

    def step(self, now_ms: int) -> Iterator[Told]:
        """Everything that is to be told by now, in order, each while it is so."""
        until = now_ms - PUBLISH_DELAY_MS
        if until - self._reached > _LONGEST_STEP_MS:
            self._skip(until - self._reached - _CANDLE_TICK_MS)
        self._reached = max(self._reached, until)
        due = self._due
        while due[0][0] <= until:
            at, kind, index = due[0]
            if kind == _CANDLE_TICK:
                heapq.heapreplace(due, (at + _CANDLE_TICK_MS, _CANDLE_TICK, 0))
                traded, self._traded = self._traded, {}
                for one in traded:
                    yield Told("candle", self.markets[one])
                continue
            market = self.markets[index]
            if kind == _ORDER:
                following = market.next_order(at)
                assert following is not None
                heapq.heapreplace(due, (following, _ORDER, index))
                self._traded[index] = None
                if self._grid_at[index] != (grid := market.grid_after(at)):
                    # What the trades leave of the book is told at the next point of the grid.
                    self._grid_at[index] = grid
                    if grid != self._shift_at[index]:
                        heapq.heappush(due, (grid, _GRID, index))
                for _ in market.order(at):
                    yield Told("trade", market)
                continue
            shift = at == self._shift_at[index]
            changed = market.settle(at, shift=shift)
            if shift:
                self._shift_at[index] = following = market.next_shift(at)
                heapq.heapreplace(due, (following, _GRID, index))
            else:
                heapq.heappop(due)
            if changed:
                yield Told("orderbook", market)

    def _skip(self, gap_ms: int) -> None:
        """Move all that is due into the future by whole seconds, which keeps every grid."""
        gap_ms -= gap_ms % _CANDLE_TICK_MS
        self._due = [(at + gap_ms, kind, index) for at, kind, index in self._due]
        self._shift_at = [at + gap_ms for at in self._shift_at]
        self._grid_at = [at + gap_ms for at in self._grid_at]
