"""A local exchange in a process of its own, what it tells, and what a process costs."""

import asyncio
import json
import os
import re
import resource
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.request import urlopen

__all__ = [
    "GROWTH_ALLOWED_MIB",
    "Running",
    "Steady",
    "cpu_s",
    "exchange_process",
    "fetched",
    "local_exchange",
    "pin",
    "resident_mib",
]

GROWTH_ALLOWED_MIB = 2.0
"""How much the memory of a process may grow once it is warm, however long it runs."""


class Running(NamedTuple):
    """A local exchange that runs: `127.0.0.1:PORT`, and its process."""

    address: str
    pid: int


@asynccontextmanager
async def local_exchange(*arguments: str) -> AsyncIterator[str]:
    """Run `tickwire simulate` beside this process; gives its address, `127.0.0.1:PORT`."""
    async with exchange_process(*arguments) as running:
        yield running.address


@asynccontextmanager
async def exchange_process(*arguments: str) -> AsyncIterator[Running]:
    """Run `tickwire simulate` beside this process."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tickwire", "simulate", *arguments, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        first = (await process.stdout.readline()).decode()
        address = re.search(r"127\.0\.0\.1:\d+", first)
        if address is None:
            raise RuntimeError(f"the local exchange did not start: {first!r}")
        yield Running(address.group(), process.pid)
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


def fetched(address: str, path: str) -> Any:
    """What a local exchange answers at this path."""
    with urlopen(f"http://{address}{path}", timeout=30) as answer:
        return json.load(answer)


class Steady:
    """The memory of a process that is warm, from samples of seconds and MiB."""

    def __init__(self, memory: list[tuple[float, float]], warm_s: float) -> None:
        self.warm_s = warm_s
        self._mib = [mib for at, mib in memory if at >= warm_s]

    @property
    def growth_mib(self) -> float:
        # The first and last tenth, so that one sample that happens to be high decides nothing.
        tenth = max(1, len(self._mib) // 10)
        return sum(self._mib[-tenth:]) / tenth - sum(self._mib[:tenth]) / tenth

    @property
    def grows(self) -> bool:
        """Whether it grows by more than is allowed."""
        return self.growth_mib > GROWTH_ALLOWED_MIB

    def __str__(self) -> str:
        return (
            f"memory {self._mib[0]:.1f} -> {self._mib[-1]:.1f} MiB after the first "
            f"{self.warm_s:.0f} s (growth {self.growth_mib:+.2f})"
        )


def resident_mib(pid: int | None = None) -> float:
    """Memory of a process (this one) that is in RAM, MiB; without /proc our own highest value."""
    try:
        pages = int(Path(f"/proc/{pid or 'self'}/statm").read_text().split()[1])
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def cpu_s(pid: int | None = None) -> float:
    """Processor time that a process (this one) has used, seconds; of others only where /proc is."""
    if pid is not None:
        # After the name, which may hold anything but a newline, user and system time come 12th.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def pin(pid: int, core: int) -> bool:
    """Keep a process (0: this one) on one of the cores that we may use, where that works."""
    if not hasattr(os, "sched_setaffinity"):
        return False
    ours = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(pid, {ours[core % len(ours)]})
    return True
