"""A picture of a run, drawn as SVG without a library: seconds until every stream is live."""

import math
from html import escape
from pathlib import Path
from typing import Any

from benchmarks.kpi.contenders import CONTENDERS, OURS
from benchmarks.kpi.judge import Results, is_live
from benchmarks.kpi.tables import outcome, refusals
from benchmarks.kpi.wishes import COUNTS

__all__ = ["draw"]

_WIDTH, _LABELS, _BARS, _ROW, _TOP = 880, 110, 300, 18, 34
_LOW_S = 0.001
_OURS, _OTHERS, _NEVER = "#0b7285", "#adb5bd", "#ffc9c9"


def draw(file: Path, results: Results) -> None:
    """Write the picture: a group for each number of wishes, a bar for each contender."""
    cells = {(cell["contender"], cell["wishes"]): cell for cell in results["cells"]}
    high = max((cell["longest_s"] for cell in results["cells"]), default=1.0)
    title = "Seconds until every stream is live (logarithmic); light red: never"
    parts, y = [_text(10, 20, title, weight="bold")], _TOP
    for count in COUNTS:
        parts.append(_text(10, y + 13, f"{count} at once", weight="bold"))
        y += _ROW
        for contender in CONTENDERS:
            cell = cells.get((contender.name, count))
            if cell is not None:
                parts += _bar(y, cell, high)
                y += _ROW
    file.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{y + 10}" '
        f'font-family="sans-serif" font-size="12"><rect width="100%" height="100%" fill="white"/>'
        f"{''.join(parts)}</svg>\n"
    )


def _bar(y: int, cell: dict[str, Any], high: float) -> list[str]:
    width, colour = float(_BARS), _NEVER
    if "failed" not in cell and is_live(cell):
        decades = math.log10(max(cell["live_s"], _LOW_S) / _LOW_S)
        width = max(1.0, _BARS * decades / math.log10(high / _LOW_S))
        colour = _OURS if cell["contender"] == OURS.name else _OTHERS
    return [
        _text(_LABELS - 8, y + 13, cell["contender"], anchor="end"),
        f'<rect x="{_LABELS}" y="{y + 2}" width="{width:.1f}" height="{_ROW - 5}" '
        f'fill="{colour}"/>',
        _text(_LABELS + width + 6, y + 13, _label(cell)),
    ]


def _label(cell: dict[str, Any]) -> str:
    if "failed" in cell:
        return outcome(cell)
    counted = [outcome(cell), f"{cell['messages']} msg", f"{cell['connections']} conn"]
    if refusals(cell):
        counted.append(f"{refusals(cell)} refused")
    return ", ".join(counted)


def _text(x: float, y: float, text: str, *, anchor: str = "start", weight: str = "normal") -> str:
    return (
        f'<text x="{x:.1f}" y="{y}" text-anchor="{anchor}" font-weight="{weight}">'
        f"{escape(text)}</text>"
    )
