"""Where orders of accounts meet a synthetic market.

    enter(order)    it takes what the book offers within its limit; the rest waits or is cancelled
    join(lots)      a synthetic taker comes by: waiting orders stand in its way by price and time
    cross()         the synthetic book has moved onto the price of a waiting order and trades there
    cancel(order)   it waits no longer

All of these are trades of the market like any other, with ids of their own, and the ticker and the
candles follow. A waiting order is not shown in the public book. At its price it stands behind the
synthetic size: its turn comes when a taker goes through the level, or the level has gone.

Self-match prevention goes by the newcomer's `smp_type`. Without one or with `none`, orders of one
account may trade with each other like those of two. Source: the SMP guide (2026-08-20). Which of
them counts where none is named is the switch `smp_by_default`.
"""

from bisect import insort
from collections.abc import Iterator
from typing import NamedTuple, Protocol

from tickwire.simulator.market.book import Level
from tickwire.simulator.market.market import Market, Trade
from tickwire.simulator.market.takers import Lot
from tickwire.simulator.trading.orders import Order

__all__ = ["Bookkeeper", "Pit"]

# The last levels of a side stay, as for synthetic takers.
_LEVELS_KEPT = 2


class Bookkeeper(Protocol):
    """Who enters what the pit decides, in the orders and in the accounts."""

    def traded(self, order: Order, trade: Trade, *, is_maker: bool) -> None:
        """A fill of this order; it closes when nothing is left."""

    def prevented(self, order: Order, size: int, price: int, at_ms: int) -> None:
        """So much of it is withdrawn by self-match prevention; it closes when nothing is left."""

    def closed(self, order: Order, at_ms: int) -> None:
        """Nothing more will happen to this order."""


class _Offer(NamedTuple):
    """The best that a taker can have: the size of the first level, or an order that waits."""

    price: int
    size: int
    order: Order | None


