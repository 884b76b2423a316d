"""Soak: every market and type held by one client process while its memory is watched.

    python -m benchmarks.soak --minutes 5

Three components share one connection: a plain callback for tickers, an asynchronous one for
trades, and an iteration over order books; each reads a number of every event and counts it. The
local exchange runs beside it and is the referee: what it sent must be what was read here, and
since each stream has one taker, what was read must be what the three have got.
"""

import argparse
import asyncio
import sys
import time
from collections import Counter
from dataclasses import dataclass
from typing import Any

from benchmarks.processes import Steady, cpu_s, fetched, local_exchange, resident_mib
from tickwire import OrderbookEvent, TickerEvent, TradeEvent, WebSocketClient, WebSocketManager
from tickwire.statistics import ManagerStatistics

MARKETS = 855
STREAMS = 3 * MARKETS
WARM_UP_S = 60.0


async def soak(minutes: float) -> int:
    async with local_exchange("--markets", str(MARKETS), "--seed", "1") as address:
        base = f"ws://{address}"
        listed = await asyncio.to_thread(fetched, address, "/v1/market/all")
        codes = [each["market"] for each in listed]
        async with WebSocketManager(websocket_base_url=base) as manager:
            return await _hold(manager, codes, address, minutes * 60.0)


async def _hold(manager: WebSocketManager, codes: list[str], address: str, seconds: float) -> int:
    seen: Counter[str] = Counter()

    def on_ticker(event: TickerEvent) -> None:
        seen["tickers"] += 1
        assert event.trade_price > 0

    async def on_trade(event: TradeEvent) -> None:
        seen["trades"] += 1
        assert event.trade_volume > 0

    async def read_books() -> None:
        async for event in books:
            seen["books"] += 1
            assert isinstance(event, OrderbookEvent)
            assert event.orderbook_units[0].ask_price >= 0

    async with (
        WebSocketClient("tickers", manager=manager) as tickers,
        WebSocketClient("trades", manager=manager) as trades,
        WebSocketClient("books", manager=manager) as books,
    ):
        await asyncio.gather(
            tickers.subscribe_ticker(codes, on_ticker),
            trades.subscribe_trade(codes, on_trade),
            books.subscribe_orderbook(codes),
        )
        reading = asyncio.create_task(read_books())
        readiness = await manager.ready(30.0)
        print(f"{len(readiness.confirmed)} of {STREAMS} streams confirmed", flush=True)
        warm = min(WARM_UP_S, seconds / 2)
        started, cpu, memory = time.monotonic(), cpu_s(), [(0.0, resident_mib())]
        frames = manager.statistics().lanes[0].frames
        while (elapsed := time.monotonic() - started) < seconds:
            await asyncio.sleep(min(1.0, seconds - elapsed))
            memory.append((time.monotonic() - started, resident_mib()))
            if len(memory) % 30 == 0:
                figures = manager.statistics()
                print(
                    f"{memory[-1][0]:5.0f} s  {figures.lanes[0].frames} frames  "
                    f"{memory[-1][1]:.1f} MiB",
                    flush=True,
                )
        elapsed = time.monotonic() - started
        load = (cpu_s() - cpu) / elapsed
        rate = (manager.statistics().lanes[0].frames - frames) / elapsed
        referee = (await asyncio.to_thread(fetched, address, "/sim/stats"))["totals"]
        await _read_up_to(manager, referee["frames"])
        if reading.done():
            reading.result()
        soaked = Soaked(
            figures=manager.statistics(),
            seen=dict(seen),
            referee=referee,
            confirmed=len(readiness.confirmed),
            memory=Steady(memory, warm),
            minutes=elapsed / 60.0,
            rate=rate,
            load=load,
        )
        reading.cancel()
    faults = soaked.faults()
    for name, fault in faults.items():
        print(f"{name}: {fault}")
    print(f"{soaked.line()}: {'NOT OK' if faults else 'ok'}")
    return 1 if faults else 0


async def _read_up_to(manager: WebSocketManager, frames: int) -> None:
    """Wait, not for ever, until what the exchange had sent by then has been read here."""
    for _ in range(50):
        if manager.statistics().lanes[0].frames >= frames:
            return
        await asyncio.sleep(0.1)


@dataclass(frozen=True)
class Soaked:
    """What is known at the end; `seen` is what each component has counted itself."""

    figures: ManagerStatistics
    seen: dict[str, int]
    referee: dict[str, Any]
    confirmed: int
    memory: Steady
    minutes: float
    rate: float
    load: float

    @property
    def frames(self) -> int:
        return sum(lane.frames for lane in self.figures.lanes)

    @property
    def dropped(self) -> int:
        dropped = sum(each.dropped for each in self.figures.components.values())
        return dropped + self.figures.delivery.undecodable

    @property
    def breaches(self) -> int:
        return sum(self.referee["breaches"].values())

    @property
    def lost(self) -> dict[str, int]:
        """How many events are not where they must be, on each part of their way."""
        components = self.figures.components
        differences = {
            # More may have come since the referee was asked.
            "from the wire": max(0, self.referee["frames"] - self.frames),
            "on the way to a component": self.frames - sum(c.received for c in components.values()),
        }
        for name, each in components.items():
            left = each.conflated + each.dropped + each.withdrawn + each.pending
            differences[f"in the inbox of {name}"] = each.received - each.delivered - left
            differences[f"by {name}"] = each.delivered - self.seen.get(name, 0)
        return {where: count for where, count in differences.items() if count}

    def faults(self) -> dict[str, Any]:
        """What is not as it must be, by name."""
        faults = {
            "streams without data": STREAMS - self.confirmed,
            "connections too many": self.figures.connects - 1,
            "dropped": self.dropped,
            "lost": self.lost,
            "errors of handlers": sum(
                each.handler_errors for each in self.figures.components.values()
            ),
            "breaches of the limits": self.breaches,
            "growth of memory": str(self.memory) if self.memory.grows else "",
        }
        return {name: fault for name, fault in faults.items() if fault}

    def line(self) -> str:
        """All of it in figures."""
        figures = self.figures
        conflated = sum(each.conflated for each in figures.components.values())
        return (
            f"soak: {self.minutes:.1f} min, {self.confirmed} streams on "
            f"{figures.connects} connection by {figures.messages_sent} message, {self.rate:.0f} "
            f"frames/s, {self.frames} frames, {figures.delivery.deliveries} deliveries, "
            f"{sum(self.seen.values())} seen, {conflated} conflated, {self.dropped} dropped, "
            f"{sum(map(abs, self.lost.values()))} lost, {self.breaches} breaches, {self.load:.0%} "
            f"of a core, {self.memory}"
        )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=5.0)
    return asyncio.run(soak(parser.parse_args().minutes))


if __name__ == "__main__":
    sys.exit(main())
