"""Soak: every market and type held by one client process while its memory is watched.

    python -m benchmarks.soak --minutes 5

Three components share one connection: a plain callback for tickers, an asynchronous one for
trades, and an iteration over order books; each reads a number of every event. The local exchange
runs beside it and is the referee: what it sent must be what was read here.
"""

import argparse
import asyncio
import json
import sys
import time
from typing import Any
from urllib.request import urlopen

from benchmarks.processes import cpu_s, local_exchange, resident_mib
from tickwire import OrderbookEvent, TickerEvent, TradeEvent, WebSocketClient, WebSocketManager
from tickwire.statistics import ManagerStatistics

MARKETS = 855
STREAMS = 3 * MARKETS
GROWTH_ALLOWED_MIB = 2.0
WARM_UP_S = 60.0


async def soak(minutes: float) -> int:
    async with local_exchange("--markets", str(MARKETS), "--seed", "1") as address:
        base = f"ws://{address}"
        listed = await asyncio.to_thread(_read, f"http://{address}/v1/market/all")
        codes = [each["market"] for each in listed]
        async with WebSocketManager(websocket_base_url=base) as manager:
            return await _hold(manager, codes, address, minutes * 60.0)


async def _hold(manager: WebSocketManager, codes: list[str], address: str, seconds: float) -> int:
    def on_ticker(event: TickerEvent) -> None:
        assert event.trade_price > 0

    async def on_trade(event: TradeEvent) -> None:
        assert event.trade_volume > 0

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
        reading = asyncio.create_task(_read_books(books))
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
        referee = (await asyncio.to_thread(_read, f"http://{address}/sim/stats"))["totals"]
        await _read_up_to(manager, referee["frames"])
        figures = manager.statistics()
        reading.cancel()
    return _report(figures, referee, len(readiness.confirmed), memory, warm, rate, load)


async def _read_up_to(manager: WebSocketManager, frames: int) -> None:
    """Wait, not for ever, until what the exchange had sent by then has been read here."""
    for _ in range(50):
        if manager.statistics().lanes[0].frames >= frames:
            return
        await asyncio.sleep(0.1)


async def _read_books(books: WebSocketClient) -> None:
    async for event in books:
        assert isinstance(event, OrderbookEvent)
        assert event.orderbook_units[0].ask_price >= 0


def _report(
    figures: ManagerStatistics,
    referee: dict[str, Any],
    confirmed: int,
    memory: list[tuple[float, float]],
    warm: float,
    rate: float,
    load: float,
) -> int:
    lane, delivery = figures.lanes[0], figures.delivery
    components = figures.components.values()
    dropped = sum(each.dropped for each in components) + delivery.undecodable
    conflated = sum(each.conflated for each in components)
    errors = sum(each.handler_errors for each in components)
    unread = max(0, referee["frames"] - lane.frames)
    lost = unread + sum(
        each.received
        - each.delivered
        - each.conflated
        - each.dropped
        - each.withdrawn
        - each.pending
        for each in components
    )
    steady = [mib for at, mib in memory if at >= warm]
    # The first and last tenth, so that one sample that happens to be high decides nothing.
    tenth = max(1, len(steady) // 10)
    growth = sum(steady[-tenth:]) / tenth - sum(steady[:tenth]) / tenth
    breaches = sum(referee["breaches"].values())
    good = (
        confirmed == STREAMS
        and figures.connects == 1
        and dropped == lost == errors == breaches == 0
        and growth <= GROWTH_ALLOWED_MIB
    )
    print(
        f"soak: {memory[-1][0] / 60:.1f} min, {confirmed} streams on {figures.connects} "
        f"connection by {figures.messages_sent} message, {rate:.0f} frames/s, {lane.frames} "
        f"frames, {delivery.deliveries} deliveries, {conflated} conflated, {dropped} dropped, "
        f"{lost} lost, {breaches} breaches, {load:.0%} of a core, memory {steady[0]:.1f} -> "
        f"{steady[-1]:.1f} MiB after the first {warm:.0f} s (growth {growth:+.2f}): "
        f"{'ok' if good else 'NOT OK'}"
    )
    return 0 if good else 1


def _read(url: str) -> Any:
    with urlopen(url, timeout=10) as answer:
        return json.load(answer)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=5.0)
    return asyncio.run(soak(parser.parse_args().minutes))


if __name__ == "__main__":
    sys.exit(main())
