"""Upbit's messages become events, exactly."""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.exchanges.upbit.reference import (
    AGREEING,
    DEFAULT,
    DOCUMENTED,
    EVENTS,
    FIELDS,
    RECEIVED_NS,
    SIMPLE,
    altered,
    assert_equals_wire,
    decoded,
    members,
    simple_from,
    text_of,
    undecoded,
    written_out,
)
from tickwire.core.exchange import Other, Refusal, Status
from tickwire.errors import ProtocolError
from tickwire.events import (
    BaseWebSocketEvent,
    IndicatorEvent,
    OrderbookUnit,
    RawEvent,
    TickerEvent,
    TradeEvent,
)
from tickwire.exchanges.upbit import Upbit
from tickwire.exchanges.upbit.vocabulary import SHORT_NAMES
from tickwire.indicators import Indicator
from tickwire.subscription import DataType, Stream

KINDS = list(EVENTS)

RSI = Indicator.rsi(timeframe="15m", period=14)
STREAMS: dict[object, Stream] = {
    "ticker": Stream(DataType.TICKER, "KRW-BTC"),
    "trade": Stream(DataType.TRADE, "KRW-ETH"),
    "orderbook": Stream(DataType.ORDERBOOK, "KRW-XRP"),
    "candle.1m": Stream(DataType.CANDLE_1M, "KRW-BTC"),
    "myOrder": Stream(DataType.MY_ORDER, "KRW-BTC"),
    "myAsset": Stream(DataType.MY_ASSET),
    "announcement": Stream(DataType.ANNOUNCEMENT, category="maintenance"),
    ("indicator", True): Stream(
        DataType.INDICATOR,
        "KRW-BTC",
        indicator=Indicator.bollinger_bands(timeframe="15m", period=20, multiplier=2),
    ),
    ("indicator", False): Stream(DataType.INDICATOR, "KRW-BTC", indicator=RSI),
    ("indicator_signal", True): Stream(
        DataType.INDICATOR_SIGNAL,
        "KRW-ETH",
        indicator=Indicator.rsi(timeframe="60m").when("overbought", threshold=70),
    ),
    ("indicator_signal", False): Stream(
        DataType.INDICATOR_SIGNAL,
        "KRW-ETH",
        indicator=Indicator.macd(timeframe="60m").when("golden_cross"),
    ),
}
"""The stream that each documented frame is of, as a user asks for it; by whether it is DEFAULT."""


# --- what the documentation says ------------------------------------------------------------


@pytest.mark.parametrize("event", list(FIELDS))
def test_the_names_are_those_of_the_reference(event: type) -> None:
    """The adapter has every documented field, under both of its names, and no other."""
    expected = {
        "symbol" if default == "code" else default: simple
        for default, (simple, _) in FIELDS[event].items()
    }
    assert SHORT_NAMES[event] == expected
    assert all(hasattr(event, name) for name in expected)


@pytest.mark.parametrize(("kind", "frame"), DOCUMENTED)
def test_every_field_of_a_documented_frame_is_exact(kind: str, frame: str) -> None:
    """All attributes have the values of the wire, with every digit it had."""
    event = decoded(frame)
    assert type(event) is EVENTS[kind]
    assert_equals_wire(event, frame)
    assert event.raw == frame
    assert event.received_time_ns == RECEIVED_NS
    assert not event.handed_over
    assert event.to_dict().keys() == {*SHORT_NAMES[EVENTS[kind]], "symbol"}


@pytest.mark.parametrize(("kind", "frame"), DOCUMENTED)
def test_an_event_knows_its_stream(kind: str, frame: str) -> None:
    """The key of an event equals the stream that was asked for."""
    stream = STREAMS.get((kind, frame in DEFAULT.values())) or STREAMS[kind]
    event = undecoded(frame)
    assert event.stream == stream
    assert hash(event.stream) == hash(stream)
    assert event.raw == frame


@pytest.mark.parametrize(("kind", "frame"), DEFAULT.items(), ids=KINDS)
def test_both_vocabularies_say_the_same(kind: str, frame: str) -> None:
    """A message renamed to SIMPLE is an equal event."""
    event = decoded(frame)
    short = decoded(simple_from(frame, EVENTS[kind]))
    assert short == event
    assert hash(short) == hash(event)


@pytest.mark.parametrize("kind", AGREEING)
def test_the_documented_frames_of_both_vocabularies_agree(kind: str) -> None:
    """However numbers are spelled, the two documented frames differ in `stream_type` at most."""
    one, other = (decoded(frames[kind]).to_dict() for frames in (DEFAULT, SIMPLE))
    del one["stream_type"], other["stream_type"]
    assert one == other


