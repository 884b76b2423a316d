"""The terminal, if there is one that can redraw."""

import sys

from rich.console import Console

__all__ = ["live_console"]


def live_console() -> Console | None:
    """A console for a live screen; `None` in a pipe and on a dumb terminal."""
    if not sys.stdout.isatty():
        return None
    console = Console(highlight=False)
    return console if console.is_terminal and not console.is_dumb_terminal else None
