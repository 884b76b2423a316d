"""Failures in a row, and what each of them leads to."""

import pytest

from tickwire.core.backoff import Backoff, KeysBackoff
from tickwire.core.recovery import Recovery
from tickwire.world import Random

KEYS = KeysBackoff()


@pytest.fixture
def recovery() -> Recovery:
    return Recovery(Backoff(), KEYS, Random(1))


def fail(recovery: Recovery, now: float) -> None:
    recovery.failed(now, keys_refused=False)


def test_it_says_how_often_it_has_failed(recovery: Recovery) -> None:
    """In a row, that is."""
    fail(recovery, 0.0)
    fail(recovery, 0.0)
    assert repr(recovery) == "<Recovery: 2 failures in a row>"


def test_the_first_try_is_at_once_and_a_long_row_gives_the_alarm(recovery: Recovery) -> None:
    """The waits between are those of the back-off."""
    setbacks = [recovery.failed(0.0, keys_refused=False) for _ in range(7)]
    assert setbacks[0].delay_s == 0.0
    assert all(setback.delay_s > 0.0 for setback in setbacks[1:])
    assert [setback.alarm for setback in setbacks] == [False] * 6 + [True]


def test_a_row_ends_once_all_has_come_and_has_lasted(recovery: Recovery) -> None:
    """Not when the connection opens, nor when something is asked for in addition."""
    fail(recovery, 0.0)
    recovery.opened(1.0)
    recovery.settle(100.0)
    assert repr(recovery) == "<Recovery: 1 failures in a row>"
    recovery.proved(2.0)
    recovery.proved(20.0)
    assert recovery.settled_at == 32.0
    recovery.settle(31.9)
    assert repr(recovery) == "<Recovery: 1 failures in a row>"
    recovery.settle(32.0)
    assert repr(recovery) == "<Recovery: 0 failures in a row>"


def test_what_has_not_failed_need_not_settle(recovery: Recovery) -> None:
    """So nobody has to look for it."""
    recovery.opened(0.0)
    recovery.proved(1.0)
    assert recovery.settled_at is None


def test_a_connection_that_dies_young_does_not_end_a_row(recovery: Recovery) -> None:
    """What it had proved counts no more."""
    fail(recovery, 0.0)
    recovery.opened(1.0)
    recovery.proved(2.0)
    fail(recovery, 3.0)
    recovery.settle(100.0)
    assert recovery.failures == 2


def test_an_outage_lasts_from_the_loss_until_all_is_back(recovery: Recovery) -> None:
    """Attempts that fail meanwhile do not shorten it, and it is told once."""
    recovery.opened(0.0)
    assert recovery.proved(1.0) is None
    fail(recovery, 10.0)
    fail(recovery, 11.0)
    recovery.opened(12.0)
    assert recovery.proved(13.0) == 3.0
    assert recovery.proved(14.0) is None


def test_an_outage_goes_on_if_the_line_fails_again_before_all_is_back(recovery: Recovery) -> None:
    """However long it was open between."""
    recovery.opened(0.0)
    fail(recovery, 10.0)
    recovery.opened(11.0)
    fail(recovery, 40.0)
    recovery.opened(41.0)
    assert recovery.proved(42.0) == 32.0


def test_who_rests_misses_nothing(recovery: Recovery) -> None:
    """Whatever had failed before."""
    recovery.opened(0.0)
    fail(recovery, 10.0)
    recovery.rest()
    assert recovery.failures == 0
    recovery.opened(50.0)
    assert recovery.proved(51.0) is None


def test_a_second_refusal_of_keys_is_certain(recovery: Recovery) -> None:
    """The first may be chance, and other failures between do not end the row."""
    first = recovery.failed(0.0, keys_refused=True)
    fail(recovery, 1.0)
    second = recovery.failed(2.0, keys_refused=True)
    assert (first.alarm, first.keys_refused) == (False, False)
    assert (second.alarm, second.keys_refused) == (True, True)
    assert KEYS.quick_s <= first.delay_s < KEYS.base_s <= second.delay_s


@pytest.mark.parametrize(("open_s", "is_certain"), [(29.9, True), (30.0, False)])
def test_a_connection_that_lasts_has_shown_that_the_keys_are_good(
    recovery: Recovery, open_s: float, is_certain: bool
) -> None:
    """So the next refusal is the first of another row."""
    recovery.failed(0.0, keys_refused=True)
    recovery.opened(1.0)
    fail(recovery, 1.0 + open_s)
    assert recovery.failed(100.0, keys_refused=True).keys_refused is is_certain
