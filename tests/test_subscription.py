"""What one can ask for, and what is refused at the call."""

import copy
import pickle
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickwire.errors import UsageError
from tickwire.indicators import Indicator
from tickwire.subscription import (
    DataType,
    Stream,
    SubscriptionSpec,
    candle_type,
)
from tickwire.symbols import normalise_symbol

TICKING = [kind for kind in DataType if kind.is_candle or kind in ("ticker", "trade")]
CANDLE_UNITS = ("1s", "1m", "3m", "5m", "10m", "15m", "30m", "60m", "240m")


# --- data types -----------------------------------------------------------------------------


def test_the_types_are_the_exchanges_words() -> None:
    """Every type of the three endpoints is there under its wire name."""
    public = ["ticker", "trade", "orderbook", *(f"candle.{unit}" for unit in CANDLE_UNITS)]
    private = ["myOrder", "myAsset", "announcement"]
    assert list(DataType) == [*public, *private, "indicator", "indicator_signal"]


def test_a_type_equals_its_plain_string() -> None:
    """A member and its text are interchangeable, as keys too."""
    assert {DataType.TICKER: 1}["ticker"] == 1  # type: ignore[index]
    assert DataType.of("ticker") is DataType.of(DataType.TICKER) is DataType.TICKER
    assert str(DataType.CANDLE_1M) == "candle.1m"


@pytest.mark.parametrize("value", ["tickers", "TICKER", "", " ticker", "candle", "candle.2m"])
def test_an_unknown_type_is_told_the_known_ones(value: str) -> None:
    """The refusal of a type lists all types."""
    with pytest.raises(UsageError) as error:
        SubscriptionSpec(value, "KRW-BTC")
    assert repr(value) in str(error.value)
    assert all(known in str(error.value) for known in DataType)


@pytest.mark.parametrize("value", [None, 5, [], {}, b"ticker"])
def test_a_type_that_is_no_text_is_refused(value: Any) -> None:
    """Anything but a known text gives a `UsageError`, whatever it is."""
    with pytest.raises(UsageError, match="unknown data type"):
        SubscriptionSpec(value, "KRW-BTC")


@pytest.mark.parametrize("unit", CANDLE_UNITS)
def test_each_candle_unit_names_its_type(unit: str) -> None:
    """A unit gives the candle type of that length."""
    assert candle_type(unit) == f"candle.{unit}"
    assert candle_type(unit).is_candle


@pytest.mark.parametrize("unit", ["2m", "1h", "", "1M", "candle.1m", " 1m", "1d"])
def test_an_unknown_candle_unit_is_told_the_known_ones(unit: str) -> None:
    """The refusal of a unit lists all units, without the type's prefix."""
    with pytest.raises(UsageError) as error:
        candle_type(unit)
    assert str(error.value).endswith(", ".join(CANDLE_UNITS))


# --- symbols --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given_symbol", "symbol"),
    [
        ("KRW-BTC", "KRW-BTC"),
        ("krw-btc", "KRW-BTC"),
        ("Krw-Btc", "KRW-BTC"),
        ("  krw-btc\n", "KRW-BTC"),
        ("KRW-1INCH", "KRW-1INCH"),
        ("usdt-btc", "USDT-BTC"),
    ],
)
def test_symbols_are_normalised(given_symbol: str, symbol: str) -> None:
    """Case and surrounding white space do not matter."""
    assert normalise_symbol(given_symbol) == symbol
    assert SubscriptionSpec("trade", given_symbol).symbols == (symbol,)


@pytest.mark.parametrize(
    ("foreign", "right"),
    [
        ("BTC/KRW", "KRW-BTC"),
        ("KRW/BTC", "KRW-BTC"),
        ("KRW/1INCH", "KRW-1INCH"),
        ("1INCH/KRW", "KRW-1INCH"),
        ("eth/usdt", "USDT-ETH"),
        ("BTC/USDT", "USDT-BTC"),
        ("USDT/ETH", "USDT-ETH"),
        ("KRW_BTC", "KRW-BTC"),
        ("btc_krw", "KRW-BTC"),
        ("BTC-KRW", "KRW-BTC"),
        ("usdt-krw", "KRW-USDT"),
        ("1INCH-KRW", "KRW-1INCH"),
    ],
)
def test_a_foreign_spelling_is_told_the_right_one(foreign: str, right: str) -> None:
    """Other exchanges and libraries have other orders and signs; won are always the quote."""
    with pytest.raises(UsageError, match=f"'{foreign}' is .*; Upbit writes '{right}'"):
        SubscriptionSpec("ticker", [foreign])
    assert normalise_symbol(right) == right


