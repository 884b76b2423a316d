"""The waits between attempts: at once, then doubling, then slow for ever."""

from random import Random
from typing import Any

import pytest

from tickwire.core.backoff import Backoff, KeysBackoff
from tickwire.errors import UsageError


class Middle(Random):
    """Chance that always falls in the middle."""

    def uniform(self, a: float, b: float) -> float:
        return (a + b) / 2


class Shortest(Random):
    """Chance that always gives the least."""

    def uniform(self, a: float, b: float) -> float:
        return a


class Longest(Random):
    """Chance that always gives the most."""

    def uniform(self, a: float, b: float) -> float:
        return b


def test_the_first_try_goes_at_once_then_waits_double() -> None:
    """0, then 1, 2, 4, 8 and 16 seconds."""
    waits = [Backoff().delay_s(failures, Middle()) for failures in range(1, 7)]
    assert waits == [0.0, 1.0, 2.0, 4.0, 8.0, 16.0]


def test_five_fast_attempts_then_an_alarm() -> None:
    """The alarm comes when the try at once and the five waits have all failed."""
    assert [Backoff().is_exhausted(n) for n in (1, 6, 7, 100)] == [False, False, True, True]


@pytest.mark.parametrize("failures", [2, 4, 6])
def test_a_wait_is_spread_by_half_both_ways(failures: int) -> None:
    """10,000 draws lie within ± 50 % and average the nominal wait."""
    nominal = 2.0 ** (failures - 2)
    chance = Random(7)
    draws = [Backoff().delay_s(failures, chance) for _ in range(10_000)]
    assert 0.5 * nominal <= min(draws) < 0.55 * nominal
    assert 1.45 * nominal < max(draws) <= 1.5 * nominal
    assert sum(draws) / len(draws) == pytest.approx(nominal, rel=0.02)


def test_slow_waits_stay_spread_below_the_cap() -> None:
    """At the cap the spread does not shrink to nothing."""
    chance = Random(7)
    draws = [Backoff().delay_s(50, chance) for _ in range(10_000)]
    assert max(draws) <= 30.0
    assert max(draws) - min(draws) > 14.0


def test_ten_attempts_at_most_in_the_first_minute() -> None:
    """Even if chance always gives the shortest wait, a server that slams the door is left alone."""
    at, attempts, failures = 0.0, 1, 0
    while True:
        failures += 1
        at += Backoff().delay_s(failures, Shortest())
        if at > 60.0:
            break
        attempts += 1
    assert attempts <= 10


@pytest.mark.parametrize(
    ("refusals", "shortest", "longest", "is_certain"),
    [
        (1, 1.0, 1.2, False),
        (2, 60.0, 72.0, True),
        (3, 120.0, 144.0, True),
        (4, 240.0, 288.0, True),
        (5, 480.0, 576.0, True),
        (6, 600.0, 720.0, True),
        (7, 600.0, 720.0, True),
        (100_000, 600.0, 720.0, True),
    ],
)
def test_refused_keys_are_tried_once_more_and_then_slowly(
    refusals: int, shortest: float, longest: float, is_certain: bool
) -> None:
    """One quick try, then a minute doubling to ten, spread upwards only, for ever."""
    backoff = KeysBackoff()
    assert backoff.is_certain(refusals) is is_certain
    assert backoff.delay_s(refusals, Shortest()) == shortest
    assert backoff.delay_s(refusals, Longest()) == pytest.approx(longest)


@pytest.mark.parametrize("value", [-1, "x", None, float("nan"), float("inf")])
def test_waits_are_seconds(value: Any) -> None:
    """Finite and not negative; the first that is not is named."""
    for name in ("base_s", "cap_s", "settle_s"):
        with pytest.raises(UsageError, match=f"{name} must be seconds from 0 up"):
            Backoff(**{name: value})
        with pytest.raises(UsageError, match=f"{name} must be seconds from 0 up"):
            KeysBackoff(**{name: value})
    with pytest.raises(UsageError, match="quick_s must be seconds from 0 up"):
        KeysBackoff(quick_s=value)


@pytest.mark.parametrize("value", [-1, 1.5, "5", None, True, 1001])
def test_attempts_are_counted(value: Any) -> None:
    """In whole numbers, and no more than there is a power of two for."""
    with pytest.raises(UsageError, match="fast_attempts must be a whole number from 0 to 1000"):
        Backoff(fast_attempts=value)
    assert Backoff(fast_attempts=1000).delay_s(1001, Middle()) == 30.0
