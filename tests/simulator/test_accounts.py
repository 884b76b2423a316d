"""Balances and the ledger: nothing appears, nothing vanishes, to the last digit."""

from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.simulator.bourse import CODE, Bourse, exact, heard, won
from tickwire.simulator.rest.order_calls import CALLS
from tickwire.simulator.spelling import units
from tickwire.simulator.trading.ledger import (
    AMOUNT_DECIMALS,
    STARTING_BALANCES,
    Account,
    Ledger,
    amount_of_size,
    amount_of_value,
    fee_on,
)
from tickwire.simulator.trading.order_form import OrderRefused
from tickwire.simulator.wire.formats import FORMATS

WHOLE = 10**AMOUNT_DECIMALS
CURRENCIES = ("KRW", "BTC", "ETH", "XRP", "USDT")


def test_an_account_begins_with_the_documented_balances() -> None:
    """All of it is free."""
    account = Account("alice")
    assert {one: balance.free // WHOLE for one, balance in account.balances.items()} == (
        STARTING_BALANCES
    )
    assert all(not balance.locked for balance in account.balances.values())
    assert account.balance("DOGE").free == 0


def test_amounts_are_exact() -> None:
    """The smallest fee that there can be is one unit of the account's arithmetic times five."""
    assert amount_of_value(1) == 10**4
    assert fee_on(1) == 5
    assert amount_of_size(units("1")) == WHOLE
    assert fee_on(units("1165000") * units("1")) == 5825 * WHOLE // 10


