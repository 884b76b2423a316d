"""Each component on its own, as most programs begin: its connection, and a message on it.

The message names all the component's wishes, and connections are opened no faster than the limit
of an address allows, so that nobody is refused.
"""

import asyncio

from websockets.asyncio.client import connect  # type: ignore[import-not-found, unused-ignore]

from benchmarks.kpi.clients.naive import Turns, receive, request
from benchmarks.kpi.job import Job, Watch

_CONNECTS = ((5, 1.0),)


async def main(job: Job) -> None:
    watch = Watch(job)
    turns = Turns(_CONNECTS)

    async def component(number: int) -> None:
        await turns.wait()
        async with connect(f"ws://{job.address}/websocket/v1", max_size=None) as socket:
            await socket.send(request(job.wishes[number :: job.components]))
            await receive(socket, watch)

    components = [asyncio.create_task(component(number)) for number in range(job.components)]
    watch.wished()
    await watch.told()
    for task in components:
        task.cancel()
    await asyncio.gather(*components, return_exceptions=True)


if __name__ == "__main__":
    asyncio.run(main(Job.given()))
