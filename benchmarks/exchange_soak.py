"""Exchange soak: the local exchange at full scale while a reader checks what it says.

    python -m benchmarks.exchange_soak --minutes 30

One reader takes ticker, trade and orderbook of all 855 markets and the one-second candles of the
busiest, off a bare socket, and checks: books in order, on their price and time grids and equal to
their totals; ids unique; tickers grown by exactly their trade; candles as the trades make them.
Beside it somebody trades a little, and compares the account with books of its own.
Meanwhile it watches the memory of the exchange, and how late books come: from the grid point that a
book names, plus the constant delay of publishing, to the moment its bytes are read here. Only what
the reader was waiting for counts there: what came while it was still checking would show its own
delay. Drift is the median of the last minute less that of the first.
"""

import argparse
import asyncio
import itertools
import json
import select
import statistics
import sys
import time
from collections import defaultdict
from decimal import Decimal
from typing import Any

from benchmarks.counting import PUBLISH_DELAY_MS, Frames, codes, subscribed
from benchmarks.processes import Running, cpu_s, exchange_process, resident_mib
from benchmarks.trading import KEY, Trader
from tickwire.simulator.market.ticks import tick_table

CANDLE_CODES = 20
GROWTH_ALLOWED_MIB = 2.0
LATE_ALLOWED_MS = 5.0
DRIFT_ALLOWED_MS = 2.0
WARM_UP_S = 300.0
MINUTE_S = 60.0
_SCALE = 100_000_000
_CHUNK = 1 << 20


class Checks:
    """What a reader of everything can check; `faults` has the first of each kind and how many."""

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


async def soak(minutes: float, rate: float) -> int:
    key = ("--key", ":".join(KEY))
    async with exchange_process("--seed", "1", "--rate", str(rate), *key) as exchange:
        return await asyncio.to_thread(_read, exchange, minutes * 60.0)


def _read(exchange: Running, seconds: float) -> int:
    everything = codes(exchange.address)
    with_candles = set(everything[:CANDLE_CODES])
    kinds: list[dict[str, Any]] = [
        {"type": kind, "codes": everything, "is_only_realtime": True}
        for kind in ("ticker", "trade", "orderbook")
    ]
    kinds.append({"type": "candle.1s", "codes": sorted(with_candles), "is_only_realtime": True})
    wire, chunk = subscribed(exchange.address, *kinds)
    checks, frames = Checks(), Frames()
    trader = Trader(exchange.address)
    trader.start()
    late: list[list[float]] = [[]]
    memory: list[tuple[float, float]] = []
    started, cpu, waited = time.monotonic(), cpu_s(exchange.pid), False
    while (elapsed := time.monotonic() - started) < seconds:
        arrived_ms = time.time_ns() / 1e6
        for data, start, end in frames.payloads(chunk):
            message = json.loads(data[start:end], parse_float=Decimal)
            checks.check(message)
            if waited and message["type"] == "orderbook":
                late[-1].append(arrived_ms - message["timestamp"] - PUBLISH_DELAY_MS)
        if not memory or elapsed >= memory[-1][0] + 1:
            memory.append((elapsed, resident_mib(exchange.pid)))
        if elapsed >= MINUTE_S * len(late):
            checks.forget(with_candles)
            print(_minute(elapsed, checks, late[-1], memory[-1][1]), flush=True)
            late.append([])
        waited = not select.select([wire], [], [], 0)[0]
        # A silent exchange must not hold us longer than the soak lasts.
        chunk = wire.recv(_CHUNK) if select.select([wire], [], [], 1.0)[0] else b""
    load = (cpu_s(exchange.pid) - cpu) / elapsed
    wire.close()
    trader.stop()
    for fault in trader.faults:
        checks.fault("account that does not add up", fault)
    return _report(elapsed, checks, trader, late, memory, load)


def _minute(elapsed: float, checks: Checks, late: list[float], mib: float) -> str:
    median, p95 = _late(late)
    faults = sum(checks.counts[what] for what in checks.faults)
    return (
        f"{elapsed:5.0f} s  {_frames(checks)} frames  {checks.candles} candles  late {median:.2f} "
        f"ms, p95 {p95:.2f}  {mib:.1f} MiB  {faults} faults"
    )


def _frames(checks: Checks) -> int:
    return sum(n for what, n in checks.counts.items() if what not in checks.faults)


def _late(late: list[float]) -> tuple[float, float]:
    """Median and 95th percentile."""
    return statistics.median(late), statistics.quantiles(late, n=20)[-1]


def _report(
    elapsed: float,
    checks: Checks,
    trader: Trader,
    late: list[list[float]],
    memory: list[tuple[float, float]],
    load: float,
) -> int:
    minutes = [each for each in late if len(each) > 1_000] or late[:1]
    median, p95 = _late([one for each in minutes for one in each])
    drift = _late(minutes[-1])[0] - _late(minutes[0])[0]
    warm = min(WARM_UP_S, elapsed / 2)
    steady = [mib for at, mib in memory if at >= warm]
    # The first and last tenth, so that one sample that happens to be high decides nothing.
    tenth = max(1, len(steady) // 10)
    growth = sum(steady[-tenth:]) / tenth - sum(steady[:tenth]) / tenth
    for what, examples in checks.faults.items():
        print(f"  {checks.counts[what]} x {what}, such as {str(examples[0])[:300]}")
    good = (
        not checks.faults
        and checks.candles > 0
        and trader.comparisons > 0
        and max(median, p95) < LATE_ALLOWED_MS
        and abs(drift) < DRIFT_ALLOWED_MS
        and growth <= GROWTH_ALLOWED_MIB
    )
    faults = sum(checks.counts[what] for what in checks.faults)
    print(
        f"exchange soak: {elapsed / 60:.1f} min, {_frames(checks)} frames "
        f"({_frames(checks) / elapsed:.0f}/s), {checks.candles} candles rebuilt, balances of "
        f"{trader.orders} orders compared {trader.comparisons} times, {faults} faults, "
        f"books {median:.2f} ms late (p95 {p95:.2f}, drift {drift:+.2f}), {load:.0%} of a core, "
        f"memory {steady[0]:.1f} -> {steady[-1]:.1f} MiB after the first {warm:.0f} s (growth "
        f"{growth:+.2f}): {'ok' if good else 'NOT OK'}"
    )
    return 0 if good else 1


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=35.0)
    parser.add_argument("--rate", type=float, default=1.0)
    chosen = parser.parse_args()
    return asyncio.run(soak(chosen.minutes, chosen.rate))


if __name__ == "__main__":
    sys.exit(main())
