"""Accounts and their markets without connections: the pure model, moved by hand."""

import json
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from tests.simulator.desk import START_NS
from tickwire.simulator.market.instruments import instruments
from tickwire.simulator.market.market import Market
from tickwire.simulator.market.timeline import Timeline
from tickwire.simulator.trading.accounts import Accounts
from tickwire.simulator.trading.orders import Order
from tickwire.simulator.wire.formats import DEFAULT, Format
from tickwire.simulator.wire.notice import Notice
from tickwire.simulator.wire.request import Wish

CODE = "KRW-BTC"


class Bourse:
    """Two accounts, `alice` and `bob`, some markets, and the time it is there."""

    def __init__(self, seed: int = 1, markets: int = 12, *, smp_by_default: bool = False) -> None:
        self.now_ms = START_NS // 1_000_000
        self.timeline = Timeline(instruments(markets), seed, self.now_ms)
        self.accounts = Accounts(
            ["alice", "bob"], self.timeline, seed, smp_by_default=smp_by_default
        )
        self.trades: list[tuple[str, int, int, str, int]] = []

    def market(self, code: str = CODE) -> Market:
        """The market of this code."""
        return next(one for one in self.timeline.markets if one.code == code)

    def advance(self, milliseconds: int) -> None:
        """Let time go on."""
        self.now_ms += milliseconds
        for told in self.timeline.step(self.now_ms):
            if told.what == "trade":
                one = told.market.trade
                told_of = told.market.code, one.price, one.size, one.ask_bid, one.sequential_id
                self.trades.append(told_of)

    def place(self, key: str = "alice", **form: object) -> Order:
        """An order in KRW-BTC unless it says otherwise; numbers may be given as they come."""
        given = {"market": CODE, **form}
        return self.accounts.place(
            key, {name: _text(value) for name, value in given.items()}, self.now_ms
        )

    def bid(self, price: int, volume: str, key: str = "alice", **form: object) -> Order:
        """A limit order to buy at a price in 1e-8."""
        return self.place(
            key, side="bid", ord_type="limit", price=won(price), volume=volume, **form
        )

    def ask(self, price: int, volume: str, key: str = "alice", **form: object) -> Order:
        """A limit order to sell at a price in 1e-8."""
        return self.place(
            key, side="ask", ord_type="limit", price=won(price), volume=volume, **form
        )

    def cancel(self, order: Order) -> None:
        """Its owner takes it back."""
        self.accounts.cancel(order.key, order.uuid, None, self.now_ms)

    def replace(self, order: Order, **form: object) -> str:
        """Its owner replaces it: the id of the order to come. `new_` stands before each name."""
        given = {f"new_{name}": _text(value) for name, value in form.items()}
        asked = self.accounts.replace(order.key, order.uuid, None, given, self.now_ms)
        assert asked.order is order
        return asked.new_uuid

    def has(self, currency: str, key: str = "alice") -> tuple[Decimal | int, Decimal | int]:
        """Free and locked."""
        balance = self.accounts.account(key).balance(currency)
        return exact(balance.free), exact(balance.locked)

    def told(
        self, key: str = "alice", kind: str = "myOrder", form: Format = DEFAULT
    ) -> list[dict[str, Any]]:
        """The messages of this type since the last look; those of the other type are gone."""
        return heard(self.accounts.drain(), key, kind, form)

    def states(self, order: Order) -> list[str]:
        """The states told of an order since the last look."""
        return [one["state"] for one in self.told(order.key) if one["uuid"] == order.uuid]


def heard(
    notices: Iterable[Notice], key: str = "alice", kind: str = "myOrder", form: Format = DEFAULT
) -> list[dict[str, Any]]:
    """What the notices say to somebody who has asked for this type."""
    frames = [notice.frame_for(Wish(type=kind), key, form) for notice in notices]
    return [json.loads(one, parse_float=Decimal) for one in frames if one is not None]


def won(price: int) -> str:
    """A price of 1e-8 as a client writes it."""
    return str(Decimal(price).scaleb(-8).normalize().__format__("f"))


def exact(amount: int) -> Decimal:
    """An amount of 1e-20 as a number."""
    sign, digits, _ = Decimal(amount).as_tuple()
    return Decimal((sign, digits, -20))


def _text(value: object) -> object:
    return str(value) if isinstance(value, int | Decimal) and value is not True else value
