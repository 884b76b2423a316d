"""How a command ends: by itself, by a signal, or because nobody reads its output any more."""

import asyncio
import os
import signal
import sys
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

__all__ = ["run"]


def run(command: Coroutine[Any, Any, int]) -> int:
    """Run a command in an event loop; its exit code, or 128 + the signal that ended it.

    Ctrl-C and SIGTERM arrive in the command as a cancellation, so it can say its last words.
    """
    try:
        return asyncio.run(_cancelled_by_sigterm(command))
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except asyncio.CancelledError:
        return 128 + signal.SIGTERM
    except BrokenPipeError:
        # What is still buffered would fail again when the interpreter flushes it at its end.
        devnull = os.open(os.devnull, os.O_WRONLY)
        os.dup2(devnull, sys.stdout.fileno())
        return 128 + 13  # SIGPIPE, which not every platform has


async def _cancelled_by_sigterm(command: Coroutine[Any, Any, int]) -> int:
    task = asyncio.current_task()
    assert task is not None
    with suppress(NotImplementedError):  # Windows
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await command
