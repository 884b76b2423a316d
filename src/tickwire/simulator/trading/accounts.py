"""What holders of accounts may do: order, cancel, replace, look. And what they are told of it.

An order is judged, and what it needs is locked, at once; it reaches its market with its moment on
the market's timeline, some tens of milliseconds later, like everything else there. So the answer to
a new order always says `wait`, as Upbit's does, and a cancellation is a request: it may find the
order executed.

An order in the place of another is judged twice: when it is asked for, as if the other had gone
already, and when the other has gone. It comes only if the cancellation found something to cancel
and the account can still pay for it.

With a tape there is no market to trade in, and every order is refused.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from tickwire.simulator.market.market import Trade
from tickwire.simulator.market.timeline import Timeline
from tickwire.simulator.trading.bookkeeping import Books, published
from tickwire.simulator.trading.ledger import Account
from tickwire.simulator.trading.matching import Pit
from tickwire.simulator.trading.order_form import (
    OrderRefused,
    check_total,
    read_new_terms,
    read_terms,
    with_default_smp,
)
from tickwire.simulator.trading.orders import Order, Terms
from tickwire.simulator.wire.notice import Notice

__all__ = ["Accounts", "Replacement"]


_ORDERS_KEPT = 1_000
"""Of each account; an exchange that runs for days must not fill the memory with old orders."""


class Replacement(NamedTuple):
    """The order that is to go, and the ids of the one that is to come."""

    order: Order
    new_uuid: str
    new_identifier: str | None


class Accounts:
    """All accounts with their orders. The same calls give the same ids."""

    def __init__(
        self, keys: Iterable[str], timeline: Timeline, seed: int, *, smp_by_default: bool = False
    ) -> None:
        self._books = Books(keys, seed)
        self.ledger = self._books.ledger
        self._smp_by_default = smp_by_default
        self._timeline = timeline
        self._pits = {market.code: Pit(market, self._books) for market in timeline.markets}
        self._numbers = {market.code: index for index, market in enumerate(timeline.markets)}
        # Of each account, oldest first.
        self._orders: dict[str, dict[str, Order]] = {key: {} for key in self.ledger.accounts}
        self._identified: dict[tuple[str, str], Order] = {}

    def __repr__(self) -> str:
        orders = sum(map(len, self._orders.values()))
        return f"Accounts({len(self.ledger.accounts)} accounts, {orders} orders)"

    # --- looking

    def account(self, key: str) -> Account:
        """The balances of this key."""
        return self.ledger.accounts[key]

    def knows(self, code: str) -> bool:
        """Can this market be traded in?"""
        return code in self._pits

    def find(self, key: str, uuid: str | None, identifier: str | None) -> Order:
        """The order of this id; the identifier counts only without one. Raises `OrderRefused`."""
        if uuid is not None:
            order = self._orders[key].get(uuid)
        elif identifier is not None:
            order = self._identified.get((key, identifier))
        else:
            raise OrderRefused("validation_error", "uuid or identifier is missing")
        if order is None:
            raise _not_found()
        return order

    def orders(self, key: str) -> list[Order]:
        """All orders of this account, oldest first."""
        return list(self._orders[key].values())

    def drain(self) -> list[Notice]:
        """What is to be told, in order; each is handed out once."""
        return self._books.drain()

    # --- asking for something

    def place(self, key: str, form: Mapping[str, object], now_ms: int) -> Order:
        """A new order. Raises `OrderRefused`."""
        terms = self._judged(key, read_terms(form))
        order = Order(self._books.new_id(key), key, terms, now_ms)
        self._admit(order, now_ms)
        pit = self._pits[terms.market]
        self._timeline.enter(
            self._numbers[terms.market], now_ms, lambda at_ms: pit.enter(order, at_ms)
        )
        return order

    def rehearse(self, key: str, form: Mapping[str, object], now_ms: int) -> Order:
        """What `place` would accept, without doing it. Raises `OrderRefused`."""
        terms = self._judged(key, read_terms(form))
        return Order("00000000-0000-4000-8000-000000000000", key, terms, now_ms)

    def cancel(self, key: str, uuid: str | None, identifier: str | None, now_ms: int) -> Order:
        """The order, whose cancellation is now under way. Raises `OrderRefused`."""
        order = self._waiting(key, uuid, identifier)
        pit = self._pits[order.terms.market]

        def reach(at_ms: int) -> Sequence[Trade]:
            pit.cancel(order, at_ms)
            return ()

        self._timeline.enter(self._numbers[order.terms.market], now_ms, reach)
        return order

    def replace(
        self,
        key: str,
        uuid: str | None,
        identifier: str | None,
        form: Mapping[str, object],
        now_ms: int,
    ) -> Replacement:
        """Cancel this order, then place another in its market. Raises `OrderRefused`."""
        order = self._waiting(key, uuid, identifier)
        asked = read_new_terms(form, order.terms, order.remaining_volume)
        self._judged(key, asked, spare=order.locked)
        new_uuid, pit = self._books.new_id(key), self._pits[order.terms.market]

        def reach(at_ms: int) -> Iterator[Trade]:
            if not order.waits:
                return
            left = order.remaining_volume
            pit.cancel(order, at_ms)
            try:
                terms = self._judged(key, read_new_terms(form, order.terms, left))
            except OrderRefused:
                # Too late to say so: whoever asked has had the answer.
                return
            newcomer = Order(new_uuid, key, terms, at_ms)
            self._admit(newcomer, published(order, at_ms))
            yield from pit.enter(newcomer, at_ms)

        self._timeline.enter(self._numbers[order.terms.market], now_ms, reach)
        return Replacement(order, new_uuid, asked.identifier)

    def _waiting(self, key: str, uuid: str | None, identifier: str | None) -> Order:
        """The order of this id, if there is something left of it to cancel."""
        order = self.find(key, uuid, identifier)
        if not order.waits:
            raise _not_found()
        return order

    def _judged(self, key: str, terms: Terms, *, spare: int = 0) -> Terms:
        """The terms as they will count, with `spare` as free as what is free."""
        if self._smp_by_default:
            terms = with_default_smp(terms)
        pit = self._pits.get(terms.market)
        if pit is None:
            raise OrderRefused("notfoundmarket", "마켓 정보를 찾을 수 없습니다.", 404)
        check_total(terms, pit.market.bids[0].price)
        if terms.identifier is not None and (key, terms.identifier) in self._identified:
            # The exchange's own name for this is not known.
            raise OrderRefused(f"create_{terms.side}_error", "이미 사용된 identifier 입니다.")
        needed = Order("", key, terms, 0).locked
        if needed > self.account(key).balance(terms.currency).free + spare:
            raise OrderRefused(
                f"insufficient_funds_{terms.side}",
                f"주문가능한 금액({terms.currency})이 부족합니다.",
            )
        return terms

    # --- keeping orders

    def _admit(self, order: Order, published_ms: int) -> None:
        """From now on it is there, and holds what it needs."""
        self._forget_oldest(order.key)
        self._orders[order.key][order.uuid] = order
        if order.terms.identifier is not None:
            self._identified[order.key, order.terms.identifier] = order
        self._books.opened(order, published_ms)

    def _forget_oldest(self, key: str) -> None:
        """Let the oldest order that is over go, once there are too many to keep."""
        orders = self._orders[key]
        if len(orders) < _ORDERS_KEPT:
            return
        over = next((order for order in orders.values() if not order.waits), None)
        if over is not None:
            del orders[over.uuid]
            if over.terms.identifier is not None:
                del self._identified[key, over.terms.identifier]


def _not_found() -> OrderRefused:
    return OrderRefused("order_not_found", "주문을 찾지 못했습니다.", 404)
