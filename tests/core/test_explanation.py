"""Why a stream has its data or not, as a value and in words."""

from functools import partial

import pytest

from tests.core.test_connection import BTC, ETH, XRP, Told, subscribed
from tickwire.core.actions import Lost, Open, Query
from tickwire.core.connection import Timing
from tickwire.core.explanation import (
    Carried,
    Conflict,
    Explanation,
    StreamExplanation,
    Wait,
    WaitsFor,
)
from tickwire.core.states import ConnectionState
from tickwire.subscription import ORDINARY, DataType, Stream, Terms

ORDERS = Stream(DataType.MY_ORDER)
BOOK = Stream(DataType.ORDERBOOK, "KRW-BTC")
SNAPSHOT = Terms(is_only_snapshot=True)
CONFIRMED = Carried(
    1, "active", message=2, ticket="t-2", sent_s=3.26, confirmed_s=3.12, by_data=True
)


def wait_of(told: Told, stream: Stream = BTC) -> Wait | None:
    return told.connection.carried(stream, told.now).wait


# --- what a stream waits for ------------------------------------------------------------------


def test_it_waits_for_the_limit_of_connects() -> None:
    """Another connection has used it up."""
    told = Told(connects=1)
    gate = told.connection._connect_gate
    assert gate.budget.whole.take(0.0)
    told.want(BTC)
    told.at(0.5)
    wait = wait_of(told)
    assert wait is not None
    assert wait.reason is WaitsFor.CONNECT_LIMIT
    assert wait.until_s == pytest.approx(0.7)


def test_it_waits_for_the_handshake() -> None:
    """Nobody can say for how long."""
    told = Told()
    told.want(BTC)
    assert [type(each) for each in told.at(0.0)] == [Open]
    told.now = 0.3
    assert wait_of(told) == Wait(WaitsFor.HANDSHAKE)


def test_it_waits_for_the_debounce_and_then_for_the_limit() -> None:
    """Until when is known of both."""
    told = subscribed(BTC)
    told.now = 1.0
    told.want(ETH)
    while told.connection.gate.budget.whole.take(1.0):
        pass
    told.performed(1.0)
    wait = wait_of(told, ETH)
    assert wait is not None
    assert wait.reason is WaitsFor.DEBOUNCE
    assert wait.until_s == pytest.approx(0.1)
    told.performed(1.2)
    wait = wait_of(told, ETH)
    assert wait is not None
    assert wait.reason is WaitsFor.MESSAGE_LIMIT
    # The first of five went out at 0.1 s, and a window is 1.2 s with its margin.
    assert wait.until_s == pytest.approx(0.1)
    assert wait_of(told, BTC) is None


def test_it_waits_for_its_first_data() -> None:
    """Silent since the message that asked for it."""
    told = Told()
    told.want(BTC)
    told.performed(0.0)
    told.performed(0.1)
    told.now = 0.6
    carried = told.connection.carried(BTC, 0.6)
    assert (carried.message, carried.epoch, carried.confirmed_s) == (1, 1, None)
    assert carried.wait is not None
    assert carried.wait.reason is WaitsFor.DATA
    assert carried.wait.since_s == pytest.approx(0.5)
    told.connection.proved(BTC, 0.6)
    carried = told.connection.carried(BTC, 1.6)
    assert carried.by_data
    assert carried.confirmed_s == pytest.approx(1.0)
    assert carried.wait is None


def test_what_may_be_silent_is_confirmed_by_that() -> None:
    """For a second it waits whether anybody objects."""
    told = Told()
    told.want(ORDERS)
    told.performed(0.0)
    told.performed(0.1)
    wait = wait_of(told, ORDERS)
    assert wait is not None
    assert wait.reason is WaitsFor.SILENCE
    told.performed(1.2)
    carried = told.connection.carried(ORDERS, 1.2)
    assert carried.confirmed_s == 0.0
    assert not carried.by_data


def test_what_is_asked_for_again_waits_for_the_message() -> None:
    """It is silent, and taken as not sent."""
    told = Told(Timing(first_data_s=1.0))
    told.want(BTC)
    told.performed(0.0)
    told.performed(0.1)
    assert told.at(1.2) == [Query((BTC,))]
    told.connection.answered((), (BTC,), 1.2)
    wait = wait_of(told)
    assert wait is not None
    assert wait.reason is WaitsFor.DEBOUNCE


