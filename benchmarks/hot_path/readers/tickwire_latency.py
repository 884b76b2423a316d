"""How late tickwire's events are: each wanted by five of a hundred components, two numbers read.

With the option `slow` there is one more component that wants everything and awaits half a second
for each event.
"""

import asyncio
import time
from typing import Any

from benchmarks.hot_path.job import Job, Tally
from benchmarks.hot_path.readers import COMPONENTS, COMPONENTS_WANTING
from benchmarks.hot_path.readers.tickwire_client import handlers, subscribe
from tickwire import BaseWebSocketEvent, WebSocketClient, WebSocketManager


async def slow(event: object) -> None:
    await asyncio.sleep(0.5)


async def main(job: Job) -> None:
    over = asyncio.Event()
    late_us: list[float] = []
    now_ns = time.monotonic_ns

    # Each event comes COMPONENTS_WANTING times, and counts each time.
    tally = Tally(job, over.set)
    read = handlers(tally, job.types)

    def stamping(handle: Any) -> Any:
        def handler(event: BaseWebSocketEvent) -> None:
            handle(event)
            late_us.append(now_ns() / 1000 - event.timestamp)

        return handler

    codes: list[list[str]] = [[] for _ in range(COMPONENTS)]
    for number in range(len(job.codes) * COMPONENTS_WANTING):
        codes[number % COMPONENTS].append(job.codes[number // COMPONENTS_WANTING])
    async with WebSocketManager(websocket_base_url=f"ws://{job.address}") as manager:
        clients = [WebSocketClient(f"component {n}", manager=manager) for n in range(COMPONENTS)]
        for client, own in zip(clients, codes, strict=True):
            for kind in job.types:
                await subscribe(client, kind, own, stamping(read[kind]))
        if job.option == "slow":
            clients.append(WebSocketClient("slow", manager=manager))
            for kind in job.types:
                await subscribe(clients[-1], kind, job.codes, slow)
        await over.wait()
        for late in late_us:
            print(f"{late:.1f}")
        tally.tell()
        for client in clients:
            await client.disconnect()


if __name__ == "__main__":
    asyncio.run(main(Job.given()))
