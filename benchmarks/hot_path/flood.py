"""How long a turn of the event loop is while more comes than can be read."""

from pathlib import Path
from typing import Any

from benchmarks.hot_path.contenders import OURS
from benchmarks.hot_path.corpus import CODES, Corpus
from benchmarks.hot_path.job import Job
from benchmarks.hot_path.measure import Failed, feed, run
from benchmarks.hot_path.plan import Plan
from benchmarks.hot_path.sender import Sending

__all__ = ["flood"]

COMPONENTS = (1, 10)
_READER = OURS._replace(reader="tickwire_flood")


def flood(corpus: Corpus, place: Path, plan: Plan) -> list[dict[str, Any]]:
    """Rows by number of components that want everything; milliseconds."""
    frames = feed(corpus, place).frames
    count = len(frames.ends)
    what = Sending(str(frames.path), frames.ends[-1], CODES)
    rows = []
    for components in COMPONENTS:
        runs: list[dict[str, Any]] = []
        for _ in range(plan.rounds):
            total = count * components
            job = Job("", corpus.kind, corpus.format, CODES, total, total // 10, components)
            try:
                runs.append(run(_READER, job, what))
            except Failed as failed:
                print(f"  flood: {components} component(s) FAILED: {failed}", flush=True)
        row = {
            "components": components,
            "longest_cpu_ms": [round(one["cpu_ms"]["max"], 3) for one in runs],
            "longest_wall_ms": [round(one["wall_ms"]["max"], 3) for one in runs],
            "p99_wall_ms": [round(one["wall_ms"]["p99"], 3) for one in runs],
            "p99_timer_late_ms": [round(one["timer_late_ms"], 3) for one in runs],
            "turns": [one["turns"] for one in runs],
        }
        print(f"  flood: {row}", flush=True)
        rows.append(row)
    frames.path.unlink()
    return rows