def test_it_waits_for_the_next_attempt() -> None:
    """After a loss, until the back-off is over; after the end, for nothing."""
    told = subscribed(BTC)
    told.now = 1.0
    told.connection.lost("cut", 1.0)
    told.connection.poll(1.0)
    told.connection.lost("again", 1.0)
    wait = wait_of(told)
    assert wait is not None
    assert wait.reason is WaitsFor.BACK_OFF
    assert wait.until_s is not None
    assert wait.until_s > 0.0
    assert told.connection.carried(BTC, 1.0).message == 0
    told.connection.stop()
    assert wait_of(told) == Wait(WaitsFor.NOTHING)


# --- what part of it --------------------------------------------------------------------------


def test_a_book_that_is_wanted_deeper_waits_to_be_asked_for() -> None:
    """What flows already is not what is waited for."""
    told = Told()
    told.connection.want((), (), 0.0, altered={BOOK: Terms(5)})
    told.performed(0.0)
    assert told.connection.ledger.asked_for(BOOK) == Terms(5)
    told.performed(0.1)
    told.connection.proved(BOOK, 0.2)
    assert wait_of(told, BOOK) is None
    told.now = 0.3
    told.connection.want((), (), 0.3, altered={BOOK: Terms(15)})
    wait = wait_of(told, BOOK)
    assert wait is not None
    assert wait.reason is WaitsFor.DEBOUNCE
    assert told.connection.ledger.asked_for(BOOK) == Terms(5)
    told.performed(1.0)
    wait = wait_of(told, BOOK)
    assert wait is not None
    assert wait.reason is WaitsFor.DATA
    assert told.connection.ledger.asked_for(BOOK) == Terms(15)


def test_a_snapshot_tells_which_message_asked_for_it() -> None:
    """Also after another message, which does not; and the next who wants one asks anew."""
    told = Told()
    told.connection.want((), (), 0.0, altered={BTC: SNAPSHOT})
    assert told.connection.ledger.asked_for(BTC) == SNAPSHOT
    told.performed(0.0)
    told.performed(0.1)
    told.want(ETH)
    told.performed(0.2)
    assert told.connection.record.messages == 2
    carried = told.connection.carried(BTC, told.now)
    assert carried.message == 1
    assert carried.wait is not None
    assert carried.wait.reason is WaitsFor.DATA
    told.want(no_more=[BTC])
    told.connection.want((), (), told.now, altered={BTC: SNAPSHOT})
    assert told.connection.carried(BTC, told.now).message == 0


def test_what_is_wanted_as_a_snapshot_may_have_been_asked_for_to_go_on() -> None:
    """Until the next message."""
    told = subscribed(BTC)
    told.connection.want((), (), 1.0, altered={BTC: SNAPSHOT})
    assert told.connection.ledger.asked_for(BTC) == ORDINARY
    told.performed(1.2)
    assert told.connection.ledger.asked_for(BTC) == SNAPSHOT
    told.connection.lost("cut", 2.0)
    assert told.connection.carried(BTC, 2.0).was_asked_before


@pytest.mark.parametrize(
    ("terms", "asked", "part"),
    [
        (ORDINARY, ORDINARY, ""),
        (Terms(15), Terms(15), "15 levels"),
        (Terms(1), Terms(15), "1 level, cut from 15"),
        (Terms(5), ORDINARY, "5 levels, cut from 30"),
        (Terms(15), Terms(1), "15 levels, 1 asked for so far"),
        (ORDINARY, Terms(5), "30 levels, 5 asked for so far"),
        (SNAPSHOT, SNAPSHOT, "snapshot only"),
        (SNAPSHOT, ORDINARY, "snapshot only, the rest kept back"),
        (Terms(is_only_realtime=True), ORDINARY, "realtime only, the snapshot kept back"),
        (
            Terms(5, is_only_realtime=True),
            Terms(15),
            "realtime only, the snapshot kept back; 5 levels, cut from 15",
        ),
    ],
)
def test_what_differs_from_all_of_it_is_said(terms: Terms, asked: Terms, part: str) -> None:
    """What is wanted, and what becomes of the rest."""
    explanation = StreamExplanation(BOOK, (), "public", 1, CONFIRMED, terms=terms, asked=asked)
    assert explanation.part == part
    first, *_ = str(explanation).splitlines()
    assert first == ("orderbook KRW-BTC" + f" ({part})" * bool(part))