@pytest.mark.parametrize(
    "several", ["KRW-BTC,KRW-ETH", "KRW-BTC KRW-ETH", "krw-btc, krw-eth", "KRW,"]
)
def test_several_symbols_in_a_text_are_told_to_be_a_list(several: str) -> None:
    """A comma or a blank is in no symbol."""
    with pytest.raises(UsageError, match=r"pass a list such as \['KRW-BTC', 'KRW-ETH'\]"):
        SubscriptionSpec("ticker", several)


@pytest.mark.parametrize(
    "symbol",
    [
        "",
        " ",
        "ETH",
        "KRWBTC",
        "KRW-",
        "-BTC",
        "KRW--BTC",
        "KRW-BTC-ETH",
        "KRW-비트",
        "KRW-BTC\x00",
        "/",
        "KRW/",
        "KRW-KRW",
        "KRW/KRW",
        "A/B/C",
        "KRW-BTC/ETH",
    ],
)
def test_a_malformed_symbol_is_refused(symbol: str) -> None:
    """What is no `QUOTE-BASE` is refused with the form expected."""
    with pytest.raises(UsageError, match="expected QUOTE-BASE"):
        SubscriptionSpec("ticker", ["KRW-ETH", symbol])


def test_a_depth_in_a_symbol_is_told_its_place() -> None:
    """The suffix is a matter of the wire."""
    with pytest.raises(UsageError, match=r"'krw-btc.5' names a depth; write 'KRW-BTC' and depth=5"):
        SubscriptionSpec("orderbook", "krw-btc.5")


@pytest.mark.parametrize("symbol", [None, 5, b"KRW-BTC", ("KRW-BTC",), Stream])
def test_a_symbol_that_is_no_text_is_refused(symbol: Any) -> None:
    """A symbol of another type is named in the refusal."""
    with pytest.raises(UsageError, match="a symbol must be text"):
        SubscriptionSpec("ticker", [symbol])


@pytest.mark.parametrize("symbols", [None, 5, 1.5, True, object()])
def test_symbols_that_cannot_be_iterated_are_refused(symbols: Any) -> None:
    """A list is asked for, with an example."""
    with pytest.raises(UsageError, match=r"must be a list such as \['KRW-BTC'\]"):
        SubscriptionSpec("ticker", symbols)


@pytest.mark.parametrize("symbols", [[], (), set(), iter(())])
def test_no_symbols_are_refused(symbols: Any) -> None:
    """At least one symbol has to be named."""
    with pytest.raises(UsageError, match="no symbols given"):
        SubscriptionSpec("ticker", symbols)


def test_symbols_keep_their_order_and_come_once() -> None:
    """Repeats vanish, in whatever spelling, and any iterable will do."""
    spec = SubscriptionSpec("ticker", (s for s in ["krw-eth", "KRW-BTC", " KRW-ETH "]))
    assert spec.symbols == ("KRW-ETH", "KRW-BTC")


@given(st.text(max_size=12))
def test_any_text_is_normalised_or_refused(text: str) -> None:
    """No text leads to another error than `UsageError`, and the result is in normal form."""
    try:
        symbol = normalise_symbol(text)
    except UsageError:
        return
    assert normalise_symbol(symbol) == symbol
    assert symbol.isascii()


# --- whole markets --------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["KRW", "krw", " Krw "])
def test_a_quote_currency_stands_for_its_market(name: str) -> None:
    """The market's name is kept until the list of markets is known."""
    spec = SubscriptionSpec("trade", name)
    assert spec.symbols == ("KRW",)
    assert spec.names_whole_market
    assert not SubscriptionSpec("trade", "KRW-BTC").names_whole_market


def test_a_whole_market_is_expanded() -> None:
    """Its symbols take its place; those named beside it come once, and options stay."""
    codes = ["KRW-BTC", "BTC-ETH", "KRW-ETH", "KRWX-BTC"]
    spec = SubscriptionSpec("orderbook", ["KRW-ETH", "KRW"], level=1000)
    expected = SubscriptionSpec("orderbook", ["KRW-ETH", "KRW-BTC"], level=1000)
    assert spec.expanded(iter(codes)) == expected


def test_named_symbols_are_not_checked_against_the_list() -> None:
    """Only the exchange's silence tells that a code is unknown."""
    spec = SubscriptionSpec("ticker", "KRW-NEW")
    assert spec.expanded(["KRW-BTC"]) == spec


