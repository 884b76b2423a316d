"""Whoever connects and then asks for nothing is cut: half a handshake must not hold a socket."""

from collections.abc import Callable, Iterable
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from tickwire.world import Clock

__all__ = ["Handshakes"]

_PATIENCE_NS = 10_000_000_000
"""How long a first request may take to arrive whole."""
_LOOK_EVERY_S = 1.0


class Handshakes:
    """Knows which connections have asked for something, and cuts the others in time."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._asked: set[Any] = set()
        self._since: dict[Any, int] = {}

    @property
    def middleware(self) -> Middleware:
        """Notes every request that has arrived."""

        @web.middleware
        async def note(request: web.Request, handler: Handler) -> web.StreamResponse:
            self._asked.add(request.protocol)
            return await handler(request)

        return note

    async def keep_cutting(self, connections: Callable[[], Iterable[Any]]) -> None:
        """Cut the connections of a server that are too late, until cancelled."""
        while True:
            now_ns = self._clock.wall_ns()
            # Only what is still connected is remembered.
            self._since = {one: self._since.get(one, now_ns) for one in connections()}
            self._asked &= self._since.keys()
            for one, since_ns in self._since.items():
                late = now_ns - since_ns >= _PATIENCE_NS
                if late and one not in self._asked and one.transport is not None:
                    one.transport.abort()
            await self._clock.sleep(_LOOK_EVERY_S)
