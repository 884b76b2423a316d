"""What tickwire is held to, and what a run says to it. The others are shown, not judged."""

from typing import Any, NamedTuple

from benchmarks.kpi.contenders import OURS

__all__ = ["Results", "Verdict", "after_debounce_s", "find", "is_live", "judge", "share"]

Results = dict[str, Any]

_DEBOUNCE_S = 0.1
"""As the design documents have it: a longer one of tickwire's own must not become a better time."""
_MOST_MESSAGES = 2
_MOST_AFTER_DEBOUNCE_S = 0.5
_LEAST_SHARE = 0.9


class Verdict(NamedTuple):
    """A bar, the figures that met it, and whether they reach it."""

    name: str
    figures: str
    is_met: bool


def find(results: Results, contender: str, wishes: int) -> dict[str, Any] | None:
    """The cell of a contender, if its client has told anything."""
    for cell in results["cells"]:
        if (cell["contender"], cell["wishes"]) == (contender, wishes) and "failed" not in cell:
            return dict(cell)
    return None


def is_live(cell: dict[str, Any]) -> bool:
    """Every stream has been seen, and the referee finds all of them subscribed to."""
    return cell["live_s"] is not None and cell["held"] == cell["wishes"]


def after_debounce_s(cell: dict[str, Any]) -> float:
    """From the last wish to the first data of the last stream, without the debounce."""
    taken: float = cell["live_s"] - cell["wished_s"]
    return max(0.0, taken - _DEBOUNCE_S)


def share(saturated: dict[str, Any]) -> float:
    """How much of what the strategy permits was used."""
    used: float = saturated["messages"] / saturated["permits"]
    return used


def judge(results: Results) -> list[Verdict]:
    """Every bar that this run can be measured by."""
    cells = results["cells"]
    verdicts = [_merging(cell) for cell in cells if cell["contender"] == OURS.name]
    failed = [f"{cell['contender']}, {cell['wishes']}" for cell in cells if "failed" in cell]
    verdicts.append(Verdict("all were measured", "; ".join(failed) or "yes", not failed))
    if "saturated" in results:
        verdicts.append(_saturation(results["saturated"]))
    return verdicts


def _merging(cell: dict[str, Any]) -> Verdict:
    name = f"{cell['wishes']} at once"
    if "failed" in cell:
        return Verdict(name, cell["failed"], False)
    figures = (
        f"{cell['messages']} message on {cell['connections']} connection, "
        f"{cell['refused'] + cell['breaches']} offences"
    )
    if not is_live(cell):
        return Verdict(name, f"{figures}, {cell['held']} subscribed to", False)
    late_s = after_debounce_s(cell)
    is_met = (
        cell["connections"] == 1
        and cell["messages"] <= _MOST_MESSAGES
        and cell["refused"] == cell["breaches"] == 0
        and late_s <= _MOST_AFTER_DEBOUNCE_S
    )
    return Verdict(name, f"{figures}, all live {late_s:.2f} s after the debounce", is_met)


def _saturation(saturated: dict[str, Any]) -> Verdict:
    if "failed" in saturated:
        return Verdict("saturated demand", saturated["failed"], False)
    used = share(saturated)
    figures = (
        f"{saturated['messages']} of {saturated['permits']} permits ({used:.0%}) for "
        f"{saturated['changes']} changes, {saturated['breaches']} breaches, "
        f"{saturated['connections']} connection"
    )
    is_met = used >= _LEAST_SHARE and saturated["breaches"] == 0 and saturated["connections"] == 1
    return Verdict("saturated demand", figures, is_met)
