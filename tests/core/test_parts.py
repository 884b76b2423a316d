"""Wishes for a part of a stream: a snapshot alone, or fewer levels of a book."""

from collections.abc import Iterable, Mapping
from itertools import permutations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.test_connection import Told
from tickwire.core.actions import Drop, Open, Query, Send
from tickwire.core.interest import SubscriptionChange
from tickwire.core.ledger import Ledger
from tickwire.core.planner import Plan, plan
from tickwire.core.subscriptions import SubscriptionManager
from tickwire.subscription import DEPTHS, ORDINARY, DataType, Stream, Terms

BTC, ETH = (Stream(DataType.ORDERBOOK, f"KRW-{base}") for base in ("BTC", "ETH"))
TICKER = Stream(DataType.TICKER, "KRW-BTC")
ONCE = Terms(is_only_snapshot=True)


class Books:
    """A ledger whose messages go out as they are made."""

    def __init__(self) -> None:
        self.ledger = Ledger(lambda data_type: True)
        self.now = 0.0

    def want(self, **terms: Terms) -> None:
        self.ledger.want(
            (), (), {Stream(DataType.ORDERBOOK, f"KRW-{b}"): t for b, t in terms.items()}
        )

    def send(self) -> Plan:
        ledger = self.ledger
        made = plan(
            ledger.desired, ledger.sent, ledger.live, once=ledger.unasked, depths=ledger.depths
        )
        ledger.sent_out(made, self.now, first_data_s=5.0, no_objection_s=1.0)
        assert not ledger.is_dirty, "a message too many"
        return made


# --- what all of them come to -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("wishes", "expected"),
    [
        ([Terms(5), Terms(15)], Terms(15)),
        ([Terms(5), ORDINARY], ORDINARY),
        ([ONCE], ONCE),
        ([ONCE, Terms(5, is_only_snapshot=True)], ONCE),
        ([ONCE, Terms(5)], ORDINARY),
        ([Terms(is_only_realtime=True)], ORDINARY),
        ([Terms(5, is_only_realtime=True), Terms(1, is_only_snapshot=True)], Terms(5)),
    ],
)
def test_what_several_want_together(wishes: list[Terms], expected: Terms) -> None:
    """The deepest, and more than a snapshot as soon as one wants more."""
    for ordered in permutations(wishes):
        assert Terms.together(ordered) == expected


terms = st.builds(Terms, st.sampled_from(DEPTHS), st.booleans())
wishes = st.dictionaries(st.sampled_from([BTC, ETH, TICKER]), terms)


@given(st.lists(st.tuples(st.sampled_from(["a", "b", "c"]), wishes), max_size=20))
def test_whoever_follows_the_changes_knows_what_is_wanted(
    steps: list[tuple[str, dict[Stream, Terms]]],
) -> None:
    """In any order, by any of them: what is told adds up to what all want together."""
    known: dict[Stream, Terms] = {}

    def changed(change: SubscriptionChange) -> None:
        for stream in change.removed:
            del known[stream]
        for stream in change.added:
            assert stream not in known
            known[stream] = ORDINARY
        known.update(change.altered)

    interest = SubscriptionManager(changed)
    wanted: dict[str, Mapping[Stream, Terms]] = {}
    for component, streams in steps:
        wanted[component] = streams
        modest = {stream: terms for stream, terms in streams.items() if terms != ORDINARY}
        interest.replace(component, streams, modest)
        every = {stream for each in wanted.values() for stream in each}
        assert known == {
            stream: Terms.together(each[stream] for each in wanted.values() if stream in each)
            for stream in every
        }
        assert all(interest.terms_of(stream) == terms for stream, terms in known.items())
        once = tuple(sorted(s for s, terms in known.items() if terms.is_only_snapshot))
        assert interest.pending_snapshots == once
        assert interest.get_stream_summary().pending_snapshots == len(once)


# --- one-off snapshots ------------------------------------------------------------------------