def test_a_purchase_moves_money_one_way_and_goods_the_other() -> None:
    """The market receives what the account pays less the fee."""
    ledger = Ledger(["alice"])
    account = ledger.accounts["alice"]
    price, size = units("116500000"), units("0.02")
    account.balance("KRW").lock(amount_of_value(price * size) + fee_on(price * size))
    fee = ledger.trade("alice", CODE, buys=True, price=price, size=size)
    assert fee == 1165 * WHOLE
    assert ledger.market == {"KRW": 2_330_000 * WHOLE, "BTC": -2 * WHOLE // 100}
    assert ledger.fees == {"KRW": 1165 * WHOLE}
    assert account.balance("KRW").free == (100_000_000 - 2_331_165) * WHOLE
    assert account.balance("BTC").free == 102 * WHOLE // 100
    assert account.balance("KRW").locked == 0


def test_a_sale_earns_the_value_less_the_fee() -> None:
    """And two accounts that trade leave nothing with the market."""
    ledger = Ledger(["alice", "bob"])
    price, size = units("4117000"), units("1.5")
    buyer, seller = ledger.accounts["bob"], ledger.accounts["alice"]
    seller.balance("ETH").lock(amount_of_size(size))
    buyer.balance("KRW").lock(amount_of_value(price * size) + fee_on(price * size))
    ledger.trade("bob", "KRW-ETH", buys=True, price=price, size=size)
    ledger.trade("alice", "KRW-ETH", buys=False, price=price, size=size)
    value = 6_175_500 * WHOLE
    assert seller.balance("KRW").free == 100_000_000 * WHOLE + value - value // 2000
    assert buyer.balance("KRW").free == 100_000_000 * WHOLE - value - value // 2000
    assert not any(ledger.market.values())
    assert ledger.fees["KRW"] == value // 1000


def test_average_prices_follow_purchases_in_won() -> None:
    """What one begins with has cost nothing."""
    ledger = Ledger(["alice"])
    account = ledger.accounts["alice"]
    price, size = units("2000000"), units("1")
    account.balance("KRW").lock(amount_of_value(price * size) + fee_on(price * size))
    ledger.trade("alice", CODE, buys=True, price=price, size=size)
    assert account.balance("BTC").avg_buy_price == units("1000000")


@pytest.mark.parametrize(
    "misuse",
    [
        lambda balance: balance.lock(WHOLE * 2),
        lambda balance: balance.release(1),
        lambda balance: balance.pay(1),
        lambda balance: balance.receive(-1),
    ],
)
def test_a_balance_cannot_go_below_zero(misuse: Callable[[object], None]) -> None:
    """The arithmetic itself refuses."""
    with pytest.raises(AssertionError):
        misuse(Account("alice").balance("BTC"))


def test_messages_of_balances() -> None:
    """One message per change, with the currencies that changed, in both spellings."""
    bourse = Bourse()
    bourse.place(side="ask", ord_type="market", volume="0.001")
    bourse.advance(41)
    notices = bourse.accounts.drain()
    locked, sold = heard(notices, kind="myAsset")
    names = "type asset_uuid assets asset_timestamp timestamp stream_type"
    assert list(locked) == names.split()
    assert locked["assets"] == [
        {"currency": "BTC", "balance": Decimal("0.999"), "locked": Decimal("0.001")}
    ]
    assert [one["currency"] for one in sold["assets"]] == ["KRW", "BTC"]
    free, held = bourse.has("KRW")
    assert sold["assets"][0] == {"currency": "KRW", "balance": free, "locked": held}
    assert locked["asset_uuid"] != sold["asset_uuid"]
    assert not heard(notices, "bob", "myAsset")
    short = heard(notices, kind="myAsset", form=FORMATS["SIMPLE"])[0]
    assert list(short) == ["ty", "astuid", "ast", "asttms", "tms", "st"]
    assert list(short["ast"][0]) == ["cu", "b", "l"]


def check(bourse: Bourse) -> None:
    """What always holds: totals, and every lock explained by a waiting order."""
    accounts = bourse.accounts
    for currency in CURRENCIES:
        due = STARTING_BALANCES[currency] * WHOLE * 2
        assert accounts.ledger.total(currency) == due
    for key in ("alice", "bob"):
        held = dict.fromkeys(CURRENCIES, 0)
        for order in accounts.orders(key):
            held[order.terms.currency] += order.locked
            assert order.left >= 0 and order.paid_fee == sum(one.fee for one in order.fills)
            assert order.executed_volume == sum(one.size for one in order.fills)
            assert order.waits or order.locked == order.remaining_fee == 0
            done = order.executed_value if order.by_amount else order.executed_volume
            if not order.prevented_volume:
                asked = (order.terms.price or 0) * 10**8
                assert done + order.left == (asked if order.by_amount else order.terms.volume)
        for currency in CURRENCIES:
            assert accounts.account(key).balance(currency).locked == held[currency]
            assert accounts.account(key).balance(currency).free >= 0


ORDERS = st.fixed_dictionaries(
    {
        "key": st.sampled_from(["alice", "alice", "bob"]),
        "market": st.sampled_from([*["KRW-BTC"] * 4, "KRW-ETH", "BTC-ETH", "USDT-BTC", "KRW-USDT"]),
        "side": st.sampled_from(["bid", "ask"]),
        "ord_type": st.sampled_from(["limit", "limit", "limit", "market", "best"]),
        "offset": st.integers(-4, 4),
        "opens": st.booleans(),
        "worth": st.integers(1, 3000),
        "time_in_force": st.sampled_from([None, None, "ioc", "fok", "post_only"]),
        "smp_type": st.sampled_from([None, "reduce", "cancel_maker", "cancel_taker"]),
        "pause": st.sampled_from([1, 17, 41, 300, 2000]),
        "before": st.sampled_from(["nothing", "cancel", "by ids", "open", "replace", "remainder"]),
    }
)


@settings(max_examples=100, deadline=None)
@given(st.lists(ORDERS, min_size=5, max_size=25), st.integers(0, 3), st.booleans())
def test_nothing_appears_or_vanishes(
    orders: list[dict[str, object]], seed: int, smp_by_default: bool
) -> None:
    """Random calls of two accounts: after each step everything adds up, and so it ends."""
    bourse = Bourse(seed=seed, markets=40, smp_by_default=smp_by_default)
    known = {market.code: market for market in bourse.timeline.markets}
    for one in orders:
        market = known.get(str(one["market"]), known[CODE])
        price = market.asks[0].price
        if one["opens"]:
            # In an open spread orders of accounts meet each other.
            del market.asks[: len(market.asks) - 4]
            price = (market.asks[0].price + market.bids[0].price) // 2
        form = _form(one, price, market.code)
        with suppress(OrderRefused):
            _take_back(bourse, str(one["key"]), str(one["before"]), form)
        check(bourse)
        with suppress(OrderRefused):
            bourse.place(str(one["key"]), **form)
        check(bourse)
        assert isinstance(one["pause"], int)
        bourse.advance(one["pause"])
        check(bourse)
        asks, bids = market.asks, market.bids
        assert asks[0].price > bids[0].price
    # An order may still come in the place of another.
    bourse.advance(41)
    for key in ("alice", "bob"):
        for order in bourse.accounts.orders(key):
            if order.waits:
                bourse.cancel(order)
    bourse.advance(41)
    check(bourse)
    assert all(market.resting is None for market in bourse.timeline.markets)
    for key in ("alice", "bob"):
        assert not any(one.locked for one in bourse.accounts.account(key).balances.values())
    _replay(bourse)


def _take_back(bourse: Bourse, key: str, how: str, form: dict[str, object]) -> None:
    """Cancel the last orders of this account, or replace them by one like this form."""
    last = bourse.accounts.orders(key)[-2:]
    given: dict[str, object] = {}
    if how == "by ids" and last:
        given = {"uuids": [order.uuid for order in last]}
        CALLS["DELETE", "/v1/orders/uuids"].act(bourse.accounts, key, given, bourse.now_ms)
    elif how == "open":
        given = {"quote_currencies": "KRW", "count": "2", "cancel_side": str(form["side"])}
        CALLS["DELETE", "/v1/orders/open"].act(bourse.accounts, key, given, bourse.now_ms)
    for order in last:
        if how == "cancel" and order.waits:
            bourse.cancel(order)
        elif how in ("replace", "remainder") and order.waits:
            anew = {name: form[name] for name in form if name not in ("market", "side")}
            if how == "remainder" and "volume" in anew:
                anew["volume"] = "remain_only"
            bourse.replace(order, **anew)


def _form(one: dict[str, object], price: int, code: str) -> dict[str, object]:
    """An order near the touch, worth up to some percent of what there is."""
    offset, worth = one["offset"], one["worth"]
    assert isinstance(offset, int) and isinstance(worth, int)
    buys, kind = one["side"] == "bid", one["ord_type"]
    step = max(price // 2000, 1)
    near = price if one["opens"] else price + offset * step
    if code.startswith("KRW"):
        near -= near % (1000 * 10**8 if near >= 10**14 else 10**8)
    amount = {"KRW": 5_000 * 10**8, "BTC": 5_000, "USDT": 10**8}[code.partition("-")[0]] * worth
    size = max(amount * 10**8 // price, 1)
    form: dict[str, object] = {"market": code, "side": one["side"], "ord_type": kind}
    if kind == "limit":
        form |= {"price": won(near), "volume": won(size)}
        form |= {"time_in_force": one["time_in_force"]}
    elif buys:
        form |= {"ord_type": "best" if kind == "best" else "price", "price": won(amount)}
    else:
        form |= {"volume": won(size)}
    if kind == "best":
        form["time_in_force"] = "fok" if one["time_in_force"] == "fok" else "ioc"
    if form.get("time_in_force") != "post_only":
        form["smp_type"] = one["smp_type"]
    return form


def _replay(bourse: Bourse) -> None:
    """A client that only listens arrives at the same balances and the same orders."""
    notices = bourse.accounts.drain()
    for key in ("alice", "bob"):
        balances: dict[str, Decimal] = {}
        for message in heard(notices, key, "myAsset"):
            balances |= {one["currency"]: one["balance"] for one in message["assets"]}
        for currency, balance in balances.items():
            assert balance == exact(bourse.accounts.account(key).balance(currency).free)
        last: dict[str, dict[str, Decimal]] = {}
        for message in heard(notices, key):
            before = last.get(message["uuid"])
            assert (before is None) == (message["state"] == "wait")
            if before is not None:
                assert before["state"] not in ("done", "cancel")
                assert before["executed_volume"] <= message["executed_volume"]
                assert before["timestamp"] <= message["timestamp"]
            last[message["uuid"]] = message
        for order in bourse.accounts.orders(key):
            assert last[order.uuid]["state"] == order.state
            assert last[order.uuid]["paid_fee"] == exact(order.paid_fee)
