"""Each strategy uses its share of the exchange's windows, and none uses more than there is."""

import re
from itertools import accumulate, pairwise
from math import inf, nan
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.test_limiter import UPBIT, worst_window
from tickwire.core import strategy as strategies
from tickwire.core.adjustment import Adjustment
from tickwire.core.budget import Budget, Priority
from tickwire.core.limiter import Limit, Limiter
from tickwire.core.strategy import STRATEGIES, Strategy, strategy_of
from tickwire.errors import UsageError


def budget(strategy: Strategy, adjustment: Adjustment | None = None) -> Budget:
    """What a new connection to Upbit may send."""
    return Budget(
        Limiter(strategy.whole(UPBIT)),
        subscriptions=Limiter(strategy.of_subscriptions(UPBIT)),
        adjustment=adjustment,
    )


def greedy(slots: Budget, priority: Priority, until_s: float) -> list[float]:
    """When somebody who always wants gets a slot."""
    now, times = 0.0, []
    while now <= until_s:
        if slots.take(priority, now):
            times.append(now)
        else:
            now = slots.free_at(priority, now)
    return times


@pytest.mark.parametrize(
    ("name", "whole", "subscriptions"),
    [
        ("conservative", (3, 60), (2, 50)),
        ("balanced", (4, 90), (4, 80)),
        ("aggressive", (5, 100), (5, 100)),
    ],
)
def test_the_shares_are_those_of_the_table(
    name: str, whole: tuple[int, int], subscriptions: tuple[int, int]
) -> None:
    """A second and a minute, for everything and for subscriptions; the docs say the same."""
    strategy = STRATEGIES[name]
    assert tuple(limit.count for limit in strategy.whole(UPBIT)) == whole
    assert tuple(limit.count for limit in strategy.of_subscriptions(UPBIT)[:2]) == subscriptions
    second, minute = zip(subscriptions, whole, strict=True)
    row = rf"{name} .* {second[0]} \({second[1]}\) +{minute[0]} \({minute[1]}\)"
    assert re.search(row, strategies.__doc__ or "")


def test_a_minute_is_spread_unless_aggressive() -> None:
    """A quarter of it in a quarter of the minute; a second is not divided."""
    assert STRATEGIES["balanced"].of_subscriptions(UPBIT)[2:] == (Limit(20, 15.0),)
    assert STRATEGIES["conservative"].of_subscriptions(UPBIT)[2:] == (Limit(13, 15.0),)
    assert STRATEGIES["aggressive"].of_subscriptions(UPBIT)[2:] == ()
    assert Strategy(spread_s=1.0).of_subscriptions(UPBIT)[2:] == (Limit(2, 1.0),)


