"""The local exchange in a thread of its own, for tests that are not asynchronous themselves."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from types import TracebackType
from typing import Any, Self, TypeVar

from tickwire.errors import UsageError
from tickwire.simulator import Simulator

__all__ = ["LocalExchange"]

T = TypeVar("T")


class LocalExchange:
    """A `tickwire.simulator.Simulator` that runs beside the test, with the same options.

        with LocalExchange(seed=7, markets=20) as exchange:
            bot = MyBot(exchange.websocket_base_url)
            exchange.drop()

    Everything here may be called from any thread; each call has happened when it returns.
    """

    def __init__(self, **options: Any) -> None:
        self._simulator = Simulator(**options)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._finished: asyncio.Event | None = None

    def __repr__(self) -> str:
        return f"<LocalExchange {self._simulator!r}>"

    def __enter__(self) -> Self:
        started = threading.Event()
        failure: list[BaseException] = []

        async def live() -> None:
            self._loop = asyncio.get_running_loop()
            self._finished = asyncio.Event()
            try:
                async with self._simulator:
                    started.set()
                    await self._finished.wait()
            except BaseException as error:
                failure.append(error)
                raise
            finally:
                started.set()

        def run() -> None:
            # What fails is raised where the exchange was asked for.
            with suppress(UsageError):
                asyncio.run(live())

        self._thread = threading.Thread(target=run, name="tickwire: local exchange", daemon=True)
        self._thread.start()
        started.wait()
        if failure:
            self._thread.join()
            raise failure[0]
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._loop is not None
        assert self._finished is not None
        assert self._thread is not None
        self._loop.call_soon_threadsafe(self._finished.set)
        self._thread.join()

    @property
    def address(self) -> str:
        """Where it listens, `"127.0.0.1:PORT"`."""
        return self._simulator.address

    @property
    def websocket_base_url(self) -> str:
        """Scheme and host of the WebSocket endpoints."""
        return self._simulator.websocket_base_url

    @property
    def base_url(self) -> str:
        """Scheme and host of the REST endpoints."""
        return self._simulator.base_url

    @property
    def codes(self) -> tuple[str, ...]:
        """The markets it knows."""
        return self._simulator.codes

    def drop(self) -> int:
        """Cut every open connection without a word, as a failing network does; how many."""
        return self._call(self._simulator.drop)

    def ban(self, seconds: float) -> None:
        """Cut every connection and refuse new ones with HTTP 418 for so long, in seconds."""
        self._call(lambda: self._simulator.ban(seconds))

    def hush(self, *codes: str) -> None:
        """Let these markets (none named: all) fall silent while the connections stay open."""
        self._call(lambda: self._simulator.hush(*codes))

    def resume(self) -> None:
        """Let every market be heard again."""
        self._call(self._simulator.resume)

    def announce(self, title: str, category: str, body: str | None = None) -> None:
        """Send an announcement to whoever listens for its category; raises `UsageError`."""
        self._call(lambda: self._simulator.announce(title, category, body))

    def stats(self) -> dict[str, Any]:
        """What clients have done so far; the answer of `GET /sim/stats`."""
        return self._call(self._simulator.stats)

    def _call(self, function: Callable[[], T]) -> T:
        if self._loop is None or self._thread is None or not self._thread.is_alive():
            raise UsageError("the local exchange is not running; use it in a 'with' block")

        async def call() -> T:
            return function()

        calling: Coroutine[Any, Any, T] = call()
        return asyncio.run_coroutine_threadsafe(calling, self._loop).result()
