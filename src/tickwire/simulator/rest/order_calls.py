"""The REST calls of an account, without HTTP: parameters in, the answer's body out.

Source: the pages of the exchange group of docs.upbit.com (2026-10). Everything that the exchange
does not take is raised as `OrderRefused`.
"""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from tickwire.simulator.rest.order_bodies import account_body, chance_body, order_body
from tickwire.simulator.rest.order_cancels import (
    cancel,
    cancel_and_new,
    cancel_by_ids,
    cancel_open,
)
from tickwire.simulator.rest.order_parameters import Parameters, choice, count, moment, text, texts
from tickwire.simulator.trading.accounts import Accounts
from tickwire.simulator.trading.order_form import OrderRefused
from tickwire.simulator.trading.orders import CANCEL, DONE, WAIT, Order

__all__ = ["CALLS", "Call"]

_WEEK_MS = 7 * 86_400_000

# Reserved orders wait for their trigger in this state. They can be looked for, but no call of the
# API makes one: `ord_type` knows only limit, price, market and best.
_WATCH = "watch"


class Call(NamedTuple):
    """One REST call: the rate limit group it counts in, the status of success, what it does."""

    group: str
    status: int
    act: Callable[[Accounts, str, Parameters, int], Any]


def _accounts(accounts: Accounts, key: str, given: Parameters, now_ms: int) -> Any:
    account = accounts.account(key)
    shown = [
        currency
        for currency, balance in account.balances.items()
        if balance.free or balance.locked or currency == "KRW"
    ]
    return [account_body(account, currency) for currency in shown]


def _place(accounts: Accounts, key: str, given: Parameters, now_ms: int) -> Any:
    return order_body(accounts.place(key, given, now_ms))


def _rehearse(accounts: Accounts, key: str, given: Parameters, now_ms: int) -> Any:
    return order_body(accounts.rehearse(key, given, now_ms))


def _find(accounts: Accounts, key: str, given: Parameters, now_ms: int) -> Any:
    order = accounts.find(key, text(given, "uuid"), text(given, "identifier"))
    return order_body(order, trades=True)


def _by_ids(accounts: Accounts, key: str, given: Parameters, now_ms: int) -> Any:
    uuids, identifiers = texts(given, "uuids"), texts(given, "identifiers")
    if not uuids and not identifiers:
        raise OrderRefused("validation_error", "uuids or identifiers is missing")
    if len(uuids or identifiers) > 100:
        raise OrderRefused("validation_error", "no more than 100 orders at once")
    found = [
        order
        for order in accounts.orders(key)
        if (order.uuid in uuids if uuids else order.terms.identifier in identifiers)
    ]
    return _listed(found, given, 100)


def _open(accounts: Accounts, key: str, given: Parameters, now_ms: int) -> Any:
    states = _states(given, (WAIT, _WATCH), (WAIT,))
    return _listed(_in(accounts.orders(key), states), given, 100)


def _closed(accounts: Accounts, key: str, given: Parameters, now_ms: int) -> Any:
    states = _states(given, (DONE, CANCEL), (DONE, CANCEL))
    start, end = moment(given, "start_time"), moment(given, "end_time")
    if start is None:
        start = (now_ms if end is None else end) - _WEEK_MS
    if end is None:
        end = start + _WEEK_MS
    if not 0 <= end - start <= _WEEK_MS:
        raise OrderRefused("validation_error", "no more than 7 days at once")
    found = _in(accounts.orders(key), states)
    return _listed([one for one in found if start <= one.created_ms <= end], given, 1000)


def _listing(accounts: Accounts, key: str, given: Parameters, now_ms: int) -> Any:
    """The older call, which shows orders of any state."""
    states = _states(given, (WAIT, _WATCH, DONE, CANCEL), (WAIT,))
    return _listed(_in(accounts.orders(key), states), given, 100)


def _chance(accounts: Accounts, key: str, given: Parameters, now_ms: int) -> Any:
    code = text(given, "market")
    if code is None or not accounts.knows(code):
        raise OrderRefused("notfoundmarket", "마켓 정보를 찾을 수 없습니다.", 404)
    return chance_body(accounts.account(key), code)


CALLS = {
    ("GET", "/v1/accounts"): Call("default", 200, _accounts),
    ("POST", "/v1/orders"): Call("order", 201, _place),
    ("POST", "/v1/orders/cancel_and_new"): Call("order", 201, cancel_and_new),
    ("POST", "/v1/orders/test"): Call("order-test", 201, _rehearse),
    ("DELETE", "/v1/order"): Call("default", 200, cancel),
    ("DELETE", "/v1/orders/uuids"): Call("default", 200, cancel_by_ids),
    ("DELETE", "/v1/orders/open"): Call("order-cancel-all", 200, cancel_open),
    ("GET", "/v1/order"): Call("default", 200, _find),
    ("GET", "/v1/orders"): Call("default", 200, _listing),
    ("GET", "/v1/orders/uuids"): Call("default", 200, _by_ids),
    ("GET", "/v1/orders/open"): Call("default", 200, _open),
    ("GET", "/v1/orders/closed"): Call("default", 200, _closed),
    ("GET", "/v1/orders/chance"): Call("default", 200, _chance),
}


def _in(orders: Iterable[Order], states: Iterable[str]) -> list[Order]:
    wanted = set(states)
    return [order for order in orders if order.state in wanted]


def _listed(orders: list[Order], given: Parameters, most: int) -> Any:
    """The page that was asked for, newest first unless wanted otherwise."""
    market = text(given, "market")
    if market is not None:
        orders = [order for order in orders if order.terms.market == market]
    if choice(given, "order_by", ("desc", "asc")) == "desc":
        orders = orders[::-1]
    limit, page = count(given, "limit", 100, most), count(given, "page", 1, 1_000_000)
    return [order_body(one) for one in orders[(page - 1) * limit : page * limit]]


def _states(given: Parameters, allowed: tuple[str, ...], usual: tuple[str, ...]) -> tuple[str, ...]:
    states = tuple(texts(given, "states")) or tuple(filter(None, [text(given, "state")]))
    if not set(states) <= set(allowed):
        raise OrderRefused("validation_error", "state does not have a valid value")
    return states or usual
