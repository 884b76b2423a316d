"""Orders of accounts against the synthetic market: their lives, their conditions, the messages."""

from decimal import Decimal
from typing import Any

import pytest

from tests.simulator.bourse import CODE, Bourse, exact, heard, won
from tickwire.simulator.rest.order_bodies import order_body
from tickwire.simulator.trading.order_form import OrderRefused, read_terms
from tickwire.simulator.trading.orders import CANCEL, DONE, WAIT
from tickwire.simulator.wire.formats import DEFAULT, FORMATS
from tickwire.simulator.wire.request import Wish

FEE = Decimal("0.0005")
UNIT = 10**8
ORDER_KEYS = """
type code uuid ask_bid order_type state trade_uuid price avg_price volume remaining_volume
executed_volume trades_count reserved_fee remaining_fee paid_fee locked executed_funds
time_in_force trade_fee is_maker identifier smp_type prevented_volume prevented_locked
trade_timestamp order_timestamp timestamp stream_type
"""
SHORT_KEYS = """
ty cd uid ab ot s tuid p ap v rv ev tc rsf rmf pf l ef tif tf im id smpt pv pl ttms otms tms st
"""


@pytest.fixture
def bourse() -> Bourse:
    """A fresh exchange."""
    return Bourse()


def calm(bourse: Bourse) -> None:
    """Nothing moves by itself any more."""
    bourse.timeline._orders.clear()
    bourse.timeline._grid_points.clear()


def open_spread(bourse: Bourse) -> int:
    """A market at rest with room between its sides: a price in the middle of it."""
    calm(bourse)
    market = bourse.market()
    del market.asks[:4]
    return market.asks[0].price - 2000 * UNIT


def test_a_market_purchase_lives_from_wait_to_its_end(bourse: Bourse) -> None:
    """It waits, trades at the touch, and ends; what it paid is exact."""
    order = bourse.place(side="bid", ord_type="price", price="1000000", identifier="first")
    assert order.state == WAIT
    assert bourse.has("KRW") == (Decimal("98999500"), Decimal("1000500"))
    bourse.advance(100)
    states = bourse.states(order)
    assert states[0] == "wait" and states[-1] in ("done", "cancel")
    assert set(states[1:-1]) == {"trade"}
    assert len(order.fills) == len(states) - 2
    paid = Decimal(sum(one.price * one.size for one in order.fills)) / UNIT**2
    assert Decimal(1_000_000) - paid < Decimal(order.fills[-1].price) / UNIT**2
    assert bourse.has("KRW") == (Decimal(100_000_000) - paid * (1 + FEE), 0)
    assert bourse.has("BTC")[0] == 1 + Decimal(order.executed_volume) / UNIT


def test_taken_levels_are_public_trades(bourse: Bourse) -> None:
    """Each fill of a taker is a trade of the market, and leaves the book smaller."""
    calm(bourse)
    touch = bourse.market().asks[0]
    order = bourse.bid(touch.price, "0.01")
    bourse.advance(41)
    (trade,) = [one for one in bourse.trades if one[0] == CODE]
    assert trade[1:4] == (order.fills[0].price, order.fills[0].size, "BID")
    assert bourse.market().figures.high >= trade[1]
    assert not order.fills[0].is_maker


def test_price_improvement_is_given_back(bourse: Bourse) -> None:
    """A limit above the touch pays the touch, and the difference is free again."""
    calm(bourse)
    price = bourse.market().asks[0].price
    order = bourse.bid(price + 10_000_000 * UNIT, "0.001")
    bourse.advance(41)
    assert order.state == DONE
    paid = Decimal(order.executed_value) / UNIT**2
    assert bourse.has("KRW") == (Decimal(100_000_000) - paid * (1 + FEE), 0)
    assert order.remaining_fee == 0 and exact(order.paid_fee) == paid * FEE
    assert order.locked == 0


def test_a_resting_order_is_filled_as_maker_in_parts(bourse: Bourse) -> None:
    """What comes through its price fills it at its price, by the traded sizes."""
    order = bourse.bid(bourse.market().bids[0].price, "0.5")
    while order.waits:
        bourse.advance(500)
    assert order.state == DONE and len(order.fills) > 1
    assert all(one.is_maker and one.price == order.terms.price for one in order.fills)
    mine = {(one.price, one.size) for one in order.fills}
    assert mine <= {(price, size) for _, price, size, _, _ in bourse.trades}
    value = Decimal("0.5") * Decimal(order.terms.price or 0) / UNIT
    assert bourse.has("KRW") == (Decimal(100_000_000) - value * (1 + FEE), 0)
    assert bourse.has("BTC") == (Decimal("1.5"), 0)


