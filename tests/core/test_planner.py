"""Plans: always the whole set, fresh where no data flows yet."""

from dataclasses import FrozenInstanceError

import pytest

from tickwire.core.planner import Plan, assign, plan
from tickwire.subscription import DataType, Stream

BTC = Stream(DataType.TICKER, "KRW-BTC")
ETH = Stream(DataType.TICKER, "KRW-ETH")
TRADE = Stream(DataType.TRADE, "KRW-BTC")


def test_everything_is_fresh_on_a_new_connection() -> None:
    """Nothing was sent, so every stream begins with a snapshot."""
    made = plan({ETH, BTC}, sent=set(), live=set())
    assert (made.fresh, made.live) == ((BTC, ETH), ())


def test_live_streams_go_on_without_a_second_snapshot() -> None:
    """A stream with data is asked for as realtime only when another one joins."""
    made = plan({BTC, ETH, TRADE}, sent={BTC, ETH}, live={BTC})
    assert (made.fresh, made.live) == ((ETH, TRADE), (BTC,))
    assert made.streams == {BTC, ETH, TRADE}


def test_a_stream_that_was_dropped_meanwhile_is_fresh_again() -> None:
    """Data seen before a stream was left out of a message proves nothing now."""
    made = plan({BTC, ETH}, sent={ETH}, live={BTC, ETH})
    assert (made.fresh, made.live) == ((BTC,), (ETH,))


def test_the_same_wishes_make_the_same_plan() -> None:
    """The order of wishing leaves no trace."""
    one = plan([BTC, ETH, TRADE], sent=[], live=[])
    other = plan([TRADE, BTC, ETH], sent=[], live=[])
    assert one == other


def test_a_plan_knows_what_is_important() -> None:
    """Only what is wanted, and only where it is more important than most."""
    made = plan({BTC, TRADE}, [], [], {TRADE: 2, ETH: 1})
    assert made == Plan((BTC, TRADE), (), ((TRADE, 2),))


def test_nothing_cannot_be_planned() -> None:
    """The wire has no word for an empty set."""
    with pytest.raises(ValueError, match=r"^an empty set cannot be sent$"):
        plan(set(), sent={BTC}, live=set())


def test_a_plan_is_a_value() -> None:
    """It can be a key, and what was sent by it cannot be changed later."""
    made = plan({BTC}, sent=set(), live=set())
    assert {made: "sent"}[plan({BTC}, sent=set(), live=set())] == "sent"
    with pytest.raises(FrozenInstanceError):
        made.live = (BTC,)  # type: ignore[misc]


@pytest.mark.parametrize(
    ("lanes", "expected"), [([], 0), ([set()], 0), ([{"a"}], 1), ([{"a"}, {"b"}], 1)]
)
def test_a_stream_goes_to_the_first_lane_with_a_free_slot(
    lanes: list[set[str]], expected: int
) -> None:
    """One lane carries a slot once; when all are taken another lane is needed."""
    assert assign("a", lanes) == expected


def test_a_full_lane_is_passed_over() -> None:
    """Where a connection may carry only so many, the next lane with room takes the stream."""
    lanes = [{"b", "c"}, {"d"}, set()]
    assert assign("a", lanes) == 0
    assert assign("a", lanes, most=2) == 1
    assert assign("d", lanes, most=2) == 2
    assert assign("a", lanes[:1], most=2) == 1
