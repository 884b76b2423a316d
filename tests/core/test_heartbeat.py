"""Signs of life: asked for on silence, judged with patience."""

from tickwire.core.heartbeat import Heartbeat, HeartbeatTiming, Verdict

FINE, PING, DEAD = Verdict.FINE, Verdict.PING, Verdict.DEAD


def test_silence_is_asked_about_after_three_seconds() -> None:
    """Nothing for 3 s means a ping, once."""
    heart = Heartbeat(HeartbeatTiming(), 0.0)
    assert [heart.look(t) for t in (2.9, 3.0, 3.1)] == [FINE, PING, FINE]


def test_any_byte_counts_as_life() -> None:
    """Data puts off the next question and answers an open one."""
    heart = Heartbeat(HeartbeatTiming(), 0.0)
    heart.heard(2.0)
    assert heart.look(4.9) is FINE
    assert heart.look(5.0) is PING
    heart.heard(6.0)
    assert heart.look_at == 9.0


def test_the_first_answer_may_take_ten_seconds_later_ones_three() -> None:
    """The time limit follows the measured round trip."""
    heart = Heartbeat(HeartbeatTiming(), 0.0)
    assert heart.look(3.0) is PING
    assert heart.look_at == 13.0
    heart.ponged(3.02)
    assert heart.round_trip_s is not None
    assert abs(heart.round_trip_s - 0.02) < 1e-9
    assert heart.look(6.02) is PING
    assert heart.look(9.01) is FINE
    assert heart.look(9.02) is DEAD


def test_a_long_round_trip_lengthens_the_limit() -> None:
    """Four round trips when that is more than 3 s."""
    heart = Heartbeat(HeartbeatTiming(), 0.0)
    assert heart.look(3.0) is PING
    heart.ponged(5.0)
    assert heart.look(8.0) is PING
    assert heart.look_at == 16.0


def test_a_busy_connection_is_pinged_every_heartbeat_interval() -> None:
    """Data alone never lets the interval between pings grow beyond its bound."""
    heart = Heartbeat(HeartbeatTiming(), 0.0)
    pings = []
    for tick in range(1, 1000):
        now = tick / 10
        heart.heard(now)
        if heart.look(now) is PING:
            pings.append(now)
            heart.ponged(now)
    assert pings == [30.0, 60.0, 90.0]


def test_a_pong_after_data_still_tells_the_round_trip() -> None:
    """On a busy connection data comes between ping and pong."""
    heart = Heartbeat(HeartbeatTiming(), 0.0)
    assert heart.look(3.0) is PING
    heart.heard(3.1)
    heart.ponged(3.2)
    assert heart.round_trip_s is not None
    assert abs(heart.round_trip_s - 0.2) < 1e-9


def test_a_late_look_grants_one_more_glance() -> None:
    """When our own process was held up, the socket is drained before the verdict."""
    heart = Heartbeat(HeartbeatTiming(), 0.0)
    assert heart.look(3.0) is PING
    heart.ponged(3.0)
    assert heart.look(6.0) is PING
    assert heart.look(14.0) is FINE
    assert heart.look(14.25) is DEAD


def test_a_pong_that_nobody_asked_for_is_a_sign_of_life_and_no_measure() -> None:
    """There is no ping from which a round trip could be counted."""
    heart = Heartbeat(HeartbeatTiming(), 0.0)
    heart.ponged(2.0)
    assert heart.round_trip_s is None
    assert heart.last_heard == 2.0
    assert heart.look(4.9) is FINE
    assert heart.look(5.0) is PING
