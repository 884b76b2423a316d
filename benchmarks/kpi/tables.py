"""The tables of docs/merging.md, written between its markers from the results of a run."""

import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.kpi.claims import restated
from benchmarks.kpi.contenders import CONTENDERS
from benchmarks.kpi.judge import Results, is_live
from benchmarks.kpi.wishes import COUNTS
from benchmarks.pages import fill

__all__ = ["outcome", "refusals", "update"]


def update(page: Path, results: Results) -> None:
    """Put the tables of these results between the markers of a page."""
    fill(page, "kpi", _tables(results))


def outcome(cell: dict[str, Any]) -> str:
    """How long it took, or why it did not come to that."""
    if "failed" in cell:
        return f"failed: {cell['failed']}"
    if is_live(cell):
        return f"{cell['live_s']:.2f} s" if cell["live_s"] >= 0.01 else "under 0.01 s"
    if cell["live_s"] is not None:
        return f"lost again, {cell['held']} held"
    why = "cut off" if cell["ended"] else f"not within {cell['longest_s']:.0f} s"
    return f"{why}, {cell['seen']} live at most"


def refusals(cell: dict[str, Any]) -> int:
    """Connects that were refused, and messages that were too many, each of which ends a connection.

    A connect above the limit that is refused is one offence, though the referee tells it as both.
    """
    count: int = cell["refused"] + cell["message_breaches"]
    return count


def _tables(results: Results) -> dict[str, str]:
    return {
        "host": _host(results),
        "live": _grid(results, outcome),
        "traffic": _grid(
            results,
            lambda cell: f"{cell['messages']} / {cell['connections']} / {refusals(cell)}",
        ),
        "costs": _grid(
            results,
            lambda cell: f"{cell['tasks']} / {cell['memory_mib']:.1f} / {cell['cpu_s']:.2f}",
        ),
        "saturated": _saturated(results),
        "claims": _table(("claim", "measured"), restated(results), numbers=False),
    }


def _grid(results: Results, shown: Callable[[dict[str, Any]], str]) -> str:
    """A row for each contender, a column for each number of wishes."""
    cells = {(cell["contender"], cell["wishes"]): cell for cell in results["cells"]}

    def one(name: str, count: int) -> str:
        cell = cells.get((name, count))
        if cell is None or ("failed" in cell and shown is not outcome):
            return "-"
        text = shown(cell)
        return re.sub(r"[|\n]", " ", text)

    return _table(
        ("", *(f"{count} wish{'es' if count > 1 else ''}" for count in COUNTS)),
        [(each.name, *(one(each.name, count) for count in COUNTS)) for each in CONTENDERS],
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: bool = True) -> str:
    lines = [head, ["---"] + ["---:" if numbers else "---"] * (len(head) - 1), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _host(results: Results) -> str:
    host = results["host"]
    versions = ", ".join(f"{name} {version}" for name, version in host["versions"].items())
    return f"{host['cores']} cores; Python {host['python']}; {versions}."


def _saturated(results: Results) -> str:
    told = results["saturated"]
    if "failed" in told:
        return f"failed: {told['failed']}"
    return (
        f"In {told['seconds']:.0f} s {told['changes']} changes became {told['messages']} messages "
        f"of {told['permits']} that the balanced strategy permits, at most "
        f"{told['worst_minute']} in any minute, with {told['breaches']} breaches. The longest "
        f"silence between two messages was {told['longest_pause_s']:.1f} s."
    )
