"""A plan becomes Upbit's request."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickwire.core.planner import Plan, plan
from tickwire.errors import UsageError
from tickwire.exchanges.upbit import Upbit
from tickwire.exchanges.upbit.rules import MARKET_TYPES
from tickwire.indicators import Indicator
from tickwire.subscription import DataType, Stream, SubscriptionSpec


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


def test_a_level_is_written_without_an_exponent() -> None:
    """What the exchange would make of one is not known, and small steps have it in Python."""
    text = request(stream("orderbook", "KRW-BTC", "1E+4"), stream("orderbook", "KRW-SHIB", "1E-8"))
    assert '"level":10000}' in text
    assert '"level":0.00000001}' in text


def test_a_ticket_may_be_any_text() -> None:
    """Quotes and Korean in a ticket leave the request valid."""
    text = Upbit().encode(Plan((stream("trade", "KRW-BTC"),), ()), '"티켓"\n')
    assert json.loads(text)[0] == {"ticket": '"티켓"\n'}


STREAMS = st.builds(
    stream,
    st.sampled_from(sorted(kind for kind in MARKET_TYPES if kind != "orderbook")),
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


# --- what has no snapshot -------------------------------------------------------------------

RSI = Indicator.rsi(timeframe="15m", period=14)
BANDS = Indicator.bollinger_bands(timeframe="15m", multiplier=2)
CROSS = Indicator.macd(timeframe="15m").when("golden_cross")


def objects(*specs: SubscriptionSpec, live: bool = False) -> list[dict[str, Any]]:
    """The type objects of the request for these wishes."""
    streams = tuple(stream for spec in specs for stream in spec.streams)
    text = request(live=streams) if live else request(*streams)
    asked: list[dict[str, Any]] = json.loads(text)[1:-1]
    return asked


@pytest.mark.parametrize("live", [False, True])
def test_orders_and_assets(live: bool) -> None:
    """All orders swallow those of single markets; assets have no codes; no flag is ever sent."""
    some = SubscriptionSpec("myOrder", ["KRW-ETH", "KRW-BTC"])
    asset = SubscriptionSpec("myAsset")
    assert objects(some, asset, live=live) == [
        {"type": "myAsset"},
        {"type": "myOrder", "codes": ["KRW-BTC", "KRW-ETH"]},
    ]
    assert objects(some, SubscriptionSpec("myOrder"), live=live) == [{"type": "myOrder"}]


def test_fresh_and_live_orders_share_an_object() -> None:
    """A type without a snapshot is asked for once, whatever flows already."""
    text = request(stream("myOrder", "KRW-ETH"), live=(stream("myOrder", "KRW-BTC"),))
    assert json.loads(text)[1:-1] == [{"type": "myOrder", "codes": ["KRW-BTC", "KRW-ETH"]}]


def test_announcements_of_everybody_are_one_object() -> None:
    """All categories swallow single ones, and the text is asked for if anybody wants it."""
    trade = SubscriptionSpec("announcement", categories="trade")
    notice = SubscriptionSpec("announcement", categories=["notice", "trade"], include_body=True)
    everything = SubscriptionSpec("announcement")
    assert objects(everything) == [{"type": "announcement"}]
    assert objects(trade) == [{"type": "announcement", "categories": ["trade"]}]
    assert objects(trade, notice) == [
        {"type": "announcement", "categories": ["notice", "trade"], "include_body": True}
    ]
    assert objects(everything, notice) == [{"type": "announcement", "include_body": True}]


def test_the_indicators_of_the_reference() -> None:
    """The request of the documentation, but for its ticket."""
    sent = objects(
        SubscriptionSpec("indicator", "KRW-BTC", indicators=RSI),
        SubscriptionSpec(
            "indicator_signal",
            ["KRW-BTC", "KRW-ETH"],
            indicators=Indicator.rsi(timeframe="60m").when("overbought", threshold=70),
        ),
    )
    # From the documentation, section on indicator and indicator_signal.
    assert sent == json.loads(
        '[{"type":"indicator","codes":["KRW-BTC"],"timeframe":"15m",'
        '"indicators":[{"type":"rsi","params":{"period":14}}]},'
        '{"type":"indicator_signal","codes":["KRW-BTC","KRW-ETH"],"timeframe":"60m",'
        '"indicators":[{"type":"rsi","params":{"period":14},"trigger":"overbought",'
        '"event_params":{"threshold":70}}]}]'
    )


INDICATED = st.builds(
    lambda kind, symbol, indicator: Stream(kind, symbol, indicator=indicator),
    st.just(DataType.INDICATOR),
    st.sampled_from(["KRW-BTC", "KRW-ETH", "KRW-XRP"]),
    st.sampled_from([RSI, BANDS, Indicator.rsi(timeframe="1d"), Indicator.macd(timeframe="15m")]),
) | st.builds(
    lambda symbol: Stream(DataType.INDICATOR_SIGNAL, symbol, indicator=CROSS),
    st.sampled_from(["KRW-BTC", "KRW-ETH"]),
)


@given(st.sets(INDICATED, min_size=1))
def test_a_request_asks_for_these_combinations_and_no_other(wanted: set[Stream]) -> None:
    """Codes times indicators, over all objects, are exactly what is wanted."""
    text = Upbit().encode(plan(wanted, (), ()), "t")
    asked = [
        (each["type"], code, each["timeframe"], one["type"], tuple(one["params"].items()))
        for each in json.loads(text)[1:-1]
        for code in each["codes"]
        for one in each["indicators"]
    ]
    assert len(asked) == len(wanted)
    assert set(asked) == {
        (
            each.type,
            each.symbol,
            each.indicator.timeframe,
            each.indicator.type,
            each.indicator.params,
        )
        for each in wanted
        if each.indicator is not None
    }


def test_an_unknown_type_is_asked_for_as_it_is() -> None:
    """With its codes, or without any."""
    assert objects(SubscriptionSpec.raw("news", ["KRW-BTC"])) == [
        {"type": "news", "codes": ["KRW-BTC"]}
    ]
    assert objects(SubscriptionSpec.raw("news"), SubscriptionSpec.raw("news", "KRW-BTC")) == [
        {"type": "news"}
    ]


@pytest.mark.parametrize("wire_format", ["DEFAULT", "SIMPLE", "JSON_LIST", "SIMPLE_LIST"])
def test_the_format_is_the_last_object(wire_format: Any) -> None:
    """It is that of the whole connection."""
    upbit = Upbit(wire_format=wire_format)
    sent = json.loads(upbit.encode(Plan((stream("trade", "KRW-BTC"),), ()), "t"))
    assert sent[-1] == {"format": wire_format}


def test_an_unknown_format_is_told_the_known_ones() -> None:
    """At the call, not by the exchange."""
    with pytest.raises(UsageError, match="DEFAULT, SIMPLE, JSON_LIST, SIMPLE_LIST"):
        Upbit(wire_format="simple")  # type: ignore[arg-type]


def test_the_most_important_types_stand_first() -> None:
    """An object is as important as the first of its streams; fresh ones go before live ones."""
    book, trade, ticker = (stream(kind, "KRW-ETH") for kind in ("orderbook", "trade", "ticker"))
    other = stream("trade", "KRW-BTC")
    priorities = ((trade, 2), (ticker, 1))

    def order(made: Plan) -> list[tuple[str, list[str]]]:
        sent = json.loads(Upbit().encode(made, "t"))
        return [(each["type"], each.get("codes", [])) for each in sent if "type" in each]

    codes, eth = ["KRW-BTC", "KRW-ETH"], ["KRW-ETH"]
    fresh = [("trade", codes), ("ticker", eth), ("orderbook", eth)]
    assert order(Plan((book, ticker, other, trade), (), priorities)) == fresh
    live = [("orderbook", eth), ("trade", codes), ("ticker", eth)]
    assert order(Plan((book,), (ticker, other, trade), priorities)) == live
    assets, orders = Stream(DataType.MY_ASSET), Stream(DataType.MY_ORDER)
    private = Plan((assets, orders), (), ((orders, 1),))
    assert [kind for kind, _ in order(private)] == ["myOrder", "myAsset"]
