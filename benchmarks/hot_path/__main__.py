"""The benchmark: tickwire, its peers, a naive pipeline and the floors, side by side in one run.

    python -m benchmarks.hot_path [--quick] [--parts PART ...]

A full run keeps its figures in benchmarks/results/, draws them, and puts them into
docs/performance.md; a run of some parts renews those. `--quick` only prints.
"""

import argparse
import json
import math
import os
import platform
import re
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.interop.environments import ROOT

from benchmarks.hot_path import plots, tables
from benchmarks.hot_path.bars import judge
from benchmarks.hot_path.contenders import CONTENDERS, compiled
from benchmarks.hot_path.corpus import KINDS, Corpus, make
from benchmarks.hot_path.flood import flood
from benchmarks.hot_path.latency import latency
from benchmarks.hot_path.plan import FULL, QUICK, Plan
from benchmarks.hot_path.retained import retained
from benchmarks.hot_path.stages import stages
from benchmarks.hot_path.throughput import fan_out, throughput
from tickwire.hot import IS_COMPILED

PARTS = (
    "plain",
    "simple",
    "compressed",
    "compressed-simple",
    "fan-out",
    "latency",
    "flood",
    "retained",
    "stages",
)
QUICK_PARTS = tuple(part for part in PARTS if not part.startswith("compressed"))
RESULTS = ROOT / "benchmarks" / "results"
PAGE = ROOT / "docs" / "performance.md"


def run(parts: tuple[str, ...], plan: Plan) -> dict[str, Any]:
    """Measure these parts; gives their figures by part, and what they were measured on."""
    with tempfile.TemporaryDirectory() as temporary:
        place = Path(temporary)
        if not compiled(place):
            print("no C compiler: the floor in C is left out", flush=True)
        corpora = make(plan.events)
        results: dict[str, Any] = {"host": host(), "corpus": sizes(corpora)}
        long = [corpora[kind, "DEFAULT"] for kind in KINDS]
        short = [corpora[kind, "SIMPLE"] for kind in KINDS]
        mix = corpora["mix", "DEFAULT"]
        steps: dict[str, Callable[[], list[dict[str, Any]]]] = {
            "plain": lambda: throughput(long, place, plan, compressed=False),
            "simple": lambda: throughput(short, place, plan, compressed=False),
            "compressed": lambda: throughput(long, place, plan, compressed=True),
            "compressed-simple": lambda: throughput(short, place, plan, compressed=True),
            "fan-out": lambda: fan_out(mix, place, plan),
            "latency": lambda: latency(mix, place, plan),
            "flood": lambda: flood(mix, place, plan),
            "retained": lambda: retained(
                [*long, *(corpora[kind, "SIMPLE"] for kind in ("trade", "orderbook"))], place, plan
            ),
            "stages": lambda: stages([*long, *short], place, plan),
        }
        for part in parts:
            print(f"{part}:", flush=True)
            results[part] = steps[part]()
    return results


def host() -> dict[str, Any]:
    """What it runs on, and which versions of whom."""
    try:
        found = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    except OSError:
        found = None
    versions = {}
    for contender in CONTENDERS:
        if contender.pins:
            pins = (ROOT / "requirements" / f"{contender.pins}.txt").read_text()
            name = "websockets" if contender.pins == "bench" else Path(contender.pins).name
            pinned = re.search(rf"(?m)^{name}==(\S+)", pins)
            versions[name] = pinned[1] if pinned else "?"
    return {
        "cpu": found[1] if found else platform.machine(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "hot_path": "compiled" if IS_COMPILED else "in Python",
        "versions": versions,
    }


def sizes(corpora: dict[tuple[str, str], Corpus]) -> dict[str, dict[str, float]]:
    """Bytes of a payload in the mean."""
    mean: dict[str, dict[str, float]] = {}
    for (kind, form), corpus in corpora.items():
        mean.setdefault(form, {})[kind] = round(corpus.mean_bytes, 1)
    return mean


def store(results: dict[str, Any]) -> None:
    """Renew the parts that were measured, the pictures and the page."""
    RESULTS.mkdir(exist_ok=True)
    file = RESULTS / "hot_path.json"
    kept = json.loads(file.read_text()) if file.exists() else {}
    kept |= results
    file.write_text(json.dumps(kept, indent=1) + "\n")
    plots.draw(RESULTS, kept)
    tables.update(PAGE, kept)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer and shorter runs, not kept")
    parser.add_argument("--parts", nargs="+", choices=PARTS, help="only these")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="contenders; not kept")
    parser.add_argument("--rounds", type=int, help="how often each reader is measured")
    chosen = parser.parse_args()
    plan = QUICK if chosen.quick else FULL
    plan = plan._replace(rounds=chosen.rounds or plan.rounds, only=frozenset(chosen.only or ()))
    wanted = chosen.parts or (QUICK_PARTS if chosen.quick else PARTS)
    parts = tuple(part for part in PARTS if part in wanted)
    started = time.monotonic()
    results = run(parts, plan)
    if not (chosen.quick or chosen.only):
        store(results)
    verdicts = judge(results, parts)
    if chosen.only:
        verdicts = [verdict for verdict in verdicts if not math.isnan(verdict.value)]
    for verdict in verdicts:
        bar = verdict.bar
        print(
            f"  {bar.name}: {verdict.value:.3g}{bar.unit}, bar {bar.bar:g}, goal {bar.goal:g}: "
            f"{'ok' if verdict.is_met else 'NOT OK'}"
        )
    figures = "; ".join(f"{each.bar.name} {each.value:.3g}{each.bar.unit}" for each in verdicts)
    failed = sorted(
        {
            f"{row.get('contender') or row['reader']}, {part}: {row['failed']}"
            for part in parts
            for row in results[part]
            if row.get("failed")
        }
    )
    good = not failed and all(verdict.is_met for verdict in verdicts)
    print(
        f"bench: {', '.join(parts)} in {(time.monotonic() - started) / 60:.1f} min: "
        f"{'; '.join([figures, *failed])}: {'ok' if good else 'NOT OK'}"
    )
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
