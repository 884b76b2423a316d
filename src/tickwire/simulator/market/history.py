"""What is kept of a market since the exchange started: its last trades and its closed candles.

All of it is exact and has its room from the start (see `ring`):

    trades   500, the most that one request may ask for, and for busy markets as many as they have
             in some 15 minutes (5,000 at most), so that a client can repair a gap; 28 bytes each
    candles  200 of each unit from a minute to four hours, the most that one request may ask for;
             64 bytes each. Those of a second are made from the trades when somebody asks.
    days     200, 72 bytes each

For all 855 markets this is some 110 MiB, at the start as after months. What has been forgotten is
absent from the answers; the made-up past (see `past`) ends at the start.
"""

from collections.abc import Iterator
from struct import Struct
from typing import Any, NamedTuple

from tickwire.simulator.market.candles import CANDLE_SPANS_MS, Candle
from tickwire.simulator.market.ring import Ring

__all__ = ["CANDLES_KEPT", "History", "KeptTrade", "Period"]

CANDLES_KEPT = 200
_DAYS_KEPT = 200
_TRADES_KEPT = 500
_MOST_TRADES_KEPT = 5_000
_MINUTES_OF_TRADES = 15
# Many orders have more than one fill.
_FILLS_PER_ORDER = 1.5

_SHORTEST_MS = 60_000

# Id, price, size (below zero for `ASK`), and how long after the trade it was told.
_TRADE = Struct("<3qi")
# Start in seconds and the last trade's time after it; prices; volume and value, which need more
# than 64 bits. A day has the close before it too.
_CANDLE = Struct("<Ii4q11s13s")
_DAY = Struct(_CANDLE.format + "q")
_VOLUME_BYTES, _VALUE_BYTES = 11, 13


class KeptTrade(NamedTuple):
    """One trade. Units as in `Trade`; `told_ms` is when it was told."""

    sequential_id: int
    price: int
    size: int
    ask_bid: str
    told_ms: int

    @property
    def at_ms(self) -> int:
        """When it happened, which its id says."""
        return self.sequential_id // 10_000


class Period(NamedTuple):
    """A candle that no longer changes; units as in `Candle`."""

    start_ms: int
    open: int
    high: int
    low: int
    close: int
    volume: int
    value: int
    timestamp: int
    prev_closing_price: int = 0
    """Of days only."""


class History:
    """The memory of one market."""

    def __init__(self, order_pace: float = 0.0) -> None:
        """Room for a market with so many orders a second."""
        kept = _TRADES_KEPT + int(order_pace * _FILLS_PER_ORDER * 60 * _MINUTES_OF_TRADES)
        self._trades = Ring(_TRADE, min(kept, _MOST_TRADES_KEPT))
        self._candles = {
            span_ms: Ring(_CANDLE, CANDLES_KEPT)
            for span_ms in CANDLE_SPANS_MS.values()
            if span_ms >= _SHORTEST_MS
        }
        self._days = Ring(_DAY, _DAYS_KEPT)

    def __repr__(self) -> str:
        candles = sum(map(len, self._candles.values()))
        return f"History({len(self._trades)} trades, {candles} candles, {len(self._days)} days)"

    @property
    def trades_kept(self) -> int:
        """So many trades are kept at the most."""
        return self._trades.kept

    # --- what happens

    def add(self, sequential_id: int, price: int, size: int, ask_bid: str, told_ms: int) -> None:
        """A trade; called for every one, so it does next to nothing."""
        signed = size if ask_bid == "BID" else -size
        self._trades.add(sequential_id, price, signed, told_ms - sequential_id // 10_000)

    def closed(self, span_ms: int, candle: Candle) -> None:
        """A candle has got a successor."""
        if span_ms >= _SHORTEST_MS:
            self._candles[span_ms].add(*_row(candle))

    def day_over(self, day: Period) -> None:
        """A UTC day has got a successor."""
        self._days.add(*_row(day), day.prev_closing_price)

    # --- what was, newest first

    def trades(self) -> Iterator[KeptTrade]:
        """The trades that are kept."""
        for sequential_id, price, size, told_after in self._trades:
            ask_bid, told_ms = "BID" if size >= 0 else "ASK", sequential_id // 10_000 + told_after
            yield KeptTrade(sequential_id, price, abs(size), ask_bid, told_ms)

    def candles(self, span_ms: int) -> Iterator[Period]:
        """The closed candles of a unit that are kept."""
        return map(_period, self._candles[span_ms])

    def seconds(self) -> Iterator[Period]:
        """The candles of a second that the kept trades make, the one under way among them."""
        # The oldest second is whole only while nothing has been forgotten.
        candle: Period | None = None
        for trade in self.trades():
            start, price, size = trade.at_ms - trade.at_ms % 1_000, trade.price, trade.size
            if candle is None or candle.start_ms != start:
                if candle is not None:
                    yield candle
                candle = Period(
                    start, price, price, price, price, size, price * size, trade.told_ms
                )
            else:
                candle = candle._replace(
                    open=price,
                    high=max(candle.high, price),
                    low=min(candle.low, price),
                    volume=candle.volume + size,
                    value=candle.value + price * size,
                )
        if candle is not None and self._trades.added <= self.trades_kept:
            yield candle

    def days(self) -> Iterator[Period]:
        """The days that are over."""
        return map(_period, self._days)


def _row(candle: Candle | Period) -> tuple[int | bytes, ...]:
    return (
        candle.start_ms // 1_000,
        candle.timestamp - candle.start_ms,
        candle.open,
        candle.high,
        candle.low,
        candle.close,
        candle.volume.to_bytes(_VOLUME_BYTES),
        candle.value.to_bytes(_VALUE_BYTES),
    )


def _period(row: tuple[Any, ...]) -> Period:
    start_s, told_after, first, high, low, last, volume, value, *more = row
    start_ms = start_s * 1_000
    volume, value = int.from_bytes(volume), int.from_bytes(value)
    timestamp = start_ms + told_after
    return Period(start_ms, first, high, low, last, volume, value, timestamp, *more)