def test_a_market_that_the_host_lacks_is_refused() -> None:
    """A market without symbols cannot be asked for."""
    with pytest.raises(UsageError, match="no SGD market"):
        SubscriptionSpec("ticker", "SGD").expanded(["KRW-BTC"])


# --- levels ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("level", "step"),
    [
        (0, Decimal(0)),
        (10000, Decimal(10000)),
        ("10000", Decimal(10000)),
        ("0.1", Decimal("0.1")),
        (Decimal("0.01"), Decimal("0.01")),
        (Decimal("1E+4"), Decimal(10000)),
        (" 0.00000001 ", Decimal("0.00000001")),
        ("0.10" + "0" * 1000, Decimal("0.1")),
        ("-0", Decimal(0)),
    ],
)
def test_a_level_is_an_exact_step(level: Decimal | int | str, step: Decimal) -> None:
    """Whole numbers, texts and Decimals are levels of an order book."""
    spec = SubscriptionSpec("orderbook", "KRW-BTC", level=level)
    assert spec.level == step
    assert len(str(spec.level)) <= 20
    assert spec.streams == (Stream(DataType.ORDERBOOK, "KRW-BTC", step),)


@pytest.mark.parametrize(
    "level",
    [True, False, 0.1, 1.5, "x", "", None, "nan", "sNaN", "inf", "1e4", "1E-400", [], {}, object()],
)
def test_what_is_no_price_step_is_refused(level: Any) -> None:
    """A float is not exact, a bool is a slip, and the rest is no number written out."""
    with pytest.raises(UsageError, match=r"level must be a price step .* as int, Decimal or text"):
        SubscriptionSpec("orderbook", "KRW-BTC", level=level)


@pytest.mark.parametrize(
    "level",
    [
        -1,
        "-1",
        -(10**5000),
        10**400,
        10**5000,
        1_000_000_001,
        Decimal("1E-9"),
        Decimal("1E-999999"),
        Decimal("1E+999999"),
        "0.123456789",
    ],
    ids=lambda level: type(level).__name__,  # Python refuses to write some of them
)
def test_a_step_that_no_market_can_have_is_refused(level: Any) -> None:
    """Far from every price it is a slip, and would go out as hundreds of digits."""
    with pytest.raises(UsageError, match=r"level must be a price step of 0\.00000001 to") as error:
        SubscriptionSpec("orderbook", "KRW-BTC", level=level)
    assert len(str(error.value)) < 150


@pytest.mark.parametrize("symbols", ["BTC-ETH", "USDT-BTC", "USDT", ["KRW-BTC", "BTC-ETH"]])
def test_only_won_markets_group_their_prices(symbols: Any) -> None:
    """Of the others nothing would ever come, so they are named at the call."""
    with pytest.raises(UsageError, match=r"BTC and USDT markets, such as (BTC-ETH|USDT)"):
        SubscriptionSpec("orderbook", symbols, level=10)
    assert SubscriptionSpec("orderbook", symbols, level=0).level == 0
    assert SubscriptionSpec("orderbook", ["KRW", "KRW-BTC"], level=10).level == 10


@pytest.mark.parametrize("kind", [kind for kind in DataType if kind != "orderbook"])
def test_only_order_books_have_a_level(kind: DataType) -> None:
    """A level is refused for every other type; 0 means none and is accepted."""
    with pytest.raises(UsageError, match="order books"):
        SubscriptionSpec(kind, "KRW-BTC", level=1)
    if kind in TICKING:
        assert SubscriptionSpec(kind, "KRW-BTC", level=0).level == 0


# --- values ---------------------------------------------------------------------------------


def test_a_spec_is_a_value() -> None:
    """Equal wishes are equal, whatever they were spelled like, and survive copying."""
    spec = SubscriptionSpec("orderbook", ["krw-btc"], level="10000.0")
    assert spec == SubscriptionSpec(DataType.ORDERBOOK, "KRW-BTC", level=10000)
    assert len({spec, SubscriptionSpec("orderbook", "KRW-BTC", level=10000)}) == 1
    assert pickle.loads(pickle.dumps(spec)) == copy.deepcopy(spec) == spec
    with pytest.raises(AttributeError):
        spec.level = Decimal(1)  # type: ignore[misc]