def test_parts_that_differ_do_not_share_a_line() -> None:
    """Each name says its own."""
    other = Stream(DataType.ORDERBOOK, "KRW-ETH")
    whole = Stream(DataType.ORDERBOOK, "KRW-XRP")
    cut = partial(StreamExplanation, terms=Terms(1), asked=Terms(15))
    explanation = Explanation(
        "chart",
        (
            cut(BOOK, (), "public", 1, CONFIRMED),
            cut(other, (), "public", 1, CONFIRMED),
            StreamExplanation(whole, (), "public", 1, CONFIRMED),
        ),
    )
    assert [line for line in str(explanation).splitlines() if line.startswith("  order")] == [
        "  orderbook KRW-BTC (1 level, cut from 15) and orderbook KRW-ETH (1 level, cut from 15)",
        "  orderbook KRW-XRP",
    ]


# --- why it is gone ---------------------------------------------------------------------------


def trouble_of(told: Told) -> str:
    return told.connection.carried(BTC, told.now).trouble


def test_what_ended_the_connection_is_told_until_all_is_back() -> None:
    """Of several attempts the last, and still while the first data is awaited."""
    told = subscribed(BTC)
    assert trouble_of(told) == ""
    told.connection.lost("closed by the server (1006)", 1.0)
    assert trouble_of(told) == "closed by the server (1006)"
    assert [type(each) for each in told.at(1.0)] == [Lost, Open]
    told.connection.lost("no route", 1.0)
    assert trouble_of(told) == "no route"
    told.performed(9.0)
    assert told.connection.state is ConnectionState.SUBSCRIBING
    assert trouble_of(told) == "no route"
    told.connection.proved(BTC, 9.0)
    assert trouble_of(told) == ""


def test_an_error_says_more_than_the_goodbye_after_it() -> None:
    """It is told at once; the next loss has a reason of its own."""
    told = subscribed(BTC)
    told.connection.refused("INVALID_PARAM: no")
    assert trouble_of(told) == "INVALID_PARAM: no"
    told.connection.lost("closed by the server (1000)", 1.0)
    assert trouble_of(told) == "INVALID_PARAM: no"
    told.performed(1.0)
    told.connection.lost("no route", 1.0)
    assert trouble_of(told) == "no route"


def test_an_error_that_all_has_survived_is_forgotten() -> None:
    """Nobody knows whether each of them ends the connection."""
    told = Told()
    told.want(BTC)
    told.performed(0.0)
    told.performed(0.1)
    told.connection.refused("TOO_MANY_REQUEST: slower")
    told.connection.proved(BTC, 0.2)
    assert trouble_of(told) == ""
    told.connection.lost("closed by the server (1006)", 99.0)
    assert trouble_of(told) == "closed by the server (1006)"


def test_who_comes_back_to_refused_keys_is_told_so() -> None:
    """The wait goes on where it was, even if nobody wanted anything when they were refused."""
    told = Told()
    told.want(BTC)
    told.performed(0.0)
    told.want(no_more=[BTC])
    told.connection.lost("HTTP 401", 1.0, keys_refused=True)
    assert told.connection.state is ConnectionState.DISCONNECTED
    told.now = 1.1
    told.want(BTC)
    told.at(1.1)
    carried = told.connection.carried(BTC, 1.1)
    assert carried.trouble == "HTTP 401"
    assert carried.wait is not None
    assert carried.wait.reason is WaitsFor.BACK_OFF
    assert carried.wait.until_s is not None
    assert 0.9 <= carried.wait.until_s <= 1.1


def test_what_was_asked_for_before_the_loss_is_not_asked_for_again_yet() -> None:
    """Others are not asked for yet; a second loss before any message changes neither."""
    told = subscribed(BTC)
    for _ in range(2):
        told.connection.lost("cut", 1.0)
        told.now = 1.0
        told.want(ETH)
        carried = {each: told.connection.carried(each, 1.0) for each in (BTC, ETH)}
        assert carried[BTC].was_asked_before
        assert not carried[ETH].was_asked_before
        told.performed(1.0)
    told.performed(9.0)
    told.connection.lost("cut", 10.0)
    assert told.connection.carried(ETH, 10.0).was_asked_before


