"""The past of a market before the exchange started: made up, on demand, and not kept.

Nothing of it ever happened. It is a function of seed, market and time alone and ends where the
model begins: yesterday's close is the ticker's previous close, today so far has the ticker's
opening, high, low and volume, the year has its 52-week extremes, and the last price is the one at
which the first real trade finds the market.

It is a tree. A day is one `Node` with so many trades, and a node divides into shorter ones that
together have its open, high, low, close, volume and number of trades exactly:

    day ─6─► 240m ─4─► 60m ─2─► 30m ─3─► 10m ─2─► 5m ─5─► 1m ─60─► 1s ─► single trades

So whatever unit is asked for, the answers agree, and only the branches that are asked for are
made. What has no trade is no node.

Units: prices and volumes are integers of 1e-8, times milliseconds since 1970 UTC.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import NamedTuple

from tickwire.simulator.dates import DAY_MS
from tickwire.simulator.market.figures import Figures
from tickwire.simulator.market.ticks import TickTable
from tickwire.world import Random

__all__ = ["FIRST_DAY", "SPANS_MS", "Node", "Past", "PastTrade"]

SPANS_MS = (DAY_MS, 14_400_000, 3_600_000, 1_800_000, 600_000, 300_000, 60_000, 1_000)

# Upbit opened on 2017-10-24; so do all markets here. In days since 1970.
FIRST_DAY = 17_463
_YEAR_DAYS = 365
_KNOT_DAYS = 97
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
# No stretch has more trades than one in so many milliseconds.
_TRADE_GAP_MS = 50


class Node(NamedTuple):
    """What is known of a stretch of time with trades: enough to divide it further."""

    start_ms: int
    open: int
    high: int
    low: int
    close: int
    volume: int
    trades: int


class PastTrade(NamedTuple):
    """One made-up trade."""

    at_ms: int
    sequential_id: int
    price: int
    size: int
    ask_bid: str


class Past:
    """The made-up past of one market, up to `until_ms` (exclusive)."""

    def __init__(
        self, name: str, ticks: TickTable, figures: Figures, price: int, until_ms: int, order: int
    ) -> None:
        """As `figures` are at the start; an order has the size `order`, the last price `price`."""
        self._name = name
        self._ticks = ticks
        self._order = max(order, 1)
        self.until_ms = until_ms
        self.prev_closing_price = figures.prev_closing_price
        daily = figures.acc_volume_24h
        day = until_ms // DAY_MS
        self._day = day
        room = max(4, (until_ms - day * DAY_MS) // _TRADE_GAP_MS)
        self._today = Node(
            day * DAY_MS,
            figures.open,
            figures.high,
            figures.low,
            price,
            figures.acc_volume,
            min(room, max(4, figures.acc_volume // self._order)),
        )
        self._daily = daily
        self._highest = figures.highest_52_week_price
        self._lowest = figures.lowest_52_week_price
        self._highest_day = _day_of(figures.highest_52_week_date)
        self._lowest_day = _day_of(figures.lowest_52_week_date)

    def __repr__(self) -> str:
        return f"Past({self._name}, until {self.until_ms})"

    def days(self) -> Iterator[Node]:
        """Whole days, newest first; the first is the part of its day that was before the start."""
        if self._today.start_ms < self.until_ms:
            yield self._today
        rng = Random(f"{self._name}/days")
        knots = self._knots(rng)
        newer_day, newer = self._day - 1, self.prev_closing_price
        older_day, older = knots.pop()
        close = newer
        for day in range(self._day - 1, FIRST_DAY - 1, -1):
            while day - 1 < older_day:
                newer_day, newer = older_day, older
                older_day, older = knots.pop()
            before = newer + (older - newer) * (newer_day - day + 1) // (newer_day - older_day)
            if day - 1 != older_day:
                before = before * rng.randrange(985, 1016) // 1000
            high = max(before, close) * rng.randrange(1000, 1026) // 1000
            low = min(before, close) * rng.randrange(975, 1001) // 1000
            if day > self._day - _YEAR_DAYS:
                before = min(max(before, self._lowest), self._highest)
                high, low = min(high, self._highest), max(low, self._lowest)
            before = self._grid(before)
            high = max(self._grid(high), before, close)
            low = min(self._grid(low), before, close)
            if day == self._highest_day:
                high = self._highest
            if day == self._lowest_day:
                low = self._lowest
            volume = max(self._daily * rng.randrange(50, 151) // 100, 1_000)
            trades = min(max(4, volume // self._order), DAY_MS // _TRADE_GAP_MS, volume)
            yield Node(day * DAY_MS, before, high, low, close, volume, trades)
            close = before

    def nodes(self, span_ms: int, before_ms: int) -> Iterator[Node]:
        """All of one span, one of `SPANS_MS`, that begin before this moment; newest first."""
        if before_ms <= FIRST_DAY * DAY_MS:
            return
        for day in self.days():
            yield from self._within(day, 0, span_ms, before_ms)

    def trades(self, before_ms: int, since_ms: int) -> Iterator[PastTrade]:
        """The trades from `since_ms` on and before `before_ms`, newest first."""
        for second in self.nodes(1_000, before_ms):
            if second.start_ms + 1_000 <= since_ms:
                return
            for trade in reversed(self._trades_of(second)):
                if since_ms <= trade.at_ms < before_ms:
                    yield trade

    def last_ms(self, node: Node, span_ms: int) -> int:
        """When the last trade of a node was, about."""
        end = min(node.start_ms + span_ms, self.until_ms)
        return max(node.start_ms, end - 1 - node.volume % 400)

    # --- how the years went

    def _knots(self, rng: Random) -> list[tuple[int, int]]:
        """Days and their closes through which the price went, oldest first."""
        extremes = {
            self._highest_day: self._highest * 97 // 100,
            self._lowest_day: self._lowest * 103 // 100,
        }
        knots = sorted(extremes.items(), reverse=True)
        day = self._day - _YEAR_DAYS - _KNOT_DAYS
        while knots[-1][0] >= FIRST_DAY - 1:
            knots.append((day, self.prev_closing_price * rng.randrange(50, 160) // 100))
            day -= _KNOT_DAYS
        return knots[::-1]

    def _grid(self, price: int) -> int:
        return self._ticks.align(max(price, 1))

    # --- how a stretch divides

    def _within(self, node: Node, depth: int, span_ms: int, before_ms: int) -> Iterator[Node]:
        if node.start_ms >= before_ms:
            return
        if SPANS_MS[depth] == span_ms:
            yield node
            return
        for child in reversed(self._children(node, depth)):
            yield from self._within(child, depth + 1, span_ms, before_ms)

    def _children(self, node: Node, depth: int) -> list[Node]:
        rng = Random(f"{self._name}/{SPANS_MS[depth]}/{node.start_ms}")
        span = SPANS_MS[depth + 1]
        end = min(node.start_ms + SPANS_MS[depth], self.until_ms)
        starts = range(node.start_ms, end, span)
        weights = [(20 + int(rng.random() * 100)) * min(span, end - start) for start in starts]
        total = sum(weights)
        counts = [node.trades * weight // total for weight in weights]
        for _ in range(node.trades - sum(counts)):
            counts[int(rng.random() * len(counts))] += 1
        return self._divide(node, starts, counts, rng)

    def _trades_of(self, second: Node) -> list[PastTrade]:
        rng = Random(f"{self._name}/trades/{second.start_ms}")
        room = min(1_000, self.until_ms - second.start_ms)
        times = sorted(second.start_ms + int(rng.random() * room) for _ in range(second.trades))
        trades: list[PastTrade] = []
        price, sequential_id = second.open, 0
        for one in self._divide(second, times, [1] * second.trades, rng):
            sequential_id = max(one.start_ms * 10_000, sequential_id + 1)
            buys = one.close > price or (one.close == price and rng.random() < 0.5)
            price = one.close
            ask_bid = "BID" if buys else "ASK"
            trades.append(PastTrade(one.start_ms, sequential_id, price, one.volume, ask_bid))
        return trades

    def _divide(
        self, node: Node, starts: Sequence[int], counts: Sequence[int], rng: Random
    ) -> list[Node]:
        """Nodes with so many trades each that add up to this one.

        The trades of a node are numbered. The first has its open, the last its close, and where
        high and low are neither, one trade between has each of them.
        """
        _, first, high, low, final, volume, n = node
        high_at = low_at = -1
        if high > max(first, final):
            high_at = 1 + int(rng.random() * (n - 2))
        if low < min(first, final):
            low_at = 1 + int(rng.random() * (n - 2))
            if low_at == high_at:
                low_at = high_at + 1 if high_at + 1 < n - 1 else high_at - 1
        weights = [count * (30 + int(rng.random() * 140)) for count in counts]
        total = sum(weights)
        swing = (high - low) // 3
        nodes: list[Node] = []
        at, previous, left = 0, first, volume
        for start, count, weight in zip(starts, counts, weights, strict=True):
            if not count:
                continue
            last = at + count - 1
            if last == n - 1:
                close = final
            elif last == high_at:
                close = high
            elif last == low_at:
                close = low
            elif last == 0:
                close = first
            else:
                close = first + (final - first) * last // (n - 1)
                close += int(swing * (2 * rng.random() - 1))
                close = self._ticks.align(min(max(close, low), high))
            if count == 1:
                begin = close
            elif at == high_at:
                begin = high
            elif at == low_at:
                begin = low
            else:
                begin = previous
            top, bottom, room = max(begin, close), min(begin, close), count - 2
            if at < high_at < last:
                top, room = high, room - 1
            if at < low_at < last:
                bottom, room = low, room - 1
            if room > 0 and top < high:
                top = self._ticks.align(top + int((high - top) * 0.3 * rng.random()))
                room -= 1
            if room > 0 and bottom > low:
                bottom = self._ticks.align(bottom - int((bottom - low) * 0.3 * rng.random()))
            size = left if last == n - 1 else count + (volume - n) * weight // total
            nodes.append(Node(start, begin, top, bottom, close, size, count))
            at, previous, left = last + 1, close, left - size
        return nodes


def _day_of(text: str) -> int:
    return date.fromisoformat(text).toordinal() - _EPOCH_ORDINAL
