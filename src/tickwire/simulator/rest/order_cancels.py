"""The REST calls that take orders back: one, some by their ids, the open ones, one for another.

Source: the cancel-order, cancel-orders-by-ids, batch-cancel-orders and cancel-and-new-order pages
of docs.upbit.com (2026-10). All of them answer with what has been asked for, not with what has
become of it: an order may still be executed before its cancellation reaches the market.
"""

from collections.abc import Iterable
from typing import Any

from tickwire.simulator.rest.order_bodies import batch_body, order_body
from tickwire.simulator.rest.order_parameters import Parameters, choice, count, parts, text, texts
from tickwire.simulator.trading.accounts import Accounts
from tickwire.simulator.trading.order_form import LEAST_TOTAL, OrderRefused
from tickwire.simulator.trading.orders import Order

__all__ = ["cancel", "cancel_and_new", "cancel_by_ids", "cancel_open"]

_MOST_IDS = 20
_MOST_PAIRS = 20
_USUAL_COUNT, _MOST_COUNT = 20, 300


def cancel(accounts: Accounts, key: str, given: Parameters, now_ms: int) -> Any:
    """One order by either id."""
    order = accounts.cancel(key, text(given, "uuid"), text(given, "identifier"), now_ms)
    return order_body(order)


def cancel_and_new(accounts: Accounts, key: str, given: Parameters, now_ms: int) -> Any:
    """One order by either id, and another in its place."""
    uuid, identifier = text(given, "prev_order_uuid"), text(given, "prev_order_identifier")
    if uuid is None and identifier is None:
        raise OrderRefused(
            "validation_error", "prev_order_uuid or prev_order_identifier is missing"
        )
    replaced = accounts.replace(key, uuid, identifier, given, now_ms)
    body = {**order_body(replaced.order), "new_order_uuid": replaced.new_uuid}
    if replaced.new_identifier is not None:
        body["new_order_identifier"] = replaced.new_identifier
    return body


def cancel_by_ids(accounts: Accounts, key: str, given: Parameters, now_ms: int) -> Any:
    """Up to twenty orders by their ids.

    What has ended has failed. Ids that nobody knows are left out: an entry names a market, and what
    the exchange says of them is not known.
    """
    uuids, identifiers = texts(given, "uuids"), texts(given, "identifiers")
    if bool(uuids) == bool(identifiers):
        raise OrderRefused("validation_error", "either uuids or identifiers must be given")
    if len(uuids or identifiers) > _MOST_IDS:
        raise OrderRefused("validation_error", f"no more than {_MOST_IDS} orders at once")
    named = [
        order
        for order in accounts.orders(key)
        if (order.uuid in uuids if uuids else order.terms.identifier in identifiers)
    ]
    return _taken_back(accounts, named, now_ms)


def cancel_open(accounts: Accounts, key: str, given: Parameters, now_ms: int) -> Any:
    """The newest, or oldest, of the waiting orders that meet the conditions."""
    side = choice(given, "cancel_side", ("all", "ask", "bid"))
    direction = choice(given, "order_by", ("desc", "asc"))
    pairs, excluded = (parts(given, name, _MOST_PAIRS) for name in ("pairs", "excluded_pairs"))
    quotes = parts(given, "quote_currencies", len(LEAST_TOTAL))
    if pairs and quotes:
        raise OrderRefused("validation_error", "pairs and quote_currencies exclude each other")
    if not set(quotes) <= set(LEAST_TOTAL):
        raise OrderRefused("validation_error", "quote_currencies does not have a valid value")

    def meant(order: Order) -> bool:
        market = order.terms.market
        return (
            order.waits
            and side in ("all", order.terms.side)
            and (not pairs or market in pairs)
            and (not quotes or market.partition("-")[0] in quotes)
            and market not in excluded
        )

    chosen = [order for order in accounts.orders(key) if meant(order)]
    if direction == "desc":
        chosen.reverse()
    return _taken_back(accounts, chosen[: count(given, "count", _USUAL_COUNT, _MOST_COUNT)], now_ms)


def _taken_back(accounts: Accounts, orders: Iterable[Order], now_ms: int) -> Any:
    success, failed = [], []
    for order in orders:
        if order.waits:
            success.append(accounts.cancel(order.key, order.uuid, None, now_ms))
        else:
            failed.append(order)
    return {"success": batch_body(success), "failed": batch_body(failed)}
