"""tickwire, by its public interface: components that each state their wishes."""

import asyncio
from typing import Any

from benchmarks.kpi.job import Job, Watch
from tickwire import WebSocketClient, WebSocketManager


async def main(job: Job) -> None:
    watch = Watch(job)
    async with WebSocketManager(websocket_base_url=f"ws://{job.address}") as manager:

        def on_event(event: Any) -> None:
            watch.saw(event.type, event.symbol)

        components = [
            WebSocketClient(f"component {number}", manager=manager)
            for number in range(job.components)
        ]
        for number, (kind, code) in enumerate(job.wishes):
            component = components[number % len(components)]
            if kind == "ticker":
                await component.subscribe_ticker([code], on_event)
            elif kind == "trade":
                await component.subscribe_trade([code], on_event)
            elif kind == "orderbook":
                await component.subscribe_orderbook([code], on_event)
            else:
                await component.subscribe_candle([code], on_event, unit="1s")
        watch.wished()
        await watch.told()
        for component in components:
            await component.disconnect()


if __name__ == "__main__":
    asyncio.run(main(Job.given()))