# --- in words ---------------------------------------------------------------------------------


def explained(stream: Stream, carried: Carried, *others: str) -> StreamExplanation:
    return StreamExplanation(stream, others, "public", 1, carried)


def test_as_text_it_tells_the_same_once() -> None:
    """Streams of which the same is true share the lines."""
    waiting = Carried(1, "active", wait=Wait(WaitsFor.DEBOUNCE, until_s=0.05))
    more = [Stream(DataType.TICKER, f"KRW-{number}") for number in range(5)]
    explanation = Explanation(
        "chart",
        (
            explained(BTC, CONFIRMED, "bot"),
            explained(ETH, CONFIRMED),
            explained(XRP, CONFIRMED),
            *(explained(each, waiting, "a", "b", "c", "d") for each in more),
        ),
    )
    assert str(explanation).splitlines() == [
        "'chart' wants 8 streams:",
        "  ticker KRW-BTC",
        "    on public lane 1 (active, epoch 1); wanted by bot as well",
        "    asked for by message 2 (t-2) 3.3 s ago; confirmed 3.1 s ago by its data",
        "  ticker KRW-ETH and ticker KRW-XRP",
        "    on public lane 1 (active, epoch 1)",
        "    asked for by message 2 (t-2) 3.3 s ago; confirmed 3.1 s ago by its data",
        "  ticker KRW-0, ticker KRW-1 and 3 more",
        "    on public lane 1 (active, epoch 1); wanted by a, b and 2 more as well",
        "    not asked for yet; waits for the debounce, 0.05 s more",
    ]
    assert str(explanation.streams[1]).startswith("ticker KRW-ETH\n    on public lane 1")


def test_silence_is_said_to_be_silence() -> None:
    """What is taken for alive without data, and what is still waited for."""
    presumed = Carried(1, "active", 1, "t", 2.0, confirmed_s=1.0)
    assert str(presumed).endswith("confirmed 1.0 s ago by silence: nobody objected")
    silent = Carried(1, "active", 1, "t", 2.0, wait=Wait(WaitsFor.DATA, since_s=2.0))
    assert str(silent).endswith("waits for its first data, since 2.0 s")


def test_a_stream_that_is_gone_says_why() -> None:
    """What flows again has no use for it."""
    wait = Wait(WaitsFor.BACK_OFF, until_s=1.93)
    gone = Carried(4, "reconnecting", wait=wait, was_asked_before=True, trouble="no route")
    assert str(gone) == (
        "not asked for again yet; waits for the next attempt to connect, 1.93 s more; "
        "lost: no route"
    )
    back = Carried(4, "subscribing", 2, "t", 2.0, confirmed_s=1.0, by_data=True, trouble="no route")
    assert str(back).endswith("confirmed 1.0 s ago by its data")


def test_a_conflict_says_what_with() -> None:
    """Or that there was no room."""
    fine, coarse = (Stream(DataType.ORDERBOOK, "KRW-BTC", level) for level in (0, 10_000))  # type: ignore[arg-type]
    explanation = StreamExplanation(
        coarse, (), "public", 3, CONFIRMED, (Conflict(1, fine), Conflict(2, None))
    )
    assert (
        "on public lane 3 (active, epoch 1), because orderbook KRW-BTC is on lane 1 and cannot "
        "share a connection with it and lane 2 is full\n"
    ) in str(explanation)


def test_nothing_wanted_is_said() -> None:
    """It is not an empty text."""
    assert str(Explanation("chart", ())) == "'chart' wants nothing"


def test_what_cannot_be_had_is_said_with_the_reason() -> None:
    """Whether or not anything else is wanted."""
    wrong = Stream(DataType.TRADE, "KRW-BTX")
    explanation = Explanation("chart", (), ((wrong, "there is no such market"),))
    assert str(explanation) == (
        "'chart' wants nothing\n  trade KRW-BTX is rejected: there is no such market"
    )
