"""What a connection has said, and how long changes took until they were said."""

import pytest

from tests.core.test_connection import BTC, ETH, Told, subscribed
from tickwire.core.planner import Plan
from tickwire.core.record import Latency, Message, Record


def test_it_knows_which_message_asked_for_a_stream() -> None:
    """The first that named it, or the last that asked for it again."""
    record = Record()
    record.sent(Plan(fresh=(BTC,), live=()), "first", 100, 1.0)
    record.sent(Plan(fresh=(ETH,), live=(BTC,)), "second", 50, 2.0)
    assert record.message_of(BTC) == Message(1, "first", 1.0)
    assert record.message_of(ETH) == Message(2, "second", 2.0)
    record.sent(Plan(fresh=(BTC,), live=()), "third", 50, 3.0)
    assert record.message_of(BTC) == Message(3, "third", 3.0)
    assert record.message_of(ETH) is None
    assert repr(record) == "<Record 3 messages of 200 bytes>"
    record.lost()
    assert record.message_of(BTC) is None


def test_what_is_presumed_is_so_until_it_is_not_asked_for() -> None:
    """Or until the connection is gone."""
    record = Record()
    record.sent(Plan(fresh=(BTC, ETH), live=()), "", 0, 0.0)
    record.presumed([BTC, ETH])
    record.sent(Plan(fresh=(), live=(BTC,)), "", 0, 1.0)
    assert record.is_presumed(BTC)
    assert not record.is_presumed(ETH)
    record.lost()
    assert not record.is_presumed(BTC)


# --- latency ----------------------------------------------------------------------------------


def test_latency_runs_from_the_first_change_to_the_message() -> None:
    """Later changes have waited less; the first is what counts."""
    told = Told()
    told.want(BTC)
    told.performed(0.0)
    told.now = 0.09
    told.want(ETH)
    told.performed(0.1)
    latency = told.connection.record.latency
    assert (latency.count, latency.max_s) == (1, 0.1)
    assert latency.percentile(50) == 0.1


def test_a_change_made_while_there_is_no_connection_waits_since_then() -> None:
    """A loss does not make anybody forget how long somebody has waited."""
    told = subscribed(BTC)
    told.now = 1.0
    told.want(ETH)
    told.connection.lost("cut", 1.05)
    told.performed(3.0)
    assert told.connection.record.latency.max_s == 2.0
    assert told.connection.record.messages == 2


def test_a_restored_connection_makes_no_latency() -> None:
    """Nobody has changed anything."""
    told = subscribed(BTC)
    told.connection.lost("cut", 1.0)
    told.performed(1.0)
    told.performed(1.2)
    assert told.connection.record.messages == 2
    assert told.connection.record.latency.count == 1


@pytest.mark.parametrize(
    ("counts", "max_s", "percent", "expected"),
    [
        ((), 0.0, 50, 0.0),
        ((0, 3, 1), 0.12, 50, 0.1),
        ((0, 3, 1), 0.12, 75, 0.1),
        ((0, 3, 1), 0.12, 99, 0.12),
        ((1, *[0] * 11, 1), 75.0, 99, 75.0),
    ],
)
def test_percentiles_are_bounds_that_were_not_exceeded(
    counts: tuple[int, ...], max_s: float, percent: float, expected: float
) -> None:
    """Never more than the longest of all."""
    padded = (*counts, *[0] * (len(Latency.bounds_s) + 1 - len(counts)))
    assert Latency(padded, max_s).percentile(percent) == expected


# --- what comes to nothing --------------------------------------------------------------------


def test_a_change_undone_within_the_debounce_is_a_noop() -> None:
    """It is counted once, and no latency is."""
    told = subscribed(BTC)
    told.now = 1.0
    told.want(ETH)
    told.performed(1.0)
    told.now = 1.05
    told.want(no_more=[ETH])
    for now in (1.05, 1.1, 1.2):
        told.performed(now)
    record = told.connection.record
    assert (record.noop_flushes, record.messages, record.latency.count) == (1, 1, 1)


def test_all_withdrawn_is_something_to_say_that_cannot_be_said() -> None:
    """Taken back in time, it is a no-op; otherwise the connection is closed, which is none."""
    told = subscribed(BTC)
    told.now = 1.0
    told.want(no_more=[BTC])
    told.performed(1.0)
    assert told.connection.record.noop_flushes == 0
    told.want(BTC)
    told.performed(1.0)
    assert told.connection.record.noop_flushes == 1
    told.want(no_more=[BTC])
    told.performed(1.0)
    told.performed(9.0)
    assert told.connection.record.noop_flushes == 1


@pytest.mark.parametrize("opens", [True, False])
def test_wanted_and_withdrawn_before_anything_was_sent(opens: bool) -> None:
    """Whether there was a connection by then or not."""
    told = Told()
    told.want(BTC)
    told.want(no_more=[BTC])
    for now in (0.0, 0.1, 6.0):
        _ = told.performed(now) if opens else told.at(now)
    assert told.connection.record.noop_flushes == 1
    assert told.connection.record.messages == 0