def test_the_synthetic_size_at_the_price_goes_first(bourse: Bourse) -> None:
    """Joined by an order at its price, a level is eaten before it."""
    market = bourse.market()
    order = bourse.bid(market.bids[0].price, "0.01")
    while not order.fills:
        bourse.advance(1)
        if not order.fills and market.trade.price == order.terms.price:
            assert market.bids[0].price >= market.trade.price - 10**12
    assert market.bids[0].price < (order.terms.price or 0)


def test_a_book_that_moves_onto_an_order_trades_with_it(bourse: Bourse) -> None:
    """A bid in the spread is met by the next ask that comes there: books never cross it."""
    bourse.timeline._orders.clear()
    market = bourse.market()
    del market.asks[:4]
    order = bourse.bid(market.asks[0].price - 1000 * UNIT, "0.001")
    while order.waits:
        bourse.advance(100)
        assert not order.waits or market.asks[0].price > (order.terms.price or 0)
    assert order.fills[0].is_maker


def test_cancelling_gives_back_what_is_locked(bourse: Bourse) -> None:
    """A cancelled order ends as `cancel`, and the balance is as before."""
    order = bourse.bid(1_000_000 * UNIT, "0.01", identifier="mine")
    bourse.advance(50)
    assert bourse.has("KRW") == (Decimal("99989995"), Decimal("10005"))
    assert bourse.accounts.cancel("alice", None, "mine", bourse.now_ms) is order
    assert order.state == WAIT
    bourse.advance(41)
    assert order.state == CANCEL
    assert bourse.states(order) == ["wait", "cancel"]
    assert bourse.has("KRW") == (Decimal(100_000_000), 0)
    with pytest.raises(OrderRefused, match="order_not_found"):
        bourse.accounts.cancel("alice", order.uuid, None, bourse.now_ms)
    with pytest.raises(OrderRefused, match="order_not_found"):
        bourse.accounts.cancel("bob", order.uuid, None, bourse.now_ms)
    assert bourse.market().resting is None


def test_a_cancellation_may_come_too_late(bourse: Bourse) -> None:
    """Sent right after an order that executes, it changes nothing."""
    order = bourse.place(side="ask", ord_type="market", volume="0.001")
    bourse.accounts.cancel("alice", order.uuid, None, bourse.now_ms)
    bourse.advance(41)
    assert order.state == DONE
    assert bourse.has("BTC") == (Decimal("0.999"), 0)


@pytest.mark.parametrize("side", ["bid", "ask"])
def test_post_only_that_would_take_is_cancelled(bourse: Bourse, side: str) -> None:
    """It never takes; one that can rest rests."""
    calm(bourse)
    market = bourse.market()
    touch, far = (
        (market.asks[0].price, market.bids[3].price)
        if side == "bid"
        else (market.bids[0].price, market.asks[3].price)
    )
    form = {"side": side, "ord_type": "limit", "volume": "0.01", "time_in_force": "post_only"}
    taking = bourse.place(price=won(touch), **form)
    resting = bourse.place(price=won(far), **form)
    bourse.advance(41)
    assert (taking.state, resting.state) == (CANCEL, WAIT)
    assert not taking.fills


def test_ioc_takes_what_there_is(bourse: Bourse) -> None:
    """What the level does not have is cancelled, not left resting."""
    calm(bourse)
    touch = bourse.market().asks[0]
    order = bourse.bid(touch.price, "0.5", time_in_force="ioc")
    bourse.advance(41)
    assert order.state == CANCEL
    assert 0 < order.executed_volume < 50_000_000
    spent = Decimal(order.executed_value) / UNIT**2
    assert bourse.has("KRW") == (Decimal(100_000_000) - spent * (1 + FEE), 0)


