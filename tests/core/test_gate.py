"""A slot goes to whoever's turn it is, and a limiter that fails lets nobody through."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickwire.core.budget import Budget, Priority
from tickwire.core.gate import RETRY_S, Gate
from tickwire.core.limiter import Limit, Limiter


def gate(count: int = 1, window_s: float = 1.0) -> Gate[str]:
    """Slots for so many in a window, without a margin."""
    return Gate(lambda: Budget(Limiter((Limit(count, window_s),), margin_s=0.0)))


def joined(waiters: Iterable[str], of: Gate[str]) -> Gate[str]:
    for waiter in waiters:
        of.join(waiter, 0.0)
    return of


def served(of: Gate[str], until_s: float) -> list[tuple[float, str]]:
    """Who is let through when, if somebody asks again as soon as the gate says."""
    now, turns = 0.0, []
    while now <= until_s:
        turn = of.serve(now)
        if turn is not None:
            turns.append((now, turn))
            continue
        next_at = of.next_at(now)
        if next_at is None:
            break
        assert next_at > now, "time stands still"
        now = next_at
    return turns


def test_ten_waiters_are_served_in_the_order_they_came() -> None:
    """Each at the first moment at which there is a slot."""
    waiters = [f"waiter {number}" for number in range(10)]
    turns = served(joined(waiters, gate(2)), 60.0)
    assert turns == [(number // 2 * 1.0, waiter) for number, waiter in enumerate(waiters)]


def test_the_subscription_goes_before_requests_that_came_first() -> None:
    """What a connection is for is restored before anybody's curiosity is met."""
    waiting = joined(["snapshot", "list"], gate())
    waiting.join("subscription", 0.0, Priority.SUBSCRIPTION)
    assert [turn for _, turn in served(waiting, 60.0)] == ["subscription", "snapshot", "list"]


def test_who_waits_already_keeps_the_place() -> None:
    """To join again, even with another priority, changes nothing."""
    waiting = joined(["first", "second"], gate())
    waiting.join("second", 0.5, Priority.SUBSCRIPTION)
    waiting.join("first", 0.5)
    assert [turn for _, turn in served(waiting, 60.0)] == ["first", "second"]


def test_who_leaves_is_not_served() -> None:
    """The next one moves up; to leave without waiting is no mistake."""
    waiting = joined(["first", "second"], gate())
    waiting.leave("first")
    waiting.leave("stranger")
    assert len(waiting) == 1
    assert waiting.serve(0.0) == "second"
    assert waiting.serve(5.0) is None
    assert waiting.next_at(5.0) is None


def test_a_slot_is_taken_only_by_whose_turn_it_is() -> None:
    """Several ask for themselves, in any order; the order of the line holds."""
    waiting = joined(["first", "second"], gate(2))
    assert not waiting.take("second", 0.0)
    assert not waiting.take("stranger", 0.0)
    assert waiting.take("first", 0.0)
    assert waiting.take("second", 0.0)
    assert not waiting.take("first", 0.0)
    assert waiting.budget.whole.granted == 2


def test_nobody_takes_a_slot_that_is_not_there() -> None:
    """The turn alone is not enough."""
    waiting = joined(["first", "second"], gate())
    assert waiting.take("first", 0.0)
    assert not waiting.take("second", 0.9)
    assert waiting.next_at(0.9) == 1.0
    assert waiting.take("second", 1.0)


def test_who_has_waited_too_long_is_told_and_has_left() -> None:
    """The gate says in time when that is, though no slot is free then."""
    waiting = gate(1, 60.0)
    waiting.join("through", 0.0)
    assert waiting.serve(0.0) == "through"
    waiting.join("late", 1.0, max_wait_s=15.0)
    waiting.join("patient", 1.0)
    assert waiting.next_at(1.0) == 16.0
    assert waiting.late(15.9) == []
    assert waiting.late(16.0) == ["late"]
    assert waiting.late(16.0) == []
    assert waiting.next_at(16.0) == 60.0
    assert waiting.serve(60.0) == "patient"


def test_it_counts_those_who_had_to_wait() -> None:
    """To be let through at once is no wait."""
    waiting = joined(["first", "second"], gate())
    served(waiting, 60.0)
    assert waiting.waits == 1


def test_a_block_holds_everybody() -> None:
    """Until its end, whatever the windows say."""
    waiting = joined(["first"], gate())
    waiting.block(20.0, 0.0)
    assert waiting.serve(19.9) is None
    assert waiting.next_at(0.0) == 20.0
    assert waiting.serve(20.0) == "first"


