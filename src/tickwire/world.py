"""The world outside: time, chance, the network and notes, handed in as one value.

Nothing else in the package reads a clock, draws a random number or opens a socket by itself
(a lint rule keeps it so). That is what makes a decision repeatable: the same world gives the
same run, and `tickwire.testing` has a world whose clock is moved by hand.
"""

import asyncio
import threading
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Protocol

__all__ = [
    "Clock",
    "Connect",
    "Fetch",
    "Listener",
    "MemoryNotes",
    "Notes",
    "Random",
    "SystemClock",
    "Timer",
    "Transport",
    "World",
    "new_uuid",
]


class Timer(Protocol):
    """A call that is due later and can be called off."""

    def cancel(self) -> None: ...


class Clock(Protocol):
    """Time on one base: what `now` tells is what `call_at` and `sleep` count in."""

    def now(self) -> float:
        """Monotonic time in seconds; only differences mean anything."""

    def wall_ns(self) -> int:
        """Nanoseconds since 1970 UTC, as the host believes; may step."""

    def call_at(self, when: float, callback: Callable[[], object]) -> Timer:
        """Call back once `now()` has reached `when`."""

    async def sleep(self, delay_s: float) -> None:
        """Pause this task; `0` lets the others have one turn."""


class Listener(Protocol):
    """Who hears what happens on a transport. Called inline by the reader; must not block."""

    def frames_received(self, frames: Sequence[bytes]) -> None:
        """One read has brought these messages, at least one."""

    def pong_received(self) -> None:
        """The other side has answered a ping."""

    def connection_lost(self, reason: str, code: int | None = None) -> None:
        """The transport is gone, for whatever reason; said once.

        `code` is the one of the other side's goodbye, if there was one.
        """


class Transport(Protocol):
    """One open connection to an exchange."""

    def send_text(self, text: str) -> None:
        """Hand one text frame to the network at once. Raises `TransportError` when closed."""

    def ping(self) -> None:
        """Ask the other side to answer with a pong."""

    def close(self) -> None:
        """Say goodbye and close; the listener hears of it."""

    def abort(self) -> None:
        """Cut the connection without waiting for anybody."""


class Connect(Protocol):
    """Opens a transport; with `compression` if the server agrees.

    Raises `TransportError` or `HandshakeRefused`.
    """

    def __call__(
        self, url: str, *, headers: Mapping[str, str], listener: Listener, compression: bool = True
    ) -> Awaitable[Transport]: ...


class Fetch(Protocol):
    """Reads a small document over HTTP. Raises `TransportError`."""

    def __call__(self, url: str) -> Awaitable[bytes]: ...


class Notes(Protocol):
    """Short texts by name, which outlive whoever wrote them and may be shared with others."""

    def update(self, name: str, edit: Callable[[str | None], str]) -> bool:
        """Replace a text, `None` if there is none yet, by what `edit` makes of it.

        Nobody else touches it meanwhile. Never waits: false if somebody else has it in hand.
        """


class MemoryNotes:
    """Notes of one process, gone with it. Any thread may use them."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}
        self._lock = threading.Lock()

    def update(self, name: str, edit: Callable[[str | None], str]) -> bool:
        with self._lock:
            self._texts[name] = edit(self._texts.get(name))
        return True


@dataclass(frozen=True, kw_only=True)
class World:
    """Time, chance and the network as one value, and what is left from one to the next."""

    clock: Clock
    random: Random
    new_uuid: Callable[[], str]
    connect: Connect
    fetch: Fetch
    notes: Notes = field(default_factory=MemoryNotes)


class SystemClock:
    """The host's clocks, on the time base of the running event loop."""

    def now(self) -> float:
        return time.monotonic()

    def wall_ns(self) -> int:
        return time.time_ns()

    def call_at(self, when: float, callback: Callable[[], object]) -> Timer:
        loop = asyncio.get_running_loop()
        return loop.call_later(max(0.0, when - time.monotonic()), callback)

    async def sleep(self, delay_s: float) -> None:
        await asyncio.sleep(delay_s)


def new_uuid() -> str:
    """A fresh random identifier (UUID version 4)."""
    return str(uuid.uuid4())
