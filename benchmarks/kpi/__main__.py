"""So many wishes at once under the true limits: tickwire, naive senders, ccxt.pro and upbit-sdk.

    python -m benchmarks.kpi [--quick] [--only NAME ...]

A full run keeps its figures in benchmarks/results/kpi.json, draws them, and puts them into
docs/merging.md. `--quick` gives each measurement 15 s and keeps nothing. Ends with its figures.
"""

import argparse
import asyncio
import json
import os
import platform
import re
import sys
import time
from pathlib import Path
from typing import Any

from tests.interop.environments import ROOT

from benchmarks.kpi import plots, tables
from benchmarks.kpi.contenders import CONTENDERS
from benchmarks.kpi.judge import judge
from benchmarks.kpi.measure import cell, saturated
from benchmarks.kpi.wishes import COUNTS

RESULTS = ROOT / "benchmarks" / "results"
PAGE = ROOT / "docs" / "merging.md"

LONGEST_S, SATURATED_S = 120.0, 120.0
QUICK_LONGEST_S, QUICK_SATURATED_S = 15.0, 30.0


async def run(only: set[str], longest_s: float, saturated_s: float, end: float) -> dict[str, Any]:
    """Measure; a cell for which too little is left of the time until `end` gets what is left."""
    cells = []
    for count in COUNTS:
        for contender in CONTENDERS:
            if only and contender.name not in only:
                continue
            left_s = end - time.monotonic() - saturated_s
            row = await cell(contender, count, max(1.0, min(longest_s, left_s)))
            cells.append(row)
            print(f"  {count} at once, {contender.name}: {tables.outcome(row)}", flush=True)
    print("  saturated demand", flush=True)
    return {"host": host(), "cells": cells, "saturated": await saturated(saturated_s)}


def host() -> dict[str, Any]:
    """What it runs on, and which versions of whom."""
    versions = {}
    for contender in CONTENDERS:
        if contender.pins:
            pins = (ROOT / "requirements" / f"{contender.pins}.txt").read_text()
            name = "websockets" if contender.pins == "bench" else Path(contender.pins).name
            pinned = re.search(rf"(?m)^{name}==(\S+)", pins)
            versions[name] = pinned[1] if pinned else "?"
    return {"cores": os.cpu_count(), "python": platform.python_version(), "versions": versions}


def store(results: dict[str, Any]) -> None:
    """Renew the figures, the picture and the page."""
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "kpi.json").write_text(json.dumps(results, indent=1) + "\n")
    plots.draw(RESULTS / "kpi.svg", results)
    tables.update(PAGE, results)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="15 s for each, not kept")
    names = [contender.name for contender in CONTENDERS]
    parser.add_argument("--only", nargs="+", choices=names, default=[], help="these; not kept")
    parser.add_argument("--minutes", type=float, default=20.0, help="for everything, at most")
    chosen = parser.parse_args()
    longest_s = QUICK_LONGEST_S if chosen.quick else LONGEST_S
    saturated_s = QUICK_SATURATED_S if chosen.quick else SATURATED_S
    end = time.monotonic() + 60.0 * chosen.minutes
    results = asyncio.run(run(set(chosen.only), longest_s, saturated_s, end))
    if not (chosen.quick or chosen.only):
        store(results)
    verdicts = judge(results)
    figures = "; ".join(f"{each.name}: {each.figures}" for each in verdicts)
    is_good = all(each.is_met for each in verdicts)
    print(f"kpi: {figures}: {'ok' if is_good else 'NOT OK'}")
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
