"""What holders of accounts may do: order, cancel, look. And what they are told of it.

An order is judged, and what it needs is locked, at once; it reaches its market with its moment on
the market's timeline, some tens of milliseconds later, like everything else there. So the answer to
a new order always says `wait`, as Upbit's does, and a cancellation is a request: it may find the
order executed.

With a tape there is no market to trade in, and every order is refused.
"""

from collections.abc import Iterable, Mapping, Sequence

from tickwire.simulator.market.market import PUBLISH_DELAY_MS, Trade
from tickwire.simulator.market.timeline import Timeline
from tickwire.simulator.trading.frames import asset_notice, order_notice
from tickwire.simulator.trading.ledger import Account, Ledger
from tickwire.simulator.trading.matching import Pit
from tickwire.simulator.trading.order_form import OrderRefused, check_total, read_terms
from tickwire.simulator.trading.orders import WAIT, Fill, Order, Terms
from tickwire.simulator.wire.notice import Notice
from tickwire.world import Random

__all__ = ["Accounts"]


_ORDERS_KEPT = 1_000
"""Of each account; an exchange that runs for days must not fill the memory with old orders."""


class Accounts:
    """All accounts with their orders. Ids come from the seed, so the same calls give the same."""

    def __init__(self, keys: Iterable[str], timeline: Timeline, seed: int) -> None:
        self.ledger = Ledger(keys)
        self._timeline = timeline
        self._pits = {market.code: Pit(market, self) for market in timeline.markets}
        self._numbers = {market.code: index for index, market in enumerate(timeline.markets)}
        self._ids = {key: Random(f"{seed}/account/{key}") for key in self.ledger.accounts}
        # Of each account, oldest first.
        self._orders: dict[str, dict[str, Order]] = {key: {} for key in self.ledger.accounts}
        self._identified: dict[tuple[str, str], Order] = {}
        self._notices: list[Notice] = []

    def __repr__(self) -> str:
        orders = sum(map(len, self._orders.values()))
        return f"Accounts({len(self.ledger.accounts)} accounts, {orders} orders)"

    # --- what a holder may ask for

    def account(self, key: str) -> Account:
        """The balances of this key."""
        return self.ledger.accounts[key]

    def knows(self, code: str) -> bool:
        """Can this market be traded in?"""
        return code in self._pits

    def place(self, key: str, form: Mapping[str, object], now_ms: int) -> Order:
        """A new order. Raises `OrderRefused`."""
        terms = self._judge(key, form)
        order = Order(self._new_id(key), key, terms, now_ms)
        self._forget_oldest(key)
        self._orders[key][order.uuid] = order
        if terms.identifier is not None:
            self._identified[key, terms.identifier] = order
        self.account(key).balance(terms.currency).lock(order.locked)
        self._tell_order(order, WAIT, now_ms)
        self._tell_assets(key, [terms.currency], now_ms, now_ms)
        pit = self._pits[terms.market]
        self._timeline.enter(
            self._numbers[terms.market], now_ms, lambda at_ms: pit.enter(order, at_ms)
        )
        return order

    def rehearse(self, key: str, form: Mapping[str, object], now_ms: int) -> Order:
        """What `place` would accept, without doing it. Raises `OrderRefused`."""
        return Order("00000000-0000-4000-8000-000000000000", key, self._judge(key, form), now_ms)

    def cancel(self, key: str, uuid: str | None, identifier: str | None, now_ms: int) -> Order:
        """The order, whose cancellation is now under way. Raises `OrderRefused`."""
        order = self.find(key, uuid, identifier)
        if not order.waits:
            raise _not_found()
        pit = self._pits[order.terms.market]

        def reach(at_ms: int) -> Sequence[Trade]:
            pit.cancel(order, at_ms)
            return ()

        self._timeline.enter(self._numbers[order.terms.market], now_ms, reach)
        return order

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
        notices, self._notices = self._notices, []
        return notices

    def _judge(self, key: str, form: Mapping[str, object]) -> Terms:
        terms = read_terms(form)
        pit = self._pits.get(terms.market)
        if pit is None:
            raise OrderRefused("notfoundmarket", "마켓 정보를 찾을 수 없습니다.", 404)
        check_total(terms, pit.market.bids[0].price)
        if terms.identifier is not None and (key, terms.identifier) in self._identified:
            # The exchange's own name for this is not known.
            raise OrderRefused(f"create_{terms.side}_error", "이미 사용된 identifier 입니다.")
        needed = Order("", key, terms, 0).locked
        if needed > self.account(key).balance(terms.currency).free:
            raise OrderRefused(
                f"insufficient_funds_{terms.side}",
                f"주문가능한 금액({terms.currency})이 부족합니다.",
            )
        return terms

    # --- what the pits decide, see `matching.Bookkeeper`

    def traded(self, order: Order, trade: Trade, *, is_maker: bool) -> None:
        """A fill of this order; it closes when nothing is left."""
        key, terms, held = order.key, order.terms, order.locked
        price, size = trade.price, trade.size
        in_hand = self.account(key).balance(terms.currency)
        before = in_hand.locked
        fee = self.ledger.trade(key, terms.market, buys=terms.buys, price=price, size=size)
        fill = Fill(
            self._new_id(key),
            price,
            size,
            fee,
            is_maker,
            trade.ask_bid == "BID",
            trade.trade_timestamp,
            trade.timestamp,
        )
        order.filled(fill)
        # Bought for less than the limit: the difference is free again.
        in_hand.release(held - order.locked - (before - in_hand.locked))
        self._tell_order(order, "trade", fill.published_ms, fill)
        self._tell_assets(key, terms.market.split("-"), fill.at_ms, fill.published_ms)
        if not order.left:
            order.close(fill.at_ms)
            self._tell_order(order, order.state, fill.published_ms)

    def prevented(self, order: Order, size: int, price: int, at_ms: int) -> None:
        """So much of it is withdrawn by self-match prevention; it closes when nothing is left."""
        held = order.locked
        order.prevented(size, price)
        self._release(order, held - order.locked, at_ms, "prevented")
        if not order.left:
            order.close(at_ms, prevented=True)
            self._tell_order(order, order.state, _published(order, at_ms))

    def closed(self, order: Order, at_ms: int) -> None:
        """Nothing more will happen to this order."""
        held = order.locked
        order.close(at_ms)
        self._release(order, held, at_ms, order.state)

    def _release(self, order: Order, amount: int, at_ms: int, state: str) -> None:
        currency = order.terms.currency
        self.account(order.key).balance(currency).release(amount)
        published_ms = _published(order, at_ms)
        self._tell_order(order, state, published_ms)
        if amount:
            self._tell_assets(order.key, [currency], at_ms, published_ms)

    # --- telling

    def _tell_order(
        self, order: Order, state: str, published_ms: int, fill: Fill | None = None
    ) -> None:
        self._notices.append(order_notice(order, state, published_ms, fill))

    def _tell_assets(
        self, key: str, currencies: Sequence[str], at_ms: int, published_ms: int
    ) -> None:
        notice = asset_notice(self.account(key), currencies, self._new_id(key), at_ms, published_ms)
        self._notices.append(notice)

    def _new_id(self, key: str) -> str:
        """The next id of this account, in the form of a UUID of version 4."""
        text = f"{self._ids[key].getrandbits(128):032x}"
        variant = "89ab"[int(text[16], 16) % 4]
        return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-{variant}{text[17:20]}-{text[20:]}"


def _published(order: Order, at_ms: int) -> int:
    """When this is told: not before what was told of the order last."""
    told_ms = order.fills[-1].published_ms if order.fills else 0
    return max(told_ms, at_ms + PUBLISH_DELAY_MS // 2)


def _not_found() -> OrderRefused:
    return OrderRefused("order_not_found", "주문을 찾지 못했습니다.", 404)