def test_fok_is_all_or_nothing(bourse: Bourse) -> None:
    """Too large a one is cancelled without a trade, another is filled whole."""
    calm(bourse)
    touch = bourse.market().asks[0]
    large = bourse.bid(touch.price, "0.8", time_in_force="fok")
    bourse.advance(41)
    assert large.state == CANCEL and not large.fills
    small = bourse.bid(touch.price, "0.0001", time_in_force="fok")
    bourse.advance(41)
    assert small.state == DONE


def test_best_trades_at_one_price(bourse: Bourse) -> None:
    """It takes the best price and no other."""
    calm(bourse)
    market = bourse.market()
    price = market.bids[0].price
    order = bourse.place(side="ask", ord_type="best", volume="1", time_in_force="ioc")
    bourse.advance(41)
    assert {one.price for one in order.fills} == {price}
    fok = bourse.place("bob", side="bid", ord_type="best", price="50000", time_in_force="fok")
    bourse.advance(41)
    assert fok.executed_volume and len({one.price for one in fok.fills}) == 1


def test_accounts_trade_with_each_other(bourse: Bourse) -> None:
    """A better price of another account comes before the book; one public trade, two fills."""
    price = open_spread(bourse)
    offer = bourse.ask(price, "0.02", "alice")
    taker = bourse.bid(price, "0.01", "bob")
    bourse.advance(41)
    assert taker.state == DONE and offer.executed_volume == 1_000_000
    assert offer.fills[0].is_maker and not taker.fills[0].is_maker
    assert sum(one[1] == price for one in bourse.trades) == 1


@pytest.mark.parametrize(
    ("mode", "maker_size", "taker_size", "maker", "taker"),
    [
        ("cancel_maker", "0.02", "0.01", [2_000_000, 0, CANCEL], [0, 1_000_000, WAIT]),
        ("cancel_taker", "0.02", "0.01", [0, 2_000_000, WAIT], [1_000_000, 0, CANCEL]),
        ("reduce", "0.02", "0.01", [1_000_000, 1_000_000, WAIT], [1_000_000, 0, CANCEL]),
        ("reduce", "0.01", "0.02", [1_000_000, 0, CANCEL], [1_000_000, 1_000_000, WAIT]),
        ("reduce", "0.01", "0.01", [1_000_000, 0, CANCEL], [1_000_000, 0, CANCEL]),
    ],
)
def test_self_match_prevention(
    bourse: Bourse,
    mode: str,
    maker_size: str,
    taker_size: str,
    maker: list[Any],
    taker: list[Any],
) -> None:
    """Instead of a trade with oneself sizes are withdrawn: prevented size, size left, state.

    What is withdrawn is free at once, and what is left stays locked, to the last digit.
    """
    price = open_spread(bourse)
    resting = bourse.ask(price, maker_size)
    bourse.advance(41)
    newcomer = bourse.bid(price, taker_size, smp_type=mode)
    bourse.told()
    bourse.advance(41)
    won_each = Decimal(price) / UNIT * (1 + FEE)
    for order, expected, worth in ((resting, maker, Decimal(1)), (newcomer, taker, won_each)):
        assert [order.prevented_volume, order.left, order.state] == expected
        assert not order.fills
        assert exact(order.prevented_locked) == Decimal(order.prevented_volume) / UNIT * worth
    held = Decimal(maker[1]) / UNIT
    assert bourse.has("BTC") == (1 - held, held)
    held = Decimal(taker[1]) / UNIT * won_each
    assert bourse.has("KRW") == (100_000_000 - held, held)
    messages = bourse.told()
    prevented = [one for one in messages if one["state"] == "prevented"]
    assert all(one["prevented_volume"] > 0 and one["prevented_locked"] > 0 for one in prevented)
    assert len(prevented) == (2 if mode == "reduce" else 1)
    for order in (resting, newcomer):
        if order.waits:
            bourse.cancel(order)
    bourse.advance(41)
    assert bourse.has("BTC") == (1, 0)
    assert bourse.has("KRW") == (100_000_000, 0)


@pytest.mark.parametrize(
    ("mode", "buys", "maker_left"),
    [("cancel_maker", True, "0"), ("cancel_taker", False, "0.02"), ("reduce", False, "0.01")],
)
def test_prevention_of_a_purchase_by_amount(
    bourse: Bourse, mode: str, buys: bool, maker_left: str
) -> None:
    """An amount is withdrawn by the size that it would have bought of the resting order."""
    price = open_spread(bourse)
    resting = bourse.ask(price, "0.02")
    bourse.advance(41)
    amount = Decimal(price) / UNIT * Decimal("0.01")
    order = bourse.place(side="bid", ord_type="price", price=amount, smp_type=mode)
    bourse.advance(41)
    assert (order.state, bool(order.fills)) == (CANCEL, buys)
    assert order.prevented_volume == (0 if buys else 1_000_000)
    assert exact(order.prevented_locked) == (0 if buys else amount * (1 + FEE))
    spent = Decimal(order.executed_value) / UNIT**2
    assert 0 <= amount * buys - spent < Decimal(price) / UNIT**2 * 2
    assert bourse.has("KRW") == (100_000_000 - spent * (1 + FEE), 0)
    held, bought = Decimal(maker_left), Decimal(order.executed_volume) / UNIT
    assert Decimal(resting.left) / UNIT == held
    assert bourse.has("BTC") == (1 + bought - held, held)


@pytest.mark.parametrize(
    ("form", "counts"),
    [
        ({}, "cancel_maker"),
        ({"smp_type": "cancel_taker"}, "cancel_taker"),
        ({"smp_type": "none"}, "none"),
        ({"time_in_force": "post_only"}, "none"),
    ],
)
def test_the_default_of_prevention_is_a_switch(form: dict[str, str], counts: str) -> None:
    """Where nothing is said, `cancel_maker` counts and is told; `post_only` has none."""
    for by_default in (False, True):
        bourse = Bourse(smp_by_default=by_default)
        order = bourse.bid(1_000_000 * UNIT, "0.01", **form)
        said = counts if by_default else form.get("smp_type")
        assert order.terms.smp_type == said
        assert bourse.told()[0]["smp_type"] == said
        assert order_body(order).get("smp_type") == said


def test_prevention_by_default_by_balances() -> None:
    """The same two orders cost two fees, or nothing."""
    for by_default in (False, True):
        bourse = Bourse(smp_by_default=by_default)
        price = open_spread(bourse)
        resting = bourse.ask(price, "0.01")
        newcomer = bourse.bid(price, "0.01")
        bourse.advance(41)
        assert (resting.state, newcomer.state) == ((CANCEL, WAIT) if by_default else (DONE, DONE))
        value = Decimal(price) / UNIT * Decimal("0.01")
        held = value * (1 + FEE) if by_default else 0
        fees = 0 if by_default else value * FEE * 2
        assert bourse.has("KRW") == (100_000_000 - fees - held, held)
        assert bourse.has("BTC") == (1, 0)


@pytest.mark.parametrize(
    ("form", "name"),
    [
        ({"market": None}, "validation_error"),
        ({"market": "KRW-NOPE"}, "notfoundmarket"),
        ({"side": "buy"}, "validation_error"),
        ({"ord_type": "stop"}, "validation_error"),
        ({"price": "abc"}, "validation_error"),
        ({"price": "-1"}, "validation_error"),
        ({"price": "1e400"}, "validation_error"),
        ({"price": "NaN"}, "validation_error"),
        ({"volume": "0.000000001"}, "validation_error"),
        ({"volume": "0"}, "validation_error"),
        ({"volume": "1.00000000000000000000000000001"}, "validation_error"),
        ({"volume": "1e-999"}, "validation_error"),
        ({"volume": "1_000"}, "validation_error"),
        ({"volume": True}, "validation_error"),
        ({"volume": ["1"]}, "validation_error"),
        ({"identifier": "\ud800"}, "validation_error"),
        ({"identifier": "a\nb"}, "validation_error"),
        ({"time_in_force": "gtc"}, "validation_error"),
        ({"smp_type": "all"}, "validation_error"),
        ({"identifier": "x" * 65}, "validation_error"),
        ({"price": None}, "create_bid_error"),
        ({"volume": None}, "create_bid_error"),
        ({"ord_type": "price"}, "create_bid_error"),
        ({"ord_type": "market", "price": None}, "create_bid_error"),
        ({"ord_type": "best", "volume": None}, "create_bid_error"),
        ({"time_in_force": "post_only", "smp_type": "reduce"}, "create_bid_error"),
        ({"price": "1000500"}, "invalid_price_bid"),
        ({"volume": "0.00499999"}, "under_min_total_bid"),
        ({"volume": "99.96"}, "insufficient_funds_bid"),
        ({"side": "ask", "volume": "1.00000001"}, "insufficient_funds_ask"),
        ({"side": "ask", "ord_type": "market", "price": None, "volume": "0.00004"}, "under_min"),
    ],
)
def test_refusals(bourse: Bourse, form: dict[str, object], name: str) -> None:
    """What cannot be ordered is refused by name, and nothing is locked."""
    sound: dict[str, Any] = {
        "side": "bid",
        "ord_type": "limit",
        "price": "1000000",
        "volume": "0.01",
    }
    with pytest.raises(OrderRefused, match=name):
        bourse.place(**{**sound, **form})
    assert bourse.has("KRW") == (100_000_000, 0)
    assert not bourse.told()


def test_the_least_total_is_enough(bourse: Bourse) -> None:
    """Exactly the minimum is taken, and so is everything but the fee's last digit."""
    bourse.bid(1_000_000 * UNIT, "0.005")
    with pytest.raises(OrderRefused, match="insufficient"):
        bourse.bid(1_000_000 * UNIT, "99.951", "bob")
    bourse.bid(1_000_000 * UNIT, "99.95", "bob")


def test_an_identifier_is_used_once_by_each_account(bourse: Bourse) -> None:
    """A second order with it is refused, also after the first has gone; others may use it."""
    first = bourse.bid(1_000_000 * UNIT, "0.01", identifier="same")
    bourse.accounts.cancel("alice", first.uuid, None, bourse.now_ms)
    bourse.advance(100)
    with pytest.raises(OrderRefused, match="create_bid_error"):
        bourse.bid(1_000_000 * UNIT, "0.01", identifier="same")
    bourse.bid(1_000_000 * UNIT, "0.01", "bob", identifier="same")


def test_numbers_may_come_as_json_numbers_and_with_an_exponent() -> None:
    """Some clients send floats."""
    terms = read_terms(
        {"market": "BTC-XRP", "side": "ask", "ord_type": "limit", "price": "1e-08", "volume": 2.5}
    )
    assert (terms.price, terms.volume) == (1, 250_000_000)


def test_messages_have_the_documented_members_in_order(bourse: Bourse) -> None:
    """All 29, null ones too, in DEFAULT and in SIMPLE; lists are arrays of one."""
    bourse.place(side="ask", ord_type="market", volume="0.001")
    bourse.advance(41)
    notices = bourse.accounts.drain()
    wish = Wish(type="myOrder", codes=(CODE,))
    for notice in notices:
        assert notice.frame_for(Wish(type="myOrder", codes=("KRW-ETH",)), "alice", DEFAULT) is None
        assert notice.frame_for(wish, "bob", DEFAULT) is None
        assert notice.frame_for(wish, None, DEFAULT) is None
    first, *rest = heard(notices)
    assert list(first) == ORDER_KEYS.split()
    assert (first["state"], first["price"], first["volume"]) == ("wait", None, Decimal("0.001"))
    assert (first["trade_uuid"], first["trade_fee"], first["is_maker"]) == (None, None, None)
    assert [one["state"] for one in rest] == ["trade", "done"]
    fill = rest[0]
    assert fill["is_maker"] is False and fill["ask_bid"] == "ASK"
    assert fill["trade_fee"] == fill["price"] * fill["volume"] * FEE == fill["paid_fee"]
    assert fill["reserved_fee"] == fill["remaining_fee"] == 0
    assert fill["timestamp"] >= fill["trade_timestamp"] >= fill["order_timestamp"]
    (short, *_) = heard(notices, form=FORMATS["SIMPLE"])
    assert list(short) == SHORT_KEYS.split()
    raw = notices[0].frame_for(wish, "alice", FORMATS["SIMPLE_LIST"])
    assert raw is not None and raw.startswith(b'[{"ty":"myOrder"') and raw.endswith(b"}]")


