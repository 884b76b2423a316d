"""The markets that exist."""

from collections import Counter

import pytest

from tickwire.simulator.market.instruments import instruments, named
from tickwire.simulator.market.ticks import tick_table
from tickwire.simulator.spelling import units


def test_there_are_as_many_markets_as_on_upbit() -> None:
    """289 won, 328 bitcoin and 238 tether markets over 358 assets, no code twice."""
    codes = [one.code for one in instruments()]
    assert Counter(code[: code.index("-")] for code in codes) == {
        "KRW": 289,
        "BTC": 328,
        "USDT": 238,
    }
    assert len(set(codes)) == 855
    assert len({code.partition("-")[2] for code in codes}) == 358
    assert not any(code in codes for code in ("KRW-KRW", "BTC-BTC", "USDT-USDT"))


def test_a_few_markets_are_the_won_majors() -> None:
    """A short list begins with the majors, a longer one has the quotes in proportion."""
    assert [one.code for one in instruments(8)] == [
        f"KRW-{base}" for base in ("BTC", "ETH", "XRP", "SOL", "DOGE", "ADA", "DOT", "AVAX")
    ]
    quotes = Counter(one.quote for one in instruments(100))
    assert min(quotes.values()) >= 20
    assert {"BTC-ETH", "USDT-BTC"} <= {one.code for one in instruments(20)}


def test_prices_lie_on_the_grid() -> None:
    """Every market's price is positive and a multiple of its tick."""
    for one in instruments():
        table = tick_table(one.quote)
        assert one.price > 0
        assert table.align(one.price) == one.price


@pytest.mark.parametrize(
    ("quote", "price", "tick"),
    [
        ("KRW", "116539000", "1000"),
        ("KRW", "1000000", "1000"),
        ("KRW", "999500", "500"),
        ("KRW", "100", "1"),
        ("KRW", "99.9", "0.1"),
        ("KRW", "0.00001", "0.0000001"),
        ("KRW", "0.00000999", "0.00000001"),
        ("BTC", "0.03512345", "0.00000001"),
        ("USDT", "83000", "0.01"),
        ("USDT", "9.999", "0.001"),
        ("USDT", "0.00009", "0.00000001"),
    ],
)
def test_ticks(quote: str, price: str, tick: str) -> None:
    """The tick is that of the price's range, and steps up and down meet."""
    table = tick_table(quote)
    at = units(price)
    assert table.tick(at) == units(tick)
    assert table.down(table.up(at)) == at
    assert table.up(table.down(at)) == at


def test_a_name_for_any_code() -> None:
    """A code of a tape that is not in the list still has an entry."""
    assert named("KRW-BTC").korean_name == "비트코인"
    assert named("KRW-LAMB").english_name == "LAMB"
