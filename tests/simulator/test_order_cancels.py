"""Orders taken back by REST, many at once: which ones, and what the answer says of them."""

from typing import Any

import pytest

from tests.simulator.bourse import Bourse
from tickwire.simulator.rest.order_calls import CALLS
from tickwire.simulator.trading.order_form import OrderRefused
from tickwire.simulator.trading.orders import Order

UNIT = 10**8


@pytest.fixture
def bourse() -> Bourse:
    """A fresh exchange."""
    return Bourse(markets=40)


def call(bourse: Bourse, method: str, path: str, **given: object) -> Any:
    """The answer of a call of alice's."""
    return CALLS[method, path].act(bourse.accounts, "alice", given, bourse.now_ms)


def by_ids(bourse: Bourse, **given: object) -> Any:
    return call(bourse, "DELETE", "/v1/orders/uuids", **given)


def open_ones(bourse: Bourse, **given: object) -> Any:
    return call(bourse, "DELETE", "/v1/orders/open", **given)


def several(bourse: Bourse, count: int) -> list[Order]:
    """So many purchases out of reach, oldest first."""
    return [bourse.bid(1_000_000 * UNIT, "0.01") for _ in range(count)]


def shown(order: Order) -> dict[str, str]:
    return {"uuid": order.uuid, "market": order.terms.market}


def test_some_orders_by_their_ids(bourse: Bourse) -> None:
    """Those that wait succeed, those that are over fail, unknown ones are not named."""
    over, kept, unnamed = several(bourse, 3)
    named = bourse.bid(1_000_000 * UNIT, "0.01", identifier="mine")
    theirs = bourse.bid(1_000_000 * UNIT, "0.01", "bob")
    bourse.cancel(over)
    bourse.advance(41)
    answer = by_ids(
        bourse, uuids=[named.uuid, over.uuid, unnamed.uuid, theirs.uuid, "no such order"]
    )
    assert answer == {
        "success": {
            "count": 2,
            "orders": [shown(unnamed), {**shown(named), "identifier": "mine"}],
        },
        "failed": {"count": 1, "orders": [shown(over)]},
    }
    assert named.waits, "asked for, not done"
    bourse.advance(41)
    assert [one.waits for one in (over, kept, named, unnamed, theirs)] == [
        False,
        True,
        False,
        False,
        True,
    ]
    answer = by_ids(bourse, identifiers=["mine", "other"])
    assert (answer["success"]["count"], answer["failed"]["orders"][0]["uuid"]) == (0, named.uuid)


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"uuids": ["a"], "identifiers": ["b"]},
        {"uuids": [str(number) for number in range(21)]},
    ],
)
def test_ids_of_one_kind_and_at_most_twenty(bourse: Bourse, given: dict[str, Any]) -> None:
    """Anything else is a bad question."""
    twenty = [order.uuid for order in several(bourse, 20)]
    assert by_ids(bourse, uuids=twenty)["success"]["count"] == 20
    with pytest.raises(OrderRefused, match="validation_error"):
        by_ids(bourse, **given)


def test_the_twenty_newest_open_orders(bourse: Bourse) -> None:
    """Unless another number, or the oldest, are wanted; all that was locked is free then."""
    orders = several(bourse, 25)
    answer = open_ones(bourse)
    assert answer["failed"] == {"count": 0, "orders": []}
    assert answer["success"]["orders"] == [shown(one) for one in reversed(orders[5:])]
    bourse.advance(41)
    assert [one.waits for one in orders] == [True] * 5 + [False] * 20
    answer = open_ones(bourse, count="2", order_by="asc")
    assert answer["success"] == {"count": 2, "orders": [shown(one) for one in orders[:2]]}
    bourse.advance(41)
    assert open_ones(bourse, count="300")["success"]["count"] == 3
    bourse.advance(41)
    assert bourse.has("KRW") == (100_000_000, 0)
    nothing = {"count": 0, "orders": []}
    assert open_ones(bourse) == {"success": nothing, "failed": nothing}


