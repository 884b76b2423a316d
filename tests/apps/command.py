"""The command line as its users meet it: a process, its output and how it ends."""

import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

__all__ = ["Ended", "in_terminal", "run", "started"]

TIMEOUT_S = 30.0


class Ended(NamedTuple):
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()


def _environment(locale: str, **more: str) -> dict[str, str]:
    mine = {"LC_ALL": locale, "TERM": "xterm-256color", "PYTHONIOENCODING": "utf-8", **more}
    unset = ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES")
    return {key: value for key, value in os.environ.items() if key not in unset} | mine


def _argv(arguments: tuple[str, ...]) -> list[str]:
    # A resource that is left open says so on stderr.
    return [sys.executable, "-W", "default::ResourceWarning", "-m", "tickwire", *arguments]


@contextmanager
def started(*arguments: str, locale: str = "C.UTF-8") -> Iterator[subprocess.Popen[str]]:
    """A command with its output in pipes, killed if it is still there at the end."""
    with subprocess.Popen(
        _argv(arguments),
        env=_environment(locale),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def run(*arguments: str, locale: str = "C.UTF-8") -> Ended:
    """A command from its start to its end, in pipes."""
    with started(*arguments, locale=locale) as process:
        out, err = process.communicate(timeout=TIMEOUT_S)
        return Ended(process.returncode, out, err)


def in_terminal(*arguments: str, **environment: str) -> Ended:
    """A command from its start to its end, in a terminal of 80 columns and 24 rows."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        _argv(arguments),
        env=_environment("C.UTF-8", COLUMNS="80", LINES="24", **environment),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    ) as process:
        os.close(theirs)
        out = b""
        try:
            while chunk := os.read(ours, 65536):
                out += chunk
        except OSError:
            pass  # so Linux says that nobody has the other end open any more
        finally:
            os.close(ours)
        return Ended(process.wait(TIMEOUT_S), out.decode(), "")
