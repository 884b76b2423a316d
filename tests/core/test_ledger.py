"""What proves a stream, and what is presumed of one that says nothing until something happens."""

from tickwire.core.ledger import Ledger
from tickwire.core.planner import plan
from tickwire.subscription import DataType, Stream

TICKER = Stream(DataType.TICKER, "KRW-BTC")
ORDERS, NEWS = Stream(DataType.MY_ORDER), Stream(DataType.ANNOUNCEMENT)


def sent(*streams: Stream, at: float = 0.0, ledger: Ledger | None = None) -> Ledger:
    """A ledger whose message went out with these streams."""
    ledger = ledger or Ledger(lambda data_type: data_type == DataType.TICKER)
    ledger.want(streams, ledger.desired - set(streams))
    made = plan(ledger.desired, ledger.sent, ledger.alive)
    ledger.sent_out(made, at, first_data_s=5.0, no_objection_s=1.0)
    return ledger


def test_silence_is_asked_about_only_where_it_means_something() -> None:
    """A ticker has to begin with data, an order need not."""
    ledger = sent(TICKER, ORDERS)
    assert (ledger.next_question_at, ledger.next_presumed_at) == (5.0, 1.0)
    assert ledger.silent(60.0) == (TICKER,)
    assert ledger.unproven == {TICKER, ORDERS}


def test_nobody_objecting_for_a_second_confirms() -> None:
    """Not before, and once; a ticker is never presumed."""
    ledger = sent(TICKER, ORDERS, NEWS)
    assert ledger.presume(0.999) == ()
    assert ledger.presume(1.0) == (NEWS, ORDERS)
    assert ledger.presume(2.0) == ()
    assert ledger.alive.keys() == {ORDERS, NEWS}
    assert ledger.missing == (TICKER,)
    assert ledger.next_presumed_at == float("inf")


def test_the_first_event_confirms_at_once() -> None:
    """What has come needs no presumption."""
    ledger = sent(ORDERS)
    ledger.proved(ORDERS, 0.2)
    assert not ledger.unproven
    assert ledger.presume(1.0) == ()
    assert ledger.alive == {ORDERS: 0.2}


def test_another_message_does_not_put_it_off() -> None:
    """The second runs from the message that asked for the stream first."""
    ledger = sent(ORDERS)
    sent(ORDERS, NEWS, at=0.7, ledger=ledger)
    assert ledger.presume(1.0) == (ORDERS,)
    assert ledger.next_presumed_at == 1.7


def test_what_is_confirmed_stays_so_when_another_joins() -> None:
    """A new message leaves it alive."""
    ledger = sent(ORDERS)
    ledger.presume(1.0)
    sent(ORDERS, NEWS, at=3.0, ledger=ledger)
    assert ledger.alive == {ORDERS: 1.0}
    assert ledger.unproven == {NEWS}


def test_an_objection_ends_all_presumption() -> None:
    """Which stream the error is about is not said, and the connection closes next."""
    ledger = sent(ORDERS, NEWS)
    ledger.doubt()
    assert ledger.presume(60.0) == ()
    assert ledger.unproven == {ORDERS, NEWS}


def test_a_lost_connection_presumes_nothing() -> None:
    """In the next epoch everything has to be confirmed anew."""
    ledger = sent(ORDERS)
    ledger.reset()
    assert ledger.presume(60.0) == ()
    assert not ledger.alive
    sent(ORDERS, at=70.0, ledger=ledger)
    assert ledger.presume(71.0) == (ORDERS,)


def test_what_is_not_wanted_any_more_is_not_confirmed() -> None:
    """A stream that was left out of the next message is forgotten."""
    ledger = sent(ORDERS, NEWS)
    sent(NEWS, at=0.5, ledger=ledger)
    assert ledger.presume(2.0) == (NEWS,)


def test_desired_streams_keep_the_order_of_their_wishes() -> None:
    """Who is told first of a loss depends on nothing that changes from run to run."""
    ledger = Ledger(lambda data_type: True)
    streams = [Stream(DataType.TRADE, f"KRW-{number}") for number in range(50)]
    ledger.want(streams, ())
    ledger.want((), streams[:10])
    ledger.want(streams[:5], ())
    assert list(ledger.desired) == streams[10:] + streams[:5]


def test_a_quiet_stream_withdrawn_before_it_is_asked_for_again_is_unsubscribed() -> None:
    """The exchange still serves it, so there is something to say."""
    ledger = sent(TICKER, ORDERS)
    assert ledger.ask_again([TICKER], 5.0, 60.0)
    assert ledger.is_dirty
    ledger.want((), [TICKER])
    assert ledger.is_dirty


def test_what_is_taken_for_silent_is_served_all_the_same() -> None:
    """As far as is known: it was asked for, and no message has taken it back."""
    ledger = sent(TICKER)
    assert ledger.is_served(TICKER)
    assert ledger.ask_again([TICKER], 5.0, 60.0)
    assert TICKER not in ledger.sent
    assert ledger.is_served(TICKER)
    sent(ORDERS, at=6.0, ledger=ledger)
    assert not ledger.is_served(TICKER)
