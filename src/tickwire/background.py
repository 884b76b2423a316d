"""An event loop in a thread of its own, for threads that have none.

There is one for the whole process, so that what several threads want is merged as in one loop. It
starts when first needed and ends with the interpreter: its connections outlive the clients that
come and go, and the exchange's limits on connecting are kept across them.
"""

import asyncio
import atexit
import os
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import CancelledError, Future, wait
from typing import Any, TypeVar

from tickwire.errors import UsageError
from tickwire.world import SystemClock

__all__ = ["Background", "shared_background"]

T = TypeVar("T")

_SLICE_S = 0.1
"""A wait is made of slices: on Windows a thread that waits for a lock does not hear Ctrl-C."""

_ENDING_S = 5.0
"""How long the end of the interpreter is held up by a callback that does not return."""

_ENDED = "the background thread has ended, and nothing can be asked of it any more"


class Background:
    """A thread with an event loop in it, which runs coroutines for the other threads."""

    def __init__(self) -> None:
        self._process = os.getpid()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._live, name="tickwire: background", daemon=True)
        self._thread.start()
        atexit.register(self.end)

    def __repr__(self) -> str:
        return f"<Background {'running' if self.is_running else 'ended'}>"

    @property
    def is_running(self) -> bool:
        """Whether the thread lives in this process; a fork leaves it behind."""
        return not self.is_inherited and self._thread.is_alive()

    @property
    def is_inherited(self) -> bool:
        """Whether this was made before a fork, and belongs to the parent process."""
        return os.getpid() != self._process

    def run(self, work: Coroutine[Any, Any, T], timeout: float | None = None) -> T:
        """Wait for what a coroutine gives.

        Raises what it raises, and `TimeoutError` once the time (seconds) is up; then it has been
        cancelled and has ended. Raises `UsageError` from the background thread itself, after a
        fork, and after the end.
        """
        outcome: Future[T] = Future()
        tasks: list[asyncio.Task[T]] = []

        def start() -> None:
            task = self._loop.create_task(work)
            tasks.append(task)
            task.add_done_callback(lambda task: _copy(task, outcome))

        def cancel() -> None:
            # One turn later, so that even work without any time has had one.
            self._loop.call_soon(lambda: tasks[0].cancel())

        try:
            self._check()
            self._soon(start)
        except UsageError:
            work.close()
            raise
        in_time = True
        try:
            in_time = self._wait(outcome, timeout)
            if not in_time:
                self._soon(cancel)
                self._wait(outcome, None)
            return outcome.result()
        except CancelledError:
            if not in_time:
                raise TimeoutError(f"nothing within {timeout:g} s") from None
            raise UsageError(_ENDED) from None
        except BaseException:  # Ctrl-C while waiting
            if not outcome.done() and self.is_running:
                self._soon(cancel)
            raise

    def end(self) -> None:
        """Cancel what runs, close every connection and end the thread; may be called twice."""
        if self.is_running:
            self._soon(self._loop.stop)
            self._thread.join(_ENDING_S)

    def _soon(self, function: Callable[[], object]) -> None:
        try:
            self._loop.call_soon_threadsafe(function)
        except RuntimeError:  # the loop was closed this very moment
            raise UsageError(_ENDED) from None

    def _check(self) -> None:
        if self.is_inherited:
            raise UsageError(
                "this was made before the process was forked; make another one in the new process"
            )
        if threading.current_thread() is self._thread:
            raise UsageError(
                "a callback runs in the background thread and cannot wait for it; "
                "call this from another thread"
            )
        if not self.is_running:
            raise UsageError(_ENDED)

    def _wait(self, outcome: Future[Any], timeout: float | None) -> bool:
        """Wait until there is an outcome, or the time (seconds) is up; whether there is one."""
        clock = SystemClock()
        until = None if timeout is None else clock.now() + timeout
        while not outcome.done():
            left = _SLICE_S if until is None else min(_SLICE_S, until - clock.now())
            if left <= 0:
                return False
            if not self._thread.is_alive():
                raise UsageError(_ENDED)
            wait([outcome], left)
        return True

    def _live(self) -> None:
        loop = self._loop
        try:
            loop.run_forever()
        finally:
            loop.run_until_complete(_cancel_others())
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.close()


async def _cancel_others() -> None:
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _copy(task: "asyncio.Task[T]", outcome: Future[T]) -> None:
    if task.cancelled():
        outcome.cancel()
        outcome.set_running_or_notify_cancel()  # which is what wakes whoever waits
    elif (error := task.exception()) is not None:
        outcome.set_exception(error)
    else:
        outcome.set_result(task.result())


_lock = threading.Lock()
_background: Background | None = None


def shared_background() -> Background:
    """The background of this process, started when first asked for."""
    global _background
    with _lock:
        if _background is None or not _background.is_running:
            _background = Background()
        return _background
