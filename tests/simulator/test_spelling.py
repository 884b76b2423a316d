"""Numbers as text."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.simulator.desk import Desk, said
from tickwire.simulator.spelling import default_price, default_size, plain, simple_number, units


@pytest.mark.parametrize(
    ("number", "price", "size", "simple"),
    [
        ("116539000", "1.16539E8", "116539000.00000000", "116539000"),
        ("10000000", "1E7", "10000000.00000000", "10000000"),
        ("4117000", "4117000.0", "4117000.00000000", "4117000"),
        ("3012.5", "3012.5", "3012.50000000", "3012.5"),
        ("0.00077720", "7.772E-4", "0.00077720", "7.772E-4"),
        ("0.001", "0.001", "0.00100000", "0.001"),
        ("0.00000006", "6E-8", "0.00000006", "6E-8"),
        ("0", "0.0", "0.0", "0"),
    ],
)
def test_the_spellings(number: str, price: str, size: str, simple: str) -> None:
    """Each number has the form that the exchange gives it."""
    value = units(number)
    assert default_price(value) == price
    assert default_size(value) == size
    assert simple_number(value) == simple


@given(st.integers(-(10**24), 10**24), st.sampled_from([8, 10, 16]))
def test_every_spelling_is_exact(number: int, decimals: int) -> None:
    """All spellings are JSON numbers of exactly the same value."""
    exact = Decimal(number).scaleb(-decimals)
    texts = [plain(number, decimals), simple_number(number, decimals)]
    texts.append(default_price(number, decimals))
    if decimals == 8 and number >= 0:
        texts.append(default_size(number))
    for text in texts:
        assert json.loads(text, parse_float=Decimal, parse_int=Decimal) == exact


def test_both_formats_say_the_same() -> None:
    """SIMPLE frames have the values of the DEFAULT frames, in the same order."""
    desk = Desk(markets=60)
    codes = [one.code for one in desk.exchange.instruments]
    kinds = ("ticker", "trade", "orderbook", "candle.1m")
    wish = [{"type": kind, "codes": codes} for kind in kinds]
    long, short = desk.subscribed(*wish), desk.subscribed(*wish, {"format": "SIMPLE"})
    desk.advance(5)
    pairs = list(zip(said(long), said(short), strict=True))
    assert len(pairs) > 500
    for one, other in pairs:
        assert _values(one) == _values(other)


def _values(message: object) -> object:
    if isinstance(message, dict):
        return [_values(value) for value in message.values()]
    if isinstance(message, list):
        return [_values(value) for value in message]
    return message
