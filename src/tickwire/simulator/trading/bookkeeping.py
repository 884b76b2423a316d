"""The books: what pits decide, entered in orders and accounts, and told to their holders.

    opened       an order holds what it needs              wait
    traded       a fill; the order ends if it was the last trade, then done or cancel
    prevented    a size is withdrawn, and may be the last  prevented, then cancel
    closed       nothing more happens to it                cancel

Of every change the holder hears by `myOrder`, and by `myAsset` if a balance moved.
"""

from collections.abc import Iterable, Sequence

from tickwire.simulator.market.market import PUBLISH_DELAY_MS, Trade
from tickwire.simulator.trading.frames import asset_notice, order_notice
from tickwire.simulator.trading.ledger import Ledger
from tickwire.simulator.trading.orders import WAIT, Fill, Order
from tickwire.simulator.wire.notice import Notice
from tickwire.world import Random

__all__ = ["Books", "published"]


class Books:
    """The `matching.Bookkeeper` of all pits. Ids come from the seed."""

    def __init__(self, keys: Iterable[str], seed: int) -> None:
        self.ledger = Ledger(keys)
        self._ids = {key: Random(f"{seed}/account/{key}") for key in self.ledger.accounts}
        self._notices: list[Notice] = []

    def __repr__(self) -> str:
        return f"Books({len(self.ledger.accounts)} accounts, {len(self._notices)} notices)"

    def new_id(self, key: str) -> str:
        """The next id of this account, in the form of a UUID of version 4."""
        text = f"{self._ids[key].getrandbits(128):032x}"
        variant = "89ab"[int(text[16], 16) % 4]
        return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-{variant}{text[17:20]}-{text[20:]}"

    def drain(self) -> list[Notice]:
        """What is to be told, in order; each is handed out once."""
        notices, self._notices = self._notices, []
        return notices

    # --- the life of an order

    def opened(self, order: Order, published_ms: int) -> None:
        """A new order, whose needs are known to be free."""
        currency = order.terms.currency
        self.ledger.accounts[order.key].balance(currency).lock(order.locked)
        self._tell_order(order, WAIT, published_ms)
        self._tell_assets(order.key, [currency], order.created_ms, published_ms)

    def traded(self, order: Order, trade: Trade, *, is_maker: bool) -> None:
        """A fill of this order; it closes when nothing is left."""
        key, terms, held = order.key, order.terms, order.locked
        price, size = trade.price, trade.size
        in_hand = self.ledger.accounts[key].balance(terms.currency)
        before = in_hand.locked
        fee = self.ledger.trade(key, terms.market, buys=terms.buys, price=price, size=size)
        fill = Fill(
            self.new_id(key),
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
            self._tell_order(order, order.state, published(order, at_ms))

    def closed(self, order: Order, at_ms: int) -> None:
        """Nothing more will happen to this order."""
        held = order.locked
        order.close(at_ms)
        self._release(order, held, at_ms, order.state)

    def _release(self, order: Order, amount: int, at_ms: int, state: str) -> None:
        currency = order.terms.currency
        self.ledger.accounts[order.key].balance(currency).release(amount)
        published_ms = published(order, at_ms)
        self._tell_order(order, state, published_ms)
        if amount:
            self._tell_assets(order.key, [currency], at_ms, published_ms)

    # --- telling

    def _tell_order(
        self, order: Order, state: str, published_ms: int, fill: Fill | None = None
    ) -> None:
        order.told_ms = max(order.told_ms, published_ms)
        self._notices.append(order_notice(order, state, order.told_ms, fill))

    def _tell_assets(
        self, key: str, currencies: Sequence[str], at_ms: int, published_ms: int
    ) -> None:
        account = self.ledger.accounts[key]
        notice = asset_notice(account, currencies, self.new_id(key), at_ms, published_ms)
        self._notices.append(notice)


def published(order: Order, at_ms: int) -> int:
    """When this is told: not before what was told of the order last."""
    return max(order.told_ms, at_ms + PUBLISH_DELAY_MS // 2)
