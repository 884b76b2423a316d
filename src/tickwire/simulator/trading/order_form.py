"""The form of an order as a client sends it, read as the exchange reads it.

Source: the new-order, cancel-and-new-order and orders-chance pages of docs.upbit.com and the
official SDK 1.1.0 (2026-10). Names of errors are the documented ones; where the page names none
for a mistake, the general `create_bid_error` or `create_ask_error` stands, or `validation_error`
for a broken value.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from tickwire.simulator.market.ticks import tick_table
from tickwire.simulator.spelling import UNIT, plain, units
from tickwire.simulator.trading.orders import Terms

__all__ = [
    "LEAST_TOTAL",
    "OrderRefused",
    "check_total",
    "read_new_terms",
    "read_terms",
    "with_default_smp",
]

# The least that an order may be worth, by quote currency; integers of 1e-8.
LEAST_TOTAL = {"KRW": units("5000"), "BTC": units("0.00005"), "USDT": units("0.5")}

_ORD_TYPES = ("limit", "price", "market", "best")
_TIMES_IN_FORCE = (None, "ioc", "fok", "post_only")
_SMP_TYPES = (None, "none", "reduce", "cancel_maker", "cancel_taker")
_LONGEST_IDENTIFIER = 64
# In the place of a new order's size: what is left of the order before it.
_REMAINDER = "remain_only"
# As text and as JSON write numbers, some with an exponent.
_NUMBER = re.compile(r"[0-9]{1,30}(\.[0-9]{0,30})?([eE][-+]?[0-9]{1,3})?")
_SMALLEST = Decimal(1) / UNIT
# Larger numbers are not for orders.
_LARGEST = Decimal(10) ** 18


class OrderRefused(Exception):
    """The exchange does not take this: HTTP status, name of the error and its text."""

    def __init__(self, name: str, message: str, status: int = 400) -> None:
        super().__init__(f"{name}: {message}")
        self.name = name
        self.message = message
        self.status = status


def read_terms(form: Mapping[str, object]) -> Terms:
    """The terms of the order, as far as they can be judged without a market and an account."""
    market, side = _word(form, "market"), _word(form, "side")
    if market is None:
        raise OrderRefused("validation_error", "market is missing")
    if side not in ("bid", "ask"):
        raise OrderRefused("validation_error", "side is missing, side does not have a valid value")
    return _read(form, market, side)


def read_new_terms(form: Mapping[str, object], previous: Terms, left: int | None) -> Terms:
    """The terms of an order in the place of another, of which this size is `left`.

    Market and side stay; the names of all else begin with `new_`.
    """
    if form.get("new_volume") == _REMAINDER:
        if left is None:
            raise OrderRefused(
                "validation_error", f"new_volume: the order has no size for {_REMAINDER}"
            )
        form = {**form, "new_volume": plain(left)}
    return _read(form, previous.market, previous.side, "new_")


def with_default_smp(terms: Terms) -> Terms:
    """The same with the `smp_type` that counts from 2026-11-09 on where none is named."""
    if terms.smp_type is not None:
        return terms
    post_only = terms.time_in_force == "post_only"
    return replace(terms, smp_type="none" if post_only else "cancel_maker")


def _read(form: Mapping[str, object], market: str, side: str, prefix: str = "") -> Terms:
    ord_type = _word(form, f"{prefix}ord_type")
    if ord_type not in _ORD_TYPES:
        raise OrderRefused("validation_error", f"{prefix}ord_type does not have a valid value")
    terms = Terms(
        market=market,
        side=side,
        ord_type=ord_type,
        price=_number(form, f"{prefix}price"),
        volume=_number(form, f"{prefix}volume"),
        time_in_force=_word(form, f"{prefix}time_in_force"),
        smp_type=_word(form, f"{prefix}smp_type"),
        identifier=_word(form, f"{prefix}identifier"),
    )
    if terms.time_in_force not in _TIMES_IN_FORCE:
        raise OrderRefused("validation_error", f"{prefix}time_in_force does not have a valid value")
    if terms.smp_type not in _SMP_TYPES:
        raise OrderRefused("validation_error", f"{prefix}smp_type does not have a valid value")
    if len(terms.identifier or "") > _LONGEST_IDENTIFIER:
        raise OrderRefused("validation_error", f"{prefix}identifier is too long")
    if not _fits(terms):
        raise OrderRefused(
            f"create_{side}_error",
            "주문 요청 정보가 올바르지 않습니다. 파라미터 값이 올바른지 확인해주세요.",
        )
    return terms


def check_total(terms: Terms, best_bid: int) -> None:
    """On the price grid and worth the least at all; a sale at market counts at the best bid."""
    quote = terms.market.partition("-")[0]
    if terms.ord_type == "limit":
        assert terms.price is not None
        if tick_table(quote).align(terms.price) != terms.price:
            raise OrderRefused(
                f"invalid_price_{terms.side}",
                "주문가격 단위를 잘못 입력하셨습니다. 확인 후 시도해주세요.",
            )
    price = best_bid if terms.price is None else terms.price
    total = price * UNIT if terms.volume is None else price * terms.volume
    if total < LEAST_TOTAL[quote] * UNIT:
        raise OrderRefused(
            f"under_min_total_{terms.side}",
            f"최소주문금액 이상으로 주문해주세요. ({plain(LEAST_TOTAL[quote])} {quote})",
        )


def _fits(terms: Terms) -> bool:
    """Does the kind of order go together with its price, size and conditions?"""
    priced, sized = terms.price is not None, terms.volume is not None
    if terms.ord_type == "limit":
        if terms.time_in_force == "post_only" and terms.smp_type not in (None, "none"):
            return False
        return priced and sized
    if terms.ord_type == "best" and terms.time_in_force not in ("ioc", "fok"):
        return False
    if terms.ord_type != "best" and terms.time_in_force is not None:
        return False
    by_amount = {"price": True, "market": False, "best": terms.buys}[terms.ord_type]
    return terms.buys == by_amount and (priced, sized) == (by_amount, not by_amount)


def _word(form: Mapping[str, object], name: str) -> str | None:
    value = form.get(name)
    if value is None or value == "":
        return None
    # What cannot be printed, half a surrogate pair for one, could not be told either.
    if not isinstance(value, str) or not value.isprintable():
        raise OrderRefused("validation_error", f"{name} does not have a valid value")
    return value


def _number(form: Mapping[str, object], name: str) -> int | None:
    """A positive number as an integer of 1e-8; it may come as text or as a JSON number."""
    value = form.get(name)
    if value is None or value == "":
        return None
    invalid = OrderRefused("validation_error", f"{name} does not have a valid value")
    text = "" if isinstance(value, bool) else str(value)
    if not _NUMBER.fullmatch(text):
        raise invalid
    number = Decimal(text)
    if not _SMALLEST <= number < _LARGEST:
        raise invalid
    scaled = Fraction(number) * UNIT
    if scaled.denominator != 1:
        raise invalid
    return scaled.numerator
