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
import json
import select
import statistics
import sys
import time
from decimal import Decimal
from typing import Any

from tests.simulator.checks import Checks

from benchmarks.counting import PUBLISH_DELAY_MS, Frames, codes, subscribed
from benchmarks.processes import Running, Steady, cpu_s, exchange_process, resident_mib
from benchmarks.trading import KEY, Trader

CANDLE_CODES = 20
LATE_ALLOWED_MS = 5.0
DRIFT_ALLOWED_MS = 2.0
WARM_UP_S = 300.0
MINUTE_S = 60.0
_CHUNK = 1 << 20


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
    steady = Steady(memory, min(WARM_UP_S, elapsed / 2))
    for what, examples in checks.faults.items():
        print(f"  {checks.counts[what]} x {what}, such as {str(examples[0])[:300]}")
    good = (
        not checks.faults
        and checks.candles > 0
        and trader.comparisons > 0
        and max(median, p95) < LATE_ALLOWED_MS
        and abs(drift) < DRIFT_ALLOWED_MS
        and not steady.grows
    )
    faults = sum(checks.counts[what] for what in checks.faults)
    print(
        f"exchange soak: {elapsed / 60:.1f} min, {_frames(checks)} frames "
        f"({_frames(checks) / elapsed:.0f}/s), {checks.candles} candles rebuilt, balances of "
        f"{trader.orders} orders compared {trader.comparisons} times, {faults} faults, "
        f"books {median:.2f} ms late (p95 {p95:.2f}, drift {drift:+.2f}), {load:.0%} of a core, "
        f"{steady}: {'ok' if good else 'NOT OK'}"
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
