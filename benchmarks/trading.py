"""A trader whose account must add up: it orders over REST and keeps books of its own."""

import hashlib
import json
import threading
import time
import uuid
from decimal import Decimal
from itertools import cycle
from typing import Any
from urllib.parse import unquote, urlencode
from urllib.request import Request, urlopen

import jwt

__all__ = ["KEY", "Trader"]

KEY = ("soak-access-key", "soak-secret-key-of-forty-characters-long")
_MARKET = "KRW-BTC"
_PAUSE_S = 2.0
_SHORT_PAUSE_S = 0.05
_FIRST_ORDERS = 1_000
_POLL_S = 0.1


class Trader(threading.Thread):
    """Buys and sells a little every two seconds, and compares balances to the last digit.

    The first thousand orders come without a pause: then the exchange remembers as many finished
    orders as it ever does, and its memory has no reason to grow any more.

    What the account should hold follows from where it began and from the trades and fees of each
    order that has ended.
    """

    def __init__(self, address: str) -> None:
        super().__init__(name="trader", daemon=True)
        self._base = f"http://{address}"
        self._over = threading.Event()
        self._expected = self._held()
        self.orders = 0
        self.comparisons = 0
        self.faults: list[str] = []

    def stop(self) -> None:
        """End after the order under way."""
        self._over.set()
        self.join()

    def run(self) -> None:
        steps = cycle((self._buy, self._bid_and_cancel, self._sell))
        while not self._over.wait(_SHORT_PAUSE_S if self.orders < _FIRST_ORDERS else _PAUSE_S):
            try:
                next(steps)()
                self._compare()
            except Exception as error:
                self.faults.append(f"{type(error).__name__}: {error}")
                return

    # --- what it does -------------------------------------------------------------------------

    def _buy(self) -> None:
        self._order(side="bid", ord_type="price", price="50000.5")

    def _sell(self) -> None:
        self._order(side="ask", ord_type="market", volume="0.00041234")

    def _bid_and_cancel(self) -> None:
        self._order(side="bid", ord_type="limit", price="90000000", volume="0.001", cancel=True)

    def _order(self, *, cancel: bool = False, **form: str) -> None:
        order = self._call("POST", "/v1/orders", market=_MARKET, **form)
        if cancel:
            self._call("DELETE", "/v1/order", uuid=order["uuid"])
        deadline = time.monotonic() + 10
        while order["state"] not in ("done", "cancel"):
            if time.monotonic() > deadline:
                raise TimeoutError(f"order {order['uuid']} does not end: {order['state']}")
            time.sleep(_POLL_S)
            order = self._call("GET", "/v1/order", uuid=order["uuid"])
        self.orders += 1
        self._book(order)

    # --- its books ----------------------------------------------------------------------------

    def _book(self, order: dict[str, Any]) -> None:
        quote, base = _MARKET.split("-")
        sign = 1 if order["side"] == "bid" else -1
        for trade in order["trades"]:
            self._expected[base] += sign * Decimal(trade["volume"])
            self._expected[quote] -= sign * Decimal(trade["funds"])
        self._expected[quote] -= Decimal(order["paid_fee"])

    def _held(self) -> dict[str, Decimal]:
        accounts = self._call("GET", "/v1/accounts")
        return {
            one["currency"]: Decimal(one["balance"]) + Decimal(one["locked"]) for one in accounts
        }

    def _compare(self) -> None:
        held = self._held()
        self.comparisons += 1
        if held != self._expected:
            self.faults.append(f"held {held}, expected {self._expected}")
            self._expected = held

    # --- the wire -----------------------------------------------------------------------------

    def _call(self, method: str, path: str, **form: str) -> Any:
        access, secret = KEY
        claims = {"access_key": access, "nonce": str(uuid.uuid4())}
        query = urlencode(form)
        if form:
            claims["query_hash"] = hashlib.sha512(unquote(query).encode()).hexdigest()
            claims["query_hash_alg"] = "SHA512"
        token = jwt.encode(claims, secret, algorithm="HS256")
        body = json.dumps(form).encode() if method == "POST" else None
        where = path if body is not None or not form else f"{path}?{query}"
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        request = Request(self._base + where, data=body, headers=headers, method=method)
        with urlopen(request, timeout=10) as answer:
            return json.load(answer)
