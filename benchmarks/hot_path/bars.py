"""The bars that tickwire is held to, and what a run's figures say to them.

Ratios are of medians of processor time per event, from one run. A run of some parts is judged by
the bars of those.
"""

import math
from collections.abc import Callable
from statistics import median
from typing import Any, NamedTuple

from benchmarks.hot_path.latency import JUDGED_RATE

__all__ = ["BARS", "Bar", "Verdict", "cost_us", "delivery_ns", "find", "judge", "ratio"]

Results = dict[str, Any]
_TYPES = ("ticker", "trade", "orderbook")


class Bar(NamedTuple):
    """A figure, the part of a run that gives it, what it must reach and what we would like."""

    name: str
    part: str
    figure: Callable[[Results], float]
    bar: float
    goal: float
    at_least: bool
    unit: str = "x"


class Verdict(NamedTuple):
    """A bar and the figure it met; not a number where nothing could be measured."""

    bar: Bar
    value: float

    @property
    def is_met(self) -> bool:
        return self._reaches(self.bar.bar)

    @property
    def is_goal_met(self) -> bool:
        return self._reaches(self.bar.goal)

    def _reaches(self, limit: float) -> bool:
        return self.value >= limit if self.bar.at_least else self.value <= limit


def find(rows: list[dict[str, Any]], **wanted: Any) -> dict[str, Any] | None:
    """The first row with these values."""
    return next((row for row in rows if wanted.items() <= row.items()), None)


def cost_us(results: Results, part: str, kind: str, contender: str) -> float:
    """Processor time per event in the median; not a number where it was not measured."""
    row = find(results.get(part, []), kind=kind, contender=contender)
    return float(median(row["cpu_us"])) if row and row["cpu_us"] else math.nan


def ratio(results: Results, part: str, kind: str, contender: str) -> float:
    """How many times what tickwire needs this one needs."""
    ours = cost_us(results, part, kind, "tickwire")
    return cost_us(results, part, kind, contender) / ours


def delivery_ns(results: Results, contender: str, components: int) -> float:
    """What one more component costs for each event, from one component to so many."""
    rows = results.get("fan-out", [])
    one, many = (find(rows, contender=contender, components=count) for count in (1, components))
    if not (one and many and one["cpu_us"] and many["cpu_us"]):
        return math.nan
    more_us: float = median(many["cpu_us"]) - median(one["cpu_us"])
    return 1e3 * more_us / (components - 1)


def _over_types(contender: str) -> Callable[[Results], float]:
    """The geometric mean of the ratios of the three types."""

    def figure(results: Results) -> float:
        logs = [math.log(ratio(results, "plain", kind, contender)) for kind in _TYPES]
        return math.exp(sum(logs) / len(logs))

    return figure


def _one(contender: str, kind: str, part: str = "plain") -> Callable[[Results], float]:
    return lambda results: ratio(results, part, kind, contender)


def _unrouted(results: Results) -> float:
    naive = cost_us(results, "plain", "mix", "naive")
    return naive / cost_us(results, "plain", "mix", "tickwire, wanted by nobody")


def _late(percentile: str, reader: str, beside: str) -> Callable[[Results], float]:
    def figure(results: Results) -> float:
        rows = results.get("latency", [])
        found = [find(rows, reader=name, rate=JUDGED_RATE) for name in (reader, beside)]
        values = [median(row[percentile]) if row and row[percentile] else math.nan for row in found]
        return values[0] / values[1]

    return figure


def _longest_turn(results: Results) -> float:
    rows = results.get("flood", [])
    return max((median(row["longest_cpu_ms"] or [math.nan]) for row in rows), default=math.nan)


_OURS, _FLOOR, _SLOW = "tickwire", "C, no parsing", "tickwire beside a slow component"

BARS = (
    Bar("upbit-sdk over the types", "plain", _over_types("upbit-sdk"), 25, 40, True),
    Bar("ccxt.pro over the types", "plain", _over_types("ccxt.pro"), 10, 15, True),
    Bar("pyupbit on tickers", "plain", _one("pyupbit", "ticker"), 3, 5, True),
    Bar("pyupbit on books", "plain", _one("pyupbit", "orderbook"), 3, 5, True),
    Bar("pyupbit on trades", "plain", _one("pyupbit", "trade"), 2.5, 4, True),
    Bar("cryptofeed on books", "simple", _one("cryptofeed", "orderbook", "simple"), 8, 10, True),
    Bar("cryptofeed on trades", "simple", _one("cryptofeed", "trade", "simple"), 3, 4, True),
    Bar("naive on the mix", "plain", _one("naive", "mix"), 12, 20, True),
    Bar("naive to events wanted by nobody", "plain", _unrouted, 35, 35, True),
    Bar(
        "a delivery at 100 components",
        "fan-out",
        lambda results: delivery_ns(results, "tickwire", 100),
        250,
        100,
        False,
        " ns",
    ),
    Bar("p50 to a bare reader's", "latency", _late("p50", _OURS, _FLOOR), 2.5, 2.5, False),
    Bar("p99 to a bare reader's", "latency", _late("p99", _OURS, _FLOOR), 3, 3, False),
    Bar("p99 beside a slow component", "latency", _late("p99", _SLOW, _OURS), 1.3, 1.3, False),
    Bar("longest loop turn in a flood", "flood", _longest_turn, 5, 5, False, " ms"),
)


def judge(results: Results, parts: tuple[str, ...]) -> list[Verdict]:
    """Every bar of these parts with its figure."""
    return [Verdict(bar, bar.figure(results)) for bar in BARS if bar.part in parts]
