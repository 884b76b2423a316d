"""pyupbit, unchanged but for its addresses, against the local exchange.

Its addresses are literals, so the two functions that open something are wrapped before it does.
Usage: python -m tests.interop.pyupbit_manager 127.0.0.1:PORT [ACCESS:SECRET].
"""

import multiprocessing
import sys
import time
from decimal import Decimal
from typing import Any

from tests.interop.facts import (
    FEE,
    Checks,
    aligned,
    check_candle,
    check_rest_book,
    credentials,
    exact,
    tick,
)

CODE, OTHER = "KRW-BTC", "KRW-ETH"
LIVE = "https://api.upbit.com"

# A connect is counted; so many in a second are refused.
PAUSE_S = 0.3


def redirect(address: str) -> None:
    """Send what pyupbit opens to the local exchange; processes forked from now on inherit it."""
    import pyupbit.websocket_api as sockets  # type: ignore[import-not-found]
    import requests  # type: ignore[import-untyped, unused-ignore]

    original = sockets.websockets.connect

    class Connect(original):  # type: ignore[misc, valid-type]
        def __init__(self, uri: str, *arguments: Any, **options: Any) -> None:
            assert uri.startswith("wss://api.upbit.com/")
            super().__init__(f"ws://{address}/websocket/v1", *arguments, **options)

    sockets.websockets.connect = Connect
    ask = requests.api.request

    def request(method: str, url: str, **options: Any) -> Any:
        assert url.startswith(LIVE), url
        return ask(method, f"http://{address}{url.removeprefix(LIVE)}", **options)

    requests.api.request = request


def check_messages(kind: str, messages: list[dict[str, Any]]) -> None:
    """Realtime only, as pyupbit asks for, in camelCase."""
    for message in messages:
        assert message["type"] == kind
        assert message["code"] in (CODE, OTHER)
        assert message["stream_type"] == "REALTIME", message
        if kind == "orderbook":
            check_rest_book(message["code"], message)
        else:
            aligned(message["code"], message["trade_price"])
        if kind == "ticker":
            assert message["low_price"] <= message["trade_price"] <= message["high_price"]
        if kind == "trade":
            assert message["ask_bid"] in ("ASK", "BID")
            assert aligned(message["code"], message["best_bid_price"]) < aligned(
                message["code"], message["best_ask_price"]
            )
    if kind == "trade":
        ids = [(message["code"], message["sequential_id"]) for message in messages]
        assert len(set(ids)) == len(ids)


def managers(checks: Checks) -> None:
    """As the README has it: a process for each type, and `get`."""
    from pyupbit import WebSocketManager

    for kind in ("ticker", "trade", "orderbook"):
        time.sleep(PAUSE_S)
        manager = WebSocketManager(kind, [CODE, OTHER])
        try:
            check_messages(kind, [manager.get() for _ in range(10)])
        finally:
            manager.terminate()
            manager.join(5)
        checks.passed(f"WebSocketManager {kind}: 10 messages")


def clients(checks: Checks) -> None:
    """As the README has it: a process that runs a client, and a queue."""
    from pyupbit import WebSocketClient

    for kind in ("ticker", "trade", "orderbook"):
        time.sleep(PAUSE_S)
        heard: Any = multiprocessing.Queue()
        process = multiprocessing.Process(
            target=WebSocketClient, args=(kind, [CODE, OTHER], heard), daemon=True
        )
        process.start()
        try:
            check_messages(kind, [heard.get(timeout=15) for _ in range(10)])
        finally:
            process.terminate()
            process.join(5)
        checks.passed(f"WebSocketClient {kind}: 10 messages")


