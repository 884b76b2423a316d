"""What the exchange serves on a connection: when it is asked, and who gets the answer."""

import pytest

from tests.core.test_connection import BTC, ETH, XRP, Told, subscribed
from tickwire.core.actions import Action, Answer, Ask, Drop, Lost, Send
from tickwire.core.exchange import Listed
from tickwire.core.inquiry import Reply
from tickwire.core.listing import Verification
from tickwire.core.planner import Plan
from tickwire.errors import RateLimitTimeout, TransportError
from tickwire.subscription import DataType, Stream

ORDERS = Stream(DataType.MY_ORDER)
NONE: frozenset[Stream] = frozenset()


def asking(told: Told, now: float, *askers: str, ticket: str = "t") -> None:
    """The question of these askers is on its way from that time on."""
    for asker in askers:
        told.connection.ask(asker, now)
    assert told.at(now) == [Ask()]
    told.connection.asked(ticket, now)


def answers(actions: list[Action]) -> list[Answer]:
    return [each for each in actions if isinstance(each, Answer)]


def reply(told: Told, *served: Stream, at: float) -> Reply:
    """A question at that time, answered with these streams."""
    asking(told, at, "me")
    told.connection.listed(Listed("t", frozenset(served)))
    (answer,) = answers(told.at(at))
    assert isinstance(answer.outcome, Reply)
    return answer.outcome


def test_a_question_is_answered_with_what_was_said_before_it() -> None:
    """The reply holds both sides, as they were when it was asked."""
    told = subscribed(BTC)
    asking(told, 1.0, "me")
    told.want(ETH)
    told.connection.listed(Listed("t", frozenset({BTC})))
    said = frozenset({BTC})
    assert answers(told.at(1.0)) == [Answer(("me",), Reply(said, said))]


def test_those_who_wait_share_one_question() -> None:
    """Ten who want to know at once cost one message; who comes after it asks anew."""
    told = subscribed(BTC)
    everybody = tuple(f"asker {n}" for n in range(10))
    asking(told, 1.0, *everybody, ticket="first")
    assert told.at(1.0) == []
    asking(told, 1.1, "late", ticket="second")
    for ticket in ("first", "second"):
        told.connection.listed(Listed(ticket, frozenset({BTC})))
    assert [each.askers for each in answers(told.at(1.2))] == [everybody, ("late",)]


def test_a_message_that_is_due_goes_first() -> None:
    """While something is unsaid the question waits; it would be answered with less."""
    told = subscribed(BTC)
    told.want(ETH)
    told.connection.ask("me", told.now)
    assert told.at(0.15) == []
    assert told.performed(0.2) == [Send(Plan((ETH,), (BTC,))), Ask()]


def test_a_question_counts_against_the_limits() -> None:
    """Four in the second after the first message, then it waits; the moment to look is told."""
    told = subscribed(BTC)
    for number in range(4):
        reply(told, BTC, at=0.2 + number / 10)
    told.connection.ask("me", 0.6)
    assert told.at(0.6) == []
    slot_at = told.wakes_at()
    assert slot_at is not None
    assert slot_at == pytest.approx(1.3)
    assert told.at(slot_at) == [Ask()]


def test_a_message_takes_the_slot_that_a_question_has_waited_for() -> None:
    """Who waited first does not matter; what a connection is for goes before curiosity."""
    told = subscribed(BTC)
    told.connection.gate.block(9.0, 1.0)
    told.connection.ask("me", 1.0)
    told.want(ETH)
    assert told.at(9.9) == []
    assert told.performed(10.0) == [Send(Plan((ETH,), (BTC,))), Ask()]


def test_without_a_slot_it_is_given_up_after_15_s() -> None:
    """Each asker waits that long from its own call."""
    told = subscribed(BTC)
    told.connection.gate.block(99.0, 1.0)
    told.connection.ask("first", 1.0)
    told.connection.ask("second", 2.0)
    assert told.at(15.9) == []
    assert told.wakes_at() == 16.0
    first, second = (answers(told.at(at)) for at in (16.0, 17.0))
    assert [each[0].askers for each in (first, second)] == [("first",), ("second",)]
    assert isinstance(first[0].outcome, RateLimitTimeout)
    assert Ask() not in told.at(101.0)


