"""The claims of the design documents, restated as what was measured."""

from collections.abc import Callable, Iterator
from typing import Any

from benchmarks.kpi.contenders import EACH, OURS, QUEUE
from benchmarks.kpi.judge import Results, find, is_live, share
from benchmarks.kpi.wishes import COUNTS

__all__ = ["restated"]

_KIB = 1024


def restated(results: Results) -> list[tuple[str, str]]:
    """Each claim, and what this run says to it."""
    return [(claim, measured(results)) for claim, measured in _CLAIMS]


def _series(results: Results, contender: str, shown: Callable[[dict[str, Any]], str]) -> str:
    """One figure for each number of wishes."""
    cells = (find(results, contender, count) for count in COUNTS)
    return ", ".join("-" if cell is None else shown(cell) for cell in cells)


def _seconds(cell: dict[str, Any]) -> str:
    return f"{cell['live_s']:.2g}" if is_live(cell) else f"over {cell['longest_s']:.0f}"


def _times(ratio: float) -> str:
    return f"{ratio:,.0f} times" if ratio >= 10 else f"{ratio:.2g} times"


def _messages(results: Results) -> str:
    ours, queue = (
        f"messages {_series(results, who, lambda cell: str(cell['messages']))}; "
        f"seconds {_series(results, who, _seconds)}"
        for who in (OURS.name, QUEUE.name)
    )
    return f"tickwire: {ours}. The queue: {queue}"


def _faster(results: Results) -> str:
    told = []
    for count in COUNTS:
        ours, queue = (find(results, who, count) for who in (OURS.name, QUEUE.name))
        if ours and queue and is_live(ours):
            least = queue["live_s"] if is_live(queue) else queue["longest_s"]
            more = "" if is_live(queue) else "more than "
            told.append(f"{more}{_times(least / ours['live_s'])} at {count}")
    return "the queue takes " + (", ".join(told) or "-")


def _tasks(results: Results) -> str:
    ours, queue = (
        _series(results, who, lambda cell: str(cell["tasks"])) for who in (OURS.name, QUEUE.name)
    )
    return (
        f"tickwire: {ours}: one for the manager, one for the connection and one for each "
        f"component, however many wishes it has. The queue: {queue}"
    )


def _memory(results: Results) -> str:
    fewest, most = (find(results, OURS.name, count) for count in (COUNTS[0], COUNTS[-1]))
    if fewest is None or most is None:
        return "-"
    each = _KIB * (most["memory_mib"] - fewest["memory_mib"]) / (COUNTS[-1] - COUNTS[0])
    return (
        f"{fewest['memory_mib']:.1f} MiB with the first wish, and {each:.1f} KiB for each more: "
        "its stream, its last event and its share of a component"
    )


def _efficiency(results: Results) -> str:
    told = [
        f"{_times(queue['bytes'] / ours['bytes'])} at {count}"
        for count, ours, queue in _both_live(results, QUEUE.name)
    ]
    return "bytes from the exchange until all was live, the queue's to ours: " + ", ".join(told)


def _cpu(results: Results) -> str:
    cell = find(results, OURS.name, COUNTS[-1])
    if cell is None:
        return "-"
    return (
        f"{1000 * cell['cpu_s'] / cell['wishes']:.2f} s of processor time for 1,000 wishes, up to "
        "the first data of each"
    )


def _less_memory(results: Results) -> str:
    told = []
    for count, ours, each in _both_live(results, EACH.name):
        less = 1 - ours["memory_mib"] / each["memory_mib"]
        told.append(
            f"{ours['memory_mib']:.1f} MiB instead of {each['memory_mib']:.1f} at {count} "
            f"({abs(less):.0%} {'less' if less >= 0 else 'more'})"
        )
    text = f"a connection for each component ({EACH.name}): {', '.join(told) or '-'}"
    saved = [
        f"{queue['memory_mib']:.1f} instead of {ours['memory_mib']:.1f} at {count}"
        for count, ours, queue in _both_live(results, QUEUE.name)
        if queue["memory_mib"] < ours["memory_mib"]
    ]
    return f"{text}. The queue, on one connection, takes less than we do: {', '.join(saved) or '-'}"


def _both_live(
    results: Results, other: str
) -> Iterator[tuple[int, dict[str, Any], dict[str, Any]]]:
    """Where both have all their streams: how many wishes, our cell and the other's."""
    for count in COUNTS:
        ours, theirs = (find(results, who, count) for who in (OURS.name, other))
        if ours and theirs and is_live(ours) and is_live(theirs):
            yield count, ours, theirs


def _share(results: Results) -> str:
    saturated = results.get("saturated", {"failed": ""})
    if "failed" in saturated:
        return "-"
    return (
        f"{saturated['messages']} messages of {saturated['permits']} that the strategy permits in "
        f"{saturated['seconds']:.0f} s ({share(saturated):.0%}) while {saturated['changes']} "
        f"changes were made; {saturated['breaches']} breaches, at most "
        f"{saturated['worst_minute']} in any minute"
    )


_AT = ", ".join(f"{count}" for count in COUNTS)

_CLAIMS: tuple[tuple[str, Callable[[Results], str]], ...] = (
    (f"N requests wait once instead of N times (N = {_AT})", _messages),
    ("10 times as fast, which is 900 % more and not 1000", _faster),
    ("one task instead of N", _tasks),
    ("memory O(1): 10 KB whatever N, instead of 9 KB for each", _memory),
    ("3 to 5 times as efficient", _efficiency),
    ("low, constant processor load", _cpu),
    ("40 % less memory than each component on its own", _less_memory),
    ("90 % of the limit used", _share),
)
