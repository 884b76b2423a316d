"""One connection, told what happened and asked what to do: no socket, no loop, no clock."""

from collections.abc import Iterable
from itertools import pairwise
from random import Random
from typing import Any

import pytest

from tickwire.core.actions import (
    Action,
    Confirmed,
    Drop,
    Lost,
    Open,
    Ping,
    Query,
    Restored,
    Send,
)
from tickwire.core.backoff import Backoff
from tickwire.core.budget import Budget
from tickwire.core.connection import Connection, Timing
from tickwire.core.gate import Gate
from tickwire.core.limiter import Limit, Limiter
from tickwire.core.planner import Plan
from tickwire.core.states import ConnectionState
from tickwire.errors import UsageError
from tickwire.subscription import DataType, Stream

BTC, ETH, XRP = (Stream(DataType.TICKER, f"KRW-{base}") for base in ("BTC", "ETH", "XRP"))
MESSAGES = (Limit(5, 1.0), Limit(100, 60.0))
HAPPENINGS = (DataType.MY_ORDER, DataType.ANNOUNCEMENT)
"""Types that say nothing until something happens."""


class Told:
    """A connection with a hand-moved time, and somebody who performs what it says."""

    def __init__(self, timing: Timing | None = None, connects: int = 5) -> None:
        self.now = 0.0
        self.is_talkative = True
        """Whether the other side is heard all the time, so that nobody asks for signs of life."""
        self.connection = Connection(
            timing=timing or Timing(),
            random=Random(1),
            connect_gate=Gate(lambda: Budget(Limiter((Limit(connects, 1.0),)))),
            message_gate=Gate(lambda: Budget(Limiter(MESSAGES))),
            begins_with_data=lambda data_type: data_type not in HAPPENINGS,
        )

    def want(self, *streams: Stream, no_more: Iterable[Stream] = ()) -> None:
        self.connection.want(streams, no_more, self.now)

    def at(self, now: float) -> list[Action]:
        """What is due at that time; nothing happens before it."""
        self.now = now
        if self.is_talkative:
            self.connection.heard(now)
        actions, _ = self.connection.poll(now)
        return actions

    def performed(self, now: float) -> list[Action]:
        """What is due at that time, with sockets that open and messages that go out at once."""
        actions = self.at(now)
        for action in actions:
            if isinstance(action, Open):
                self.connection.opened(now)
            elif isinstance(action, Send):
                self.connection.sent(action.plan, now)
        if any(isinstance(action, Open | Send) for action in actions):
            actions += self.performed(now)
        return actions

    def wakes_at(self) -> float | None:
        return self.connection.poll(self.now)[1]


def subscribed(*streams: Stream, timing: Timing | None = None) -> Told:
    """A connection that is active with these streams since 0.1 s."""
    told = Told(timing)
    told.want(*streams)
    told.performed(0.0)
    told.performed(0.1)
    for stream in streams:
        told.connection.proved(stream, 0.1)
    assert told.connection.state is ConnectionState.ACTIVE
    return told


def test_the_first_wish_opens_and_the_message_follows_the_debounce() -> None:
    """The handshake runs during the debounce; the message goes when both are done."""
    told = Told()
    told.want(BTC)
    assert told.at(0.0) == [Open(epoch=1)]
    told.connection.opened(0.02)
    assert told.at(0.02) == []
    assert told.wakes_at() == 0.1
    assert told.at(0.1) == [Send(Plan((BTC,), ()))]


def test_the_debounce_is_fixed_from_the_first_change() -> None:
    """Later changes join the message and do not put it off."""
    told = Told()
    told.want(BTC)
    told.performed(0.0)
    told.now = 0.09
    told.want(ETH)
    assert told.at(0.099) == []
    assert told.at(0.1) == [Send(Plan((BTC, ETH), ()))]


