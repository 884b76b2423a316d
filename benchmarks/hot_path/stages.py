"""Where the time of an event goes, and what a compiled event type would save of it.

Twice: stage by stage in this process, where the difference between two stages is what the second
costs; and from a sender to a handler that reads two numbers, as all contenders are measured.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.hot_path.contenders import OURS, PROBE, Contender
from benchmarks.hot_path.corpus import Corpus, check
from benchmarks.hot_path.frames import FrameFile, framed
from benchmarks.hot_path.measure import feed
from benchmarks.hot_path.passes import STAGES, one_pass
from benchmarks.hot_path.plan import Plan
from benchmarks.hot_path.probe import compiled, installed, upbit_with
from benchmarks.hot_path.throughput import rounds_of
from benchmarks.processes import pin
from tickwire.exchanges.upbit import Upbit

__all__ = ["ONLY_OF", "stages"]

ONLY_OF = {"repeat": "trade", "best": "orderbook"}
"""Stages that only one type has."""

_EVENTS = 20_000


def stages(corpora: list[Corpus], place: Path, plan: Plan) -> list[dict[str, Any]]:
    """Rows of kind and stage, then rows of kind and contender; the probe's if it can be built."""
    library = compiled(place)
    rows = []
    for corpus in corpora:
        if corpus.kind != "mix":
            with _on_one_core():
                rows += _in_process(corpus, place, plan, library)
    if library is None:
        print("  no C compiler, or no header of Python: the probe is left out", flush=True)
        return [*rows, {"contender": PROBE.name, "cpu_us": [], "failed": "it cannot be compiled"}]
    probe = PROBE._replace(flags=("-X", f"probe={library}"))
    runs: list[tuple[Contender, dict[str, Any]]] = [(OURS, {}), (probe, {})]
    compressed = [(corpus, True) for corpus in corpora if corpus.kind == "mix"]
    for corpus, is_compressed in [*((corpus, False) for corpus in corpora), *compressed]:
        source = feed(corpus, place, compressed=is_compressed)
        what = f"stages: {corpus.kind}{' compressed' if is_compressed else ''}"
        same = {"kind": corpus.kind, "compressed": is_compressed}
        for contender, found in rounds_of(what, runs, source, plan):
            rows.append({**same, "contender": contender.name, **found})
        source.frames.path.unlink()
    return rows


def _in_process(
    corpus: Corpus, place: Path, plan: Plan, library: Path | None
) -> list[dict[str, Any]]:
    """Rows of stage, with the costs of all up to it in each round, without and with the probe."""
    payloads = corpus.payloads[:_EVENTS]
    frames = FrameFile.write(place / f"stages-{corpus.kind}", framed(payloads))
    expected = corpus.sums(len(payloads))
    compiled_upbit, event_of = (Upbit, None) if library is None else upbit_with(library)
    rows: dict[tuple[str, bool], dict[str, Any]] = {
        (stage, is_probe): {
            "kind": corpus.kind,
            "stage": stage,
            "is_probe": is_probe,
            "cpu_us": [],
        }
        for stage in STAGES
        for is_probe in ((False, True) if event_of else (False,))
        if ONLY_OF.get(stage, corpus.kind) == corpus.kind
    }
    for number in range(-1, plan.rounds):
        for (stage, is_probe), row in list(rows.items())[:: -1 if number % 2 else 1]:
            if is_probe:
                assert event_of is not None
                with installed(event_of):
                    passed = one_pass(stage, corpus.kind, frames, compiled_upbit)
            else:
                passed = one_pass(stage, corpus.kind, frames, Upbit)
            if passed.sums:
                check(expected, passed.sums, exact=True)
            if number >= 0:
                row["cpu_us"].append(round(passed.cpu_us, 4))
    frames.path.unlink()
    for (stage, is_probe), row in rows.items():
        told = ", ".join(f"{each:.2f}" for each in sorted(row["cpu_us"]))
        print(f"  up to {stage}: {corpus.kind}{', probe' if is_probe else ''}: {told} us")
    return list(rows.values())


@contextmanager
def _on_one_core() -> Iterator[None]:
    """As a reader has it, for as long as this lasts."""
    if not hasattr(os, "sched_getaffinity"):
        yield
        return
    ours = os.sched_getaffinity(0)
    pin(0, 1)
    try:
        yield
    finally:
        os.sched_setaffinity(0, ours)
