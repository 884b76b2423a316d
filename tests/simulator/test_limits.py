"""What the exchange counts."""

from tests.simulator.desk import SECOND_NS, START_NS, Desk, said
from tickwire.simulator.exchange import Refusal
from tickwire.simulator.limits import ConnectGate, MessageMeter, Window
from tickwire.simulator.wire.session import Session

LIST = {"method": "LIST_SUBSCRIPTIONS"}


def test_a_window_forgets_after_exactly_its_span() -> None:
    """What happened a whole span ago no longer counts; a nanosecond less and it does."""
    window = Window(SECOND_NS)
    window.add(0)
    assert window.count(SECOND_NS - 1) == 1
    assert window.count(SECOND_NS) == 0


def test_the_sixth_message_in_a_second() -> None:
    """Five messages in any second pass, the sixth breaks the limit unless the first is over."""
    late, early = MessageMeter(), MessageMeter()
    for meter in (late, early):
        for n in range(5):
            assert meter.add(n * 1000) == (False, False)
    assert late.add(SECOND_NS) == (False, False)
    assert early.add(SECOND_NS - 1) == (True, False)


def test_the_hundred_and_first_message_in_a_minute() -> None:
    """A hundred messages in any minute pass, one more breaks the limit."""
    for gap_ns, broken in ((SECOND_NS // 2, True), (60 * SECOND_NS // 100, False)):
        meter = MessageMeter()
        results = [meter.add(n * gap_ns) for n in range(101)]
        assert results == [(False, False)] * 100 + [(False, broken)]


def test_too_many_messages_end_the_connection() -> None:
    """The message over the limit, a valid one too, is answered by TOO_MANY_REQUEST."""
    desk = Desk()
    session, neighbour = desk.connect("10.1.1.1"), desk.connect("10.1.1.1")
    for _ in range(5):
        desk.ask(session, LIST)
        desk.ask(neighbour, LIST)
    assert all("method" in one for one in said(session))
    desk.ask(session, LIST)
    assert [one["error"]["name"] for one in said(session)] == ["TOO_MANY_REQUEST"]
    assert session.closing == "TOO_MANY_REQUEST"
    assert neighbour.closing is None


def test_every_message_counts() -> None:
    """Subscribe messages and lists count alike."""
    desk = Desk()
    session = desk.connect()
    for _ in range(3):
        desk.ask(session, {"type": "ticker", "codes": ["KRW-BTC"]})
        desk.ask(session, LIST)
    assert session.closing == "TOO_MANY_REQUEST"


def test_connects_of_an_address() -> None:
    """Five connects in any second are let in; the sixth is refused with 429."""
    desk = Desk()
    assert all(isinstance(desk.knock("10.1.1.1"), Session) for _ in range(5))
    assert desk.knock("10.1.1.1") == Refusal(429, 0.0)
    assert isinstance(desk.knock("10.1.1.2"), Session)
    desk.now_ns += SECOND_NS
    assert isinstance(desk.knock("10.1.1.1"), Session)


def test_those_who_knock_are_not_forgotten() -> None:
    """Ten thousand other addresses push out the longest unused gate, not one that is in use."""
    desk = Desk()
    blocked, unused = "10.1.1.1", "10.1.1.2"
    for address in (blocked, unused):
        for _ in range(7):
            desk.knock(address)
    for n in range(9_999):
        desk.knock(f"10.2.{n // 250}.{n % 250}")
        if n == 5_000:
            assert desk.knock(blocked) == Refusal(418, 2.0)
    assert repr(desk.exchange.admission) == "Admission(10000 gates)"
    assert desk.knock(blocked) == Refusal(418, 2.0)
    assert isinstance(desk.knock(unused), Session)


def test_a_refused_client_that_waits_is_never_blocked() -> None:
    """A second after a 429 the next excess is a 429 again, not a block."""
    gate, now = ConnectGate(), START_NS
    for _ in range(3):
        assert [gate.knock(now)[0] for _ in range(6)] == [101] * 5 + [429]
        now += SECOND_NS


def test_going_on_after_a_refusal_is_blocked_longer_each_time() -> None:
    """The second excess within a second brings 418; each block lasts twice as long as the last."""
    gate, now = ConnectGate(), START_NS
    waits = []
    for _ in range(12):
        assert [gate.knock(now)[0] for _ in range(7)] == [101] * 5 + [429, 418]
        status, wait_s = gate.knock(now)
        assert status == 418
        waits.append(wait_s)
        now += round(wait_s * SECOND_NS)
        assert gate.knock(now - 1)[0] == 418
    assert waits == [2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600, 600]
    now += 600 * SECOND_NS
    assert [gate.knock(now) for _ in range(7)][-1] == (418, 2.0)


def test_the_referee_counts_breaches_and_worst_windows() -> None:
    """Breaches, refusals and the fullest windows are in the report."""
    desk = Desk()
    session = desk.connect("10.1.1.1")
    for _ in range(6):
        desk.ask(session, LIST)
    for _ in range(7):
        desk.knock("10.1.1.1")
    totals = desk.exchange.referee.report(desk.now_ns)["totals"]
    assert isinstance(totals, dict)
    assert totals["refusals"] == {"429": 1, "418": 2}
    assert totals["breaches"] == {
        "messages_per_second": 1,
        "messages_per_minute": 0,
        "connects_per_second": 3,
    }
    assert totals["worst_windows"] == {"messages_1s": 6, "messages_60s": 6, "connects_1s": 8}
    assert (totals["connects"], totals["open"], totals["messages"]) == (5, 5, 6)