def test_without_debounce_it_goes_at_once() -> None:
    """An idle limiter and no debounce leave nothing to wait for."""
    told = Told(Timing(debounce_s=0.0))
    told.want(BTC)
    assert told.performed(0.0) == [Open(1), Send(Plan((BTC,), ()))]


def test_changes_during_the_limiters_wait_become_one_message() -> None:
    """The plan is made when the slot comes, from what is wanted then."""
    told = Told(Timing(debounce_s=0.0))
    others = [Stream(DataType.TRADE, f"KRW-A{n}") for n in range(20)]
    told.want(BTC)
    sent = [a for a in told.performed(0.0) if isinstance(a, Send)]
    for n, stream in enumerate(others):
        told.now = 0.01 * n
        told.want(stream)
        sent += [a for a in told.performed(told.now) if isinstance(a, Send)]
    assert len(sent) == 5
    told.want(no_more=[others[0]])
    assert told.at(1.19) == []
    [last] = told.performed(1.2)
    assert isinstance(last, Send)
    assert last.plan.streams == {BTC, *others[1:]}


def test_a_change_undone_in_the_window_is_no_message() -> None:
    """Add and remove meet before anybody is told, and take no slot; later changes wait anew."""
    told = subscribed(BTC)
    granted = told.connection.gate.budget.whole.granted
    told.now = 1.0
    told.want(ETH)
    told.now = 1.05
    told.want(no_more=[ETH])
    assert told.at(1.1) == []
    assert told.connection.gate.budget.whole.granted == granted
    told.now = 1.3
    told.want(XRP)
    assert told.at(1.39) == []
    assert told.at(1.41) == [Send(Plan((XRP,), (BTC,)))]


def test_an_emptied_connection_lingers_then_closes_and_reopens() -> None:
    """Nobody wants anything: no message says so; after the linger the connection is closed."""
    told = subscribed(BTC)
    told.now = 1.0
    told.want(no_more=[BTC])
    assert told.at(3.9) == []
    assert told.performed(6.0) == [Drop("nobody wants anything", politely=True)]
    assert told.connection.state is ConnectionState.DISCONNECTED
    assert told.wakes_at() is None
    told.now = 7.0
    told.want(ETH)
    assert told.at(7.0) == [Open(epoch=2)]


def test_a_loss_while_nobody_wants_anything_is_the_end_of_it() -> None:
    """A connection that only lingers is not brought back."""
    told = subscribed(BTC)
    told.now = 1.0
    told.want(no_more=[BTC])
    told.connection.lost("cut", 2.0)
    assert told.at(2.0) == [Drop("cut, and nobody wants anything", politely=True)]
    assert told.connection.state is ConnectionState.DISCONNECTED
    assert told.wakes_at() is None
    told.now = 3.0
    told.want(BTC)
    assert told.at(3.0) == [Open(epoch=2)]


def test_wanted_again_while_it_lingers_costs_nothing() -> None:
    """The same set again needs no message."""
    told = subscribed(BTC)
    told.now = 1.0
    told.want(no_more=[BTC])
    told.now = 2.0
    told.want(BTC)
    assert told.performed(2.5) == []
    assert told.connection.state is ConnectionState.ACTIVE


def test_a_loss_restores_what_is_wanted_then() -> None:
    """Changes during the outage are in the one message that restores; the way back is told."""
    told = subscribed(BTC, ETH)
    told.now = 2.0
    told.connection.lost("cut", 2.0)
    told.want(XRP, no_more=[ETH])
    assert told.at(2.0) == [Lost("cut", 1, 0.0, alarm=False), Open(epoch=2)]
    told.connection.opened(2.0)
    told.now = 2.1
    assert told.performed(2.1) == [Send(Plan((BTC, XRP), ()))]
    told.connection.proved(BTC, 2.2)
    told.connection.proved(XRP, 2.3)
    [restored] = told.at(2.3)
    assert isinstance(restored, Restored)
    assert (restored.confirmed, restored.missing) == (2, ())
    assert abs(restored.outage_s - 0.3) < 1e-9


