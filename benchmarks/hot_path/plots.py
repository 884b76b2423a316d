"""Two pictures of a run, drawn as SVG without a library: cost per event, and latency."""

import math
from collections.abc import Iterable
from html import escape
from pathlib import Path
from statistics import median

from benchmarks.hot_path.bars import Results, cost_us
from benchmarks.hot_path.contenders import CONTENDERS
from benchmarks.hot_path.corpus import KINDS

__all__ = ["draw"]

_WIDTH, _LABELS, _ROW, _TOP = 760, 230, 18, 34
_OURS, _OTHERS, _FLOORS = "#0b7285", "#adb5bd", "#dee2e6"

# What is drawn: a label, a value, a colour; `None` begins a group of that label.
Line = tuple[str, float | None, str]


def draw(place: Path, results: Results) -> None:
    """Write `events.svg` and `latency.svg` there, as far as the parts have been measured."""
    if "plain" in results:
        title = "Processor time per event, microseconds (logarithmic), DEFAULT, not compressed"
        (place / "events.svg").write_text(_chart(title, _events(results), low=0.01))
    if "latency" in results:
        title = "Lateness of events at a fixed rate, microseconds (logarithmic)"
        (place / "latency.svg").write_text(_chart(title, _latency(results), low=1.0))


def _events(results: Results) -> Iterable[Line]:
    for kind in KINDS:
        yield kind, None, ""
        for contender in CONTENDERS:
            cost = cost_us(results, "plain", kind, contender.name)
            if not math.isnan(cost):
                yield contender.name, cost, _colour(contender.name)


def _latency(results: Results) -> Iterable[Line]:
    for rate in sorted({row["rate"] for row in results["latency"]}):
        yield f"{rate:,} events a second", None, ""
        for row in results["latency"]:
            if row["rate"] == rate and row["p50"]:
                for percentile in ("p50", "p99"):
                    name = f"{row['reader']}, {percentile}"
                    yield name, median(row[percentile]), _colour(row["reader"])


def _colour(name: str) -> str:
    if name.startswith("tickwire"):
        return _OURS
    return _FLOORS if "no parsing" in name else _OTHERS


def _chart(title: str, lines: Iterable[Line], *, low: float) -> str:
    drawn = list(lines)
    high = max(value for _, value, _ in drawn if value is not None)
    scale = (_WIDTH - _LABELS - 80) / math.log10(high / low)
    parts = [_text(10, 20, title, weight="bold")]
    for index, (label, value, colour) in enumerate(drawn):
        y = _TOP + index * _ROW
        if value is None:
            parts.append(_text(10, y + 13, label, weight="bold"))
            continue
        width = max(1.0, scale * math.log10(value / low)) if value > low else 1.0
        parts.append(_text(_LABELS - 8, y + 13, label, anchor="end"))
        parts.append(
            f'<rect x="{_LABELS}" y="{y + 2}" width="{width:.1f}" height="{_ROW - 5}" '
            f'fill="{colour}"/>'
        )
        parts.append(_text(_LABELS + width + 6, y + 13, f"{value:.3g}"))
    height = _TOP + len(drawn) * _ROW + 10
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height}" '
        f'font-family="sans-serif" font-size="12"><rect width="100%" height="100%" fill="white"/>'
        f"{''.join(parts)}</svg>\n"
    )


def _text(x: float, y: float, text: str, *, anchor: str = "start", weight: str = "normal") -> str:
    return (
        f'<text x="{x:.1f}" y="{y}" text-anchor="{anchor}" font-weight="{weight}">'
        f"{escape(text)}</text>"
    )
