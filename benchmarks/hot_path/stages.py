"""Where the time of an event goes, with the hot path compiled and in Python.

Twice: stage by stage, where the difference between two stages is what the second costs; and from
a sender to a handler that reads two numbers, as all contenders are measured.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.interop.environments import ROOT

from benchmarks.hot_path.contenders import OURS, PURE, Contender
from benchmarks.hot_path.corpus import Corpus, check
from benchmarks.hot_path.frames import FrameFile, framed
from benchmarks.hot_path.measure import feed
from benchmarks.hot_path.passes import STAGES
from benchmarks.hot_path.plan import Plan
from benchmarks.hot_path.throughput import rounds_of
from tickwire.hot import IS_COMPILED

__all__ = ["passed", "stages", "stages_of"]

_ONLY_OF = {"repeat": "trade", "best": "orderbook"}
"""Stages that only one type has."""

_EVENTS = 20_000


def stages_of(kind: str) -> list[str]:
    """The stages that an event of this type goes through."""
    return [stage for stage in STAGES if _ONLY_OF.get(stage, kind) == kind]


def stages(corpora: list[Corpus], place: Path, plan: Plan) -> list[dict[str, Any]]:
    """Rows of kind and stage, then rows of kind, format and contender; all for both twins."""
    runs: list[tuple[Contender, dict[str, Any]]] = [(OURS, {}), (PURE, {})]
    if not IS_COMPILED:
        print("  the hot path is not compiled here: it is measured in Python alone", flush=True)
        del runs[0]
    rows = []
    for corpus in corpora:
        if corpus.kind != "mix" and corpus.format == "DEFAULT":
            rows += _stage_by_stage(corpus, place, plan, [who.is_pure for who, _ in runs])
    mixes = [(corpus, True) for corpus in corpora if corpus.kind == "mix"]
    for corpus, is_compressed in [*((corpus, False) for corpus in corpora), *mixes]:
        source = feed(corpus, place, compressed=is_compressed)
        compressed = " compressed" if is_compressed else ""
        same = {"kind": corpus.kind, "format": corpus.format, "compressed": is_compressed}
        what = f"stages: {corpus.kind} {corpus.format}{compressed}"
        for contender, found in rounds_of(what, runs, source, plan):
            rows.append({**same, "contender": contender.name, **found})
        source.frames.path.unlink()
    return rows


def _stage_by_stage(
    corpus: Corpus, place: Path, plan: Plan, twins: list[bool]
) -> list[dict[str, Any]]:
    """Rows of stage, with the costs of all up to it in each round; of each twin (is it Python?)."""
    payloads = corpus.payloads[:_EVENTS]
    frames = FrameFile.write(place / f"stages-{corpus.kind}", framed(payloads))
    expected = corpus.sums(len(payloads))
    of_kind = stages_of(corpus.kind)
    rows: dict[tuple[str, bool], dict[str, Any]] = {
        (stage, is_pure): {"kind": corpus.kind, "stage": stage, "is_pure": is_pure, "cpu_us": []}
        for is_pure in twins
        for stage in of_kind
    }
    for number in range(-1, plan.rounds):
        step = -1 if number % 2 else 1
        for is_pure in twins[::step]:
            order = of_kind[::step]
            told = passed(corpus.kind, frames.path, order, is_pure=is_pure)
            for stage, each in zip(order, told, strict=True):
                if each["sums"]:
                    check(expected, each["sums"], exact=True)
                if number >= 0:
                    rows[stage, is_pure]["cpu_us"].append(round(each["cpu_us"], 4))
    frames.path.unlink()
    for (stage, is_pure), row in rows.items():
        costs = ", ".join(f"{each:.2f}" for each in sorted(row["cpu_us"]))
        print(f"  up to {stage}: {corpus.kind}{', in Python' if is_pure else ''}: {costs} us")
    return list(rows.values())


def passed(kind: str, path: Path, order: list[str], *, is_pure: bool) -> list[dict[str, Any]]:
    """What a process tells that passes a file of frames through these stages."""
    module = "benchmarks.hot_path.passes"
    run = ["benchmarks.hot_path.in_python", module] if is_pure else [module]
    told = subprocess.run(
        [sys.executable, "-m", *run, kind, str(path), *order],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        check=True,
    ).stdout
    return [json.loads(line) for line in told.splitlines()]
