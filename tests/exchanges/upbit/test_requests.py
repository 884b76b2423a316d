"""A plan becomes Upbit's request."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickwire.core.planner import Plan, plan
from tickwire.exchanges.upbit import Upbit
from tickwire.subscription import DataType, Stream


def stream(kind: str, symbol: str, level: str | int = 0) -> Stream:
    """A stream in short."""
    return Stream(DataType(kind), symbol, Decimal(level))


def request(*fresh: Stream, live: tuple[Stream, ...] = ()) -> str:
    """The request text for such a plan, with a fixed ticket."""
    return Upbit().encode(Plan(fresh, live), "t")


# From design documents S0 ("After") and S3 (message structure), without their tickets.
S0_AFTER = """[
  {"type":"ticker","codes":["KRW-BTC"]},
  {"type":"orderbook","codes":["KRW-BTC"]},
  {"type":"trade","codes":["KRW-BTC"]},
  {"format":"DEFAULT"}
]"""
S3 = """[
  {
    "type": "ticker",
    "codes": ["KRW-BTC", "KRW-ETH"]
  },
  {
    "type": "orderbook",
    "codes": ["KRW-BTC"]
  },
  {"format": "DEFAULT"}
]"""


@pytest.mark.parametrize(
    ("document", "fresh"),
    [
        (
            S0_AFTER,
            [
                stream("ticker", "KRW-BTC"),
                stream("orderbook", "KRW-BTC"),
                stream("trade", "KRW-BTC"),
            ],
        ),
        (
            S3,
            [
                stream("ticker", "KRW-BTC"),
                stream("ticker", "KRW-ETH"),
                stream("orderbook", "KRW-BTC"),
            ],
        ),
    ],
    ids=["S0", "S3"],
)
def test_the_requests_of_the_design_documents(document: str, fresh: list[Stream]) -> None:
    """Ticket first, format last, and between them the objects shown, by type."""
    sent = json.loads(request(*fresh))
    *types, form = json.loads(document)
    assert sent == [{"ticket": "t"}, *sorted(types, key=lambda each: each["type"]), form]


def test_the_text_is_compact_and_fixed() -> None:
    """The same plan is the same text, types in alphabetical order."""
    text = request(
        stream("trade", "KRW-BTC"), stream("candle.1m", "KRW-BTC"), stream("trade", "BTC-ETH")
    )
    assert text == (
        '[{"ticket":"t"},{"type":"candle.1m","codes":["KRW-BTC"]},'
        '{"type":"trade","codes":["KRW-BTC","BTC-ETH"]},{"format":"DEFAULT"}]'
    )


def test_live_streams_are_asked_for_as_realtime_only() -> None:
    """What flows already gets no second snapshot; what is new gets its first."""
    text = request(stream("trade", "KRW-ETH"), live=(stream("trade", "KRW-BTC"),))
    assert text == (
        '[{"ticket":"t"},{"type":"trade","codes":["KRW-ETH"]},'
        '{"type":"trade","codes":["KRW-BTC"],"is_only_realtime":true},{"format":"DEFAULT"}]'
    )


def test_a_level_is_a_number_of_its_own_object() -> None:
    """Books of one grouping share an object; without a grouping none is named."""
    text = request(
        stream("orderbook", "KRW-BTC", 10000),
        stream("orderbook", "KRW-XRP"),
        stream("orderbook", "KRW-ETH", "10000.0"),
        stream("orderbook", "KRW-DOGE", "0.1"),
    )
    assert json.loads(text)[1:-1] == [
        {"type": "orderbook", "codes": ["KRW-XRP"]},
        {"type": "orderbook", "codes": ["KRW-DOGE"], "level": 0.1},
        {"type": "orderbook", "codes": ["KRW-BTC", "KRW-ETH"], "level": 10000},
    ]
    assert '"level":10000}' in text


def test_a_ticket_may_be_any_text() -> None:
    """Quotes and Korean in a ticket leave the request valid."""
    text = Upbit().encode(Plan((stream("trade", "KRW-BTC"),), ()), '"티켓"\n')
    assert json.loads(text)[0] == {"ticket": '"티켓"\n'}


STREAMS = st.builds(
    stream,
    st.sampled_from([str(kind) for kind in DataType if kind != "orderbook"]),
    st.sampled_from(["KRW-BTC", "KRW-ETH", "BTC-ETH"]),
) | st.builds(
    stream,
    st.just("orderbook"),
    st.sampled_from(["KRW-BTC", "KRW-XRP"]),
    st.sampled_from([0, 1000, "0.1"]),
)


@given(st.sets(STREAMS, min_size=1), st.sets(STREAMS))
def test_a_request_says_exactly_what_the_plan_says(desired: set[Stream], live: set[Stream]) -> None:
    """Every stream is in it once, with its options, and the order of sets does not matter."""
    planned = plan(desired, live, live)
    text = Upbit().encode(planned, "t")
    assert text == Upbit().encode(plan(sorted(desired, reverse=True), live, live), "t")
    objects: list[dict[str, Any]] = json.loads(text, parse_float=Decimal, parse_int=Decimal)
    asked = [
        (Stream(each["type"], code, each.get("level", Decimal(0))), "is_only_realtime" in each)
        for each in objects[1:-1]
        for code in each["codes"]
    ]
    assert len(asked) == len(desired)
    assert {one for one, realtime in asked if not realtime} == set(planned.fresh)
    assert {one for one, realtime in asked if realtime} == set(planned.live)
