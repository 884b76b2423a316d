"""One order in the place of another: when the new one comes, with what, and what it costs."""

from decimal import Decimal

import pytest

from tests.simulator.bourse import Bourse, won
from tests.simulator.test_orders import FEE, UNIT, calm, open_spread
from tickwire.simulator.trading.order_form import OrderRefused
from tickwire.simulator.trading.orders import CANCEL, DONE, WAIT

FAR = 1_000_000 * UNIT


@pytest.fixture
def bourse() -> Bourse:
    """A fresh exchange."""
    return Bourse()


def test_the_new_order_comes_when_the_old_one_has_gone(bourse: Bourse) -> None:
    """Until then there is only its id; then it rests in the same market, on the same side."""
    old = bourse.bid(FAR, "0.01", identifier="old")
    bourse.advance(41)
    bourse.told()
    uuid = bourse.replace(
        old, ord_type="limit", price="900000", volume="0.03", identifier="new", smp_type="reduce"
    )
    assert old.state == WAIT
    with pytest.raises(OrderRefused, match="order_not_found"):
        bourse.accounts.find("alice", uuid, None)
    bourse.advance(41)
    new = bourse.accounts.find("alice", None, "new")
    assert (new.uuid, new.state, old.state) == (uuid, WAIT, CANCEL)
    assert (new.terms.market, new.terms.side, new.terms.smp_type) == ("KRW-BTC", "bid", "reduce")
    told = bourse.told()
    assert [(one["uuid"], one["state"]) for one in told] == [
        (old.uuid, "cancel"),
        (uuid, "wait"),
    ]
    assert told[0]["timestamp"] <= told[1]["timestamp"]
    assert bourse.has("KRW") == (Decimal("99972986.5"), Decimal("27013.5"))


def test_what_the_old_order_held_pays_for_the_new_one(bourse: Bourse) -> None:
    """All money in one order can go into another, but not one won more."""
    old = bourse.bid(FAR, "99.95")
    bourse.advance(41)
    assert bourse.has("KRW") == (Decimal("25"), Decimal("99999975"))
    with pytest.raises(OrderRefused, match="insufficient_funds_bid"):
        bourse.replace(old, ord_type="limit", price="1000000", volume="99.96")
    uuid = bourse.replace(old, ord_type="limit", price="999500", volume="100")
    bourse.advance(41)
    assert bourse.accounts.find("alice", uuid, None).waits
    assert bourse.has("KRW") == (Decimal("25"), Decimal("99999975"))


def test_the_remainder_is_what_is_left_when_the_cancellation_arrives(bourse: Bourse) -> None:
    """Also of an order that was filled in part after its holder asked."""
    price = open_spread(bourse)
    old = bourse.bid(price, "0.03")
    bourse.advance(41)
    bourse.ask(price, "0.01", "bob")
    uuid = bourse.replace(old, ord_type="limit", price=won(price), volume="remain_only")
    bourse.advance(41)
    assert (old.state, old.executed_volume) == (CANCEL, 1_000_000)
    new = bourse.accounts.find("alice", uuid, None)
    assert new.terms.volume == new.left == 2_000_000
    value = Decimal(price) / UNIT
    paid, held = (value * Decimal(size) * (1 + FEE) for size in ("0.01", "0.02"))
    assert bourse.has("KRW") == (100_000_000 - paid - held, held)


def test_nothing_comes_in_the_place_of_an_executed_order(bourse: Bourse) -> None:
    """The cancellation came too late: the old order is done, and its id was the last word."""
    calm(bourse)
    old = bourse.place(side="ask", ord_type="market", volume="0.001")
    uuid = bourse.replace(old, ord_type="market", volume="0.002")
    bourse.advance(41)
    assert old.state == DONE
    with pytest.raises(OrderRefused, match="order_not_found"):
        bourse.accounts.find("alice", uuid, None)
    assert bourse.has("BTC") == (Decimal("0.999"), 0)


def test_nothing_comes_that_can_no_longer_be_paid(bourse: Bourse) -> None:
    """The money went elsewhere between the question and the cancellation; only that is gone."""
    old = bourse.bid(FAR, "50")
    bourse.advance(41)
    uuid = bourse.replace(old, ord_type="limit", price="1000000", volume="99")
    other = bourse.bid(FAR, "40")
    bourse.advance(41)
    assert (old.state, other.state) == (CANCEL, WAIT)
    with pytest.raises(OrderRefused, match="order_not_found"):
        bourse.accounts.find("alice", uuid, None)
    assert bourse.has("KRW") == (Decimal("59980000"), Decimal("40020000"))