@pytest.mark.parametrize("priority", Priority)
@pytest.mark.parametrize("seconds", [1.0, 10.0, 60.0, 600.0])
def test_they_are_ordered_by_what_they_let_through(priority: Priority, seconds: float) -> None:
    """Conservative, balanced, aggressive, and the exchange's own limit."""
    counts = [
        len(greedy(budget(STRATEGIES[name]), priority, seconds))
        for name in ("conservative", "balanced", "aggressive")
    ]
    assert counts[0] < counts[1] < counts[2]
    assert counts[2] <= 100 * (1 + seconds // 60)


@pytest.mark.parametrize("name", STRATEGIES)
def test_under_saturated_demand_the_share_of_the_minute_is_used(name: str) -> None:
    """At least 95 % of what the strategy would have in ten minutes."""
    share = STRATEGIES[name].of_subscriptions(UPBIT)[1].count
    times = greedy(budget(STRATEGIES[name]), Priority.SUBSCRIPTION, 599.0)
    assert 0.95 * 10 * share <= len(times) <= 10 * share


def test_spread_changes_of_mind_are_never_silent_for_long() -> None:
    """The longest wait for a slot is ten seconds, where the minute at once makes it 37."""

    def longest(name: str) -> float:
        times = greedy(budget(STRATEGIES[name]), Priority.SUBSCRIPTION, 300.0)
        return max(later - earlier for earlier, later in pairwise(times))

    assert longest("balanced") < 10.5 < 36.0 < longest("aggressive")


@pytest.mark.parametrize("name", ["conservative", "balanced"])
def test_subscriptions_leave_a_reserve(name: str) -> None:
    """However often somebody changes their mind, a request gets its turn within seconds."""
    slots = budget(STRATEGIES[name])
    now, asked, waits = 0.0, 0.0, []
    while now < 300.0:
        while slots.take(Priority.SUBSCRIPTION, now):
            pass
        if now >= asked and slots.take(Priority.REQUEST, now):
            waits.append(now - asked)
            asked += 20.0
        now += 0.1
    assert len(waits) == 15
    assert max(waits) <= 10.0


@pytest.mark.parametrize("name", STRATEGIES)
@given(
    steps=st.lists(
        st.tuples(st.floats(0, 2.0), st.sampled_from(Priority), st.booleans()), max_size=200
    ),
    seed=st.integers(0, 1000),
)
def test_no_schedule_breaches_a_window(
    name: str, steps: list[tuple[float, Priority, bool]], seed: int
) -> None:
    """Whoever asks when, with any complaints and up to 150 ms of ordered jitter."""
    strategy = STRATEGIES[name]
    adjustment = Adjustment(strategy)
    slots = budget(strategy, adjustment)
    sent: list[tuple[float, Priority]] = []
    now = 0.0
    for pause, priority, complains in steps:
        now += pause
        if complains:
            adjustment.notify(now)
        while slots.take(priority, now):
            sent.append((now, priority))
    jitter = Random(seed)
    arrivals = list(accumulate((at + jitter.choice((0.0, 0.1, 0.15)) for at, _ in sent), max))
    subscriptions = [at for at, priority in sent if priority is Priority.SUBSCRIPTION]
    for limit, whole in zip(UPBIT, strategy.whole(UPBIT), strict=True):
        assert worst_window(arrivals, limit.window_s) <= whole.count <= limit.count
    for limit in strategy.of_subscriptions(UPBIT):
        assert worst_window(subscriptions, limit.window_s) <= limit.count


def test_a_strategy_is_known_by_its_name() -> None:
    """Or is one of your own; anything else is a mistake, and told what there is."""
    assert strategy_of("balanced") is STRATEGIES["balanced"]
    own = Strategy(share=0.5)
    assert strategy_of(own) is own
    assert own.name == "custom"
    with pytest.raises(
        UsageError,
        match=r"^unknown strategy 'fast'; expected one of: "
        r"conservative, balanced, aggressive, or a Strategy$",
    ):
        strategy_of("fast")
    neither: Any
    for neither in (None, [], 5):
        with pytest.raises(UsageError, match="unknown strategy"):
            strategy_of(neither)


@pytest.mark.parametrize(
    "figures",
    [
        {"share": 0.0},
        {"share": 1.01},
        {"reserve": -0.1},
        {"share": 0.5, "reserve": 0.5},
        {"spread_s": 0.0},
        {"error_threshold": 0},
        {"error_window": 0.0},
        {"reduction_ratio": 0.0},
        {"reduction_ratio": 1.0},
        {"least_ratio": 0.0},
        {"least_ratio": 1.1},
        {"recovery_delay": -1.0},
        {"recovery_step": 0.0},
        {"recovery_interval": 0.0},
        {"share": "x"},
        {"spread_s": None},
        {"spread_s": nan},
        {"error_threshold": True},
        {"recovery_delay": []},
        {"name": 5},
        {"name": " "},
    ],
    ids=str,
)
def test_figures_that_make_no_sense_are_refused(figures: dict[str, Any]) -> None:
    """At the call that gives them, by the name of the first of them that is wrong."""
    with pytest.raises(UsageError, match=f"a strategy's {list(figures)[-1]} must be"):
        Strategy(**figures)


def test_the_extremes_of_the_figures_are_allowed() -> None:
    """All that the exchange allows, no reserve, no spread, no delay."""
    strategy = Strategy(
        share=1.0, reserve=0.0, spread_s=inf, error_threshold=1, least_ratio=1.0, recovery_delay=0.0
    )
    assert strategy.of_subscriptions(UPBIT) == UPBIT
    assert Strategy(share=0.01, reserve=0.0).whole(UPBIT) == (Limit(1, 1.0), Limit(1, 60.0))
