"""A sender as one writes it first: one connection, and a message for each wish.

Since a message replaces what was subscribed, each names all wishes up to its own. Without an option
it knows no limit. As `queue` each wish is a task that waits for its turn and sleeps until both
limits allow one more message, as in the design documents' account of what was there before.
"""

import asyncio
import json
import time
from collections import deque
from collections.abc import Sequence
from typing import Any

from websockets.asyncio.client import connect  # type: ignore[import-not-found, unused-ignore]
from websockets.exceptions import (  # type: ignore[import-not-found, unused-ignore]
    ConnectionClosed,
)

from benchmarks.kpi.job import Job, Watch, Wish

_LIMITS = ((5, 1.0), (100, 60.0))
"""Of messages."""
_MARGIN_S = 0.05
"""The network can squeeze together what was sent apart."""


def request(wishes: Sequence[Wish]) -> str:
    """The message that asks for these and nothing else."""
    codes: dict[str, list[str]] = {}
    for kind, code in wishes:
        codes.setdefault(kind, []).append(code)
    entries = [{"type": kind, "codes": listed} for kind, listed in codes.items()]
    return json.dumps([{"ticket": "naive"}, *entries])


class Turns:
    """Lets one after the other go, no faster than the limits allow."""

    def __init__(self, limits: Sequence[tuple[int, float]]) -> None:
        self._limits = limits
        self._lock = asyncio.Lock()
        self._sent: deque[float] = deque(maxlen=max(count for count, _ in limits))

    async def wait(self) -> None:
        async with self._lock:
            now = time.monotonic()
            free = [
                self._sent[-count] + span_s + _MARGIN_S
                for count, span_s in self._limits
                if len(self._sent) >= count
            ]
            if free and max(free) > now:
                await asyncio.sleep(max(free) - now)
            self._sent.append(time.monotonic())


async def receive(socket: Any, watch: Watch) -> None:
    error = "closed"
    try:
        async for frame in socket:
            message = json.loads(frame)
            if "error" in message:
                error = message["error"]["name"]
            else:
                watch.saw(message["type"], message["code"])
    except ConnectionClosed:
        pass
    watch.ended(error)


async def main(job: Job) -> None:
    watch = Watch(job)
    async with connect(f"ws://{job.address}/websocket/v1", max_size=None) as socket:
        receiving = asyncio.create_task(receive(socket, watch))
        turns = Turns(_LIMITS)

        async def send_in_turn(text: str) -> None:
            await turns.wait()
            await send(text)

        async def send(text: str) -> None:
            try:
                await socket.send(text)
            except ConnectionClosed:
                await receiving

        wished: list[Wish] = []
        sending = []
        for wish in job.wishes:
            wished.append(wish)
            if job.option == "queue":
                sending.append(asyncio.create_task(send_in_turn(request(wished))))
            else:
                await send(request(wished))
        watch.wished()
        await watch.told()
        for task in sending:
            task.cancel()


if __name__ == "__main__":
    asyncio.run(main(Job.given()))
