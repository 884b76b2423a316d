"""tickwire under saturated demand: a component that changes its mind every 100 ms."""

import asyncio
import json
import sys
import time

from benchmarks.kpi.job import Job
from tickwire import WebSocketClient, WebSocketManager

CHANGE_EVERY_S = 0.1


async def main(job: Job) -> None:
    """Each change drops one code and takes the next, so that no two sets in a row are the same."""
    codes = [code for _, code in job.wishes]
    async with (
        WebSocketManager(websocket_base_url=f"ws://{job.address}") as manager,
        WebSocketClient("undecided", manager=manager) as component,
    ):
        started, changes = time.monotonic(), 0
        while (elapsed := time.monotonic() - started) < job.longest_s:
            await component.subscribe_ticker([codes[changes % len(codes)]], lambda event: None)
            if changes:
                await component.unsubscribe("ticker", [codes[(changes - 1) % len(codes)]])
            changes += 1
            await asyncio.sleep(max(0.0, changes * CHANGE_EVERY_S - elapsed))
        print(json.dumps({"changes": changes}), flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main(Job.given()))
