"""What LIST_SUBSCRIPTIONS answers, as streams, in every spelling that the documents leave open."""

import json
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickwire import DataType, Indicator, ProtocolError, Stream
from tickwire.core.exchange import Listed, Other
from tickwire.core.listing import compare
from tickwire.exchanges.upbit import Upbit

LONG = {
    "method": "LIST_SUBSCRIPTIONS",
    "result": [
        {"type": "ticker", "codes": ["KRW-BTC", "KRW-ETH"]},
        {"type": "orderbook", "codes": ["KRW-BTC"], "level": 0},
    ],
    "ticket": "t1",
}
SHORT = {
    "mthd": "LIST_SUBSCRIPTIONS",
    "rslt": [
        {"ty": "ticker", "cds": ["KRW-BTC", "KRW-ETH"]},
        {"ty": "orderbook", "cds": ["KRW-BTC"], "lv": 0},
    ],
    "tckt": "t1",
}
BOTH = {
    Stream(DataType.TICKER, "KRW-BTC"),
    Stream(DataType.TICKER, "KRW-ETH"),
    Stream(DataType.ORDERBOOK, "KRW-BTC"),
}
RSI = Indicator.rsi(timeframe="15m")
CROSSING = Indicator.macd(timeframe="15m").when("golden_cross")
SPIKE = Indicator.volume(timeframe="15m").when("volume_spike", multiplier=3)


def said(message: Any) -> Any:
    (only,) = Upbit().classify(json.dumps(message).encode())
    return only


def streams(*entries: dict[str, Any]) -> frozenset[Stream]:
    """The streams of a reply with these entries."""
    listed = said({"method": "LIST_SUBSCRIPTIONS", "result": entries, "ticket": "t"})
    assert isinstance(listed, Listed)
    return listed.streams


@pytest.mark.parametrize("reply", [LONG, SHORT, [LONG], [SHORT]])
def test_the_documented_replies(reply: Any) -> None:
    """Long and short names, alone and in an array, with the ticket of the question."""
    assert said(reply) == Listed("t1", frozenset(BOTH))


def test_a_level_is_a_number_however_it_is_written() -> None:
    """The documents call it a Double; one that is not told is none."""
    grouped = Stream(DataType.ORDERBOOK, "KRW-BTC", Decimal(10_000))
    codes = ["KRW-BTC"]
    for level in (10_000, 10_000.0, 1e4):
        assert streams({"type": "orderbook", "codes": codes, "level": level}) == {grouped}
    for entry in ({}, {"level": None}):
        plain = streams({"type": "orderbook", "codes": codes, **entry})
        assert plain == {Stream(DataType.ORDERBOOK, "KRW-BTC")}


def test_the_depth_of_a_book_may_be_told() -> None:
    """Shown as it was asked for, or without."""
    for code in ("KRW-BTC", "KRW-BTC.5", "KRW-BTC.30"):
        found = streams({"type": "orderbook", "codes": [code], "level": 0})
        assert compare({Stream(DataType.ORDERBOOK, "KRW-BTC")}, found)


def test_what_has_no_codes_is_one_stream() -> None:
    """Assets and announcements never have any, and orders of all markets may have an empty list."""
    assert streams({"type": "myAsset"}, {"type": "announcement"}, {"type": "myOrder"}) == {
        Stream(DataType.MY_ASSET),
        Stream(DataType.ANNOUNCEMENT),
        Stream(DataType.MY_ORDER),
    }
    assert streams({"type": "myOrder", "codes": []}) == {Stream(DataType.MY_ORDER)}
    assert streams({"type": "myOrder", "codes": None}) == {Stream(DataType.MY_ORDER)}


def test_unknown_types_and_members_are_told_as_they_are() -> None:
    """The exchange may grow: a type is its name, and a member that says nothing to us is none."""
    found = streams({"type": "news", "codes": ["KRW-BTC"], "is_only_realtime": True})
    assert found == {Stream("news", "KRW-BTC")}