def test_a_snapshot_is_asked_for_once() -> None:
    """It is in one message and absent from the next, and is no part of what was sent."""
    books = Books()
    books.ledger.want([TICKER], (), {BTC: ONCE})
    assert books.send() == Plan(fresh=(TICKER,), live=(), once=(BTC,))
    assert books.ledger.sent == {TICKER}
    books.ledger.want([ETH], ())
    assert books.send().once == ()
    assert books.ledger.once == {BTC}, "until it is answered"
    assert "1 once" in repr(books.ledger)


def test_what_was_asked_for_is_known() -> None:
    """For good or once; what waits for its message was not."""
    books = Books()
    books.want(BTC=ONCE, ETH=ORDINARY)
    assert not books.ledger.is_asked(BTC) and not books.ledger.is_asked(ETH)
    books.send()
    assert books.ledger.is_asked(BTC) and books.ledger.is_asked(ETH)
    assert (books.ledger.is_served(BTC), books.ledger.is_served(ETH)) == (False, True)


def test_an_answered_snapshot_needs_no_message_to_take_it_out() -> None:
    """Nobody wants it any more, and the exchange sends no more of it."""
    books = Books()
    books.want(BTC=ONCE)
    books.send()
    books.ledger.want((), [BTC])
    assert not books.ledger.is_dirty
    assert books.ledger.wanted == ()


def test_a_snapshot_is_waited_for_from_its_own_question_on() -> None:
    """The stream was asked for to go on a while ago, and has been silent since."""
    books = Books()
    books.want(BTC=ORDINARY)
    books.send()
    books.now = 3.0
    books.want(BTC=ONCE)
    assert books.send().once == (BTC,)
    assert books.ledger.next_question_at == 8.0


def test_a_snapshot_that_is_wanted_for_good_meanwhile_is_fresh() -> None:
    """No code is named twice."""
    books = Books()
    books.want(BTC=ONCE)
    books.want(BTC=ORDINARY)
    assert books.send() == Plan(fresh=(BTC,), live=())


def test_a_snapshot_in_more_levels_is_asked_for_again() -> None:
    """What is on its way would be too little; the same again is no question."""
    books = Books()
    books.want(BTC=Terms(5, is_only_snapshot=True))
    assert books.send().depths == ((BTC, 5),)
    books.want(BTC=Terms(5, is_only_snapshot=True))
    assert not books.ledger.is_dirty
    books.want(BTC=ONCE)
    assert books.send() == Plan(fresh=(), live=(), once=(BTC,))


def test_a_lost_connection_forgets_what_it_was_asked() -> None:
    """Whoever has not been answered is asked for again."""
    books = Books()
    books.want(BTC=ONCE)
    books.send()
    books.ledger.reset()
    assert books.send().once == (BTC,)


def test_silence_is_asked_about_and_a_quiet_market_asked_again() -> None:
    """The patience doubles as for any other stream, and goes with the wish."""
    books = Books()
    books.want(BTC=ONCE)
    books.send()
    assert books.ledger.silent(5.0) == (BTC,)
    assert books.ledger.ask_again([BTC], 5.0, 60.0)
    books.now = 6.0
    assert books.send().once == (BTC,)
    assert (books.ledger.silent(15.0), books.ledger.silent(16.0)) == ((), (BTC,))
    books.ledger.want((), [BTC])
    assert books.ledger.next_question_at == float("inf")


@pytest.mark.parametrize("is_wanted_again", [False, True])
def test_a_change_of_mind_does_not_end_the_wait(is_wanted_again: bool) -> None:
    """For good, once, and not at all or for good again, all before the next message."""
    books = Books()
    books.want(BTC=ORDINARY)
    books.send()
    books.want(BTC=ONCE)
    books.ledger.want((), (BTC,))
    if is_wanted_again:
        books.want(BTC=ORDINARY)
        assert not books.ledger.is_dirty
    assert books.ledger.silent(5.0) == (BTC,)
    assert books.ledger.ask_again([BTC], 5.0, 60.0)
    assert books.ledger.is_dirty == is_wanted_again


