"""What the exchange serves beside what it was asked for."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickwire.core.listing import Verification, compare
from tickwire.indicators import Indicator
from tickwire.subscription import DataType, Stream

NONE: frozenset[Stream] = frozenset()
BTC, ETH = (Stream(DataType.TRADE, code) for code in ("KRW-BTC", "KRW-ETH"))
BOOK = Stream(DataType.ORDERBOOK, "KRW-BTC")
GROUPED = Stream(DataType.ORDERBOOK, "KRW-BTC", Decimal(10_000))
ALL_ORDERS, BTC_ORDERS = Stream(DataType.MY_ORDER), Stream(DataType.MY_ORDER, "KRW-BTC")
RSI = Stream(DataType.INDICATOR, "KRW-BTC", indicator=Indicator.rsi(timeframe="15m"))

streams = st.builds(
    Stream,
    st.sampled_from([DataType.TRADE, DataType.ORDERBOOK, DataType.MY_ORDER, "news"]),
    st.sampled_from(["", "KRW-BTC", "KRW-ETH"]),
    st.sampled_from([Decimal(0), Decimal(10_000)]),
)


@pytest.mark.parametrize(
    ("said", "served", "missing", "extra"),
    [
        ({BTC, ETH}, {ETH, BTC}, NONE, NONE),
        ({BTC, ETH}, {BTC}, {ETH}, NONE),
        ({BTC}, {BTC, ETH}, NONE, {ETH}),
        ({BTC}, NONE, {BTC}, NONE),
        ({BOOK}, {GROUPED}, {BOOK}, {GROUPED}),
    ],
)
def test_the_difference(
    said: set[Stream], served: set[Stream], missing: set[Stream], extra: set[Stream]
) -> None:
    """What was asked for and is not served, and the other way round; the grouping counts."""
    found = compare(said, served)
    assert found == Verification(frozenset(missing), frozenset(extra))
    assert bool(found) == (not missing and not extra)


@pytest.mark.parametrize(
    ("said", "served"),
    [
        ({RSI}, {Stream(DataType.INDICATOR, "KRW-BTC")}),
        ({Stream(DataType.ANNOUNCEMENT, category="notice")}, {Stream(DataType.ANNOUNCEMENT)}),
        ({Stream(DataType.ORDERBOOK, "KRW-BTC", Decimal("1E+4"))}, {GROUPED}),
        ({ALL_ORDERS, BTC_ORDERS}, {ALL_ORDERS}),
        ({ALL_ORDERS}, {BTC_ORDERS, Stream(DataType.MY_ORDER, "KRW-ETH")}),
        ({Stream("news")}, {Stream("news", "KRW-BTC")}),
    ],
)
def test_what_may_be_shown_in_several_ways_is_no_difference(
    said: set[Stream], served: set[Stream]
) -> None:
    """Options that are not echoed, and wishes without codes."""
    assert compare(said, served)


@given(st.frozensets(streams), st.frozensets(streams))
def test_both_sides_are_treated_alike(said: frozenset[Stream], served: frozenset[Stream]) -> None:
    """A set does not differ from itself, and what one side lacks the other has too much."""
    assert compare(said, said)
    there, back = compare(said, served), compare(served, said)
    assert (there.missing, there.extra) == (back.extra, back.missing)
    assert there.missing <= said
    assert there.extra <= served


def test_what_was_not_asked_for_then_is_unverified() -> None:
    """It is not missing, and yet nobody can say that it is served."""
    found = compare({BTC}, {BTC}, wanted={BTC, ETH})
    assert found == Verification(NONE, NONE, unverified=frozenset({ETH}))
    assert not found
    assert compare({BTC, ETH}, {BTC, ETH}, wanted={BTC})


def test_a_snapshot_may_be_shown_or_not() -> None:
    """It was asked for, and is no part of what goes on."""
    assert compare({BTC}, {BTC, ETH}, {ETH})
    assert compare({BTC}, {BTC}, {ETH})
    assert compare({BTC}, {BTC, BOOK}, {ETH}).extra == {BOOK}
