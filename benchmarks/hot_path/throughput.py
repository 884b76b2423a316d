"""What an event costs each contender, in rounds that go through them forwards and backwards."""

from pathlib import Path
from typing import Any

from benchmarks.hot_path.contenders import CONTENDERS, INLINE, NAIVE, OURS, UNROUTED, Contender
from benchmarks.hot_path.corpus import Corpus
from benchmarks.hot_path.measure import Failed, Feed, feed, measure
from benchmarks.hot_path.plan import Plan

__all__ = ["fan_out", "rounds_of", "throughput"]

_FIRST = 2_000
"""So many events tell how many make a run of the length that is planned."""

COMPONENTS = (1, 10, 100)


def throughput(corpora: list[Corpus], place: Path, plan: Plan, *, compressed: bool) -> list[Any]:
    """Rows of contender, kind and format, with the figures of each round."""
    rows = []
    for corpus in corpora:
        able = [
            one
            for one in CONTENDERS
            if corpus.kind in one.kinds
            and corpus.format in one.formats
            and (one.can_inflate or not compressed)
            and not (compressed and one is UNROUTED)
            and (not plan.only or one.name in plan.only)
        ]
        source = feed(corpus, place, compressed=compressed)
        what = f"{corpus.kind} {corpus.format}{' compressed' if compressed else ''}"
        for contender, found in rounds_of(what, [(one, {}) for one in able], source, plan):
            rows.append(
                {
                    "kind": corpus.kind,
                    "format": corpus.format,
                    "compressed": compressed,
                    "contender": contender.name,
                    **found,
                }
            )
        source.frames.path.unlink()
    return rows


def fan_out(corpus: Corpus, place: Path, plan: Plan) -> list[Any]:
    """Rows of contender and number of components that each get every event."""
    source = feed(corpus, place)
    runs = [
        (who, {"components": count})
        for count in COMPONENTS
        for who in (OURS, INLINE, NAIVE)
        if not plan.only or who.name in plan.only
    ]
    found = rounds_of("fan-out", runs, source, plan)
    return [
        {"contender": who.name, **options, **figures}
        for (who, options), (_, figures) in zip(runs, found, strict=True)
    ]


def rounds_of(
    what: str, runs: list[tuple[Contender, dict[str, Any]]], source: Feed, plan: Plan
) -> list[tuple[Contender, dict[str, Any]]]:
    """Measure all in turn, each round in the other direction than the last."""
    found: list[dict[str, Any]] = [
        {"events": 0, "cpu_us": [], "per_second": [], "failed": ""} for _ in runs
    ]
    for number in range(-1, plan.rounds):
        for index in range(len(runs))[:: -1 if number % 2 else 1]:
            (contender, options), row = runs[index], found[index]
            if row["failed"]:
                continue
            try:
                figures = measure(contender, source, row["events"] or _FIRST, **options)
            except Failed as failed:
                row["failed"] = str(failed)
                print(f"  {what}: {contender.name} FAILED: {failed}", flush=True)
                continue
            if number < 0:
                wanted = plan.run_s * 1e6 / figures.cpu_us
                row["events"] = min(max(int(wanted), _FIRST), len(source.corpus.payloads))
                continue
            row["cpu_us"].append(round(figures.cpu_us, 4))
            row["per_second"].append(round(figures.per_second))
            if "awaited" in figures.more:
                row["awaited"] = figures.more["awaited"]
    for (contender, options), row in zip(runs, found, strict=True):
        if row["cpu_us"]:
            told = ", ".join(f"{each:.2f}" for each in sorted(row["cpu_us"]))
            more = "".join(f", {value} {name}" for name, value in options.items())
            print(f"  {what}: {contender.name}{more}: {told} us", flush=True)
    return [(contender, row) for (contender, _), row in zip(runs, found, strict=True)]