def test_a_failed_send_leaves_everything_to_be_sent() -> None:
    """What was not handed over was not sent."""
    told = Told()
    told.want(BTC)
    told.performed(0.0)
    assert told.at(0.1) == [Send(Plan((BTC,), ()))]
    told.connection.lost("broken pipe", 0.1)
    assert told.at(0.1)[-1] == Open(epoch=2)
    told.connection.opened(0.1)
    assert told.performed(0.1) == [Send(Plan((BTC,), ()))]


def test_attempts_slow_down_and_raise_an_alarm() -> None:
    """Refused for ever: at once, doubling waits, then an error that stays until it works."""
    told = Told()
    told.want(BTC)
    alarms = []
    now = 0.0
    for _ in range(9):
        while not any(isinstance(action, Open) for action in told.at(now)):
            wake = told.wakes_at()
            assert wake is not None
            now = max(now, wake)
        told.connection.lost("refused", now)
        [lost] = told.at(now)[:1]
        assert isinstance(lost, Lost)
        alarms.append(lost.alarm)
        if lost.delay_s == 0.0:
            told.connection.lost("refused", now)
    assert alarms[-1] is True
    assert repr(told.connection).startswith("<Connection error")
    told.performed(now + 31.0)
    assert told.connection.state is ConnectionState.SUBSCRIBING


def test_a_wait_asked_for_by_the_exchange_is_kept() -> None:
    """The longer of its wait and ours counts."""
    told = Told()
    told.want(BTC)
    told.at(0.0)
    told.connection.lost("HTTP 418", 0.0, retry_after_s=60.0)
    told.at(0.0)
    assert told.at(59.9) == []
    assert told.at(60.0) == [Open(epoch=2)]


def test_a_wait_asked_for_by_the_exchange_binds_every_connection() -> None:
    """An address is blocked, whoever was told so; also after a rest that nobody wanted to end."""
    told, other = Told(), Told()
    other.connection = Connection(
        timing=Timing(),
        random=Random(1),
        connect_gate=told.connection._connect_gate,
        message_gate=Gate(lambda: Budget(Limiter(MESSAGES))),
        begins_with_data=lambda data_type: True,
    )
    told.want(BTC)
    told.at(0.0)
    told.connection.lost("refused with HTTP 418", 0.0, retry_after_s=20.0)
    assert [type(action) for action in told.at(0.0)] == [Lost]
    other.now = 3.0
    other.want(ETH)
    assert other.at(3.0) == []
    assert other.wakes_at() == 20.0
    told.want(no_more=[BTC])
    assert told.at(6.0) == [Drop("nobody wants anything", politely=True)]
    told.want(BTC)
    assert told.at(19.9) == []
    # Whoever has waited longer goes first, whoever asks first.
    assert told.at(20.0) == []
    assert other.at(20.0) == [Open(1)]
    assert told.at(20.0) == [Open(2)]


def test_the_count_of_failures_starts_anew_after_thirty_good_seconds() -> None:
    """A short life does not reset the back-off; a verified one that lasts does."""
    told = subscribed(BTC)
    told.connection.lost("cut", 1.0)
    told.performed(1.0)
    told.connection.proved(BTC, 1.0)
    told.performed(1.1)
    for second in range(2, 31):
        told.connection.heard(float(second))
        told.performed(float(second))
    assert told.connection.failures == 1
    told.connection.heard(31.1)
    told.performed(31.1)
    assert told.connection.failures == 0


def test_connects_pass_their_own_limit() -> None:
    """A second attempt within the window of one waits for the address's slot."""
    told = Told(connects=1)
    told.want(BTC)
    assert told.at(0.0) == [Open(epoch=1)]
    told.connection.lost("refused", 0.0)
    assert [type(action) for action in told.at(0.0)] == [Lost]
    assert told.wakes_at() == 1.2
    assert told.at(1.2) == [Open(epoch=2)]


