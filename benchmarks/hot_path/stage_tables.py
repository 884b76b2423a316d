"""Two tables of docs/performance.md: what each stage costs, and what compiling saves."""

import math
from collections.abc import Sequence
from statistics import median
from typing import Any

from benchmarks.hot_path.bars import Results, find
from benchmarks.hot_path.contenders import OURS, PURE
from benchmarks.hot_path.corpus import KINDS

__all__ = ["gains", "stage_costs"]

_TYPES = ("ticker", "trade", "orderbook")
_SAID = {
    "frame": "picows: the bytes of a frame",
    "callback": "our callback for it",
    "recognise": "whose it is",
    "route": "its route, the event, the handler's list",
    "decode": "decoding it",
    "repeat": "is it a repeated trade",
    "best": "the best level",
    "first": "reading one number",
    "second": "reading another",
    "sum": "adding both up",
}
_READING = ("decode", "best", "first", "second")

Table = tuple[Sequence[str], list[Sequence[str]]]
Row = dict[str, Any] | None


def stage_costs(results: Results) -> Table:
    """Microseconds of each stage, compiled and in Python."""
    head = [""]
    for kind in _TYPES:
        head += [kind, "in Python"]
    columns = [(kind, is_pure) for kind in _TYPES for is_pure in (False, True)]
    rows: list[Sequence[str]] = []
    steps = [_steps(results, *column) for column in columns]
    for stage, said in _SAID.items():
        rows.append((said, *(_text(each.get(stage, math.nan)) for each in steps)))
    for said, of in (("**together**", tuple(_SAID)), ("decoding and reading two", _READING)):
        sums = (sum(each.get(stage, 0.0) for stage in of) or math.nan for each in steps)
        rows.append((said, *(_text(each) for each in sums)))
    called = (
        _text(_upto(results, "call", *column) - _upto(results, "route", *column), sign="+")
        for column in columns
    )
    rows.append(("a handler of single events instead", *called))
    return head, rows


def _steps(results: Results, kind: str, is_pure: bool) -> dict[str, float]:
    """What each stage that this type has adds to the one before it."""
    steps: dict[str, float] = {}
    before = 0.0
    for stage in _SAID:
        cost = _upto(results, stage, kind, is_pure)
        if not math.isnan(cost):
            steps[stage] = cost - before
            before = cost
    return steps


def _upto(results: Results, stage: str, kind: str, is_pure: bool) -> float:
    row = find(results.get("stages", []), kind=kind, stage=stage, is_pure=is_pure)
    return float(median(row["cpu_us"])) if row and row["cpu_us"] else math.nan


def _text(cost_us: float, *, sign: str = "") -> str:
    return "-" if math.isnan(cost_us) else f"{cost_us:{sign}.2f}"


def gains(results: Results) -> Table:
    """From the sender to the handler: what it costs so and so, and how many times that is."""
    columns = [*((kind, False) for kind in KINDS), ("mix", True)]
    rows: list[Sequence[str]] = []
    for form in ("DEFAULT", "SIMPLE"):
        pairs = [_pair(results, form, *column) for column in columns]
        rows += [
            (f"{form}, {said}, us", *(_text(_cost(pair[index])) for pair in pairs))
            for index, said in enumerate(("in Python", "compiled"))
        ]
        rows.append((f"**{form}, gain**", *(_gain(*pair) for pair in pairs)))
    return ("", *KINDS, "mix, compressed"), rows


def _pair(results: Results, form: str, kind: str, compressed: bool) -> tuple[Row, Row]:
    """The rows in Python and compiled."""
    rows = results.get("stages", [])
    pure, compiled = (
        find(rows, kind=kind, format=form, compressed=compressed, contender=each.name)
        for each in (PURE, OURS)
    )
    return pure, compiled


def _cost(row: Row) -> float:
    return float(median(row["cpu_us"])) if row and row["cpu_us"] else math.nan


def _gain(pure: Row, compiled: Row) -> str:
    """The ratio of the medians, and the lowest and highest of the rounds."""
    if math.isnan(_cost(pure)) or math.isnan(_cost(compiled)):
        return "-"
    assert pure is not None
    assert compiled is not None
    each = [one / two for one, two in zip(pure["cpu_us"], compiled["cpu_us"], strict=False)]
    return f"**{_cost(pure) / _cost(compiled):.2f}x** ({min(each):.2f}-{max(each):.2f})"