@pytest.mark.parametrize(
    ("kind", "name", "text"),
    [
        ("trade", "trade_volume", "0.24290031"),
        ("trade", "best_ask_price", "4118000"),
        ("trade", "trade_price", "4117000.0"),
        ("ticker", "change_rate", "0.0036256222"),
        ("ticker", "acc_trade_price_24h", "203118845120.10231"),
        ("ticker", "trade_volume", "0.00077720"),
        ("ticker", "opening_price", "116120000"),
    ],
)
def test_a_number_prints_as_one_writes_it(kind: str, name: str, text: str) -> None:
    """Every digit of the wire, trailing zeros included, and no power of ten in a price."""
    assert str(getattr(decoded(DEFAULT[kind]), name)) == text


def test_the_example_of_the_design() -> None:
    """The message shown in design document S3, completed from the reference, is understood."""
    shown = {
        "code": '"KRW-BTC"',
        "trade_price": "45000000",
        "stream_type": '"REALTIME"',
        "timestamp": "1693737600000",
    }
    event = decoded(text_of(members(DEFAULT["ticker"]) | shown))
    assert (event.symbol, event.stream_type, event.timestamp) == (
        "KRW-BTC",
        "REALTIME",
        1693737600000,
    )
    assert event.trade_price == 45000000


# --- numbers --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "literal",
    [
        "0",
        "-0.0",
        "0.00077720",
        "1.16539E8",
        "7.9276E-4",
        "1e+5",
        "1e309",
        "-1e309",
        "1e-400",
        "1E999999999999999999",
        "123456789.123456789012",
        "9007199254740993",
        "18446744073709551617.5",
        "0." + "3" * 900,
        "9" * 1000,
    ],
)
@pytest.mark.parametrize("short", [False, True])
def test_any_json_number_is_an_exact_decimal(literal: str, short: bool) -> None:
    """No spelling, size or length within a thousand digits loses anything."""
    frame, name = (SIMPLE, "tp") if short else (DEFAULT, "trade_price")
    event = decoded(altered(frame["trade"], name, literal))
    assert event.trade_price.is_finite()
    assert event.trade_price.as_tuple() == written_out(Decimal(literal)).as_tuple()


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_every_decimal_comes_through(number: Decimal) -> None:
    """Whatever number is on the wire is the number in the event."""
    event = decoded(altered(DEFAULT["trade"], "trade_price", str(number)))
    assert event.trade_price.as_tuple() == written_out(number).as_tuple()


@pytest.mark.parametrize("number", [2**53 + 1, 17951471524180001, 2**63 - 1])
def test_ids_are_exact_above_the_range_of_doubles(number: int) -> None:
    """A `sequential_id` is a whole number of 64 bits."""
    assert decoded(altered(DEFAULT["trade"], "sequential_id", str(number))).sequential_id == number


# --- shapes ---------------------------------------------------------------------------------


@pytest.mark.parametrize("frames", [DEFAULT, SIMPLE], ids=["JSON_LIST", "SIMPLE_LIST"])
def test_a_list_of_one_is_that_one(frames: dict[str, str]) -> None:
    """The list formats wrap each message in an array."""
    for frame in frames.values():
        assert decoded(f"[{frame}]") == decoded(frame)
        assert decoded(f"[{frame}]").raw == frame
        assert decoded(f" \n[ {frame} ]\n") == decoded(frame)


@pytest.mark.parametrize("frames", [DEFAULT, SIMPLE], ids=["JSON_LIST", "SIMPLE_LIST"])
def test_a_list_of_several_is_all_of_them_in_order(frames: dict[str, str]) -> None:
    """Whether the exchange ever batches is not documented; it may."""
    texts = [*frames.values(), '{"status":"UP"}', *frames.values()]
    found = Upbit().classify(f"[{','.join(texts)}]".encode())
    assert [each.raw for each in found if isinstance(each, BaseWebSocketEvent)] == [
        *frames.values(),
        *frames.values(),
    ]
    assert found[len(frames)] == Status("UP")


def test_vocabularies_may_alternate() -> None:
    """The format is read from each message, so a change under way leaves no seam."""
    found = Upbit().classify(f"[{DEFAULT['trade']},{SIMPLE['trade']}]".encode())
    one, other = (each for each in found if isinstance(each, BaseWebSocketEvent))
    assert one == other


