"""tickwire as in `tickwire_client`, with the compiled event that `-X probe=LIBRARY` names."""

import asyncio
import sys
from pathlib import Path

from benchmarks.hot_path import probe
from benchmarks.hot_path.job import Job
from benchmarks.hot_path.readers.tickwire_client import wanted

if __name__ == "__main__":
    given = Job.given()
    probe.install(Path(str(sys._xoptions["probe"])))
    asyncio.run(wanted(given))
