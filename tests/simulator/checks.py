"""What a reader of everything that the local exchange says can check.

Books in order, on their price and time grids and equal to their totals; ids unique; tickers grown
by exactly their trade; candles as the trades make them.
"""

import itertools
from collections import defaultdict
from decimal import Decimal
from typing import Any

from tickwire.simulator.market.ticks import tick_table

__all__ = ["Checks"]

_SCALE = 100_000_000


class Checks:
    """Takes the messages in their order; `faults` has the first and last of each kind."""

    def __init__(self) -> None:
        self.faults: dict[str, list[Any]] = {}
        self.counts: dict[str, int] = defaultdict(int)
        self.candles = 0
        self._phases: dict[str, int] = {}
        self._ids: dict[str, set[int]] = defaultdict(set)
        self._tickers: dict[str, dict[str, Any]] = {}
        self._trades: dict[str, dict[str, Any]] = {}
        self._seconds: dict[tuple[str, str, str], list[Decimal]] = {}
        self._first_ms: int | None = None
        self._aligned: set[tuple[str, Decimal]] = set()

    def check(self, message: dict[str, Any]) -> None:
        """One message, in its order."""
        kind = message["type"]
        self.counts[kind] += 1
        if kind == "orderbook":
            self._book(message)
        elif kind == "trade":
            self._trade(message)
        elif kind == "ticker":
            self._ticker(message)
        else:
            self._candle(message)

    def fault(self, what: str, message: Any) -> None:
        """Something that must not be."""
        self.faults.setdefault(what, []).append(message)
        del self.faults[what][1:-1]
        self.counts[what] += 1

    def _book(self, book: dict[str, Any]) -> None:
        code, units = book["code"], book["orderbook_units"]
        asks = [(unit["ask_price"], unit["ask_size"]) for unit in units if unit["ask_price"]]
        bids = [(unit["bid_price"], unit["bid_size"]) for unit in units if unit["bid_price"]]
        ladder = [price for price, _ in reversed(bids)] + [price for price, _ in asks]
        if any(one >= other for one, other in itertools.pairwise(ladder)):
            self.fault("book crossed or out of order", book)
        quote = code.partition("-")[0]
        if not all(
            (quote, price) in self._aligned or self._align(quote, price) for price in ladder
        ):
            self.fault("price off its grid", book)
        for name, side in (("total_ask_size", asks), ("total_bid_size", bids)):
            sizes = [size for _, size in side]
            if sum(sizes) != book[name] or not all(sizes):
                self.fault("sizes and their total", book)
        if self._phases.setdefault(code, book["timestamp"] % 100) != book["timestamp"] % 100:
            self.fault("book off its 100 ms grid", book)

    def _align(self, quote: str, price: Decimal) -> bool:
        scaled = int(price * _SCALE)
        good = scaled == price * _SCALE and tick_table(quote).align(scaled) == scaled
        if good:
            self._aligned.add((quote, price))
        return good

    def _trade(self, trade: dict[str, Any]) -> None:
        code, ids = trade["code"], self._ids[trade["code"]]
        if trade["sequential_id"] in ids:
            self.fault("id told twice", trade)
        ids.add(trade["sequential_id"])
        self._trades[code] = trade
        price, size = trade["trade_price"], trade["trade_volume"]
        self._first_ms = self._first_ms or trade["trade_timestamp"]
        key = (code, trade["trade_date"], trade["trade_time"])
        known = self._seconds.setdefault(key, [price, price, price, price, Decimal(0), Decimal(0)])
        known[1], known[2], known[3] = max(known[1], price), min(known[2], price), price
        known[4] += size
        known[5] += price * size

    def _ticker(self, ticker: dict[str, Any]) -> None:
        code, trade = ticker["code"], self._trades[ticker["code"]]
        before = self._tickers.get(code)
        self._tickers[code] = ticker
        if ticker["trade_price"] != trade["trade_price"]:
            self.fault("ticker of another trade", ticker)
        if before is not None and before["trade_date"] == ticker["trade_date"]:
            grown = ticker["acc_trade_price"] - before["acc_trade_price"]
            if grown != trade["trade_price"] * trade["trade_volume"]:
                self.fault("ticker and trades differ", ticker)

    def _candle(self, candle: dict[str, Any]) -> None:
        date, _, second = candle["candle_date_time_utc"].partition("T")
        rebuilt = self._seconds.pop((candle["code"], date, second), None)
        assert self._first_ms is not None
        # The first second has trades from before we listened.
        if candle["timestamp"] < self._first_ms + 2_000:
            return
        self.candles += 1
        names = "opening_price", "high_price", "low_price", "trade_price"
        told = [candle[name] for name in (*names, "candle_acc_trade_volume")]
        if [*told, candle["candle_acc_trade_price"]] != rebuilt:
            self.fault("candle and trades differ", (candle, rebuilt))

    def forget(self, with_candles: set[str]) -> None:
        """Each minute: seconds without a candle to come; what has none and should is a fault."""
        latest = max(trade["trade_timestamp"] for trade in self._trades.values())
        for key in list(self._seconds):
            trade = self._trades[key[0]]
            if key[0] not in with_candles:
                del self._seconds[key]
            elif (
                trade["trade_timestamp"] < latest - 5_000
                or (key[1], key[2]) < (trade["trade_date"], trade["trade_time"])
            ) and latest > (self._first_ms or 0) + 10_000:
                self._late(key)

    def _late(self, key: tuple[str, str, str]) -> None:
        del self._seconds[key]
        self.fault("second without a candle", key)
