"""A network in memory: tests play the server by hand."""

from collections.abc import Callable, Mapping

from tickwire.errors import TransportError
from tickwire.world import Listener

__all__ = ["MemoryNetwork", "MemoryTransport"]


class MemoryTransport:
    """One connection, seen from both ends; a `tickwire.world.Transport`.

    What the client sent is in `sent` and `pings`, and `compression` is whether it would have it;
    `deliver`, `pong` and `lose` are the server's.
    Pings are answered at once unless `answers_pings` is turned off. `received`, if set, is called
    with each text that the client sends.
    """

    def __init__(self, url: str, listener: Listener, *, compression: bool = True) -> None:
        self.url = url
        self.compression = compression
        self.answers_pings = True
        self.received: Callable[[str], None] | None = None
        self.sent: list[str] = []
        self.pings = 0
        self.is_open = True
        self._listener = listener

    def __repr__(self) -> str:
        return f"<MemoryTransport {'open' if self.is_open else 'closed'}, {len(self.sent)} sent>"

    def send_text(self, text: str) -> None:
        if not self.is_open:
            raise TransportError("the connection is closed")
        self.sent.append(text)
        if self.received is not None:
            self.received(text)

    def ping(self) -> None:
        self.pings += 1
        if self.answers_pings:
            self.pong()

    def close(self) -> None:
        self.is_open = False

    def abort(self) -> None:
        self.is_open = False

    def deliver(self, *frames: str | bytes) -> None:
        """Let frames arrive together, as one read."""
        if self.is_open:
            told = [frame.encode() if isinstance(frame, str) else frame for frame in frames]
            self._listener.frames_received(told)

    def pong(self) -> None:
        """Answer a ping."""
        self._listener.pong_received()

    def lose(self, reason: str = "cut by the test", code: int | None = None) -> None:
        """Cut the connection; with a `code` the server says goodbye with it."""
        if self.is_open:
            self.is_open = False
            self._listener.connection_lost(reason, code)


class MemoryNetwork:
    """Opens `MemoryTransport`s, or fails with the errors put into `failures` first.

    `opened`, if set, is called with each new connection.
    """

    def __init__(self) -> None:
        self.opened: Callable[[MemoryTransport], None] | None = None
        self.transports: list[MemoryTransport] = []
        self.attempts = 0
        self.failures: list[TransportError] = []

    @property
    def last(self) -> MemoryTransport:
        """The connection opened last."""
        return self.transports[-1]

    async def connect(
        self, url: str, *, headers: Mapping[str, str], listener: Listener, compression: bool = True
    ) -> MemoryTransport:
        """The `connect` of a `tickwire.world.World`."""
        self.attempts += 1
        if self.failures:
            raise self.failures.pop(0)
        transport = MemoryTransport(url, listener, compression=compression)
        self.transports.append(transport)
        if self.opened is not None:
            self.opened(transport)
        return transport
