"""Orders and accounts as the REST calls show them.

Source: the get-order, list-closed-orders, cancel-orders-by-ids, orders-chance and accounts pages of
docs.upbit.com (2026-10), and the official SDK 1.1.0. Amounts are strings without an exponent. A
condition that an order does not have is left out; price and size are null where it has none.
"""

from collections.abc import Sequence
from typing import Any

from tickwire.simulator.dates import written
from tickwire.simulator.spelling import VALUE_DECIMALS, plain
from tickwire.simulator.trading.ledger import AMOUNT_DECIMALS, Account
from tickwire.simulator.trading.order_form import LEAST_TOTAL
from tickwire.simulator.trading.orders import Fill, Order

__all__ = ["account_body", "batch_body", "chance_body", "order_body"]

_FEE = "0.0005"
_MOST_TOTAL = {"KRW": "1000000000", "BTC": "1000", "USDT": "1000000"}
_BID_TYPES = ["best_fok", "best_ioc", "limit", "limit_fok", "limit_ioc", "limit_post_only", "price"]
_ASK_TYPES = [*_BID_TYPES[:-1], "market"]


def order_body(order: Order, *, trades: bool = False) -> dict[str, Any]:
    """One order; with `trades` also its executions."""
    terms = order.terms
    body: dict[str, Any] = {
        "market": terms.market,
        "uuid": order.uuid,
        "side": terms.side,
        "ord_type": terms.ord_type,
        "price": None if terms.price is None else plain(terms.price),
        "state": order.state,
        "created_at": _kst(order.created_ms),
        "volume": None if terms.volume is None else plain(terms.volume),
        "remaining_volume": None if order.by_amount else plain(order.left),
        "executed_volume": plain(order.executed_volume),
        "reserved_fee": plain(order.reserved_fee, AMOUNT_DECIMALS),
        "remaining_fee": plain(order.remaining_fee, AMOUNT_DECIMALS),
        "paid_fee": plain(order.paid_fee, AMOUNT_DECIMALS),
        "locked": plain(order.locked, AMOUNT_DECIMALS),
        "prevented_volume": plain(order.prevented_volume),
        "prevented_locked": plain(order.prevented_locked, AMOUNT_DECIMALS),
        "trades_count": len(order.fills),
    }
    for name in ("time_in_force", "identifier", "smp_type"):
        if (value := getattr(terms, name)) is not None:
            body[name] = value
    if trades:
        body["trades"] = [_trade(order, fill) for fill in order.fills]
    return body


def batch_body(orders: Sequence[Order]) -> dict[str, Any]:
    """Orders of one fate in a cancellation of many: how many, and which."""
    bodies = []
    for order in orders:
        body = {"uuid": order.uuid, "market": order.terms.market}
        if order.terms.identifier is not None:
            body["identifier"] = order.terms.identifier
        bodies.append(body)
    return {"count": len(bodies), "orders": bodies}


def account_body(account: Account, currency: str) -> dict[str, Any]:
    """One balance. Average prices are kept in won, from purchases in won."""
    balance = account.balances.get(currency)
    free, locked, average = (
        (balance.free, balance.locked, balance.avg_buy_price) if balance else (0, 0, 0)
    )
    return {
        "currency": currency,
        "balance": plain(free, AMOUNT_DECIMALS),
        "locked": plain(locked, AMOUNT_DECIMALS),
        "avg_buy_price": plain(average),
        "avg_buy_price_modified": False,
        "unit_currency": "KRW",
    }


def chance_body(account: Account, code: str) -> dict[str, Any]:
    """What may be ordered in a market, and what there is to order with."""
    quote, _, base = code.partition("-")
    least = plain(LEAST_TOTAL[quote])
    return {
        "bid_fee": _FEE,
        "ask_fee": _FEE,
        "maker_bid_fee": _FEE,
        "maker_ask_fee": _FEE,
        "market": {
            "id": code,
            "name": f"{base}/{quote}",
            "order_types": [],
            "order_sides": ["ask", "bid"],
            "bid_types": _BID_TYPES,
            "ask_types": _ASK_TYPES,
            "bid": {"currency": quote, "min_total": least},
            "ask": {"currency": base, "min_total": least},
            "max_total": _MOST_TOTAL[quote],
            "state": "active",
        },
        "bid_account": account_body(account, quote),
        "ask_account": account_body(account, base),
    }


def _trade(order: Order, fill: Fill) -> dict[str, Any]:
    return {
        "market": order.terms.market,
        "uuid": fill.uuid,
        "price": plain(fill.price),
        "volume": plain(fill.size),
        "funds": plain(fill.price * fill.size, VALUE_DECIMALS),
        "trend": "up" if fill.taker_buys else "down",
        "created_at": _kst(fill.at_ms),
        "side": order.terms.side,
    }


def _kst(at_ms: int) -> str:
    return written(at_ms).kst + "+09:00"