def test_silence_is_pinged_and_no_answer_is_a_loss() -> None:
    """Three seconds of silence, ten for the first answer, then the socket is cut."""
    told = subscribed(BTC)
    told.is_talkative = False
    assert told.at(3.1) == [Ping()]
    assert told.at(13.0) == []
    assert told.at(13.1) == [
        Drop("no answer to a ping", politely=False),
        Lost("no answer to a ping", 1, 0.0, alarm=False),
    ]
    assert told.at(13.1) == [Open(epoch=2)]


def test_a_silent_stream_is_asked_about_then_asked_for_again() -> None:
    """After 5 s there is one question; a quiet stream is asked for anew, ever more rarely."""
    told = Told()
    told.want(BTC, ETH)
    told.performed(0.0)
    told.performed(0.1)
    told.connection.proved(BTC, 0.2)
    told.connection.heard(5.0)
    assert told.at(5.1) == [Query((ETH,))]
    assert told.at(5.2) == []
    told.connection.answered(unknown=(), quiet=(ETH,), now=5.2)
    assert told.connection.state is ConnectionState.ACTIVE
    assert told.performed(5.3) == [Send(Plan((ETH,), (BTC,)))]
    told.connection.heard(15.0)
    assert told.performed(15.2) == []
    assert told.performed(15.3) == [Query((ETH,))]


def test_an_unknown_stream_stops_nothing() -> None:
    """Once it is known that a stream does not exist, the others are all there is to prove."""
    told = Told()
    told.want(BTC, ETH)
    told.performed(0.0)
    told.performed(0.1)
    told.connection.proved(BTC, 0.2)
    told.at(5.1)
    told.connection.answered(unknown=(ETH,), quiet=(), now=5.2)
    assert told.connection.state is ConnectionState.ACTIVE


def test_a_late_answer_about_a_stream_that_left_and_came_back_is_harmless() -> None:
    """The question was about an earlier wish; nothing breaks and nothing is lost."""
    told = Told()
    told.want(BTC, ETH)
    told.performed(0.0)
    told.performed(0.1)
    told.connection.proved(BTC, 0.2)
    told.at(5.1)
    told.now = 5.1
    told.want(no_more=[ETH])
    told.performed(5.2)
    told.want(ETH)
    told.connection.answered(unknown=(), quiet=(ETH,), now=5.25)
    [sent] = told.performed(5.4)
    assert isinstance(sent, Send)
    assert sent.plan.streams == {BTC, ETH}


def test_stopping_is_for_good() -> None:
    """A stopped connection drops its socket once and wants nothing more."""
    told = subscribed(BTC)
    told.connection.stop()
    told.connection.stop()
    assert told.at(1.0) == [Drop("stopped", politely=True)]
    assert told.connection.state is ConnectionState.CLOSED
    assert told.wakes_at() is None


def test_a_loss_reported_late_is_ignored() -> None:
    """Whoever reports after the connection has moved on changes nothing."""
    told = subscribed(BTC)
    told.connection.lost("cut", 1.0)
    told.connection.lost("cut again", 1.0)
    assert told.connection.failures == 1


def test_its_repr_is_a_status_line() -> None:
    """State, epoch, and what is desired, sent and alive."""
    told = subscribed(BTC)
    expected = "<Connection active, epoch 1, 1 desired, 1 sent, 1 alive>"
    assert repr(told.connection) == expected


# --- refused keys -----------------------------------------------------------------------------


def refused(told: Told, *, opens: bool) -> tuple[float, Lost]:
    """Let the next attempt be made and the keys refused, before or after the handshake; when."""
    now = told.now
    while not any(isinstance(action, Open) for action in told.at(now)):
        wake = told.wakes_at()
        assert wake is not None
        now = max(now, wake)
    if opens:
        told.connection.opened(now)
    told.connection.lost("INVALID_AUTH", now, keys_refused=True)
    [lost] = told.at(now)
    assert isinstance(lost, Lost)
    return now, lost


