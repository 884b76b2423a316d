"""Toy accounts: what each one has, free and locked, and the ledger through which all of it moves.

Every account begins with `STARTING_BALANCES` and lives as long as the exchange. Nothing appears or
vanishes: what one side of a trade pays, the other receives, less the fee, to the last digit. The
ledger therefore also keeps the synthetic market's side, which may well be negative, and the fees.

Units: amounts are integers of 1e-20 of their currency. A price times a size is exact in 1e-16, and
0.05 % of that in 1e-20; nothing is ever rounded.
"""

from collections import Counter
from collections.abc import Iterable

from tickwire.simulator.spelling import DECIMALS, VALUE_DECIMALS

__all__ = [
    "AMOUNT_DECIMALS",
    "STARTING_BALANCES",
    "Account",
    "Balance",
    "Ledger",
    "amount_of_size",
    "amount_of_value",
    "fee_on",
]

AMOUNT_DECIMALS = 20

# Enough of each quote currency to trade in every market, and of some majors to sell.
STARTING_BALANCES = {"KRW": 100_000_000, "BTC": 1, "USDT": 10_000, "ETH": 10, "XRP": 10_000}

_PER_WHOLE: int = 10**AMOUNT_DECIMALS
_PER_SIZE: int = 10 ** (AMOUNT_DECIMALS - DECIMALS)
_PER_VALUE: int = 10 ** (AMOUNT_DECIMALS - VALUE_DECIMALS)

# Maker and taker pay the same 0.05 % of the value: 5 in 10,000.
_FEE_PER_VALUE = 5 * _PER_VALUE // 10_000


def amount_of_size(size: int) -> int:
    """A size of 1e-8 as an amount of the base currency."""
    return size * _PER_SIZE


def amount_of_value(value: int) -> int:
    """A price times a size, of 1e-16, as an amount of the quote currency."""
    return value * _PER_VALUE


def fee_on(value: int) -> int:
    """The fee on a value of 1e-16, as an amount of the quote currency."""
    return value * _FEE_PER_VALUE


class Balance:
    """One currency of one account."""

    __slots__ = ("avg_buy_price", "free", "locked")

    def __init__(self, free: int = 0) -> None:
        self.free = free
        self.locked = 0
        self.avg_buy_price = 0
        """In won, an integer of 1e-8. What an account begins with has cost nothing."""

    def __repr__(self) -> str:
        return f"Balance(free={self.free}, locked={self.locked})"

    def lock(self, amount: int) -> None:
        """Set aside for an order what is free; the caller has made sure that it is."""
        assert 0 <= amount <= self.free, (amount, self)
        self.free -= amount
        self.locked += amount

    def release(self, amount: int) -> None:
        """An order no longer needs this."""
        assert 0 <= amount <= self.locked, (amount, self)
        self.locked -= amount
        self.free += amount

    def pay(self, amount: int) -> None:
        """What was locked goes to the other side."""
        assert 0 <= amount <= self.locked, (amount, self)
        self.locked -= amount

    def receive(self, amount: int) -> None:
        """What the other side paid."""
        assert amount >= 0
        self.free += amount

    def bought(self, size_amount: int, price: int) -> None:
        """Note what this much is about to cost on average, before it is received."""
        held = self.free + self.locked
        cost = self.avg_buy_price * held + price * size_amount
        self.avg_buy_price = cost // (held + size_amount)


class Account:
    """The balances of one access key."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.balances = {
            currency: Balance(whole * _PER_WHOLE) for currency, whole in STARTING_BALANCES.items()
        }

    def __repr__(self) -> str:
        return f"Account({self.key}, {len(self.balances)} currencies)"

    def balance(self, currency: str) -> Balance:
        """The balance in this currency, from now on kept even if it is nothing."""
        return self.balances.setdefault(currency, Balance())


class Ledger:
    """All accounts, and what left them: to the synthetic market and as fees."""

    def __init__(self, keys: Iterable[str]) -> None:
        self.accounts = {key: Account(key) for key in keys}
        self.market: Counter[str] = Counter()
        self.fees: Counter[str] = Counter()

    def __repr__(self) -> str:
        return f"Ledger({len(self.accounts)} accounts)"

    def trade(self, key: str, code: str, *, buys: bool, price: int, size: int) -> int:
        """One side of a fill, paid out of what is locked; the fee.

        Two accounts that trade with each other are two calls, and the market's part of both is
        nothing.
        """
        quote, _, base = code.partition("-")
        account = self.accounts[key]
        value = price * size
        funds, fee, goods = amount_of_value(value), fee_on(value), amount_of_size(size)
        in_quote, in_base = account.balance(quote), account.balance(base)
        if buys:
            if quote == "KRW":
                in_base.bought(goods, price)
            in_quote.pay(funds + fee)
            in_base.receive(goods)
        else:
            in_base.pay(goods)
            in_quote.receive(funds - fee)
            funds, goods = -funds, -goods
        self.market[quote] += funds
        self.market[base] -= goods
        self.fees[quote] += fee
        return fee

    def total(self, currency: str) -> int:
        """All there is of a currency, wherever it is; it never changes."""
        held = 0
        for account in self.accounts.values():
            if (balance := account.balances.get(currency)) is not None:
                held += balance.free + balance.locked
        return held + self.market[currency] + self.fees[currency]
