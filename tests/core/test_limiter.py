"""The limiter keeps every rolling window, as the exchange would count it."""

import pickle
from dataclasses import FrozenInstanceError
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickwire.core.limiter import Limit, Limiter, Unlimited

UPBIT = (Limit(5, 1.0), Limit(100, 60.0))


def worst_window(times: list[float], window_s: float) -> int:
    """The most events in any half-open window, counted the plain way."""
    return max((sum(t <= u < t + window_s for u in times) for t in times), default=0)


def greedy(limiter: Limiter, until_s: float) -> list[float]:
    """The times at which somebody who always wants gets a slot."""
    now, times = 0.0, []
    while now <= until_s:
        if limiter.take(now):
            times.append(now)
        else:
            now = limiter.free_at()
    return times


def test_five_go_at_once_and_the_sixth_waits() -> None:
    """The whole first window is free at the start."""
    limiter = Limiter(UPBIT, margin_s=0.0)
    assert [limiter.take(0.0) for _ in range(6)] == [True] * 5 + [False]
    assert limiter.free_at() == 1.0
    assert not limiter.take(0.999)
    assert limiter.take(1.0)


def test_the_margin_widens_every_window() -> None:
    """Messages squeezed together on the way still fit the exchange's window."""
    limiter = Limiter(UPBIT, margin_s=0.2)
    assert greedy(limiter, 1.3) == [0.0] * 5 + [1.2] * 5


def test_the_long_window_holds_too() -> None:
    """After a hundred messages the minute is what limits."""
    times = greedy(Limiter(UPBIT, margin_s=0.2), 180.0)
    assert worst_window(times, 1.0) == 5
    assert worst_window(times, 60.0) == 100
    assert len(times) >= 0.9 * 100 * 3


def test_a_block_holds_back_what_the_windows_would_let_go() -> None:
    """It is never shortened by a later and smaller one."""
    limiter = Limiter(UPBIT, margin_s=0.0)
    limiter.block(20.0, 0.0)
    limiter.block(4.0, 1.0)
    assert limiter.free_at() == 20.0
    assert not limiter.take(19.9)
    assert limiter.take(20.0)


def test_a_clock_that_steps_back_opens_nothing() -> None:
    """A grant is dated at the earliest by the one before it."""
    limiter = Limiter((Limit(2, 1.0),), margin_s=0.0)
    assert limiter.take(10.0)
    assert limiter.take(3.0)
    assert not limiter.take(4.5)
    assert limiter.take(11.0)


def test_a_limiter_without_limits_is_a_mistake() -> None:
    """Nothing to keep means nothing was configured."""
    with pytest.raises(ValueError, match=r"^a limiter needs at least one limit$"):
        Limiter(())


def test_a_limit_is_a_value() -> None:
    """Equal ones are the same key, and nobody changes the rule that others keep."""
    limit = Limit(5, 1.0)
    assert {limit: "kept"}[Limit(5, 1.0)] == "kept"
    with pytest.raises(FrozenInstanceError):
        limit.count = 6  # type: ignore[misc]


def test_it_remembers_no_more_than_its_windows_need() -> None:
    """After weeks of messages it is as small as after the first minute."""
    limiter = Limiter((Limit(2, 1.0), Limit(10, 60.0)), margin_s=0.0)
    sizes = []
    for _ in range(1000):
        assert limiter.take(max(0.0, limiter.free_at()))
        sizes.append(len(pickle.dumps(limiter)))
    assert sizes[9] > sizes[0]
    # The number of all grants takes another byte.
    assert sizes[-1] <= sizes[9] + 1


def test_it_says_what_it_does() -> None:
    """The repr is a status line."""
    limiter = Limiter(UPBIT)
    limiter.take(0.0)
    limiter.take(0.5)
    assert repr(limiter) == "<Limiter 5 in 1 s, 100 in 60 s; 2 granted>"


@given(
    waits=st.lists(st.floats(0, 2.0), min_size=1, max_size=300),
    jitters=st.lists(st.floats(0, 0.15), min_size=300, max_size=300),
)
def test_no_schedule_and_no_jitter_breaches_a_window(
    waits: list[float], jitters: list[float]
) -> None:
    """Whenever one asks, with up to 150 ms of ordered jitter, the server counts within limits."""
    limiter = Limiter(UPBIT)
    now = 0.0
    arrivals: list[float] = []
    for wait, jitter in zip(waits, jitters, strict=False):
        now += wait
        while limiter.take(now):
            arrival = now + jitter
            arrivals.append(max(arrival, arrivals[-1]) if arrivals else arrival)
    assert all(earlier <= later for earlier, later in pairwise(arrivals))
    assert worst_window(arrivals, 1.0) <= 5
    assert worst_window(arrivals, 60.0) <= 100


def test_a_ratio_makes_it_slower_and_nothing_else() -> None:
    """The windows are stretched; the margin, which is about the network, is not."""
    limiter = Limiter((Limit(1, 1.0), Limit(3, 60.0)), margin_s=0.2)
    assert limiter.take(0.0, ratio=0.5)
    assert limiter.free_at() == 1.2
    assert limiter.free_at(ratio=0.5) == 2.2
    assert not limiter.take(2.1, ratio=0.5)
    assert limiter.take(2.1)


def test_it_knows_how_many_may_go_at_once() -> None:
    """As the tightest window has it, and none during a block."""
    limiter = Limiter((Limit(2, 1.0), Limit(3, 60.0)), margin_s=0.0)
    assert limiter.free(0.0) == 2
    assert limiter.take(0.0)
    assert limiter.free(0.5) == 1
    assert limiter.free(1.0) == 2
    assert limiter.free(1.0, ratio=0.5) == 1
    assert limiter.take(1.0)
    assert limiter.free(2.0) == 1
    limiter.block(1.0, 2.0)
    assert limiter.free(2.9) == 0
    assert limiter.free(3.0) == 1


def test_without_limits_only_a_block_holds() -> None:
    """For measurements; what the exchange asks for is kept all the same."""
    limiter = Unlimited()
    assert [limiter.take(0.0) for _ in range(100)] == [True] * 100
    assert limiter.free(0.0) == 1
    limiter.block(3.0, 0.0)
    assert not limiter.take(2.9)
    assert limiter.take(3.0)
    assert repr(limiter) == "<Unlimited: 101 granted>"


def test_a_slot_counts_from_when_it_was_used() -> None:
    """Later than it was taken, if the machine was busy; never earlier."""
    limiter = Limiter((Limit(1, 1.0),), margin_s=0.0)
    limiter.used(5.0)
    assert limiter.take(0.0)
    limiter.used(0.4)
    limiter.used(0.3)
    assert not limiter.take(1.3)
    assert limiter.take(1.4)
