"""A local exchange in a process of its own, and what this process costs."""

import asyncio
import os
import re
import resource
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

__all__ = ["cpu_s", "local_exchange", "resident_mib"]


@asynccontextmanager
async def local_exchange(*arguments: str) -> AsyncIterator[str]:
    """Run `tickwire simulate` beside this process; gives its address, `127.0.0.1:PORT`."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tickwire", "simulate", *arguments, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        first = (await process.stdout.readline()).decode()
        address = re.search(r"127\.0\.0\.1:\d+", first)
        if address is None:
            raise RuntimeError(f"the local exchange did not start: {first!r}")
        yield address.group()
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


def resident_mib() -> float:
    """Memory of this process that is in RAM, MiB; its highest value where /proc is missing."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def cpu_s() -> float:
    """Processor time that this process has used, seconds."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime
