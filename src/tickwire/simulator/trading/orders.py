"""One order's life: what it asks for, what it holds, what has become of it.

    wait ──fill──► wait ──last fill──► done
      │
      └──cancelled, by whomever──► cancel

An order is made by size (`limit`, `market`, and `best` to sell) or by amount (`price`, and `best`
to buy): `left` counts what is still to be done of either. As long as it waits, an order holds in
its account just what that could cost, with the fee; an order to sell holds its size and its fee is
taken from what it earns, so nothing of it is reserved.

Units: prices and sizes are integers of 1e-8, values of 1e-16, `locked` and all fees amounts of
1e-20 (see `accounts`).
"""

from dataclasses import dataclass
from typing import NamedTuple

from tickwire.simulator.spelling import UNIT
from tickwire.simulator.trading.ledger import amount_of_size, amount_of_value, fee_on

__all__ = ["CANCEL", "DONE", "WAIT", "Fill", "Order", "Terms"]

WAIT, DONE, CANCEL = "wait", "done", "cancel"


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What somebody has ordered. `price` is the whole amount where there is no `volume`."""

    market: str
    side: str
    """`bid` buys, `ask` sells."""
    ord_type: str
    """`limit`, `price`, `market` or `best`."""
    price: int | None = None
    volume: int | None = None
    time_in_force: str | None = None
    smp_type: str | None = None
    identifier: str | None = None

    @property
    def buys(self) -> bool:
        return self.side == "bid"

    @property
    def currency(self) -> str:
        """What an order like this is paid with."""
        quote, _, base = self.market.partition("-")
        return quote if self.buys else base


class Fill(NamedTuple):
    """One execution, seen from one order."""

    uuid: str
    price: int
    size: int
    fee: int
    is_maker: bool
    taker_buys: bool
    at_ms: int
    published_ms: int


class Order:
    """The state of one order. Who matches it tells it; it decides nothing."""

    def __init__(self, uuid: str, key: str, terms: Terms, created_ms: int) -> None:
        self.uuid = uuid
        self.key = key
        self.terms = terms
        self.created_ms = created_ms
        self.state = WAIT
        self.fills: list[Fill] = []
        self.executed_volume = 0
        self.executed_value = 0
        self.paid_fee = 0
        self.prevented_volume = 0
        self.prevented_locked = 0
        self.closed_ms: int | None = None
        self.told_ms = 0
        """When it was last told of; what comes after is told no earlier."""
        if terms.volume is not None:
            self.left = terms.volume
        else:
            assert terms.price is not None
            self.left = terms.price * UNIT
        self.reserved_fee = self.remaining_fee

    def __repr__(self) -> str:
        terms = self.terms
        return (
            f"Order({terms.side} {terms.market} {terms.ord_type}, {self.state}, "
            f"{len(self.fills)} fills, {self.left} left)"
        )

    @property
    def waits(self) -> bool:
        """Can anything still happen to it?"""
        return self.state == WAIT

    @property
    def by_amount(self) -> bool:
        """Is `left` a value instead of a size?"""
        return self.terms.volume is None

    @property
    def remaining_volume(self) -> int | None:
        """The size still to be executed; `None` for orders by amount."""
        return None if self.by_amount else self.left

    @property
    def remaining_fee(self) -> int:
        """The fee on what is left, set aside."""
        return fee_on(self._value_left) if self.waits and self.terms.buys else 0

    @property
    def locked(self) -> int:
        """What it holds in its account, of the quote currency to buy and the base to sell."""
        if not self.waits:
            return 0
        if not self.terms.buys:
            return amount_of_size(self.left)
        value = self._value_left
        return amount_of_value(value) + fee_on(value)

    @property
    def avg_price(self) -> int:
        """The average price of the fills, rounded down to 1e-8."""
        return self.executed_value // self.executed_volume if self.executed_volume else 0

    @property
    def _value_left(self) -> int:
        if self.by_amount:
            return self.left
        assert self.terms.price is not None
        return self.left * self.terms.price

    def room(self, price: int) -> int:
        """The size that it would still take at this price."""
        return self.left // price if self.by_amount else self.left

    def filled(self, fill: Fill) -> None:
        """So much has been executed."""
        value = fill.price * fill.size
        self.left -= value if self.by_amount else fill.size
        assert self.waits and self.left >= 0, self
        self.fills.append(fill)
        self.executed_volume += fill.size
        self.executed_value += value
        self.paid_fee += fill.fee

    def prevented(self, size: int, price: int) -> None:
        """So much is withdrawn because it would have met an order of the same account."""
        before = self.locked
        self.left -= size * price if self.by_amount else size
        assert self.waits and self.left >= 0, self
        self.prevented_volume += size
        self.prevented_locked += before - self.locked

    def close(self, at_ms: int, *, prevented: bool = False) -> None:
        """Nothing more will happen: `done` if nothing is left, else `cancel`.

        A purchase by amount that has spent all but what buys no further 1e-8 ends as `cancel`, as
        on the real exchange; so does what self-match prevention has emptied (`prevented`).
        """
        assert self.waits, self
        self.state = CANCEL if self.left or prevented else DONE
        self.closed_ms = at_ms
