"""What one can ask for, and what is refused at the call."""

import copy
import pickle
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickwire.errors import UsageError
from tickwire.subscription import (
    DataType,
    Stream,
    SubscriptionSpec,
    candle_type,
    normalise_symbol,
)

CANDLE_UNITS = ("1s", "1m", "3m", "5m", "10m", "15m", "30m", "60m", "240m")


# --- data types -----------------------------------------------------------------------------


def test_the_types_are_the_exchanges_words() -> None:
    """Every type of the public endpoint is there under its wire name."""
    expected = ["ticker", "trade", "orderbook", *(f"candle.{unit}" for unit in CANDLE_UNITS)]
    assert list(DataType) == expected


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
    ("slashed", "right"),
    [("BTC/KRW", "KRW-BTC"), ("eth/usdt", "USDT-ETH"), ("1INCH/KRW", "KRW-1INCH")],
)
def test_a_slashed_symbol_is_told_the_right_spelling(slashed: str, right: str) -> None:
    """`BASE/QUOTE` is refused with Upbit's way to write it."""
    with pytest.raises(UsageError, match=f"write '{right}'"):
        SubscriptionSpec("ticker", [slashed])


@pytest.mark.parametrize(
    "symbol",
    [
        "",
        " ",
        "ETH",
        "KRWBTC",
        "KRW_BTC",
        "KRW-",
        "-BTC",
        "KRW--BTC",
        "KRW-BTC-ETH",
        "KRW-BTC.15",
        "KRW-비트",
        "KRW BTC",
        "KRW-BTC,KRW-ETH",
        "KRW-BTC\x00",
        "/",
        "KRW/",
    ],
)
def test_a_malformed_symbol_is_refused(symbol: str) -> None:
    """What is no `QUOTE-BASE` is refused with the form expected."""
    with pytest.raises(UsageError, match="expected QUOTE-BASE"):
        SubscriptionSpec("ticker", ["KRW-ETH", symbol])


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
    ],
)
def test_a_level_is_an_exact_step(level: Decimal | int | str, step: Decimal) -> None:
    """Whole numbers, texts and Decimals are levels of an order book."""
    spec = SubscriptionSpec("orderbook", "KRW-BTC", level=level)
    assert spec.level == step
    assert spec.streams == (Stream(DataType.ORDERBOOK, "KRW-BTC", step),)


@pytest.mark.parametrize(
    "level",
    [-1, "-1", True, False, 0.1, 10000.0, "x", "", None, "nan", "sNaN", "inf", [], {}, object()],
)
def test_what_is_no_price_step_is_refused(level: Any) -> None:
    """A float is not exact, a bool is a slip, and the rest is no number."""
    with pytest.raises(UsageError, match="level must be a price step"):
        SubscriptionSpec("orderbook", "KRW-BTC", level=level)


@pytest.mark.parametrize("kind", [kind for kind in DataType if kind != "orderbook"])
def test_only_order_books_have_a_level(kind: DataType) -> None:
    """A level is refused for every other type; 0 means none and is accepted."""
    with pytest.raises(UsageError, match="order books"):
        SubscriptionSpec(kind, "KRW-BTC", level=1)
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
    assert {("orderbook", "KRW-BTC", Decimal("1E+4")): 1}[stream] == 1
    assert str(stream) == "orderbook KRW-BTC (level 10000)"
    assert str(Stream(DataType.TRADE, "KRW-BTC")) == "trade KRW-BTC"