def test_a_waiting_order_reads_like_the_documented_sample(bourse: Bourse) -> None:
    """The numbers of the sample on the page: reserved fee, locked, and how they are written."""
    order = bourse.bid(1_000_000 * UNIT, "0.03", identifier="bot-000123")
    raw = bourse.accounts.drain()[0].frame_for(Wish(type="myOrder"), "alice", DEFAULT)
    assert raw is not None
    assert raw.decode() == (
        f'{{"type":"myOrder","code":"KRW-BTC","uuid":"{order.uuid}","ask_bid":"BID",'
        '"order_type":"limit","state":"wait","trade_uuid":null,"price":1000000.0,"avg_price":0.0,'
        '"volume":0.03,"remaining_volume":0.03,"executed_volume":0.0,"trades_count":0,'
        '"reserved_fee":15.0,"remaining_fee":15.0,"paid_fee":0.0,"locked":30015.0,'
        '"executed_funds":0.0,"time_in_force":null,"trade_fee":null,"is_maker":null,'
        '"identifier":"bot-000123","smp_type":null,"prevented_volume":0,"prevented_locked":0,'
        f'"trade_timestamp":{bourse.now_ms},"order_timestamp":{bourse.now_ms},'
        f'"timestamp":{bourse.now_ms},"stream_type":"REALTIME"}}'
    )


def test_the_same_seed_and_the_same_calls_give_the_same_messages() -> None:
    """Ids, sizes and times repeat exactly, however time is cut into steps."""

    def run(cut: int) -> list[dict[str, object]]:
        bourse = Bourse(seed=5)
        bourse.bid(bourse.market().bids[0].price, "0.2")
        bourse.place("alice", side="ask", ord_type="market", volume="0.3")
        for _ in range(6000 // cut):
            bourse.advance(cut)
        return bourse.told()

    assert run(10) == run(1000)


def test_accounts_without_orders_leave_the_market_alone() -> None:
    """A market with accounts but no orders is the one without accounts; cancelled ones too."""
    plain, visited = Bourse(seed=9), Bourse(seed=9)
    order = visited.bid(1_000_000 * UNIT, "0.01")
    visited.advance(50)
    visited.accounts.cancel("alice", order.uuid, None, visited.now_ms)
    plain.advance(50)
    for one in (plain, visited):
        one.advance(20_000)
    assert plain.trades == visited.trades
    assert plain.market().bids == visited.market().bids


@pytest.mark.parametrize("mode", [None, "none"])
def test_without_prevention_an_account_trades_with_itself(bourse: Bourse, mode: str | None) -> None:
    """It pays the fee twice, and nothing else changes."""
    price = open_spread(bourse)
    resting = bourse.ask(price, "0.01", smp_type="cancel_maker")
    newcomer = bourse.bid(price, "0.01", smp_type=mode)
    bourse.advance(41)
    assert (resting.state, newcomer.state) == (DONE, DONE)
    fees = Decimal(price) / UNIT * Decimal("0.01") * FEE * 2
    assert bourse.has("KRW") == (100_000_000 - fees, 0)
    assert bourse.has("BTC") == (1, 0)
    bourse.bid(1_000_000 * UNIT, "0.01", time_in_force="post_only", smp_type="none")


def test_an_order_larger_than_the_book_goes_on_taking(bourse: Bourse) -> None:
    """It empties the side but for its last levels, and takes what grows back at its price."""
    calm(bourse)
    market = bourse.market()
    del market.asks[5:]
    order = bourse.bid(market.asks[0].price + 10_000_000 * UNIT, "0.7")
    bourse.advance(41)
    assert (order.state, len(market.asks)) == (WAIT, 2)
    while order.waits:
        bourse.advance(100)
    assert order.state == DONE
    assert all(not one.is_maker and one.price < (order.terms.price or 0) for one in order.fills)
    assert market.resting is None


def test_old_orders_are_forgotten_and_waiting_ones_are_not(
    bourse: Bourse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of many orders the oldest that are over go first, with their identifiers."""
    monkeypatch.setattr("tickwire.simulator.trading.accounts._ORDERS_KEPT", 5)
    waiting = bourse.place(side="bid", ord_type="limit", price="1000", volume="10")
    for number in range(10):
        order = bourse.place(
            side="bid", ord_type="limit", price="1000", volume="10", identifier=f"n{number}"
        )
        bourse.accounts.cancel("alice", order.uuid, None, bourse.now_ms)
        bourse.advance(100)
    kept = bourse.accounts.orders("alice")
    assert kept[0] is waiting
    assert [order.terms.identifier for order in kept[1:]] == ["n6", "n7", "n8", "n9"]
    again = bourse.place(side="bid", ord_type="limit", price="1000", volume="10", identifier="n0")
    assert again.waits
