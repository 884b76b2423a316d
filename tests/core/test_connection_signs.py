"""What a connection makes of signs of life and of the moment when nobody wants it any more."""

from tests.core.test_connection import BTC, subscribed
from tickwire.core.actions import Drop, Open, Ping
from tickwire.core.states import ConnectionState


def test_the_round_trip_is_that_of_this_epoch() -> None:
    """Measured from ping to pong, and unknown again after a loss."""
    told = subscribed(BTC)
    told.is_talkative = False
    round_trips = [told.connection.round_trip_s]
    assert told.at(3.5) == [Ping()]
    told.connection.ponged(3.75)
    round_trips.append(told.connection.round_trip_s)
    told.connection.lost("cut", 4.0)
    round_trips.append(told.connection.round_trip_s)
    assert round_trips == [None, 0.25, None]


def test_signs_of_life_that_come_late_revive_nothing() -> None:
    """What was still on its way when the connection was given up is ignored."""
    told = subscribed(BTC)
    told.connection.lost("cut", 1.0)
    told.connection.heard(1.1)
    told.connection.ponged(1.2)
    assert told.connection.state is ConnectionState.RECONNECTING
    assert told.connection.round_trip_s is None


def test_an_early_question_does_not_shorten_the_wait() -> None:
    """Whoever asks before the next attempt is due is told when it is."""
    told = subscribed(BTC)
    told.connection.lost("cut", 1.0, retry_after_s=10.0)
    told.at(1.0)
    assert told.at(10.9) == []
    assert told.wakes_at() == 11.0
    assert told.at(11.0) == [Open(epoch=2)]


def test_the_linger_runs_from_the_first_moment_nothing_was_wanted() -> None:
    """Saying once more that nothing is wanted does not put it off."""
    told = subscribed(BTC)
    told.now = 1.0
    told.want(no_more=[BTC])
    told.now = 4.0
    told.want(no_more=[BTC])
    assert told.at(5.9) == []
    assert told.at(6.0) == [Drop("nobody wants anything", politely=True)]


def test_a_linger_that_ends_on_a_connection_gone_already_ends_nothing() -> None:
    """Stopped while it lingered: there is nothing left to close."""
    told = subscribed(BTC)
    told.now = 1.0
    told.want(no_more=[BTC])
    told.connection.stop()
    assert told.at(1.0) == [Drop("stopped", politely=True)]
    assert told.at(6.0) == []
    assert told.connection.state is ConnectionState.CLOSED
    assert told.wakes_at() is None
