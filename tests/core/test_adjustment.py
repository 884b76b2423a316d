"""Slower after complaints, and step by step back; never faster than at the start."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickwire.core.adjustment import Adjustment
from tickwire.core.strategy import STRATEGIES, Strategy

BALANCED = STRATEGIES["balanced"]


def complained(*times: float, strategy: Strategy = BALANCED) -> Adjustment:
    adjustment = Adjustment(strategy)
    for now in times:
        adjustment.notify(now)
    return adjustment


def test_the_third_complaint_reduces() -> None:
    """Two may be bad luck."""
    adjustment = Adjustment(BALANCED)
    assert [adjustment.notify(now) for now in (0.0, 1.0)] == [False, False]
    assert adjustment.ratio(1.0) == 1.0
    assert adjustment.next_step_at(1.0) == float("inf")
    assert adjustment.notify(2.0)
    assert adjustment.ratio(2.0) == 0.7
    assert adjustment.errors == 3


def test_only_complaints_within_the_window_count() -> None:
    """Three in a minute, not three in a day; the edge belongs to it."""
    assert complained(0.0, 30.0, 60.0).ratio(60.0) == 0.7
    assert complained(0.0, 30.0, 60.1).ratio(60.1) == 1.0
    assert complained(0.0, 30.0, 60.1, 61.0).ratio(61.0) == 0.7


def test_each_reduction_multiplies_down_to_the_floor() -> None:
    """1.0, 0.7, 0.49, 0.343 and no less than 0.3; it takes three more complaints each time."""
    adjustment, ratios = Adjustment(BALANCED), []
    for now in range(15):
        if adjustment.notify(float(now)):
            ratios.append(adjustment.ratio(float(now)))
    assert ratios == pytest.approx([0.7, 0.49, 0.343, 0.3, 0.3])
    assert repr(adjustment) == "<Adjustment 0.30 after 15 complaints>"


def test_it_recovers_step_by_step_after_the_delay() -> None:
    """Not a moment before it; from 0.49 it takes four steps, and then it is whole."""
    adjustment = complained(*[0.0] * 6)
    assert adjustment.ratio(59.9) == pytest.approx(0.49)
    assert adjustment.next_step_at(59.9) == 60.0
    ratios = [adjustment.ratio(now) for now in (60.0, 79.9, 80.0, 100.0, 119.9, 120.0, 1e6)]
    assert ratios == pytest.approx([0.64, 0.64, 0.79, 0.94, 0.94, 1.0, 1.0])
    assert adjustment.next_step_at(60.0) == 80.0
    assert adjustment.next_step_at(119.9) == 120.0
    assert adjustment.next_step_at(120.0) == float("inf")


def test_a_complaint_puts_the_recovery_off() -> None:
    """What has been recovered stays; the delay starts anew, and three more reduce again."""
    adjustment = complained(*[0.0] * 6)
    assert not adjustment.notify(85.0)
    assert adjustment.ratio(85.0) == pytest.approx(0.79)
    assert adjustment.ratio(144.9) == pytest.approx(0.79)
    assert adjustment.ratio(145.0) == pytest.approx(0.94)
    assert not adjustment.notify(86.0)
    assert adjustment.notify(87.0)
    assert adjustment.ratio(87.0) == pytest.approx(0.79 * 0.7)


def test_a_clock_that_steps_back_recovers_nothing() -> None:
    """A complaint is dated at the earliest by the one before it."""
    adjustment = complained(100.0, 101.0, 5.0)
    assert adjustment.ratio(5.0) == 0.7
    assert adjustment.ratio(160.9) == 0.7
    assert adjustment.ratio(161.0) == pytest.approx(0.85)


def test_switched_off_it_only_counts() -> None:
    """The rate stays as it is."""
    adjustment = Adjustment(BALANCED, is_enabled=False)
    assert [adjustment.notify(now) for now in (0.0, 0.1, 0.2, 0.3)] == [False] * 4
    assert adjustment.ratio(0.3) == 1.0
    assert adjustment.errors == 4


def test_the_figures_are_those_of_the_strategy() -> None:
    """Each of them."""
    strategy = Strategy(
        error_threshold=1,
        error_window=5.0,
        reduction_ratio=0.5,
        least_ratio=0.4,
        recovery_delay=10.0,
        recovery_step=0.2,
        recovery_interval=2.0,
    )
    assert complained(0.0, strategy=strategy).ratio(0.0) == 0.5
    adjustment = complained(0.0, 0.0, strategy=strategy)
    assert [adjustment.ratio(now) for now in (0.0, 9.9, 10.0, 12.0, 14.0)] == pytest.approx(
        [0.4, 0.4, 0.6, 0.8, 1.0]
    )


@given(pauses=st.lists(st.floats(0.0, 100.0), max_size=50))
def test_it_stays_between_the_floor_and_the_whole(pauses: list[float]) -> None:
    """Whenever the exchange complains; and left alone it is whole again in the end."""
    adjustment, now = Adjustment(BALANCED), 0.0
    for pause in pauses:
        now += pause
        before = adjustment.ratio(now)
        reduced = adjustment.notify(now)
        assert 0.3 <= adjustment.ratio(now) <= before <= 1.0
        assert reduced or adjustment.ratio(now) == before
        assert adjustment.next_step_at(now) > now
    assert adjustment.ratio(now + 60.0 + 5 * 20.0) == 1.0


@given(start=st.floats(0.0, 1e6), steps=st.integers(0, 5))
def test_whoever_comes_when_it_grows_finds_it_grown(start: float, steps: int) -> None:
    """To the last bit, or who waits for that moment would wait for it for ever."""
    adjustment = complained(start, start, start)
    now = start
    for _ in range(steps):
        before, now = adjustment.ratio(now), adjustment.next_step_at(now)
        if now == float("inf"):
            break
        assert adjustment.ratio(now) > before
        assert adjustment.next_step_at(now) > now
