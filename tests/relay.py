"""A slow road in between: a TCP relay that delays what passes, in order and by chance."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from random import Random

__all__ = ["jittery_relay"]

_READ = 1 << 16
_STEP_S = 1e-6
"""What keeps two deliveries in order that would be due at the same moment."""


@asynccontextmanager
async def jittery_relay(address: str, *, jitter_s: float, seed: int) -> AsyncIterator[str]:
    """Relay to an address, each piece up to `jitter_s` later; gives the address of the relay."""
    random = Random(seed)
    host, _, port = address.rpartition(":")
    ends: list[asyncio.StreamWriter] = []
    ways: list[asyncio.Task[None]] = []

    def delay_s() -> float:
        return random.uniform(0.0, jitter_s)

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there_reader, there_writer = await asyncio.open_connection(host, int(port))
        ends.extend([writer, there_writer])
        for source, sink in ((reader, there_writer), (there_reader, writer)):
            ways.append(asyncio.create_task(_carry(source, sink, delay_s)))

    server = await asyncio.start_server(relay, "127.0.0.1", 0)
    try:
        bound = server.sockets[0].getsockname()
        yield f"{bound[0]}:{bound[1]}"
    finally:
        server.close()
        for way in ways:
            way.cancel()
        for end in ends:
            end.close()
        await asyncio.gather(*ways, *(end.wait_closed() for end in ends), return_exceptions=True)


async def _carry(
    source: asyncio.StreamReader, sink: asyncio.StreamWriter, delay_s: Callable[[], float]
) -> None:
    """One direction of one connection: nothing is lost, and nothing overtakes."""
    loop = asyncio.get_running_loop()
    due = loop.time()
    with suppress(ConnectionError):
        while piece := await source.read(_READ):
            due = max(loop.time() + delay_s(), due + _STEP_S)
            loop.call_at(due, sink.write, piece)
    loop.call_at(max(loop.time(), due + _STEP_S), sink.close)