@pytest.mark.parametrize(("kind", "frame"), DOCUMENTED)
@given(data=st.data())
def test_the_order_of_the_keys_does_not_matter(kind: str, frame: str, data: Any) -> None:
    """The same members in any order are the same event."""
    shuffled = data.draw(st.permutations(list(members(frame).items())))
    assert decoded(text_of(dict(shuffled))) == decoded(frame)


EXTRAS = {
    "trade_status": '"ACTIVE"',
    "x": "null",
    "한글": '"값"',
    "status": "5",
    "error": '"none"',
    "method": "[]",
    "nested": '{"type":"trade","code":[1e400,{}]}',
}


@pytest.mark.parametrize(("kind", "frame"), DOCUMENTED)
def test_unknown_fields_are_passed_over(kind: str, frame: str) -> None:
    """Fields that a type does not have are ignored, whatever they hold, and stay in `raw`."""
    extra = EXTRAS if kind == "orderbook" else EXTRAS | {"level": '"high"', "lv": "{}"}
    text = text_of(extra | members(frame))
    assert decoded(text) == decoded(frame)
    assert decoded(text).raw == text
    assert undecoded(text).stream == undecoded(frame).stream


@pytest.mark.parametrize(("kind", "frame"), DOCUMENTED)
def test_of_duplicate_keys_the_last_wins(kind: str, frame: str) -> None:
    """A member that comes again replaces the one before, in the key of the stream too."""
    code, price = ("code", "timestamp") if frame in DEFAULT.values() else ("cd", "tms")
    event = decoded(frame[:-1] + f',"{code}":"KRW-NEW","{price}":7}}')
    has_code = code in members(frame)
    assert (event.symbol, event.timestamp) == ("KRW-NEW" if has_code else "", 7)
    assert undecoded(event.raw).stream.symbol == event.symbol


def _optional() -> list[Any]:
    """Frame, wire name and attribute of every field that may be absent."""
    return [
        pytest.param(frames[kind], names[position], default, id=f"{kind}-{names[position]}")
        for position, frames in enumerate((DEFAULT, SIMPLE))
        for kind, event in EVENTS.items()
        for default, (simple, form) in FIELDS[event].items()
        if form.endswith("?")
        for names in [(default, simple)]
        if names[position] in members(frames[kind])
    ]


@pytest.mark.parametrize(("frame", "name", "attribute"), _optional())
def test_optional_fields_may_be_absent_or_null(frame: str, name: str, attribute: str) -> None:
    """Newer and deprecated fields, and those not on every host, are `None` without a value."""
    parts = members(frame)
    del parts[name]
    absent, null = decoded(text_of(parts)), decoded(altered(frame, name, "null"))
    assert getattr(absent, attribute) is None
    assert absent == null
    assert undecoded(text_of(parts)).stream == undecoded(frame).stream


@pytest.mark.parametrize(
    ("literal", "value"),
    [
        ('"2026-12-01"', "2026-12-01"),
        ('{"year":2026,"month":12,"day":1}', {"year": 2026, "month": 12, "day": 1}),
    ],
)
def test_a_delisting_date_may_have_any_form(literal: str, value: object) -> None:
    """Its form is not documented; an event with one can be compared and hashed all the same."""
    event = decoded(altered(DEFAULT["ticker"], "delisting_date", literal))
    assert event.delisting_date == value
    assert event in {event}


@pytest.mark.parametrize("literal", ["10000", "10000.0", "1e4", "0.1", "0"])
def test_the_level_is_part_of_an_order_books_key(literal: str) -> None:
    """A grouped book belongs to the stream of its grouping, however the level is spelled."""
    frame = altered(DEFAULT["orderbook"], "level", literal)
    assert undecoded(frame).stream == Stream(DataType.ORDERBOOK, "KRW-XRP", Decimal(literal))
    assert decoded(frame).level == Decimal(literal)


@pytest.mark.parametrize("kind", [kind for kind in DataType if kind.is_candle])
def test_every_candle_unit_is_understood(kind: DataType) -> None:
    """All nine lengths have the same message."""
    event = decoded(altered(DEFAULT["candle.1m"], "type", f'"{kind}"'))
    assert event.type == kind
    assert event.unit == kind.removeprefix("candle.")