def test_indicators_are_told_in_full() -> None:
    """One stream for each code and indicator, equal to those that were asked for."""
    entry = {
        "type": "indicator_signal",
        "codes": ["KRW-BTC", "KRW-ETH"],
        "timeframe": "15m",
        "indicators": [
            {
                "type": "macd",
                "params": {"slow": 26, "fast": 12, "signal_period": 9},
                "trigger": "golden_cross",
            },
            {
                "type": "volume",
                "params": {"period": 20},
                "trigger": "volume_spike",
                "event_params": {"multiplier": 3},
            },
        ],
    }
    assert streams(entry) == {
        Stream(DataType.INDICATOR_SIGNAL, code, indicator=indicator)
        for code in ("KRW-BTC", "KRW-ETH")
        for indicator in (CROSSING, SPIKE)
    }


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"timeframe": 15},
        {"timeframe": "15m", "indicators": None},
        {"timeframe": "15m", "indicators": "rsi"},
        {"timeframe": "15m", "indicators": [{"type": "rsi", "params": {"period": True}}]},
    ],
)
def test_indicators_that_cannot_be_read_leave_the_stream(members: dict[str, Any]) -> None:
    """How their members are called in short is not documented; type and code are."""
    found = streams({"type": "indicator", "codes": ["KRW-BTC"], **members})
    assert found == {Stream(DataType.INDICATOR, "KRW-BTC")}
    assert compare({Stream(DataType.INDICATOR, "KRW-BTC", indicator=RSI)}, found)


@pytest.mark.parametrize("reply", [{"result": [], "ticket": "t"}, {"ticket": "t"}, {"tckt": "t"}])
def test_nothing_is_a_listing_too(reply: dict[str, Any]) -> None:
    """An empty list, or none."""
    assert said({"method": "LIST_SUBSCRIPTIONS", **reply}) == Listed("t", frozenset())


def test_the_ticket_may_be_missing() -> None:
    """Whose the answer is then, is decided elsewhere."""
    assert said({"mthd": "LIST_SUBSCRIPTIONS", "rslt": []}) == Listed("", frozenset())


def test_answers_to_other_methods_are_not_listings() -> None:
    """There may be more some day."""
    assert isinstance(said({"method": "LIST_MARKETS", "result": []}), Other)


@pytest.mark.parametrize(
    "result",
    [
        "null",
        '"all"',
        "[1]",
        '[{"type": 1}]',
        '[{"type": "trade", "codes": "KRW-BTC"}]',
        '[{"type": "orderbook", "codes": ["KRW-BTC"], "level": "a"}]',
        '[{"type": "orderbook", "codes": ["KRW-BTC"], "level": true}]',
        '[{"type": "orderbook", "codes": ["KRW-BTC"], "level": []}]',
    ],
)
def test_a_reply_that_makes_no_sense_is_refused(result: str) -> None:
    """As any message is."""
    with pytest.raises(ProtocolError):
        said({"method": "LIST_SUBSCRIPTIONS", "result": json.loads(result), "ticket": "t"})


_names = st.sampled_from(["type", "ty", "codes", "cds", "level", "timeframe", "p", "params", "x"])
_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(["", "rsi", "KRW-BTC"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(_names, inner, max_size=3),
    max_leaves=4,
)
_entries = st.dictionaries(
    _names, _values | st.just("indicator"), max_size=5
) | st.fixed_dictionaries(
    {"type": st.sampled_from(["indicator", "orderbook"]), "codes": st.just(["KRW-BTC"])},
    optional={"indicators": _values, "inds": st.lists(_values, max_size=2), "lv": _values},
)


@given(st.lists(_entries, max_size=3))
def test_whatever_is_in_it_only_a_protocol_error_is_raised(result: list[Any]) -> None:
    """And what comes out can be compared."""
    with suppress(ProtocolError):
        listed = said({"method": "LIST_SUBSCRIPTIONS", "result": result})
        assert isinstance(hash(listed), int)


@pytest.mark.parametrize("wire_format", ["DEFAULT", "SIMPLE", "JSON_LIST", "SIMPLE_LIST"])
def test_the_question_has_the_format_of_the_streams(wire_format: Any) -> None:
    """In another one the streams too would be written from then on."""
    assert json.loads(Upbit(wire_format=wire_format).encode_inquiry("t1")) == [
        {"ticket": "t1"},
        {"method": "LIST_SUBSCRIPTIONS"},
        {"format": wire_format},
    ]