class Pit:
    """The orders of accounts in one market."""

    def __init__(self, market: Market, books: Bookkeeper) -> None:
        self.market = market
        self._books = books
        # Best first, then oldest first.
        self._bids: list[Order] = []
        self._asks: list[Order] = []
        # Those that wait only because a side keeps its last levels: they go on taking.
        self._starved: set[Order] = set()

    def __repr__(self) -> str:
        return f"Pit({self.market.code}, {len(self._bids)} bids, {len(self._asks)} asks)"

    # --- orders of accounts

    def enter(self, order: Order, at_ms: int) -> Iterator[Trade]:
        """A new order; yields after each trade that it makes."""
        limit = self._limit(order)
        if order.terms.time_in_force == "post_only":
            if self._offer(order, limit) is not None:
                self._books.closed(order, at_ms)
                return
        elif order.terms.time_in_force != "fok" or self._can_fill(order, limit):
            yield from self._take(order, limit, at_ms)
        if not order.waits:
            return
        if order.terms.ord_type == "limit" and order.terms.time_in_force in (None, "post_only"):
            insort(self._side(order.terms.buys), order, key=_rank)
            self._watch()
            if self._crosses(order):
                self._starved.add(order)
        else:
            self._books.closed(order, at_ms)

    def cancel(self, order: Order, at_ms: int) -> None:
        """Its owner no longer wants it; if it has closed meanwhile, nothing happens."""
        if order.waits:
            self._leave(order)
            self._books.closed(order, at_ms)

    def _take(self, order: Order, limit: int | None, at_ms: int) -> Iterator[Trade]:
        buys = order.terms.buys
        while order.waits and (offer := self._offer(order, limit)) is not None:
            size = min(order.room(offer.price), offer.size)
            if not size:
                return
            if offer.order is not None and _prevents(order, offer.order):
                self._prevent(order, offer.order, size, at_ms)
                continue
            lot = Lot(offer.price, size, offer.order)
            for trade in self.market.execute(at_ms, [lot], buys=buys):
                self._books.traded(order, trade, is_maker=False)
                yield trade

    def _prevent(self, taker: Order, maker: Order, size: int, at_ms: int) -> None:
        mode, price = taker.terms.smp_type, maker.terms.price
        assert price is not None
        if mode != "cancel_taker":
            gone = size if mode == "reduce" else maker.left
            self._books.prevented(maker, gone, price, at_ms)
            if not maker.waits:
                self._leave(maker)
        if mode == "reduce":
            self._books.prevented(taker, size, price, at_ms)
        elif mode == "cancel_taker":
            # An order by amount is withdrawn at the price that it would have paid.
            self._books.prevented(taker, taker.room(price), price, at_ms)
            if taker.waits:
                self._books.closed(taker, at_ms)

    def _can_fill(self, order: Order, limit: int | None) -> bool:
        """Is there enough within the limit for all of it?"""
        left, buys = order.left, order.terms.buys
        offers = [(level.price, level.size) for level in self._levels(buys)]
        for other in self._side(not buys):
            assert other.terms.price is not None
            if not _prevents(order, other):
                offers.append((other.terms.price, other.left))
        for price, size in offers:
            if _within(price, limit, buys):
                left -= size * price if order.by_amount else size
        return left <= 0

    def _limit(self, order: Order) -> int | None:
        """The worst price that it may trade at; `None` for any."""
        if order.terms.ord_type == "limit":
            return order.terms.price
        if order.terms.ord_type == "best":
            offer = self._offer(order, None)
            return None if offer is None else offer.price
        return None

    def _offer(self, order: Order, limit: int | None) -> _Offer | None:
        """The best that this order could have within the limit."""
        buys = order.terms.buys
        offers = [_Offer(one.price, one.size, None) for one in self._levels(buys)[:1]]
        for other in self._side(not buys)[:1]:
            assert other.terms.price is not None
            offers.append(_Offer(other.terms.price, other.left, other))
        # At one price the synthetic size goes first.
        best = min(offers, key=lambda one: one.price if buys else -one.price, default=None)
        return best if best is not None and _within(best.price, limit, buys) else None

    # --- what the synthetic market does, see `market.Resting`

    def join(self, lots: list[Lot], *, buys: bool) -> list[Lot]:
        """The same size in all, with waiting orders in their place between the levels."""
        left = sum(lot.size for lot in lots)
        waiting = iter(self._side(not buys))
        following = next(waiting, None)
        merged = []
        for lot in lots:
            while following is not None and left:
                price = following.terms.price
                assert price is not None
                if not (price < lot.price if buys else price > lot.price):
                    break
                merged.append(Lot(price, min(left, following.left), following))
                left -= merged[-1].size
                following = next(waiting, None)
            if size := min(left, lot.size):
                merged.append(Lot(lot.price, size))
                left -= size
        return merged

    def filled(self, order: Order, trade: Trade) -> None:
        """A taker has taken so much of this order."""
        self._books.traded(order, trade, is_maker=True)
        if not order.waits:
            self._leave(order)

    def cross(self, at_ms: int) -> Iterator[Trade]:
        """The book has moved: trade what it now offers at the price of a waiting order."""
        for waiting, buys in ((self._bids, True), (self._asks, False)):
            while waiting and (levels := self._levels(buys)):
                order = waiting[0]
                price = order.terms.price
                assert price is not None
                if not _within(levels[0].price, price, buys):
                    break
                if order in self._starved:
                    yield from self._take(order, price, at_ms)
                    if not order.waits:
                        self._leave(order)
                    elif self._crosses(order):
                        break
                    self._starved.discard(order)
                    continue
                size = min(order.left, levels[0].size)
                self.market.withdraw(size, asks=buys)
                yield from self.market.execute(at_ms, [Lot(price, size, order)], buys=not buys)

    # --- who waits

    def _side(self, buys: bool) -> list[Order]:
        return self._bids if buys else self._asks

    def _levels(self, buys: bool) -> list[Level]:
        """What the synthetic book offers to a taker."""
        return (self.market.asks if buys else self.market.bids)[:-_LEVELS_KEPT]

    def _crosses(self, order: Order) -> bool:
        """Does the book, with the levels that stay, still offer what it would take?"""
        buys = order.terms.buys
        side = self.market.asks if buys else self.market.bids
        return bool(side) and _within(side[0].price, order.terms.price, buys)

    def _leave(self, order: Order) -> None:
        self._starved.discard(order)
        side = self._side(order.terms.buys)
        if order in side:
            side.remove(order)
            self._watch()

    def _watch(self) -> None:
        """A market in which nobody waits is left alone."""
        self.market.resting = self if self._bids or self._asks else None


def _rank(order: Order) -> int:
    assert order.terms.price is not None
    return -order.terms.price if order.terms.buys else order.terms.price


def _within(price: int, limit: int | None, buys: bool) -> bool:
    return limit is None or (price <= limit if buys else price >= limit)


def _prevents(taker: Order, maker: Order) -> bool:
    return taker.terms.smp_type not in (None, "none") and taker.key == maker.key