def test_padding_of_a_thin_side_is_dropped_from_the_views() -> None:
    """Levels of price 0 stay in `orderbook_units` and are gone from `asks` and `bids`."""
    frame = altered(DEFAULT["orderbook"], "bid_price", "0.0")
    frame = altered(frame, "bid_size", "0")
    event = decoded(frame)
    assert len(event.orderbook_units) == 2
    assert event.orderbook_units[0] == OrderbookUnit(
        ask_price="3012", bid_price=0, ask_size="10211.5512", bid_size=0
    )
    assert event.asks == ((3012, Decimal("10211.5512")), (3013, Decimal("7021.0045")))
    assert event.bids == ((3010, Decimal("15500.77120031")),)
    assert event.bids[0].price == 3010


def test_an_empty_book_is_a_book() -> None:
    """A side, or both, may be wholly empty."""
    event = decoded(altered(DEFAULT["orderbook"], "orderbook_units", "[]"))
    assert event.orderbook_units == event.asks == event.bids == ()


# --- an account, news, indicators -----------------------------------------------------------


@pytest.mark.parametrize(
    ("literal", "value"),
    [('"0"', 0), ('"0.50"', Decimal("0.50")), ("0", 0), ("1E-8", Decimal("1E-8")), ("null", None)],
)
@pytest.mark.parametrize("name", ["prevented_volume", "prevented_locked"])
def test_what_was_prevented_may_stand_in_quotes(name: str, literal: str, value: object) -> None:
    """Number, numeric text or null; the SMP guide shows `"0"`."""
    order = decoded(altered(DEFAULT["myOrder"], name, literal))
    assert getattr(order, name) == value


@pytest.mark.parametrize("literal", ['"x"', '""', '"', "true", "{}", "[]", '"1', '"nan"', '"1""'])
def test_what_was_prevented_is_a_number(literal: str) -> None:
    """Quotes are all that is forgiven."""
    with pytest.raises(ProtocolError):
        decoded(altered(DEFAULT["myOrder"], "prevented_volume", literal)).prevented_volume  # noqa: B018


def test_a_message_is_of_the_wider_streams_too() -> None:
    """Orders of all markets, announcements of all categories, with their text or without."""
    order = undecoded(DEFAULT["myOrder"])
    assert order.streams == {order.stream, Stream(DataType.MY_ORDER)}
    news = undecoded(SIMPLE["announcement"])
    assert news.streams == {
        Stream(DataType.ANNOUNCEMENT, category=category, include_body=include_body)
        for category in ("", "maintenance")
        for include_body in (False, True)
    }
    for kind in set(KINDS) - {"myOrder", "announcement"}:
        assert len(undecoded(DEFAULT[kind]).streams) == 1


INDICATED = [
    (Indicator.volume(timeframe="5m"), {"volume": "1.5", "avg_volume": "1.0", "ratio": "1.50"}),
    (Indicator.rsi(timeframe="5m"), {"rsi": "61.27"}),
    (Indicator.moving_average(timeframe="5m", period=5, type="EMA"), {"value": "1.165E8"}),
    (
        Indicator.ma_crossover(timeframe="5m", short_period=5, long_period=20),
        {"ma_short": "1", "ma_long": "2.0"},
    ),
    (
        Indicator.bollinger_bands(timeframe="5m"),
        {"bb_upper": "3", "bb_middle": "2", "bb_lower": "1"},
    ),
    (Indicator.macd(timeframe="5m"), {"macd": "-1.5", "macd_signal": "0", "histogram": "-1.5"}),
]


@pytest.mark.parametrize(("indicator", "value"), INDICATED, ids=lambda each: str(each)[:20])
def test_every_indicator_is_understood_in_both_vocabularies(
    indicator: Indicator, value: dict[str, str]
) -> None:
    """Derived: the documented message with the members of each row of the reference's table."""
    params = json.dumps(
        {name: each if isinstance(each, str) else float(each) for name, each in indicator.params}
    )
    frame = altered(DEFAULT["indicator"], "params", params)
    frame = altered(frame, "value", text_of(value))
    frame = altered(altered(frame, "timeframe", '"5m"'), "indicator", f'"{indicator.type}"')
    event, short = decoded(frame), decoded(simple_from(frame, IndicatorEvent))
    assert event == short
    assert event.value == {name: Decimal(text) for name, text in value.items()}
    assert event.params == dict(indicator.params)
    stream = Stream(DataType.INDICATOR, "KRW-BTC", indicator=indicator)
    assert event.stream == short.stream == stream
    assert type(event)(**event.to_dict()).stream == stream


