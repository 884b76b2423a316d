"""The floor in Python: frames by picows, taken as bytes and counted; nothing is parsed."""

import asyncio
import json
from typing import Any

from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from benchmarks.hot_path.job import Job, Tally


async def main(job: Job) -> None:
    over = asyncio.Event()
    tally = Tally(job, over.set)
    add = tally.adder("events")

    class Counting(WSListener):
        def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
            payload: Any = frame.get_payload_as_bytes()
            add(len(payload), 0)

    transport, _ = await ws_connect(Counting, f"ws://{job.address}/websocket/v1")
    wishes = [{"type": kind, "codes": job.codes} for kind in job.types]
    transport.send(WSMsgType.TEXT, json.dumps([{"ticket": "floor"}, *wishes]).encode())
    await over.wait()
    tally.tell()
    transport.disconnect()


if __name__ == "__main__":
    asyncio.run(main(Job.given()))