def quotation(checks: Checks) -> None:
    import pyupbit

    codes = pyupbit.get_tickers(fiat="KRW")
    assert codes[:2] == [CODE, OTHER], codes
    checks.passed(f"get_tickers: {len(codes)} won markets")
    aligned(CODE, pyupbit.get_current_price(CODE))
    prices = pyupbit.get_current_price([CODE, OTHER])
    assert set(prices) == {CODE, OTHER}
    for code, price in prices.items():
        aligned(code, price)
    checks.passed(f"get_current_price: {prices}")
    check_rest_book(CODE, pyupbit.get_orderbook(CODE))
    books = pyupbit.get_orderbook([CODE, OTHER])
    assert [book["market"] for book in books] == [CODE, OTHER]
    checks.passed("get_orderbook: one and two markets")
    for interval, step_s in (("minute1", 60), ("minute60", 3600), ("day", 86400)):
        candles = pyupbit.get_ohlcv(CODE, interval=interval, count=20)
        assert candles is not None, f"{interval}: pyupbit hides why"
        assert 1 <= len(candles) <= 20
        assert candles.index.is_monotonic_increasing
        assert candles.index.is_unique
        assert all(int(start.timestamp()) % min(step_s, 3600) == 0 for start in candles.index)
        for row in candles.itertuples():
            check_candle(CODE, row.open, row.high, row.low, row.close, row.volume)
        checks.passed(f"get_ohlcv {interval}: {len(candles)} candles")


def trading(key: tuple[str, str], checks: Checks) -> None:
    """Orders over REST; pyupbit has no private stream. It puts parameters of GET in a body."""
    import pyupbit

    upbit = pyupbit.Upbit(*key)

    def held() -> dict[str, Decimal]:
        accounts = {each["currency"]: each for each in upbit.get_balances()}
        assert all(exact(each["locked"]) == 0 for each in accounts.values()), accounts
        return {
            each: exact(accounts[each]["balance"]) if each in accounts else Decimal(0)
            for each in ("KRW", "BTC")
        }

    before = held()
    checks.passed(f"get_balances: {before}")
    units = pyupbit.get_orderbook(CODE)["orderbook_units"]
    far = exact(int(units[0]["bid_price"] * 0.9))
    far -= far % tick(CODE, far)
    order = upbit.buy_limit_order(CODE, int(far), "0.01")
    assert order is not None, "pyupbit hides why"
    assert (order["state"], order["market"]) == ("wait", CODE), order
    assert exact(upbit.get_balance("KRW")) == before["KRW"] - far * Decimal("0.010005")
    found = upbit.get_order(order["uuid"])
    assert found is not None, "GET with its parameters in a body was refused"
    assert (found["uuid"], found["state"]) == (order["uuid"], "wait"), found
    cancelled = upbit.cancel_order(order["uuid"])
    assert cancelled is not None, "DELETE with its parameters in a body was refused"
    assert cancelled["uuid"] == order["uuid"], cancelled
    until(lambda: upbit.get_order(order["uuid"])["state"] == "cancel")
    assert held() == before
    checks.passed("an order out of reach: wait > cancel, all of it back")

    bought = upbit.buy_limit_order(CODE, int(units[9]["ask_price"]), "0.0031")
    assert bought is not None, "pyupbit hides why"
    until(lambda: upbit.get_order(bought["uuid"])["state"] == "done")
    found, after = upbit.get_order(bought["uuid"]), held()
    spent = sum(exact(trade["price"]) * exact(trade["volume"]) for trade in found["trades"])
    assert sum(exact(trade["volume"]) for trade in found["trades"]) == exact("0.0031"), found
    assert exact(found["paid_fee"]) == spent * FEE, found
    assert after["BTC"] - before["BTC"] == exact("0.0031"), (before, after)
    assert before["KRW"] - after["KRW"] == spent * (1 + FEE), (before, after, found)
    checks.passed(f"buy_limit_order: done, 0.0031 BTC for {spent} won")
    sold = upbit.sell_market_order(CODE, "0.0031")
    assert sold is not None, "pyupbit hides why"
    until(lambda: upbit.get_order(sold["uuid"])["state"] in ("done", "cancel"))
    found = upbit.get_order(sold["uuid"])
    got = sum(exact(trade["price"]) * exact(trade["volume"]) for trade in found["trades"])
    assert exact(found["executed_volume"]) == exact("0.0031"), found
    assert held()["KRW"] - after["KRW"] == got * (1 - FEE), found
    assert held()["BTC"] == before["BTC"]
    checks.passed(f"sell_market_order: {found['state']}, for {got} won")


def until(holds: Any, within_s: float = 15.0) -> None:
    deadline = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def main() -> int:
    multiprocessing.set_start_method("fork")
    checks, key = Checks(), credentials(sys.argv)
    redirect(sys.argv[1])
    managers(checks)
    clients(checks)
    quotation(checks)
    if key is not None:
        trading(key, checks)
    return checks.count


if __name__ == "__main__":
    print(f"{main()} checks passed")