def test_members_of_an_indicator_are_exact() -> None:
    """Every digit of the wire; a whole number stays one among the parameters."""
    frame = altered(DEFAULT["indicator"], "params", '{"period":20,"multiplier":2.50,"type":"SMA"}')
    event = decoded(altered(frame, "value", '{"bb_upper":117020345.120000000001}'))
    assert [repr(each) for each in event.params.values()] == ["20", "Decimal('2.50')", "'SMA'"]
    assert repr(event.value["bb_upper"]) == "Decimal('117020345.120000000001')"
    with pytest.raises(TypeError):
        event.params["period"] = 1


@pytest.mark.parametrize("name", ["params", "value"])
@pytest.mark.parametrize(
    "literal",
    [
        "[]",
        "5",
        '"x"',
        "null",
        '{"rsi":',
        '{"period":[]}',
        '{"rsi":"x"}',
        '{"rsi":1e99999999999999999999}',
    ],
)
def test_members_that_make_no_sense_are_refused(name: str, literal: str) -> None:
    """An object of numbers and texts, or `ProtocolError`.

    A text is fine as a parameter, and what has no name of a figure is passed over in a value.
    """
    if (name, literal) in (("params", '{"rsi":"x"}'), ("value", '{"period":[]}')):
        return
    with pytest.raises(ProtocolError):
        decoded(altered(DEFAULT["indicator_signal"], name, literal))


def test_what_is_no_figure_is_passed_over_in_a_value() -> None:
    """Whether more stands beside the figures is not documented."""
    event = decoded(
        altered(DEFAULT["indicator"], "value", '{"bb_upper":1,"price":2,"note":"x","y":[]}')
    )
    assert event.value == {"bb_upper": 1, "price": 2}


# --- types that are not known ---------------------------------------------------------------


def raw_event(frame: str) -> Any:
    """The event in a message of an unknown type."""
    (other,) = Upbit().classify(frame.encode())
    assert isinstance(other, Other)
    assert other.event is not None
    other.event.check()
    return other.event


@pytest.mark.parametrize(
    ("frame", "told"),
    [
        (
            '{"type":"news","code":"KRW-BTC","timestamp":5,"stream_type":"REALTIME","x":1.50}',
            ("news", "KRW-BTC", 5, "REALTIME"),
        ),
        (
            '{"ty":"news","cd":"KRW-BTC","tms":5,"st":"REALTIME","x":1.50}',
            ("news", "KRW-BTC", 5, "REALTIME"),
        ),
        ('{"type":"news","timestamp":"noon","stream_type":null,"x":1.50}', ("news", "", 0, "")),
    ],
)
def test_a_message_of_an_unknown_type_is_a_raw_event(
    frame: str, told: tuple[str, str, int, str]
) -> None:
    """It has what every event has, as far as it is there, and all the rest as it came."""
    event = raw_event(frame)
    assert isinstance(event, RawEvent)
    assert (event.type, event.symbol, event.timestamp, event.stream_type) == told
    assert event.extra["x"] == Decimal("1.50")
    assert event.raw == frame
    assert event == raw_event(frame)
    assert event.streams == {Stream("news"), Stream("news", event.symbol)}


def test_a_raw_event_is_read_with_care() -> None:
    """Bytes that are no text are refused in it as everywhere."""
    (other,) = Upbit().classify(b'{"type":"news","x":"\xff"}')
    assert isinstance(other, Other)
    assert other.event is not None
    with pytest.raises(ProtocolError):
        other.event.check()


# --- messages without data ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("frame", "refusal"),
    [
        # From the documentation; the order of the keys varies.
        (
            '{"error":{"name":"WRONG_FORMAT","message":"Format 이 맞지 않습니다."}}',
            Refusal("WRONG_FORMAT", "Format 이 맞지 않습니다."),
        ),
        (
            '{"error":{"message":"nope 은 지원하지 않는 타입입니다.","name":"INVALID_PARAM"}}',
            Refusal("INVALID_PARAM", "nope 은 지원하지 않는 타입입니다."),
        ),
        # Derived: REST has numbers as names, and a name or text could be missing.
        ('{"error":{"name":404,"message":"x"}}', Refusal("404", "x")),
        ('{"error":{"name":"NEW_NAME"}}', Refusal("NEW_NAME", "")),
        ('{"error":{}}', Refusal("", "")),
        ('[{"error":{"name":"NO_TYPE","message":"m"}}]', Refusal("NO_TYPE", "m")),
    ],
)
def test_an_error_frame_is_a_refusal(frame: str, refusal: Refusal) -> None:
    """Name and text are the exchange's own."""
    assert list(Upbit().classify(frame.encode())) == [refusal]