def test_those_who_wait_stay_when_the_limiter_is_renewed() -> None:
    """Another connection has its own windows; the line is the same."""
    waiting = joined(["first", "second"], gate())
    assert waiting.serve(0.0) == "first"
    waiting.renew()
    assert waiting.serve(0.0) == "second"


class Broken(Limiter):
    """Fails at everything, for as long as it is broken."""

    is_broken = True

    def take(self, now: float, ratio: float = 1.0) -> bool:
        self._fail()
        return super().take(now, ratio)

    def free_at(self, ratio: float = 1.0) -> float:
        self._fail()
        return super().free_at(ratio)

    def block(self, wait_s: float, now: float) -> None:
        super().block(wait_s, now)
        self._fail()

    def _fail(self) -> None:
        if self.is_broken:
            raise RuntimeError("out of order")


def test_a_broken_limiter_postpones() -> None:
    """Nobody is let through, it is counted and told, and it is tried again a second later."""
    limiter, told = Broken((Limit(1, 1.0),)), list[Exception]()
    waiting: Gate[str] = Gate(lambda: Budget(limiter), failed=told.append)
    waiting.join("first", 0.0)
    assert waiting.serve(0.0) is None
    assert [str(error) for error in told] == ["out of order"]
    assert waiting.next_at(0.0) == RETRY_S
    waiting.block(3.0, 0.0)
    assert waiting.failures == 2
    limiter.is_broken = False
    assert waiting.serve(0.5) is None
    assert waiting.next_at(0.5) == RETRY_S
    assert waiting.serve(1.0) is None
    assert waiting.next_at(1.0) == 3.0
    assert not waiting.take("first", 2.9)
    assert waiting.take("first", 3.0)
    assert waiting.failures == 2


def test_a_failure_does_not_outlive_its_limiter() -> None:
    """A renewed one is asked at once."""
    limiters = [Limiter((Limit(1, 1.0),)), Broken((Limit(1, 1.0),))]
    waiting: Gate[str] = Gate(lambda: Budget(limiters.pop()))
    waiting.join("first", 0.0)
    assert waiting.serve(0.0) is None
    waiting.renew()
    assert waiting.serve(0.0) == "first"


def test_its_repr_is_a_status_line() -> None:
    """How many wait, and for what."""
    assert repr(joined(["first"], gate())) == "<Gate 1 waiting; <Limiter 1 in 1 s; 0 granted>>"


@given(
    steps=st.lists(
        st.tuples(st.floats(0.0, 1.5), st.sampled_from(Priority), st.booleans()), max_size=60
    )
)
@pytest.mark.parametrize("limit", [Limit(1, 1.0), Limit(3, 2.0)])
def test_nobody_is_overtaken_by_an_equal(
    limit: Limit, steps: list[tuple[float, Priority, bool]]
) -> None:
    """Whoever comes when, and leaves: within a priority they are served as they came."""
    waiting: Gate[tuple[Priority, int]] = Gate(lambda: Budget(Limiter((limit,), margin_s=0.0)))
    model: dict[Priority, list[tuple[Priority, int]]] = {each: [] for each in Priority}
    now = 0.0
    for number, (pause, priority, leaves) in enumerate(steps):
        now += pause
        waiting.join((priority, number), now, priority)
        model[priority].append((priority, number))
        if leaves:
            waiting.leave(model[priority].pop())
        while (turn := waiting.serve(now)) is not None:
            first = next(line for line in model.values() if line)
            assert turn == first.pop(0)
    assert len(waiting) == sum(map(len, model.values()))


def test_a_limiter_that_cannot_tell_when_is_asked_later() -> None:
    """The question itself is put off."""
    told: list[Exception] = []
    waiting: Gate[str] = Gate(lambda: Budget(Broken((Limit(1, 1.0),))), failed=told.append)
    waiting.join("first", 5.0)
    assert waiting.next_at(5.0) == 5.0 + RETRY_S
    assert len(told) == waiting.failures == 1


def test_a_limiter_that_fails_afterwards_lets_nobody_else_through() -> None:
    """What went out has gone out; the next one waits until the limiter works again."""

    class Forgetful(Limiter):
        def used(self, now: float) -> None:
            raise RuntimeError("out of ink")

    failures: list[Exception] = []
    waiting: Gate[str] = Gate(lambda: Budget(Forgetful((Limit(9, 1.0),))), failed=failures.append)
    joined(["first", "second"], waiting)
    assert waiting.serve(0.0) == "first"
    waiting.used(Priority.REQUEST, 0.0)
    assert waiting.serve(0.0) is None
    assert waiting.serve(RETRY_S) == "second"
    assert [str(each) for each in failures] == ["out of ink"]