def test_without_an_answer_it_is_given_up_after_3_s() -> None:
    """What comes later is nobody's, and no answer to what was asked meanwhile."""
    told = subscribed(BTC)
    asking(told, 1.0, "me", ticket="first")
    assert told.at(3.9) == []
    assert told.wakes_at() == 4.0
    asking(told, 3.95, "you", ticket="second")
    (answer,) = answers(told.at(4.0))
    assert answer.askers == ("me",)
    assert isinstance(answer.outcome, TimeoutError)
    assert not isinstance(answer.outcome, RateLimitTimeout)
    told.connection.listed(Listed("first", frozenset()))
    assert told.at(4.1) == []
    told.connection.listed(Listed("second", frozenset({BTC})))
    assert [each.askers for each in answers(told.at(4.2))] == [("you",)]


def test_an_answer_without_a_ticket_is_to_the_oldest_question() -> None:
    """Answers come in order; when no question is open it is nobody's."""
    told = subscribed(BTC)
    told.connection.listed(Listed("", frozenset()))
    assert told.at(0.9) == []
    asking(told, 1.0, "me", ticket="first")
    asking(told, 1.1, "you", ticket="second")
    told.connection.listed(Listed("", frozenset({BTC})))
    told.connection.listed(Listed("", frozenset({BTC})))
    assert [each.askers for each in answers(told.at(1.2))] == [("me",), ("you",)]


def test_who_does_not_want_to_know_any_more_costs_nothing() -> None:
    """A question that nobody waits for is not asked."""
    told = subscribed(BTC)
    told.connection.ask("me", 1.0)
    told.connection.ask_no_more("me")
    assert told.at(1.0) == []
    assert told.connection.gate.budget.whole.granted == 1


def test_a_loss_answers_everybody() -> None:
    """Those who were asked for and those who still waited; nobody else is told."""
    told = subscribed(BTC)
    asking(told, 1.0, "me")
    told.connection.ask("you", 1.0)
    told.connection.lost("reset by peer", 2.0)
    (answer,) = answers(told.at(2.0))
    assert answer.askers == ("me", "you")
    assert isinstance(answer.outcome, TransportError)
    assert "reset by peer" in str(answer.outcome)
    told.performed(10.0)
    told.connection.lost("reset by peer", 11.0)
    assert answers(told.at(11.0)) == []


# --- verification -----------------------------------------------------------------------------


def test_what_is_served_as_asked_needs_no_message() -> None:
    """The same set is the end of it."""
    told = subscribed(BTC, ETH)
    assert told.connection.verify(reply(told, ETH, BTC, at=1.0), 1.0)
    assert told.at(2.0) == []
    assert told.connection.mismatches == 0


def test_what_is_not_served_is_asked_for_again() -> None:
    """With a snapshot, while the others go on."""
    told = subscribed(BTC, ETH)
    found = told.connection.verify(reply(told, BTC, at=1.0), 1.0)
    assert found.missing == {ETH}
    assert told.at(1.0) == []
    assert told.at(1.1) == [Send(Plan((ETH,), (BTC,)))]
    assert told.connection.mismatches == 1


def test_who_share_an_answer_repair_once() -> None:
    """Both are told of the difference, and it is one."""
    told = subscribed(BTC, ETH)
    for now in (1.0, 2.0):
        shared = reply(told, BTC, XRP, at=now)
        for _ in range(3):
            found = told.connection.verify(shared, now)
            assert found.missing == {ETH}
            assert found.extra == {XRP}
        assert [type(action) for action in told.performed(now + 0.2)] == [Send]
        told.connection.proved(ETH, now + 0.3)
    assert told.connection.mismatches == 2


def test_what_is_served_unasked_is_taken_back() -> None:
    """The same set is said once more, without a snapshot of anything."""
    told = subscribed(BTC)
    found = told.connection.verify(reply(told, BTC, XRP, at=1.0), 1.0)
    assert found.extra == {XRP}
    assert told.performed(1.1) == [Send(Plan((), (BTC,)))]
    assert told.at(10.0) == []


