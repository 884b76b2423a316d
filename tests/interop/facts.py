"""What must hold of what a client reads, whoever reads it. The scripts beside it share this.

Numbers come as each client gives them, floats too: `exact` makes decimals of them.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Any

__all__ = [
    "FEE",
    "Checks",
    "Life",
    "aligned",
    "check_book",
    "check_candle",
    "check_filled",
    "check_rest_book",
    "credentials",
    "exact",
    "tick",
]

# 0.05 % of the value traded, in quote currency, in all KRW markets.
FEE = Decimal("0.0005")

# From this price upward, the step of prices. KRW: docs.upbit.com krw-market-info, 2026-05-04.
_KRW_TICKS = (
    ("1000000", "1000"),
    ("500000", "500"),
    ("100000", "100"),
    ("50000", "50"),
    ("10000", "10"),
    ("5000", "5"),
    ("100", "1"),
    ("10", "0.1"),
    ("1", "0.01"),
    ("0.1", "0.001"),
    ("0.01", "0.0001"),
    ("0.001", "0.00001"),
    ("0.0001", "0.000001"),
    ("0.00001", "0.0000001"),
)
_USDT_TICKS = (
    ("10", "0.01"),
    ("1", "0.001"),
    ("0.1", "0.0001"),
    ("0.01", "0.00001"),
    ("0.001", "0.000001"),
    ("0.0001", "0.0000001"),
)
_TICKS = {"KRW": _KRW_TICKS, "USDT": _USDT_TICKS, "BTC": ()}
_SMALLEST = Decimal("0.00000001")


class Checks:
    """Says each check that has passed and counts them."""

    def __init__(self) -> None:
        self.count = 0

    def passed(self, what: str) -> None:
        self.count += 1
        print(f"  {what}", flush=True)

    @staticmethod
    def left_out(what: str) -> None:
        """What this client cannot do, and why."""
        print(f"  left out: {what}", flush=True)


def credentials(arguments: Sequence[str]) -> tuple[str, str] | None:
    """The account of `ADDRESS ACCESS:SECRET`; `None` if there is none to use."""
    access, _, secret = arguments[2].partition(":") if len(arguments) > 2 else ("", "", "")
    return (access, secret) if access else None


def exact(number: Any) -> Decimal:
    """A number of whatever type, as the digits it is written with."""
    return Decimal(str(number))


def tick(code: str, price: Decimal) -> Decimal:
    """The step of prices in this market at this price."""
    for floor, step in _TICKS[code.partition("-")[0]]:
        if price >= Decimal(floor):
            return Decimal(step)
    return _SMALLEST


def aligned(code: str, price: Any) -> Decimal:
    """The price, which is above zero and on the market's grid."""
    value = exact(price)
    assert value > 0, f"{code}: price {price}"
    assert value % tick(code, value) == 0, f"{code}: {price} is off the grid"
    return value


def check_book(
    code: str,
    asks: Iterable[Sequence[Any]],
    bids: Iterable[Sequence[Any]],
    *,
    levels: int = 30,
) -> tuple[Decimal, Decimal]:
    """Price and size pairs, best first, in order, not crossed. Gives the outermost prices.

    A side with fewer levels is filled up with zeros, as on the exchange; they come last.
    """
    offered, wanted = _levels(code, asks, levels), _levels(code, bids, levels)
    assert all(one < other for one, other in pairwise(offered))
    assert all(one > other for one, other in pairwise(wanted))
    assert wanted[0] < offered[0], f"{code}: crossed"
    return wanted[-1], offered[-1]


def _levels(code: str, side: Iterable[Sequence[Any]], levels: int) -> list[Decimal]:
    pairs = [(exact(level[0]), exact(level[1])) for level in side]
    assert len(pairs) == levels, f"{code}: {len(pairs)} levels"
    while pairs and not any(pairs[-1]):
        pairs.pop()
    assert pairs, f"{code}: an empty side"
    assert all(size > 0 for _, size in pairs)
    return [aligned(code, price) for price, _ in pairs]


def check_rest_book(
    code: str, body: dict[str, Any], *, levels: int = 30
) -> tuple[Decimal, Decimal]:
    """A book as `/v1/orderbook` and the long WebSocket format write it, with its totals."""
    units = body["orderbook_units"]
    for side in ("ask", "bid"):
        total = sum(exact(unit[f"{side}_size"]) for unit in units)
        # Clients that make floats of the sizes round the sum, not the parts.
        assert abs(total - exact(body[f"total_{side}_size"])) < Decimal("0.000001"), side
    return check_book(
        code,
        [(unit["ask_price"], unit["ask_size"]) for unit in units],
        [(unit["bid_price"], unit["bid_size"]) for unit in units],
        levels=levels,
    )


def check_candle(code: str, opened: Any, high: Any, low: Any, closed: Any, volume: Any) -> None:
    """Four prices that fit each other, and something traded."""
    prices = [aligned(code, price) for price in (low, opened, closed, high)]
    assert prices[0] == min(prices), prices
    assert prices[-1] == max(prices), prices
    assert exact(volume) > 0


Life = list[dict[str, Any]]


def check_filled(life: Life, before: dict[str, Decimal], after: dict[str, Decimal]) -> str:
    """An order's messages from wait over its trades to done, and what it did to the account.

    `life` holds myOrder messages by their long names; the balances are free amounts of the quote
    and base currency, with nothing locked.
    """
    states = [message["state"] for message in life]
    fills = [message for message in life if message["state"] == "trade"]
    assert states == ["wait", *["trade"] * len(fills), "done"], states
    assert fills, states
    first, last = life[0], life[-1]
    code = first["code"]
    quote, base = code.split("-")
    assert len({message["uuid"] for message in life}) == 1
    assert len({fill["trade_uuid"] for fill in fills}) == len(fills)
    assert all(message["trade_uuid"] is None for message in (first, last))

    volume = funds = Decimal(0)
    for count, fill in enumerate(fills, start=1):
        size, value = exact(fill["volume"]), aligned(code, fill["price"]) * exact(fill["volume"])
        volume, funds = volume + size, funds + value
        assert size > 0
        assert int(fill["trades_count"]) == count
        assert exact(fill["executed_volume"]) == volume
        assert exact(fill["executed_funds"]) == funds, (fill["executed_funds"], funds)
        assert exact(fill["trade_fee"]) == value * FEE, (fill["trade_fee"], value * FEE)
        assert isinstance(fill["is_maker"], bool)
    assert volume == exact(first["volume"]), (volume, first["volume"])
    assert exact(last["remaining_volume"]) == 0
    assert exact(last["locked"]) == 0, last["locked"]
    assert exact(last["paid_fee"]) == funds * FEE
    assert exact(last["executed_volume"]) == volume

    sign = 1 if first["ask_bid"] == "BID" else -1
    assert after[base] - before[base] == sign * volume, (before, after, volume)
    assert before[quote] - after[quote] == sign * funds + funds * FEE, (before, after, funds)
    return f"{' > '.join(states)}, {volume} {base} for {funds} {quote}, fee {funds * FEE}"