@pytest.mark.parametrize(
    ("given", "markets"),
    [
        ({}, {"KRW-BTC bid", "KRW-BTC ask", "KRW-ETH ask", "BTC-ETH ask"}),
        ({"cancel_side": "bid"}, {"KRW-BTC bid"}),
        ({"cancel_side": "ask"}, {"KRW-BTC ask", "KRW-ETH ask", "BTC-ETH ask"}),
        ({"pairs": "KRW-ETH,BTC-ETH"}, {"KRW-ETH ask", "BTC-ETH ask"}),
        ({"pairs": "KRW-ETH,BTC-ETH", "excluded_pairs": "KRW-ETH"}, {"BTC-ETH ask"}),
        ({"quote_currencies": "BTC,USDT"}, {"BTC-ETH ask"}),
        (
            {"quote_currencies": "KRW", "excluded_pairs": "KRW-ETH"},
            {"KRW-BTC bid", "KRW-BTC ask"},
        ),
        ({"pairs": "KRW-XRP"}, set()),
    ],
)
def test_conditions_on_open_orders(
    bourse: Bourse, given: dict[str, str], markets: set[str]
) -> None:
    """By side, market and quote currency; what is excluded stays whatever else is said."""
    orders = several(bourse, 1)
    orders.append(bourse.ask(900_000_000 * UNIT, "0.001"))
    for market, price in (("KRW-ETH", "90000000"), ("BTC-ETH", "0.9")):
        form = {"market": market, "side": "ask", "ord_type": "limit", "price": price}
        orders.append(bourse.place("alice", **form, volume="0.1"))
    theirs = bourse.bid(1_000_000 * UNIT, "0.01", "bob")
    bourse.advance(41)
    answer = open_ones(bourse, **given)
    bourse.advance(41)
    gone = {f"{one.terms.market} {one.terms.side}" for one in orders if not one.waits}
    assert gone == markets
    assert answer["success"]["count"] == len(markets)
    assert theirs.waits


@pytest.mark.parametrize(
    "given",
    [
        {"cancel_side": "both"},
        {"order_by": "up"},
        {"count": "0"},
        {"count": "301"},
        {"count": "x"},
        {"pairs": "KRW-BTC", "quote_currencies": "KRW"},
        {"pairs": ",".join(f"KRW-{number}" for number in range(21))},
        {"excluded_pairs": ",".join(f"KRW-{number}" for number in range(21))},
        {"quote_currencies": "EUR"},
    ],
)
def test_bad_conditions_cancel_nothing(bourse: Bourse, given: dict[str, str]) -> None:
    """They are refused with `validation_error`."""
    (order,) = several(bourse, 1)
    with pytest.raises(OrderRefused, match="validation_error"):
        open_ones(bourse, **given)
    bourse.advance(41)
    assert order.waits


def test_one_order_for_another(bourse: Bourse) -> None:
    """The answer is the order that is to go, and the ids of the one that is to come."""
    old = bourse.bid(1_000_000 * UNIT, "0.01", identifier="old")
    path = "/v1/orders/cancel_and_new"
    form = {"new_ord_type": "limit", "new_price": "900000", "new_volume": "remain_only"}
    answer = call(bourse, "POST", path, prev_order_identifier="old", **form, new_identifier="new")
    before = call(bourse, "GET", "/v1/order", uuid=old.uuid)
    assert (before["state"], before["locked"]) == ("wait", "10005")
    ids = {name: answer.pop(name) for name in ("new_order_uuid", "new_order_identifier")}
    assert answer | {"trades": []} == before
    bourse.advance(41)
    new = call(bourse, "GET", "/v1/order", identifier="new")
    assert ids == {"new_order_uuid": new["uuid"], "new_order_identifier": "new"}
    assert (new["locked"], new["volume"]) == ("9004.5", "0.01")
    answer = call(bourse, "POST", path, prev_order_uuid=new["uuid"], **form)
    assert "new_order_identifier" not in answer
    with pytest.raises(OrderRefused, match="prev_order_uuid or prev_order_identifier"):
        call(bourse, "POST", path, **form)


def test_no_call_makes_an_order_that_watches(bourse: Bourse) -> None:
    """Reserved orders can be looked for, but `ord_type` has none."""
    several(bourse, 1)
    assert call(bourse, "GET", "/v1/orders/open", states=["watch"]) == []
    with pytest.raises(OrderRefused, match="ord_type"):
        bourse.place(side="bid", ord_type="stop_limit", price="1000000", volume="1")
