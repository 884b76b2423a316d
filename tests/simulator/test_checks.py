"""The checks of a reader find what is wrong, each kind of it."""

from collections.abc import Callable
from copy import deepcopy
from decimal import Decimal
from typing import Any

import pytest

from tests.simulator.checks import Checks
from tests.simulator.desk import Desk, said

Messages = list[dict[str, Any]]


def one_cent_more(book: dict[str, Any]) -> None:
    """A total that is not the sum."""
    book["total_ask_size"] += Decimal("0.01")


def crossed(book: dict[str, Any]) -> None:
    """The best bid is where the best ask is."""
    unit = book["orderbook_units"][0]
    unit["bid_price"] = unit["ask_price"]


def off_the_grid(book: dict[str, Any]) -> None:
    """A price between two ticks."""
    book["orderbook_units"][-1]["ask_price"] += Decimal("0.00000001")


def too_late(book: dict[str, Any]) -> None:
    """A moment that is none of the market's."""
    book["timestamp"] += 1


def of_another_trade(ticker: dict[str, Any]) -> None:
    """Another price than the trade before it."""
    ticker["trade_price"] += 1


def grown_too_much(ticker: dict[str, Any]) -> None:
    """A sum that the trades do not make."""
    ticker["acc_trade_price"] += 1


def too_high(candle: dict[str, Any]) -> None:
    """A price that no trade had."""
    candle["high_price"] += 1


@pytest.fixture(scope="module")
def story() -> Messages:
    """Twelve markets for some seconds, and what was said of them."""
    desk = Desk(rate=5.0)
    codes = [one.code for one in desk.exchange.instruments]
    kinds = ("ticker", "trade", "orderbook", "candle.1s")
    session = desk.subscribed(
        *({"type": kind, "codes": codes, "is_only_realtime": True} for kind in kinds)
    )
    desk.advance(15)
    return said(session)


def checked(messages: Messages) -> Checks:
    """What the checks say of these."""
    checks = Checks()
    for message in messages:
        checks.check(message)
    checks.forget({message["code"] for message in messages})
    return checks


def last(messages: Messages, kind: str) -> int:
    """Where the last message of a type is."""
    return max(at for at, one in enumerate(messages) if one["type"] == kind)


def test_nothing_is_wrong_with_the_exchange(story: Messages) -> None:
    """The story as it is passes."""
    checks = checked(story)
    assert checks.faults == {} and checks.candles > 20


@pytest.mark.parametrize(
    ("kind", "spoil", "fault"),
    [
        ("orderbook", one_cent_more, "sizes and their total"),
        ("orderbook", crossed, "book crossed or out of order"),
        ("orderbook", off_the_grid, "price off its grid"),
        ("orderbook", too_late, "book off its 100 ms grid"),
        ("ticker", of_another_trade, "ticker of another trade"),
        ("ticker", grown_too_much, "ticker and trades differ"),
        ("candle.1s", too_high, "candle and trades differ"),
    ],
)
def test_one_spoiled_message(
    story: Messages, kind: str, spoil: Callable[[dict[str, Any]], None], fault: str
) -> None:
    """One message with one mistake is found, by its name."""
    spoiled, at = list(story), last(story, kind)
    spoiled[at] = deepcopy(story[at])
    spoil(spoiled[at])
    assert fault in checked(spoiled).faults


def test_a_trade_told_twice(story: Messages) -> None:
    """Its id has been there before."""
    assert "id told twice" in checked([*story, story[last(story, "trade")]]).faults


def test_a_second_without_its_candle(story: Messages) -> None:
    """Trades of a second that is long over, and nothing came of them."""
    middle = [at for at, one in enumerate(story) if one["type"] == "candle.1s"]
    without = [one for at, one in enumerate(story) if at != middle[len(middle) // 2]]
    assert "second without a candle" in checked(without).faults