def test_a_change_that_waits_takes_the_repair_with_it() -> None:
    """One message for both, at the debounce of the first."""
    told = subscribed(BTC, ETH)
    mismatch = reply(told, BTC, at=1.0)
    told.want(XRP)
    told.connection.verify(mismatch, 1.05)
    assert told.at(1.1) == [Send(Plan((ETH, XRP), (BTC,)))]


def test_a_stream_whose_first_data_is_awaited_is_only_told() -> None:
    """It may not exist: that is found out when it has been silent for 5 s."""
    told = Told()
    told.want(BTC, ETH)
    told.performed(0.0)
    told.performed(0.1)
    told.connection.proved(BTC, 0.2)
    assert told.connection.verify(reply(told, BTC, at=1.0), 1.0).missing == {ETH}
    assert told.at(2.0) == []
    assert told.connection.mismatches == 0


def test_a_difference_from_before_the_last_message_is_only_told() -> None:
    """The message since then has named everything anew."""
    told = subscribed(BTC, ETH)
    mismatch = reply(told, BTC, at=1.0)
    told.want(XRP)
    told.performed(1.1)
    assert told.connection.verify(mismatch, 1.2).missing == {ETH}
    assert told.at(2.0) == []


def test_what_is_wanted_since_the_question_is_unverified() -> None:
    """Whether its message has gone out or not, the answer says nothing of it."""
    told = subscribed(BTC)
    served = reply(told, BTC, at=1.0)
    told.want(ETH)
    assert told.connection.verify(served, 1.0) == Verification(NONE, NONE, frozenset({ETH}))
    told.performed(1.1)
    assert told.connection.verify(served, 1.2).unverified == {ETH}
    assert told.connection.mismatches == 0


def test_orders_that_are_not_served_are_asked_for_again_without_data() -> None:
    """They never show data, and are taken for alive once nobody has objected."""
    told = Told()
    told.want(ORDERS)
    told.performed(0.0)
    told.performed(0.1)
    told.performed(1.1)
    told.connection.verify(reply(told, at=2.0), 2.0)
    assert told.performed(2.1) == [Send(Plan((ORDERS,), ()))]


def test_the_third_mismatch_in_a_row_takes_another_connection() -> None:
    """Two messages have not helped."""
    told = subscribed(BTC, ETH)
    for at in (2.0, 4.0):
        told.connection.verify(reply(told, BTC, at=at), at)
        told.performed(at + 0.1)
        told.connection.proved(ETH, at + 0.2)
    told.connection.verify(reply(told, BTC, at=6.0), 6.0)
    reason = "the exchange does not serve what it was asked for"
    assert told.at(6.0)[:2] == [Drop(reason, politely=False), Lost(reason, 1, 0.0, False)]
    assert told.connection.mismatches == 3


def test_agreement_ends_the_row_of_mismatches() -> None:
    """However often it happens, a repair that helps is no reason to reconnect."""
    told = subscribed(BTC, ETH)
    for at in (2.0, 4.0, 6.0, 8.0):
        told.connection.verify(reply(told, BTC, at=at), at)
        assert told.performed(at + 0.1) == [Send(Plan((ETH,), (BTC,)))]
        told.connection.proved(ETH, at + 0.2)
        assert told.connection.verify(reply(told, BTC, ETH, at=at + 1), at + 1)


def test_a_lost_connection_is_only_told() -> None:
    """What it served is served by nobody now."""
    told = subscribed(BTC, ETH)
    mismatch = reply(told, BTC, at=1.0)
    told.connection.lost("reset by peer", 1.0)
    assert told.connection.verify(mismatch, 1.0).missing == {ETH}
    assert told.connection.mismatches == 0


def test_a_snapshot_asked_for_on_a_connection_that_is_lost_since_is_nothing_too_much() -> None:
    """The answer came with the end of the connection, and is looked at after it."""
    told = subscribed(BTC)
    told.connection.sent(Plan((), (BTC,), once=(ETH,)), 0.5)
    served = reply(told, BTC, ETH, at=1.0)
    told.connection.lost("closed", 1.0)
    assert told.connection.verify(served, 1.0)