def test_a_stream_equals_the_key_of_its_payload() -> None:
    """A stream finds what was stored under plain texts, and reads well."""
    stream = Stream(DataType.ORDERBOOK, "KRW-BTC", Decimal(10000))
    assert {Stream("orderbook", "KRW-BTC", Decimal("1E+4")): 1}[stream] == 1
    assert str(stream) == "orderbook KRW-BTC (level 10000)"
    assert str(Stream(DataType.TRADE, "KRW-BTC")) == "trade KRW-BTC"


# --- an account, news, indicators -----------------------------------------------------------

RSI = Indicator.rsi(timeframe="15m", period=14)
OVERBOUGHT = RSI.when("overbought", threshold=70)


def test_orders_are_of_all_markets_or_of_some() -> None:
    """Without symbols there is one stream for everything."""
    assert SubscriptionSpec("myOrder").streams == (Stream(DataType.MY_ORDER),)
    named = SubscriptionSpec("myOrder", ["krw-btc", "BTC-ETH"])
    assert [stream.symbol for stream in named.streams] == ["KRW-BTC", "BTC-ETH"]
    with pytest.raises(UsageError, match="no symbols given"):
        SubscriptionSpec("myOrder", [])


@pytest.mark.parametrize("kind", ["myAsset", "announcement"])
def test_some_types_have_no_symbols(kind: str) -> None:
    """A symbol is refused where the wire has none."""
    assert [stream.symbol for stream in SubscriptionSpec(kind).streams] == [""]
    with pytest.raises(UsageError, match=f"{kind} has no symbols"):
        SubscriptionSpec(kind, "KRW-BTC")


@pytest.mark.parametrize("kind", ["ticker", "candle.1m", "orderbook", "indicator"])
def test_most_types_need_symbols(kind: str) -> None:
    """A market stream without a market cannot be asked for."""
    with pytest.raises(UsageError, match="symbols must be a list"):
        SubscriptionSpec(kind)


def test_announcements_have_categories() -> None:
    """All of them unless some are named; each is a stream."""
    assert SubscriptionSpec("announcement").streams == (Stream(DataType.ANNOUNCEMENT),)
    spec = SubscriptionSpec(
        "announcement", categories=["trade", "notice", "trade"], include_body=True
    )
    assert spec.streams == tuple(
        Stream(DataType.ANNOUNCEMENT, category=each, include_body=True)
        for each in ("notice", "trade")
    )


@pytest.mark.parametrize(
    "categories", ["news", [], ["notice", "Notice"], [5], [None], 5, [[]], ["notice", [], 5]]
)
def test_an_unknown_category_is_told_the_known_ones(categories: Any) -> None:
    """The exchange would close the connection of everybody."""
    with pytest.raises(UsageError, match="must be one of notice, trade, wallet"):
        SubscriptionSpec("announcement", categories=categories)


def test_each_indicator_of_each_market_is_a_stream() -> None:
    """Codes times indicators, as the exchange counts them."""
    bands = Indicator.bollinger_bands(timeframe="60m")
    spec = SubscriptionSpec("indicator", ["KRW-BTC", "KRW-ETH"], indicators=[RSI, bands, RSI])
    assert spec.streams == tuple(
        Stream(DataType.INDICATOR, symbol, indicator=indicator)
        for symbol in ("KRW-BTC", "KRW-ETH")
        for indicator in (RSI, bands)
    )
    assert SubscriptionSpec("indicator_signal", "KRW-BTC", indicators=OVERBOUGHT).streams == (
        Stream(DataType.INDICATOR_SIGNAL, "KRW-BTC", indicator=OVERBOUGHT),
    )


@pytest.mark.parametrize(
    ("kind", "symbols", "indicators", "told"),
    [
        ("indicator", "KRW-BTC", (), "no indicators given"),
        ("indicator", "KRW-BTC", ["rsi"], "an indicator must be one such as Indicator.rsi"),
        ("indicator", "KRW-BTC", "rsi", "such as .*, not 'rsi'"),
        ("indicator", "KRW-BTC", None, "such as .*, not None"),
        ("indicator_signal", "KRW-BTC", 5, r"such as .*\.when\(.*, not 5"),
        ("indicator", "KRW-BTC", [RSI, []], r"such as .*, not \[\]"),
        ("ticker", "KRW-BTC", 5, "ticker has no indicators"),
        ("indicator", "KRW-BTC", OVERBOUGHT, "has a trigger"),
        ("indicator_signal", "KRW-BTC", RSI, "needs a trigger"),
        ("indicator", "BTC-ETH", RSI, "KRW markets only, not for BTC-ETH"),
        ("indicator", ["KRW", "USDT"], RSI, "KRW markets only, not for USDT"),
        ("ticker", "KRW-BTC", RSI, "ticker has no indicators"),
    ],
)
def test_indicators_are_checked(kind: str, symbols: Any, indicators: Any, told: str) -> None:
    """What the exchange would refuse is refused here."""
    with pytest.raises(UsageError, match=told):
        SubscriptionSpec(kind, symbols, indicators=indicators)


