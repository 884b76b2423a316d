"""The tasks of one manager: they live in one event loop, and none of them outlives it."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from tickwire.errors import UsageError

__all__ = ["Tasks", "running_loop"]

_log = logging.getLogger("tickwire.manager")


class Tasks:
    """The parent of every task of a manager. If one of them fails, all end.

    `stopping` is called before they are waited for, `ended` when none is left, with what one has
    failed by.
    """

    def __init__(
        self, *, stopping: Callable[[], None], ended: Callable[[BaseException | None], None]
    ) -> None:
        self._stopping = stopping
        self._ended = ended
        self._loop: asyncio.AbstractEventLoop | None = None
        self._root: asyncio.Task[None] | None = None
        self._group: asyncio.TaskGroup | None = None
        self._are_started = asyncio.Event()
        self._are_stopped = asyncio.Event()

    def __repr__(self) -> str:
        return f"<Tasks: {'stopped' if self.are_stopped else 'running' if self._group else 'new'}>"

    @property
    def are_stopped(self) -> bool:
        """Whether they were stopped, or their loop has ended."""
        return self._are_stopped.is_set() or self._has_lost_its_loop

    def check_loop(self) -> None:
        """Raise `UsageError` unless the running loop is the one in which the tasks live."""
        loop = running_loop()
        if self._loop is None:
            self._loop = loop
        elif self._loop is not loop:
            raise UsageError(
                "this manager belongs to another event loop; make one manager for each loop, "
                "or use SyncWebSocketClient from any thread"
            )

    def check_ending(self) -> bool:
        """Whether there may be something to end: no loop, or an open one, the running one.

        With a loop that is closed everything has ended. Raises `UsageError` in another open one.
        """
        if self._loop is not None and not self._has_lost_its_loop:
            self.check_loop()
        return not self._has_lost_its_loop

    @property
    def _has_lost_its_loop(self) -> bool:
        return self._loop is not None and self._loop.is_closed()

    def check_alive(self) -> None:
        """Raise `UsageError` as well if they were stopped."""
        self.check_loop()
        if self.are_stopped:
            raise UsageError("this manager was stopped; make another one")

    async def start(self) -> None:
        """Be ready to run tasks in this loop; may be called often."""
        self.check_alive()
        if self._root is None:
            loop = asyncio.get_running_loop()
            self._root = loop.create_task(self._run(), name="tickwire: manager")
            self._root.add_done_callback(self._done)
        await self._are_started.wait()

    def run(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        """Run something as one of these tasks."""
        assert self._group is not None
        return self._group.create_task(work, name=f"tickwire: {name}")

    async def stop(self) -> None:
        """End every task; may be called twice."""
        if not self.check_ending():
            return
        self._are_stopped.set()
        if self._root is not None:
            await asyncio.wait([self._root])

    async def _run(self) -> None:
        async with asyncio.TaskGroup() as group:
            self._group = group
            self._are_started.set()
            await self._are_stopped.wait()
            self._stopping()

    def _done(self, root: asyncio.Task[None]) -> None:
        self._are_stopped.set()
        failure = None if root.cancelled() else root.exception()
        if failure is not None:
            _log.critical("the manager has failed; nothing will be delivered", exc_info=failure)
        self._ended(failure)


def running_loop() -> asyncio.AbstractEventLoop:
    """The loop that runs here; raises `UsageError` if there is none."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        raise UsageError(
            "call this from a coroutine, in a running event loop; "
            "without one, use SyncWebSocketClient"
        ) from None
