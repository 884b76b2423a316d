"""The REST calls of an account, without HTTP: parameters in, status and body out.

Source: the pages of the exchange group of docs.upbit.com (2026-10). Everything that the exchange
does not take is raised as `OrderRefused`.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any, NamedTuple

from tickwire.simulator.limits import Window
from tickwire.simulator.rest.order_bodies import account_body, chance_body, order_body
from tickwire.simulator.trading.accounts import Accounts
from tickwire.simulator.trading.order_form import OrderRefused
from tickwire.simulator.trading.orders import CANCEL, DONE, WAIT, Order

__all__ = ["CALLS", "GROUP_LIMITS", "Answer", "Call", "CallMeter", "Parameters"]

Parameters = Mapping[str, object]
"""Names to texts, or to lists of texts where the name is that of a list (without its `[]`)."""

GROUP_LIMITS = {"default": 30, "order": 12, "order-test": 8}
_SECOND_NS = 1_000_000_000

_WEEK_MS = 7 * 86_400_000
_KST = timezone(timedelta(hours=9))


class Answer(NamedTuple):
    """What is sent back."""

    status: int
    body: Any


class Call(NamedTuple):
    """One REST call: the rate limit group it counts in, and what it does."""

    group: str
    act: Callable[[Accounts, str, Parameters, int], Answer]


class CallMeter:
    """The calls of all accounts, by second and group. Refused ones do not count."""

    def __init__(self) -> None:
        self._windows: dict[tuple[str, str], Window] = {}

    def enter(self, key: str, group: str, now_ns: int) -> int | None:
        """One more call: how many are left in this second, or `None` if it is one too many."""
        window = self._windows.get((key, group))
        if window is None:
            window = self._windows[key, group] = Window(_SECOND_NS)
        if window.count(now_ns) >= GROUP_LIMITS[group]:
            return None
        return GROUP_LIMITS[group] - window.add(now_ns)


def _accounts(accounts: Accounts, key: str, given: Parameters, now_ms: int) -> Answer:
    account = accounts.account(key)
    shown = [
        currency
        for currency, balance in account.balances.items()
        if balance.free or balance.locked or currency == "KRW"
    ]
    return Answer(200, [account_body(account, currency) for currency in shown])


def _place(accounts: Accounts, key: str, given: Parameters, now_ms: int) -> Answer:
    return Answer(201, order_body(accounts.place(key, given, now_ms)))


def _rehearse(accounts: Accounts, key: str, given: Parameters, now_ms: int) -> Answer:
    return Answer(201, order_body(accounts.rehearse(key, given, now_ms)))


def _cancel(accounts: Accounts, key: str, given: Parameters, now_ms: int) -> Answer:
    order = accounts.cancel(key, _text(given, "uuid"), _text(given, "identifier"), now_ms)
    return Answer(200, order_body(order))


def _find(accounts: Accounts, key: str, given: Parameters, now_ms: int) -> Answer:
    order = accounts.find(key, _text(given, "uuid"), _text(given, "identifier"))
    return Answer(200, order_body(order, trades=True))


def _by_ids(accounts: Accounts, key: str, given: Parameters, now_ms: int) -> Answer:
    uuids, identifiers = _texts(given, "uuids"), _texts(given, "identifiers")
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


def _open(accounts: Accounts, key: str, given: Parameters, now_ms: int) -> Answer:
    states = _states(given, (WAIT, "watch"), (WAIT,))
    return _listed(_in(accounts.orders(key), states), given, 100)


def _closed(accounts: Accounts, key: str, given: Parameters, now_ms: int) -> Answer:
    states = _states(given, (DONE, CANCEL), (DONE, CANCEL))
    start, end = _moment(given, "start_time"), _moment(given, "end_time")
    if start is None:
        start = (now_ms if end is None else end) - _WEEK_MS
    if end is None:
        end = start + _WEEK_MS
    if not 0 <= end - start <= _WEEK_MS:
        raise OrderRefused("validation_error", "no more than 7 days at once")
    found = _in(accounts.orders(key), states)
    return _listed([one for one in found if start <= one.created_ms <= end], given, 1000)


def _listing(accounts: Accounts, key: str, given: Parameters, now_ms: int) -> Answer:
    """The older call, which shows orders of any state."""
    states = _states(given, (WAIT, "watch", DONE, CANCEL), (WAIT,))
    return _listed(_in(accounts.orders(key), states), given, 100)


def _chance(accounts: Accounts, key: str, given: Parameters, now_ms: int) -> Answer:
    code = _text(given, "market")
    if code is None or not accounts.knows(code):
        raise OrderRefused("notfoundmarket", "마켓 정보를 찾을 수 없습니다.", 404)
    return Answer(200, chance_body(accounts.account(key), code))


CALLS = {
    ("GET", "/v1/accounts"): Call("default", _accounts),
    ("POST", "/v1/orders"): Call("order", _place),
    ("POST", "/v1/orders/test"): Call("order-test", _rehearse),
    ("DELETE", "/v1/order"): Call("default", _cancel),
    ("GET", "/v1/order"): Call("default", _find),
    ("GET", "/v1/orders"): Call("default", _listing),
    ("GET", "/v1/orders/uuids"): Call("default", _by_ids),
    ("GET", "/v1/orders/open"): Call("default", _open),
    ("GET", "/v1/orders/closed"): Call("default", _closed),
    ("GET", "/v1/orders/chance"): Call("default", _chance),
}


def _in(orders: Iterable[Order], states: Iterable[str]) -> list[Order]:
    wanted = set(states)
    return [order for order in orders if order.state in wanted]


def _listed(orders: list[Order], given: Parameters, most: int) -> Answer:
    """The page that was asked for, newest first unless wanted otherwise."""
    market = _text(given, "market")
    if market is not None:
        orders = [order for order in orders if order.terms.market == market]
    direction = _text(given, "order_by") or "desc"
    if direction not in ("asc", "desc"):
        raise OrderRefused("validation_error", "order_by does not have a valid value")
    if direction == "desc":
        orders = orders[::-1]
    limit, page = _count(given, "limit", 100, most), _count(given, "page", 1, 1_000_000)
    return Answer(200, [order_body(one) for one in orders[(page - 1) * limit : page * limit]])


def _states(given: Parameters, allowed: tuple[str, ...], usual: tuple[str, ...]) -> tuple[str, ...]:
    states = tuple(_texts(given, "states")) or tuple(filter(None, [_text(given, "state")]))
    if not set(states) <= set(allowed):
        raise OrderRefused("validation_error", "state does not have a valid value")
    return states or usual


def _text(given: Parameters, name: str) -> str | None:
    value = given.get(name)
    if isinstance(value, list):
        value = value[-1] if value else None
    return str(value) if value not in (None, "") else None


def _texts(given: Parameters, name: str) -> list[str]:
    value = given.get(name)
    if value is None or value == "":
        return []
    return [str(one) for one in value] if isinstance(value, list) else [str(value)]


def _count(given: Parameters, name: str, usual: int, most: int) -> int:
    text = _text(given, name)
    if text is None:
        return usual
    if not (text.isascii() and text.isdigit() and len(text) < 10 and 1 <= int(text) <= most):
        raise OrderRefused("validation_error", f"{name} does not have a valid value")
    return int(text)


def _moment(given: Parameters, name: str) -> int | None:
    """Milliseconds, or ISO 8601; without a zone it is Korean time."""
    text = _text(given, name)
    if text is None:
        return None
    if text.isascii() and text.isdigit():
        return int(text[:16])
    try:
        # In a query string that is not encoded, the plus of the zone arrives as a space.
        moment = datetime.fromisoformat(text[:11] + text[11:].replace(" ", "+"))
    except ValueError:
        raise OrderRefused("validation_error", f"{name} does not have a valid value") from None
    zoned = moment if moment.tzinfo else moment.replace(tzinfo=_KST)
    return int(zoned.timestamp() * 1000)
