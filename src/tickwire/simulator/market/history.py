"""What is kept of a market since the exchange started: its last trades and its closed candles.

All of it is exact and in bounded room, packed as 64-bit integers:

    trades   500, the most that one request may ask for, and for busy markets as many as they have
             in some 15 minutes (5,000 at most), so that a client can repair a gap; 32 bytes each
    candles  200 of each unit from a minute to four hours, the most that one request may ask for;
             80 bytes each. Those of a second are made from the trades when somebody asks.
    days     200

Trades and short candles have their room from the start, so that memory does not grow for hours
while they fill; long candles, which come rarely, get theirs as they come. For all 855 markets this
is some 60 MiB at the start and after weeks, with every ring full, 130.
What has been forgotten is absent from the answers; the made-up past (see `past`) ends at the
start.
"""

from array import array
from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from tickwire.simulator.market.candles import Candle

__all__ = ["CANDLES_KEPT", "History", "KeptTrade", "Period"]

CANDLES_KEPT = 200
_DAYS_KEPT = 200
_TRADES_KEPT = 500
_MOST_TRADES_KEPT = 5_000
_MINUTES_OF_TRADES = 15
# Many orders have more than one fill.
_FILLS_PER_ORDER = 1.5

_ROOM_AT_ONCE_MS = (60_000, 180_000, 300_000)

_TRADE_WIDTH = 4
_CANDLE_WIDTH = 10
_HALF = 1 << 62


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
        self.trades_kept = min(kept, _MOST_TRADES_KEPT)
        self._trades = array("q", bytes(8 * _TRADE_WIDTH * self.trades_kept))
        self._added = 0
        self._candles = {
            span_ms: array("q", bytes(8 * _CANDLE_WIDTH * CANDLES_KEPT))
            for span_ms in _ROOM_AT_ONCE_MS
        }
        self._closed = dict.fromkeys(_ROOM_AT_ONCE_MS, 0)
        self._days: deque[Period] = deque(maxlen=_DAYS_KEPT)

    def __repr__(self) -> str:
        candles = sum(min(count, CANDLES_KEPT) for count in self._closed.values())
        return f"History({min(self._added, self.trades_kept)} trades, {candles} candles)"

    # --- what happens

    def add(self, sequential_id: int, price: int, size: int, ask_bid: str, told_ms: int) -> None:
        """A trade; called for every one, so it does next to nothing."""
        trades = self._trades
        at = self._added % self.trades_kept * _TRADE_WIDTH
        trades[at] = sequential_id
        trades[at + 1] = price
        trades[at + 2] = size if ask_bid == "BID" else -size
        trades[at + 3] = told_ms
        self._added += 1

    def closed(self, span_ms: int, candle: "Candle") -> None:
        """A candle of a minute or longer has got a successor."""
        ring = self._candles.setdefault(span_ms, array("q"))
        number = self._closed.get(span_ms, 0)
        self._closed[span_ms] = number + 1
        at = number % CANDLES_KEPT * _CANDLE_WIDTH
        prices = candle.start_ms, candle.open, candle.high, candle.low, candle.close
        # Sums need more than 64 bits.
        sums = *divmod(candle.volume, _HALF), *divmod(candle.value, _HALF)
        ring[at : at + _CANDLE_WIDTH] = array("q", (*prices, *sums, candle.timestamp))

    def day_over(self, day: Period) -> None:
        """A UTC day has got a successor."""
        self._days.append(day)

    # --- what was, newest first

    def trades(self) -> Iterator[KeptTrade]:
        """The trades that are kept."""
        trades = self._trades
        for number in range(self._added - 1, max(0, self._added - self.trades_kept) - 1, -1):
            at = number % self.trades_kept * _TRADE_WIDTH
            sequential_id, price, size, told_ms = trades[at : at + _TRADE_WIDTH]
            yield KeptTrade(sequential_id, price, abs(size), "BID" if size >= 0 else "ASK", told_ms)

    def candles(self, span_ms: int) -> Iterator[Period]:
        """The closed candles of a unit that are kept."""
        ring, closed = self._candles.get(span_ms, ()), self._closed.get(span_ms, 0)
        for number in range(closed - 1, max(0, closed - CANDLES_KEPT) - 1, -1):
            at = number % CANDLES_KEPT * _CANDLE_WIDTH
            start, first, high, low, last = ring[at : at + 5]
            v1, v0, w1, w0, told_ms = ring[at + 5 : at + _CANDLE_WIDTH]
            volume, value = v1 * _HALF + v0, w1 * _HALF + w0
            yield Period(start, first, high, low, last, volume, value, told_ms)

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
        if candle is not None and self._added <= self.trades_kept:
            yield candle

    def days(self) -> Iterator[Period]:
        """The days that are over."""
        return reversed(self._days)