def test_a_connection_is_opened_for_a_snapshot_and_closed_after_it() -> None:
    """Once it is answered, the connection lingers as for whoever has left."""
    told = Told()
    told.connection.want((), (), 0.0, altered={BTC: ONCE})
    assert told.performed(0.0) == [Open(1)]
    [sent] = told.performed(0.1)
    assert sent == Send(Plan(fresh=(), live=(), once=(BTC,)))
    told.connection.want((), [BTC], 0.3)
    assert told.performed(5.2) == []
    assert told.performed(5.3) == [Drop("nobody wants anything", politely=True)]


def test_a_snapshot_unanswered_for_five_seconds_is_asked_about() -> None:
    """The market list knows whether it exists."""
    told = Told()
    told.connection.want((), (), 0.0, altered={BTC: ONCE})
    told.performed(0.0)
    told.performed(0.1)
    assert told.performed(5.1) == [Query((BTC,))]


def test_a_loss_before_the_answer_is_mended() -> None:
    """It is what the connection is there for."""
    told = Told()
    told.connection.want((), (), 0.0, altered={BTC: ONCE})
    told.performed(0.0)
    told.performed(0.1)
    told.connection.lost("reset", 0.2)
    assert told.connection.state.is_waiting


# --- depths -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("before", "after"), list(product(DEPTHS, DEPTHS)))
def test_every_change_of_depth(before: int, after: int) -> None:
    """A deeper book begins anew, a shallower one goes on, and the same needs no message."""
    books = Books()
    books.want(BTC=Terms(before))
    books.send()
    books.ledger.proved(BTC, 0.1)
    books.want(BTC=Terms(after))
    depths = ((BTC, after),) if after < 30 else ()
    if after == before:
        assert not books.ledger.is_dirty
    elif after > before:
        assert not books.ledger.is_live(BTC), "not in as many levels as are wanted"
        assert books.send() == Plan(fresh=(BTC,), live=(), depths=depths)
        assert books.ledger.unproven == {BTC}
        books.ledger.proved(BTC, 0.3)
    else:
        assert books.send() == Plan(fresh=(), live=(BTC,), depths=depths)
    assert books.ledger.is_live(BTC)


def test_a_depth_undone_before_the_message_is_no_message() -> None:
    """The sets are equal again, depths and all."""
    books = Books()
    books.want(BTC=Terms(5))
    books.send()
    books.ledger.proved(BTC, 0.1)
    books.want(BTC=ORDINARY)
    books.want(BTC=Terms(5))
    assert not books.ledger.is_dirty


def test_what_is_removed_takes_its_depth_along() -> None:
    """Wanted again, it is wanted whole."""
    books = Books()
    books.want(BTC=Terms(5), ETH=ORDINARY)
    books.ledger.want((), [BTC])
    books.ledger.want([BTC], ())
    assert books.send() == Plan(fresh=(BTC, ETH), live=())


# --- two components, every pair of parts ------------------------------------------------------

PARTS = {
    "both": ORDINARY,
    "snapshot": ONCE,
    "realtime": Terms(is_only_realtime=True),
}


def together(parts: Iterable[str]) -> Terms:
    return Terms.together(PARTS[part] for part in parts)


@pytest.mark.parametrize("is_live", [False, True], ids=["fresh", "live"])
@pytest.mark.parametrize(("one", "other"), list(product(PARTS, PARTS)))
def test_every_pair_of_parts(one: str, other: str, is_live: bool) -> None:
    """The message names the stream once: as a snapshot only if neither wants more."""
    books = Books()
    books.want(ETH=ORDINARY)
    books.want(BTC=together([one]))
    if is_live:
        books.send()
        if one != "snapshot":
            books.ledger.proved(BTC, 0.1)
    books.want(BTC=together([one, other]))
    if not books.ledger.is_dirty:
        assert is_live and (one != "snapshot" or other == "snapshot")
        return
    made = books.send()
    in_groups = {
        "fresh": BTC in made.fresh,
        "live": BTC in made.live,
        "once": BTC in made.once,
    }
    expected = "once" if one == other == "snapshot" else "fresh"
    assert [group for group, is_in in in_groups.items() if is_in] == [expected]