@pytest.mark.parametrize("flag", ["is_only_snapshot", "is_only_realtime", "include_body"])
@pytest.mark.parametrize("value", ["no", "", 0, 1, None, []])
def test_a_flag_is_true_or_false(flag: str, value: Any) -> None:
    """Anything else is a slip; to take the text "no" as yes would be the worst of it."""
    kind, symbols = ("announcement", None) if flag == "include_body" else ("ticker", "KRW-BTC")
    with pytest.raises(UsageError, match=f"{flag} must be True or False, not "):
        SubscriptionSpec(kind, symbols, **{flag: value})


def test_a_whole_market_keeps_its_indicators() -> None:
    """Expanding replaces the symbols and nothing else."""
    spec = SubscriptionSpec("indicator", "KRW", indicators=RSI).expanded(["KRW-BTC", "BTC-ETH"])
    assert spec == SubscriptionSpec("indicator", "KRW-BTC", indicators=RSI)


@pytest.mark.parametrize("options", [{"categories": ["notice"]}, {"include_body": True}])
def test_only_announcements_have_categories(options: Any) -> None:
    """Options of one type are refused for the others."""
    with pytest.raises(UsageError, match="are of announcements, not of ticker"):
        SubscriptionSpec("ticker", "KRW-BTC", **options)


def test_a_type_that_is_not_known_can_be_asked_for_by_name() -> None:
    """With symbols or without; a known one is asked for in the ordinary way."""
    assert SubscriptionSpec.raw("news", "krw-btc").streams == (Stream("news", "KRW-BTC"),)
    assert SubscriptionSpec.raw("news").streams == (Stream("news"),)
    with pytest.raises(UsageError, match="tickwire knows ticker"):
        SubscriptionSpec.raw("ticker", "KRW-BTC")
    for nothing in ("", " ", None, 5):
        with pytest.raises(UsageError, match="a type must be text"):
            SubscriptionSpec.raw(nothing, "KRW-BTC")  # type: ignore[arg-type]


def test_streams_of_one_endpoint_can_be_sorted() -> None:
    """Whatever tells them apart, there is one order."""
    streams = [
        *SubscriptionSpec("announcement", categories=["trade", "notice"]).streams,
        *SubscriptionSpec("announcement", include_body=True).streams,
        *SubscriptionSpec("myOrder", ["KRW-BTC", "KRW-ETH"]).streams,
        *SubscriptionSpec("myOrder").streams,
        *SubscriptionSpec("myAsset").streams,
        *SubscriptionSpec("indicator", ["KRW-ETH", "KRW-BTC"], indicators=RSI).streams,
        *SubscriptionSpec(
            "indicator", "KRW-BTC", indicators=Indicator.moving_average(timeframe="1d", period=5)
        ).streams,
        *SubscriptionSpec("indicator_signal", "KRW-BTC", indicators=OVERBOUGHT).streams,
    ]
    backwards = streams[::-1]
    assert sorted(streams) == sorted(backwards)
    assert len(set(streams)) == len(streams)


def test_a_stream_reads_well() -> None:
    """A log line says what it is about."""
    assert str(Stream(DataType.MY_ORDER)) == "myOrder"
    assert str(Stream(DataType.ANNOUNCEMENT, category="notice")) == "announcement notice"
    assert str(Stream(DataType.ANNOUNCEMENT, include_body=True)) == "announcement (with text)"
    shown = str(Stream(DataType.INDICATOR, "KRW-BTC", indicator=RSI))
    assert shown == "indicator KRW-BTC rsi 15m (period 14)"


@pytest.mark.parametrize("priority", [-1, 1.0, True, "high", None])
def test_a_priority_is_a_whole_number(priority: Any) -> None:
    """And most have none; it is no part of what a stream is."""
    with pytest.raises(UsageError, match="whole number from 0 up"):
        SubscriptionSpec("trade", "KRW-BTC", priority=priority)
    important = SubscriptionSpec("trade", "KRW-BTC", priority=3)
    assert important.streams == SubscriptionSpec("trade", "KRW-BTC").streams
