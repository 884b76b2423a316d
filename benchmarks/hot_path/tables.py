"""The tables of docs/performance.md, written between its markers from the results of a run."""

import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import median

from benchmarks.hot_path.bars import (
    BARS,
    Results,
    Verdict,
    cost_us,
    delivery_ns,
    find,
    judge,
    ratio,
)
from benchmarks.hot_path.contenders import CONTENDERS, INLINE, OURS
from benchmarks.hot_path.corpus import KINDS
from benchmarks.hot_path.stage_tables import gains, stage_costs
from benchmarks.pages import fill

__all__ = ["update"]

_SAME = 1.3
"""Below this a difference between two contenders is noise."""

_PARTS = ("plain", "simple", "compressed", "compressed-simple")


def update(page: Path, results: Results) -> None:
    """Put the tables of these results between the markers of a page."""
    fill(page, "bench", _tables(results))


def _tables(results: Results) -> dict[str, str]:
    return {
        "host": _host(results),
        "bars": _bars(results),
        **{part: _costs(results, part) for part in _PARTS},
        "fan-out": _fan_out(results),
        "latency": _latency(results),
        "flood": _flood(results),
        "retained": _retained(results),
        "wins": _wins(results),
        "stages": _table(*stage_costs(results)),
        "gains": _table(*gains(results)),
    }


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _host(results: Results) -> str:
    host, sizes = results["host"], results["corpus"]
    payloads = _table(
        ("bytes in a payload", *KINDS),
        [(form, *(f"{sizes[form][kind]:.0f}" for kind in KINDS)) for form in sizes],
    )
    versions = ", ".join(f"{name} {version}" for name, version in host["versions"].items())
    return (
        f"{host['cpu']}, {host['cores']} cores; Python {host['python']}, tickwire's hot path "
        f"{host.get('hot_path', 'in Python')}; {versions}.\n\n{payloads}"
    )


def _bars(results: Results) -> str:
    return _table(
        ("", "measured", "bar", "goal", "reached"),
        [
            (
                verdict.bar.name,
                "-" if math.isnan(verdict.value) else f"{verdict.value:.3g}{verdict.bar.unit}",
                f"{'≥' if verdict.bar.at_least else '≤'} {verdict.bar.bar:g}",
                f"{verdict.bar.goal:g}",
                _met(verdict),
            )
            for verdict in judge(results, tuple({bar.part for bar in BARS}))
        ],
    )


def _met(verdict: Verdict) -> str:
    if math.isnan(verdict.value):
        return "not measured"
    return "goal" if verdict.is_goal_met else "bar" if verdict.is_met else "**missed**"


def _costs(results: Results, part: str) -> str:
    """Microseconds and thousands of events a second, and the ratio to tickwire with its spread."""
    rows = []
    for contender in CONTENDERS:
        cells = [_cost(results, part, kind, contender.name) for kind in KINDS]
        if any(cells):
            rows.append((contender.name, contender.numbers, *(cell or "-" for cell in cells)))
    return _table(("", "numbers as", *KINDS), rows)


def _cost(results: Results, part: str, kind: str, contender: str) -> str:
    row = find(results.get(part, []), kind=kind, contender=contender)
    if row is None:
        return ""
    if not row["cpu_us"]:
        return f"failed: {row['failed']}"
    text = f"{median(row['cpu_us']):.2f} us, {median(row['per_second']) / 1e3:.0f} k/s"
    ours = find(results[part], kind=kind, contender=OURS.name)
    if contender == OURS.name or ours is None or not ours["cpu_us"]:
        return text
    each = [one / two for one, two in zip(row["cpu_us"], ours["cpu_us"], strict=False)]
    middle = ratio(results, part, kind, contender)
    return f"{text}, **{middle:.2g}x** ({min(each):.2g}-{max(each):.2g})"


def _fan_out(results: Results) -> str:
    rows = []
    for row in results.get("fan-out", []):
        if not row["cpu_us"]:
            continue
        more = (
            delivery_ns(results, row["contender"], row["components"])
            if (row["components"] > 1)
            else math.nan
        )
        rows.append(
            (
                f"{row['contender']}, {row['components']}",
                f"{median(row['cpu_us']):.2f}",
                "-" if math.isnan(more) else f"{more:.0f}",
            )
        )
    return _table(("components", "us per event", "ns for each more component"), rows)


def _latency(results: Results) -> str:
    return _table(
        ("", "events/s", "p50 us", "p99 us"),
        [
            (row["reader"], f"{row['rate']}", _middle(row["p50"]), _middle(row["p99"]))
            for row in results.get("latency", [])
        ],
    )


def _flood(results: Results) -> str:
    names = ("longest_cpu_ms", "longest_wall_ms", "p99_wall_ms", "p99_timer_late_ms")
    return _table(
        ("components", "longest turn, CPU ms", "wall ms", "p99 wall ms", "timer late, p99 ms"),
        [
            (f"{row['components']}", *(_middle(row[name], 2) for name in names))
            for row in results.get("flood", [])
        ],
    )


def _retained(results: Results) -> str:
    rows = results.get("retained", [])
    made = []
    for contender in CONTENDERS:
        cells = [find(rows, kind=kind, contender=contender.name) for kind in KINDS]
        if any(cells):
            made.append(
                (
                    contender.name,
                    *(
                        f"{cell['bytes']} ({cell['bytes'] / cell['payload_bytes']:.1f}x)"
                        if cell
                        else "-"
                        for cell in cells
                    ),
                )
            )
    return _table(("bytes", *KINDS), made)


def _wins(results: Results) -> str:
    """Where somebody who parses needs less than tickwire, or as good as the same."""
    floors = {one.name for one in CONTENDERS if one.is_floor or one.numbers == "-"}
    own = {OURS.name, INLINE.name}
    lines = []
    for part in _PARTS:
        for row in results.get(part, []):
            if row["contender"] in floors | own:
                continue
            times = ratio(results, part, row["kind"], row["contender"])
            if times < _SAME:
                said = "cheaper" if times < 1 / _SAME else "the same within noise"
                cost = cost_us(results, part, row["kind"], row["contender"])
                lines.append(
                    f"- {row['contender']}, {row['kind']}, {part}: {said}, {cost:.2f} us "
                    f"({times:.2f}x)"
                )
    for row in results.get("retained", []):
        ours = find(
            results["retained"], kind=row["kind"], format=row["format"], contender=OURS.name
        )
        if ours and row["contender"] not in own and row["bytes"] < ours["bytes"]:
            lines.append(
                f"- {row['contender']}, {row['kind']}, memory: {row['bytes']} bytes for "
                f"{ours['bytes']}"
            )
    return "\n".join(lines) or "In no cell of the tables above."


def _middle(values: list[float], digits: int = 0) -> str:
    return f"{median(values):.{digits}f}" if values else "failed"