@pytest.mark.parametrize("opens", [False, True])
def test_refused_keys_are_tried_once_more_and_then_slowly(opens: bool) -> None:
    """An alarm from the second refusal on, and at most two tries in any minute; in both forms."""
    told = Told()
    told.want(BTC)
    times, losses = zip(*(refused(told, opens=opens) for _ in range(8)), strict=True)
    assert [lost.alarm for lost in losses] == [False] + [True] * 7
    assert [lost.keys_refused for lost in losses] == [False] + [True] * 7
    assert told.connection.state is ConnectionState.ERROR
    gaps = [later - earlier for earlier, later in pairwise(times)]
    for gap, least in zip(gaps, (1.0, 60.0, 120.0, 240.0, 480.0, 600.0, 600.0), strict=True):
        assert least <= gap <= 1.2 * least + 1e-9


def test_a_stated_wait_is_waited_out_by_refused_keys() -> None:
    """The longer of the two waits counts."""
    told = Told()
    told.want(BTC)
    told.at(0.0)
    told.connection.lost("401", 0.0, keys_refused=True, retry_after_s=30.0)
    assert told.wakes_at() == 30.0


def test_a_refusal_that_was_chance_is_soon_forgotten() -> None:
    """The second token is accepted; a refusal long after that is tried again quickly."""
    told = Told()
    told.want(BTC)
    refused(told, opens=False)
    for wait_s in (30.0, 3600.0):
        told.performed(told.now + 1.2)
        assert told.connection.state.is_open
        told.now += wait_s
        told.connection.lost("revoked", told.now, keys_refused=True)
        [lost] = told.at(told.now)
        assert isinstance(lost, Lost)
        assert (lost.alarm, lost.keys_refused) == (False, False)
        assert 1.0 <= lost.delay_s <= 1.2


def test_neither_a_short_life_nor_another_failure_ends_a_row_of_refusals() -> None:
    """Otherwise a server that lets in, sends a little and refuses would be asked for ever."""
    told = Told()
    told.want(BTC)
    refused(told, opens=True)
    told.performed(told.now + 1.2)
    told.connection.proved(BTC, told.now)
    told.connection.lost("cut", told.now + 29.0)
    told.at(told.now + 29.0)
    _, lost = refused(told, opens=False)
    assert lost.keys_refused
    assert lost.delay_s >= 60.0


def test_a_row_of_refused_keys_outlasts_the_wish() -> None:
    """Whoever withdraws it and asks again goes on where the row was."""
    told = Told()
    told.want(BTC)
    refused(told, opens=False)
    refused(told, opens=False)
    told.want(no_more=[BTC])
    told.at(told.now + 5.0)
    assert told.connection.state is ConnectionState.DISCONNECTED
    told.want(BTC)
    now, lost = refused(told, opens=False)
    assert now >= 60.0
    assert lost.delay_s >= 120.0


# --- streams that do not begin with data ----------------------------------------------------

ORDERS, NEWS = Stream(DataType.MY_ORDER), Stream(DataType.ANNOUNCEMENT)


def test_orders_are_confirmed_by_a_second_without_objection() -> None:
    """Told once, at the moment it wakes for; then it is active and asks no questions."""
    told = Told()
    told.want(ORDERS, NEWS)
    told.performed(0.0)
    told.performed(0.1)
    assert told.connection.ledger.unproven == {ORDERS, NEWS}
    assert told.wakes_at() == 1.1
    assert told.at(1.09) == []
    assert told.at(1.1) == [Confirmed((NEWS, ORDERS))]
    assert told.connection.state is ConnectionState.ACTIVE
    assert told.at(2.0) == []


def test_restored_does_not_wait_for_an_order() -> None:
    """A second after the message everything is back, with nothing missing."""
    told = Told()
    told.want(ORDERS)
    told.performed(0.0)
    told.performed(0.1)
    told.performed(1.1)
    told.now = 10.0
    told.connection.lost("cut", 10.0)
    assert Send(Plan((ORDERS,), ())) in told.performed(10.0)
    assert told.at(11.0) == [Confirmed((ORDERS,)), Restored(1, (), 1.0)]