def test_of_two_replacements_the_first_comes(bourse: Bourse) -> None:
    """The second finds the order gone."""
    old = bourse.bid(FAR, "0.01")
    bourse.advance(41)
    first = bourse.replace(old, ord_type="limit", price="1000000", volume="0.02")
    second = bourse.replace(old, ord_type="limit", price="1000000", volume="0.03")
    bourse.advance(41)
    assert [one.uuid for one in bourse.accounts.orders("alice") if one.waits] == [first]
    assert second != first
    assert bourse.has("KRW") == (Decimal("99979990"), Decimal("20010"))


def test_a_new_order_may_trade_at_once(bourse: Bourse) -> None:
    """A far order becomes a purchase at the touch, by amount; both are told in order."""
    calm(bourse)
    old = bourse.bid(FAR, "0.01")
    bourse.advance(41)
    bourse.told()
    uuid = bourse.replace(old, ord_type="best", price="50000", time_in_force="ioc")
    bourse.advance(41)
    new = bourse.accounts.find("alice", uuid, None)
    assert new.fills and not new.waits
    told = bourse.told()
    assert [one["state"] for one in told if one["uuid"] == uuid][:2] == ["wait", "trade"]
    times = [one["timestamp"] for one in told]
    assert times == sorted(times)
    spent = Decimal(new.executed_value) / UNIT**2 * (1 + FEE)
    assert bourse.has("KRW") == (100_000_000 - spent, 0)
    (trade,) = bourse.trades[-len(new.fills) :]
    assert trade[1:4] == (new.fills[0].price, new.fills[0].size, "BID")


def test_the_default_of_prevention_counts_for_the_new_order_too() -> None:
    """It is an order like any other."""
    for by_default in (False, True):
        bourse = Bourse(smp_by_default=by_default)
        price = open_spread(bourse)
        resting = bourse.ask(price, "0.01")
        old = bourse.bid(FAR, "0.01", smp_type="none")
        bourse.advance(41)
        bourse.replace(old, ord_type="limit", price=won(price), volume="0.01")
        bourse.advance(41)
        assert resting.state == (CANCEL if by_default else DONE)


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({}, "validation_error: new_ord_type"),
        ({"ord_type": "stop"}, "validation_error: new_ord_type"),
        ({"ord_type": "limit", "price": "1", "volume": "x"}, "validation_error: new_volume"),
        ({"ord_type": "limit", "price": "-1", "volume": "1"}, "validation_error: new_price"),
        ({"ord_type": "limit", "price": "1000000"}, "create_bid_error"),
        ({"ord_type": "market", "volume": "remain_only"}, "create_bid_error"),
        ({"ord_type": "price", "price": "10000", "volume": "remain_only"}, "create_bid_error"),
        ({"ord_type": "best", "price": "10000"}, "create_bid_error"),
        ({"ord_type": "limit", "price": "1000500", "volume": "remain_only"}, "invalid_price_bid"),
        ({"ord_type": "limit", "price": "1000000", "volume": "0.001"}, "under_min_total_bid"),
        ({"ord_type": "price", "price": "10000", "identifier": "old"}, "create_bid_error"),
        ({"ord_type": "price", "price": "10000", "smp_type": "x"}, "validation_error: new_smp"),
    ],
)
def test_what_cannot_be_ordered_cancels_nothing(
    bourse: Bourse, form: dict[str, object], said: str
) -> None:
    """The old order stays, and so does what it holds."""
    old = bourse.bid(FAR, "0.01", identifier="old")
    bourse.advance(41)
    with pytest.raises(OrderRefused, match=said):
        bourse.replace(old, **form)
    bourse.advance(41)
    assert old.waits
    assert bourse.has("KRW") == (Decimal("99989995"), Decimal("10005"))


def test_an_order_by_amount_has_no_remainder(bourse: Bourse) -> None:
    """It has no size that another could take over."""
    old = bourse.place(side="bid", ord_type="price", price="10000")
    with pytest.raises(OrderRefused, match="validation_error: new_volume"):
        bourse.replace(old, ord_type="limit", price="1000000", volume="remain_only")


def test_only_a_waiting_order_of_ones_own_can_be_replaced(bourse: Bourse) -> None:
    """What is over or belongs to somebody else is not found."""
    old = bourse.bid(FAR, "0.01")
    form = {"new_ord_type": "price", "new_price": "10000"}
    with pytest.raises(OrderRefused, match="order_not_found"):
        bourse.accounts.replace("bob", old.uuid, None, form, bourse.now_ms)
    bourse.cancel(old)
    bourse.advance(41)
    with pytest.raises(OrderRefused, match="order_not_found"):
        bourse.accounts.replace("alice", old.uuid, None, form, bourse.now_ms)
