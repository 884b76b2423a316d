"""Three tables of docs/performance.md: what each stage costs, and what a compiled event saves."""

import math
from collections.abc import Sequence
from statistics import median
from typing import Any

from benchmarks.hot_path.bars import BARS, Results, find
from benchmarks.hot_path.contenders import OURS, PROBE
from benchmarks.hot_path.corpus import KINDS

__all__ = ["bars_with_probe", "gains", "stage_costs"]

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
    """Microseconds of each stage, with the probe beside it."""
    head = [""]
    for kind in _TYPES:
        head += [kind, "probe"]
    columns = [(kind, is_probe) for kind in _TYPES for is_probe in (False, True)]
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


def _steps(results: Results, kind: str, is_probe: bool) -> dict[str, float]:
    """What each stage that this type has adds to the one before it."""
    steps: dict[str, float] = {}
    before = 0.0
    for stage in _SAID:
        cost = _upto(results, stage, kind, is_probe)
        if not math.isnan(cost):
            steps[stage] = cost - before
            before = cost
    return steps


def _upto(results: Results, stage: str, kind: str, is_probe: bool) -> float:
    row = find(results.get("stages", []), kind=kind, stage=stage, is_probe=is_probe)
    return float(median(row["cpu_us"])) if row and row["cpu_us"] else math.nan


def _text(cost_us: float, *, sign: str = "") -> str:
    return "-" if math.isnan(cost_us) else f"{cost_us:{sign}.2f}"


def gains(results: Results) -> Table:
    """From the sender to the handler: what it costs so and so, and how many times that is."""
    kinds = [*((kind, False) for kind in KINDS), ("mix", True)]
    pairs = [_pair(results, *kind) for kind in kinds]
    rows: list[Sequence[str]] = [
        (
            f"{contender.name}, us{_failure(results, contender.name)}",
            *(_text(_cost(pair[index])) for pair in pairs),
        )
        for index, contender in enumerate((OURS, PROBE))
    ]
    rows.append(("**gain**", *(_gain(*pair) for pair in pairs)))
    return ("", *KINDS, "mix, compressed"), rows


def _failure(results: Results, contender: str) -> str:
    """Why there are no figures, if there are none."""
    rows = results.get("stages", [])
    found = (row["failed"] for row in rows if row.get("contender") == contender)
    return next((f" ({failed})" for failed in found if failed), "")


def _pair(results: Results, kind: str, compressed: bool) -> tuple[Row, Row]:
    """The rows of tickwire as it is and with the probe."""
    rows = results.get("stages", [])
    ours, probe = (
        find(rows, kind=kind, compressed=compressed, contender=each.name) for each in (OURS, PROBE)
    )
    return ours, probe


def bars_with_probe(results: Results) -> Table:
    """The bars for what it costs, if tickwire needed as much less as with the probe."""
    plain = []
    for row in results.get("plain", []):
        if row["contender"] == OURS.name:
            ours, probe = _pair(results, row["kind"], compressed=False)
            gain = _cost(ours) / _cost(probe)
            row = {**row, "cpu_us": [each / gain for each in row["cpu_us"]]}
        plain.append(row)
    rows: list[Sequence[str]] = []
    for bar in BARS:
        if bar.part != "plain" or "nobody" in bar.name:  # of what nobody wants there is no event
            continue
        measured, would_be = bar.figure(results), bar.figure({"plain": plain})
        values = [
            "-" if math.isnan(each) else f"{each:.3g}{bar.unit}" for each in (measured, would_be)
        ]
        if math.isnan(would_be):
            reached = "not measured"
        elif would_be >= bar.goal:
            reached = "goal"
        else:
            reached = "bar" if would_be >= bar.bar else "**missed**"
        rows.append((bar.name, *values, f"≥ {bar.bar:g}", f"{bar.goal:g}", reached))
    return ("", "measured", "with the probe's gain", "bar", "goal", "would be reached"), rows


def _cost(row: Row) -> float:
    return float(median(row["cpu_us"])) if row and row["cpu_us"] else math.nan


def _gain(ours: Row, probe: Row) -> str:
    """The ratio of the medians, and the lowest and highest of the rounds."""
    if math.isnan(_cost(ours)) or math.isnan(_cost(probe)):
        return "-"
    assert ours is not None
    assert probe is not None
    each = [one / two for one, two in zip(ours["cpu_us"], probe["cpu_us"], strict=False)]
    return f"**{_cost(ours) / _cost(probe):.2f}x** ({min(each):.2f}-{max(each):.2f})"