def test_after_an_error_nothing_is_presumed() -> None:
    """The exchange closes next; what it objected to is not said."""
    told = Told()
    told.want(ORDERS)
    told.performed(0.0)
    told.performed(0.1)
    told.connection.refused("INVALID_PARAM: no")
    assert told.at(5.0) == []
    assert told.connection.state is ConnectionState.SUBSCRIBING
    assert told.connection.ledger.missing == (ORDERS,)


def test_who_does_not_want_to_connect_any_more_holds_nobody_up() -> None:
    """Whether it was stopped or is not wanted: the next in line takes the slot."""
    for leave in (
        lambda told: told.connection.stop(),
        lambda told: (told.want(no_more=[BTC]), told.at(6.0)),
    ):
        told, other = Told(connects=1), Told()
        other.connection._connect_gate = told.connection._connect_gate
        told.connection._connect_gate.block(20.0, 0.0)
        told.want(BTC)
        assert told.at(0.0) == []
        other.want(ETH)
        assert other.at(0.0) == []
        leave(told)
        assert other.at(20.0) == [Open(1)]


def test_an_attempt_under_way_takes_no_second_slot() -> None:
    """Whoever asks meanwhile."""
    told = Told()
    told.want(BTC)
    assert told.at(0.0) == [Open(epoch=1)]
    told.want(ETH)
    assert told.at(0.5) == []
    assert told.wakes_at() is None
    assert told.connection._connect_gate.budget.whole.granted == 1


def test_who_leaves_and_comes_back_waits_for_refused_keys_as_anybody_does() -> None:
    """Else a program that starts its component anew would knock as fast as that."""
    told = Told()
    times: list[float] = []
    for now in (step / 10 for step in range(1300)):
        told.now = now
        if now % 10.0 == 0.0:
            told.want(BTC)
        elif now % 10.0 == 2.0:
            told.want(no_more=[BTC])
        if any(isinstance(action, Open) for action in told.at(now)):
            times.append(now)
            told.connection.lost("401", now, keys_refused=True)
    first, second, third = times
    assert second - first >= 1.0
    assert third - second >= 60.0


def test_keys_refused_while_nobody_wants_anything_count_as_well() -> None:
    """The refusal of a connection that was about to be left."""
    told = Told()
    told.want(BTC)
    told.performed(0.0)
    told.want(no_more=[BTC])
    told.connection.lost("401", 1.0, keys_refused=True)
    assert [type(action) for action in told.at(1.5)] == [Drop]
    told.want(BTC)
    assert told.at(1.9) == []
    assert told.wakes_at() == pytest.approx(2.1, abs=0.1)
    assert told.at(2.3) == [Open(epoch=2)]


@pytest.mark.parametrize("value", [-1, "x", None, float("nan"), float("inf"), True, 10**400])
def test_a_timing_is_made_of_seconds(value: Any) -> None:
    """Finite and not negative; the first that is not is named."""
    for name in ("debounce_s", "linger_s", "first_data_s", "patience_s", "no_objection_s"):
        with pytest.raises(UsageError, match=f"{name} must be seconds from 0 up"):
            Timing(**{name: value})
    assert Timing(debounce_s=0, linger_s=1.5).linger_s == 1.5


def test_the_parts_of_a_timing_are_what_they_should_be() -> None:
    """Not a number in the place of a table."""
    wrong: Any = 3
    with pytest.raises(UsageError, match="heartbeat must be a HeartbeatTiming"):
        Timing(heartbeat=wrong)
    with pytest.raises(UsageError, match="backoff must be a Backoff"):
        Timing(backoff=wrong)
    with pytest.raises(UsageError, match="keys_backoff must be a KeysBackoff"):
        Timing(keys_backoff=Backoff())  # type: ignore[arg-type]