def test_the_answer_to_ping_is_a_status() -> None:
    """`UP` is a sign of life without data."""
    assert list(Upbit().classify(b'{"status":"UP"}')) == [Status("UP")]


@pytest.mark.parametrize(
    ("frame", "kind"),
    [
        # Derived: methods and types that do not exist yet.
        ('{"method":"LIST_LIMITS","result":[],"ticket":"t1"}', "LIST_LIMITS"),
        ('{"mthd":"LIST_LIMITS","rslt":[],"tckt":"t1"}', "LIST_LIMITS"),
        ('{"type":"candle.1d","code":"KRW-BTC"}', "candle.1d"),
        ('{"type":"news","code":"KRW-BTC","level":"high"}', "news"),
        ('{"type":"news","status":["UP"],"error":5,"method":0}', "news"),
        ("{}", ""),
        ('{"unheard":"of"}', ""),
    ],
)
def test_what_is_not_known_is_kept_as_it_is(frame: str, kind: str) -> None:
    """Answers and types without an event here are no errors."""
    assert list(Upbit().classify(frame.encode())) == [Other(kind, frame.encode())]


# --- identity and markets -------------------------------------------------------------------


def test_only_a_trade_has_an_identity() -> None:
    """A trade is the same as another by its id; the rest are states."""
    upbit = Upbit()
    assert [kind for kind in DataType if upbit.identity_of(kind)] == [DataType.TRADE]
    identity_of = upbit.identity_of(DataType.TRADE)
    assert identity_of is not None
    assert identity_of(decoded(DEFAULT["trade"])) == 17951471524180000


def test_one_connection_carries_a_type_and_code_once() -> None:
    """Groupings of one book share a slot; other streams have their own."""
    upbit = Upbit()
    book, grouped, other, trade = (
        Stream(DataType.ORDERBOOK, "KRW-BTC"),
        Stream(DataType.ORDERBOOK, "KRW-BTC", Decimal(10000)),
        Stream(DataType.ORDERBOOK, "KRW-ETH"),
        Stream(DataType.TRADE, "KRW-BTC"),
    )
    assert upbit.slot_of(book) == upbit.slot_of(grouped)
    assert len({upbit.slot_of(stream) for stream in (book, other, trade)}) == 3


def test_the_market_list_names_the_symbols() -> None:
    """The codes of `/v1/market/all` come in its order; other members are passed over."""
    answer = [
        {"market": "KRW-BTC", "korean_name": "비트코인", "english_name": "Bitcoin"},
        {"market": "BTC-ETH", "market_event": {"warning": False}},
    ]
    assert Upbit().markets(json.dumps(answer).encode()) == ("KRW-BTC", "BTC-ETH")


def test_the_list_of_instruments_tells_the_price_groupings() -> None:
    """By code, as exact steps, which the exchange writes as texts."""
    answer = [
        {"market": "KRW-BTC", "tick_size": "1000", "supported_levels": ["0", "10000", "0.1"]},
        {"market": "BTC-ETH", "quote_currency": "BTC", "supported_levels": ["0"]},
    ]
    assert Upbit().levels(json.dumps(answer).encode()) == {
        "KRW-BTC": (Decimal(0), Decimal(10000), Decimal("0.1")),
        "BTC-ETH": (Decimal(0),),
    }


# --- laziness -------------------------------------------------------------------------------


@pytest.mark.parametrize("read", [lambda e: e.trade_price, lambda e: e.best_ask_size])
def test_a_number_is_made_once(read: Callable[[TradeEvent], Decimal]) -> None:
    """Reading a number again gives the same object."""
    event = decoded(DEFAULT["trade"])
    assert read(event) is read(event)


def test_a_field_of_the_class_tells_its_meaning() -> None:
    """Looked up on the class, a field is its own description."""
    assert TickerEvent.trade_price.__doc__ == "last price"
    assert TickerEvent.trade_timestamp.__doc__ == "time of the last trade, ms"


@pytest.mark.parametrize(("kind", "frame"), DOCUMENTED)
def test_the_documented_frames_have_every_field(kind: str, frame: str) -> None:
    """The examples leave no field of the reference untested."""
    names = FIELDS[EVENTS[kind]]
    if frame == DEFAULT["announcement"]:  # one of the two is shown without its text
        names = {name: names[name] for name in names if name != "body"}
    expected = names if frame in DEFAULT.values() else {short for short, _ in names.values()}
    assert members(frame).keys() == set(expected)
