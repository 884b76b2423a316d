"""How late events are at fixed rates, beside a bare reader that only looks at their stamps."""

from pathlib import Path
from typing import Any

from benchmarks.hot_path.contenders import FLOOR_C, OURS, Contender
from benchmarks.hot_path.corpus import CODES, Corpus
from benchmarks.hot_path.frames import FrameFile, framed, stamped
from benchmarks.hot_path.job import Job
from benchmarks.hot_path.measure import Failed, run
from benchmarks.hot_path.plan import Plan
from benchmarks.hot_path.readers import COMPONENTS_WANTING
from benchmarks.hot_path.sender import Sending

__all__ = ["JUDGED_RATE", "latency"]

JUDGED_RATE = 10_000

_OURS = OURS._replace(reader="tickwire_latency")
# Whom to measure, with which option, and how often each event reaches a handler there.
_READERS: dict[str, tuple[Contender, str, int]] = {
    "tickwire": (_OURS, "", COMPONENTS_WANTING),
    "tickwire beside a slow component": (_OURS, "slow", COMPONENTS_WANTING),
    "C, no parsing": (FLOOR_C, "stamps", 1),
}


def latency(corpus: Corpus, place: Path, plan: Plan) -> list[dict[str, Any]]:
    """Rows of reader and rate, with percentiles of each round in microseconds."""
    rows: list[dict[str, Any]] = []
    for rate in plan.rates:
        count = min(int(rate * plan.paced_s), len(corpus.payloads))
        payloads = corpus.payloads[:count]
        frames = FrameFile.write(place / f"paced-{rate}", framed(list(stamped(payloads, rate))))
        what = Sending(str(frames.path), frames.ends[-1], CODES, rate=rate)
        found: dict[str, dict[str, Any]] = {
            name: {"reader": name, "rate": rate, "p50": [], "p99": [], "failed": ""}
            for name in _READERS
            if rate == JUDGED_RATE or "slow" not in name
        }
        for number in range(plan.rounds):
            for name in list(found)[:: -1 if number % 2 else 1]:
                row = found[name]
                try:
                    late = _late_us(corpus, *_READERS[name], count, what)
                except Failed as failed:
                    row["failed"] = str(failed)
                    print(f"  latency: {name} FAILED: {failed}", flush=True)
                    continue
                row["p50"].append(round(late[len(late) // 2], 1))
                row["p99"].append(round(late[int(len(late) * 0.99)], 1))
        for name, row in found.items():
            print(
                f"  {rate} events/s, {name}: p50 {row['p50']} us, p99 {row['p99']} us", flush=True
            )
        rows += found.values()
        frames.path.unlink()
    return rows


def _late_us(
    corpus: Corpus, contender: Contender, option: str, deliveries: int, count: int, what: Sending
) -> list[float]:
    """How late each event was, in order of lateness, without the first tenth of the run."""
    job = Job("", corpus.kind, corpus.format, CODES, count * deliveries, 1, option=option)
    told = run(contender, job, what)
    base = 1e12 - told["began_us"]
    late: list[float] = told["late_us"]
    return sorted(each + base for each in late[len(late) // 10 :])
