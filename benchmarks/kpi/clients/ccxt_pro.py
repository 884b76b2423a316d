"""ccxt.pro as its manual has it: a loop for each market and type that awaits what is new.

A failure is raised to its user, who tries again after a second.
"""

import asyncio
from typing import Any

from tests.interop.ccxt_pro import make

from benchmarks.kpi.job import RETRY_S, Job, Watch


async def main(job: Job) -> None:
    exchange = make(job.address, ("k" * 40, "s" * 40))
    await exchange.load_markets()
    methods = {
        "ticker": exchange.watch_ticker,
        "trade": exchange.watch_trades,
        "orderbook": exchange.watch_order_book,
        "candle.1s": exchange.watch_ohlcv,
    }
    watch = Watch(job)

    async def follow(kind: str, code: str) -> None:
        watched: Any = methods[kind]
        symbol = exchange.safe_symbol(code, None, "-")
        while True:
            try:
                await watched(symbol)
            except Exception:
                watch.failed(kind, code)
                await asyncio.sleep(RETRY_S)
            else:
                watch.saw(kind, code)

    following = [asyncio.create_task(follow(*wish)) for wish in job.wishes]
    watch.wished()
    await watch.told()
    for task in following:
        task.cancel()
    await asyncio.gather(*following, return_exceptions=True)
    await exchange.close()


if __name__ == "__main__":
    asyncio.run(main(Job.given()))
