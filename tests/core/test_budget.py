"""The slots of a connection are divided, and all of them slow down together."""

from tickwire.core.adjustment import Adjustment
from tickwire.core.budget import Budget, Priority
from tickwire.core.limiter import Limit, Limiter
from tickwire.core.strategy import Strategy

SUBSCRIPTION, REQUEST = Priority.SUBSCRIPTION, Priority.REQUEST


def limiter(count: int) -> Limiter:
    return Limiter((Limit(count, 10.0),), margin_s=0.0)


def test_what_subscriptions_may_not_use_is_there_for_requests() -> None:
    """And every request counts for the whole."""
    budget = Budget(limiter(3), subscriptions=limiter(2))
    assert budget.free(0.0) == 2
    assert [budget.take(SUBSCRIPTION, 0.0) for _ in range(3)] == [True, True, False]
    assert budget.free_at(SUBSCRIPTION, 0.0) == 10.0
    assert budget.free_at(REQUEST, 0.0) <= 0.0
    assert [budget.take(REQUEST, 1.0) for _ in range(2)] == [True, False]
    assert budget.whole.granted == 3
    assert budget.free_at(REQUEST, 1.0) == 10.0


def test_requests_do_not_use_up_the_part_of_subscriptions() -> None:
    """Only the whole: a subscription goes as soon as that has a slot again."""
    budget = Budget(limiter(3), subscriptions=limiter(2))
    assert [budget.take(REQUEST, now) for now in (0.0, 1.0, 2.0)] == [True] * 3
    assert budget.free(2.0) == 0
    assert budget.free_at(SUBSCRIPTION, 2.0) == 10.0
    assert budget.take(SUBSCRIPTION, 10.0)
    assert budget.take(SUBSCRIPTION, 11.0)
    assert not budget.take(SUBSCRIPTION, 12.0)
    assert budget.take(REQUEST, 12.0)


def test_without_parts_all_are_equal() -> None:
    """As for connects."""
    budget = Budget(limiter(2))
    assert budget.free(0.0) == 2
    assert budget.take(REQUEST, 0.0)
    assert budget.take(SUBSCRIPTION, 0.0)
    assert budget.free_at(SUBSCRIPTION, 0.0) == 10.0
    assert repr(budget) == "<Budget <Limiter 2 in 10 s; 2 granted>>"


def test_a_ratio_stretches_every_window() -> None:
    """Half as fast is twice as long, for the part and for the whole."""
    adjustment = Adjustment(Strategy(error_threshold=1, reduction_ratio=0.5))
    budget = Budget(limiter(2), subscriptions=limiter(1), adjustment=adjustment)
    assert budget.take(SUBSCRIPTION, 0.0)
    assert budget.take(REQUEST, 0.0)
    adjustment.notify(0.0)
    assert budget.free_at(SUBSCRIPTION, 0.0) == budget.free_at(REQUEST, 0.0) == 20.0
    assert not budget.take(SUBSCRIPTION, 19.9)
    assert budget.free(19.9) == 0
    assert budget.free(20.0) == 1
    assert budget.take(SUBSCRIPTION, 20.0)


def test_who_waits_asks_again_when_it_goes_faster() -> None:
    """A window that was stretched may be over sooner than it was when the wait began."""
    adjustment = Adjustment(
        Strategy(error_threshold=1, reduction_ratio=0.5, recovery_delay=12.0, recovery_step=0.5)
    )
    budget = Budget(limiter(1), adjustment=adjustment)
    assert budget.take(REQUEST, 0.0)
    adjustment.notify(0.0)
    assert budget.free_at(REQUEST, 0.0) == 12.0
    assert budget.take(REQUEST, 12.0)


def test_a_slot_that_is_there_is_not_put_off() -> None:
    """Also while it goes slower."""
    adjustment = Adjustment(Strategy(error_threshold=1))
    adjustment.notify(0.0)
    assert Budget(limiter(1), adjustment=adjustment).free_at(REQUEST, 5.0) <= 5.0


def test_a_block_is_for_all() -> None:
    """For so long from now."""
    budget = Budget(limiter(2), subscriptions=limiter(1))
    budget.block(5.0, 1.0)
    assert budget.free(5.9) == 0
    assert not budget.take(REQUEST, 5.9)
    assert budget.free_at(SUBSCRIPTION, 1.0) == 6.0
    assert budget.take(SUBSCRIPTION, 6.0)


def test_a_slot_that_was_used_late_counts_late_everywhere() -> None:
    """In the whole, and in the part that it was taken from."""
    budget = Budget(limiter(3), subscriptions=limiter(2))
    assert budget.take(SUBSCRIPTION, 0.0)
    assert budget.take(SUBSCRIPTION, 0.0)
    budget.used(SUBSCRIPTION, 4.0)
    assert budget.take(REQUEST, 4.0)
    budget.used(REQUEST, 5.0)
    assert budget.free(10.0) == 1
    assert budget.free(14.0) == 2
    assert budget.whole.free(14.0) == 2
