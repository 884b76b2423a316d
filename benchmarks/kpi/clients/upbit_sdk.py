"""The official SDK, as its README has it: a stream for each wish, and a loop over it.

A failure is raised to its user, who tries again after a second.
"""

import asyncio
from typing import Any

from benchmarks.kpi.job import RETRY_S, Job, Watch


async def main(job: Job) -> None:
    from upbit import AsyncUpbit  # type: ignore[import-not-found, unused-ignore]

    async with AsyncUpbit(
        access_key="a",
        secret_key="b" * 40,
        websocket_base_url=f"ws://{job.address}",
        base_url=f"http://{job.address}",
    ) as client:
        streams = client.ws_stream
        methods = {
            "ticker": streams.ticker,
            "trade": streams.trade,
            "orderbook": streams.orderbook,
            "candle.1s": streams.candle,
        }
        watch = Watch(job)

        async def follow(kind: str, code: str) -> None:
            opened: Any = methods[kind]
            while True:
                try:
                    async with opened([code]) as stream:
                        async for event in stream:
                            watch.saw(event.type, event.code)
                except Exception:
                    watch.failed(kind, code)
                    await asyncio.sleep(RETRY_S)

        following = [asyncio.create_task(follow(*wish)) for wish in job.wishes]
        watch.wished()
        await watch.told()
        for task in following:
            task.cancel()
        await asyncio.gather(*following, return_exceptions=True)


if __name__ == "__main__":
    asyncio.run(main(Job.given()))
