"""ccxt.pro, unchanged but for its addresses, against the local exchange.

Its numbers are floats, so sums are compared within what a float loses. Left out: unwatching, which
it does not have for Upbit; its fees, which it assumes to be 0.25 %.
Usage: python -m tests.interop.ccxt_pro 127.0.0.1:PORT [ACCESS:SECRET].
"""

import asyncio
import sys
from typing import Any

from tests.interop.facts import FEE, Checks, aligned, check_book, check_candle, credentials, exact
from tests.interop.witness import subscribed, witnessed

SYMBOL, CODE = "BTC/KRW", "KRW-BTC"
OTHER, OTHER_CODE = "ETH/KRW", "KRW-ETH"
CODES = {SYMBOL: CODE, OTHER: OTHER_CODE}

_WITHIN_S = 20


def make(address: str, key: tuple[str, str]) -> Any:
    import ccxt.pro  # type: ignore[import-not-found]

    exchange = ccxt.pro.upbit({"hostname": address, "apiKey": key[0], "secret": key[1]})
    exchange.urls["api"].update(
        {
            "public": "http://{hostname}",
            "private": "http://{hostname}",
            "ws": "ws://{hostname}/websocket/v1",
        }
    )
    return exchange


def near(one: Any, other: Any) -> bool:
    return abs(exact(one) - exact(other)) <= exact("0.000001") * max(exact(1), abs(exact(other)))


async def soon(watching: Any) -> Any:
    return await asyncio.wait_for(watching, _WITHIN_S)


async def public(exchange: Any, checks: Checks) -> None:
    markets = await exchange.load_markets()
    assert markets[SYMBOL]["id"] == CODE
    checks.passed(f"load_markets: {len(markets)} markets")

    for _ in range(3):
        ticker = await soon(exchange.watch_ticker(SYMBOL))
        assert ticker["symbol"] == SYMBOL
        assert ticker["low"] <= ticker["last"] <= ticker["high"]
        aligned(CODE, ticker["last"])
    checks.passed(f"watch_ticker: {ticker['last']}")

    seen: set[str] = set()
    while seen != set(CODES):
        for symbol, ticker in (await soon(exchange.watch_tickers(list(CODES)))).items():
            aligned(CODES[symbol], ticker["last"])
            seen.add(symbol)
    checks.passed(f"watch_tickers: {', '.join(sorted(seen))}")

    edges: list[Any] = []
    for _ in range(5):
        book = await soon(exchange.watch_order_book(SYMBOL))
        asks, bids = ([level for level in book[side] if level[1]] for side in ("asks", "bids"))
        assert min(len(asks), len(bids)) > 0
        depth = min(len(asks), len(bids))
        edges.append(check_book(CODE, asks[:depth], bids[:depth], levels=depth))
    checks.passed(f"watch_order_book: {len(book['asks'])} levels, 5 times")

    trades: dict[str, Any] = {}
    while len(trades) < 4:
        for trade in await soon(exchange.watch_trades(SYMBOL)):
            assert trade["symbol"] == SYMBOL
            assert trade["side"] in ("buy", "sell")
            assert trade["amount"] > 0
            price = aligned(CODE, trade["price"])
            assert near(trade["cost"], price * exact(trade["amount"]))
            trades[trade["id"]] = price
    low, high = min(edge[0] for edge in edges), max(edge[1] for edge in edges)
    assert all(low <= price <= high for price in trades.values()), (low, trades, high)
    checks.passed(f"watch_trades: {len(trades)} trades, each within the book")

    for _ in range(2):
        candle = await soon(exchange.watch_ohlcv(SYMBOL, "1s"))
        assert candle[0] % 1000 == 0
        check_candle(CODE, *candle[1:])
    checks.passed(f"watch_ohlcv: {candle}")

    # All five streams live on one connection: it sends the whole list again with each.
    assert (await soon(exchange.watch_ticker(OTHER)))["symbol"] == OTHER
    checks.passed("what was watched first goes on")


async def quotation(exchange: Any, checks: Checks) -> None:
    ticker = await exchange.fetch_ticker(SYMBOL)
    aligned(CODE, ticker["last"])
    book = await exchange.fetch_order_book(SYMBOL)
    depth = min(len(book["asks"]), len(book["bids"]))
    check_book(CODE, book["asks"][:depth], book["bids"][:depth], levels=depth)
    trades = await exchange.fetch_trades(SYMBOL, limit=20)
    assert trades
    assert len({trade["id"] for trade in trades}) == len(trades)
    assert [trade["timestamp"] for trade in trades] == sorted(
        trade["timestamp"] for trade in trades
    )
    for trade in trades:
        aligned(CODE, trade["price"])
    candles = await exchange.fetch_ohlcv(SYMBOL, "1m", limit=10)
    assert candles
    assert [candle[0] for candle in candles] == sorted({candle[0] for candle in candles})
    for candle in candles:
        assert candle[0] % 60_000 == 0
        check_candle(CODE, *candle[1:])
    checks.passed(f"REST: ticker, book, {len(trades)} trades, {len(candles)} candles")


async def until(exchange: Any, order_id: str, status: str) -> list[str]:
    """The raw states of an order as they are told, up to this status of ccxt's."""
    states: list[str] = []
    while True:
        for order in await soon(exchange.watch_orders(SYMBOL)):
            if order["id"] != order_id:
                continue
            states.append(order["info"]["state"])
            if order["status"] == status:
                return states


async def private(exchange: Any, checks: Checks) -> None:
    balances: list[Any] = []

    async def follow() -> None:
        while True:
            balances.append(await exchange.watch_balance())

    following = asyncio.create_task(follow())
    try:
        await trading(exchange, balances, checks)
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)


async def trading(exchange: Any, balances: list[Any], checks: Checks) -> None:
    before = await exchange.fetch_balance()
    assert before["KRW"]["free"] > 0
    assert before["KRW"]["used"] == 0
    checks.passed(f"fetch_balance: {before['KRW']['free']} won")

    ticker = await exchange.fetch_ticker(SYMBOL)
    far = int(ticker["last"] * 0.9) // 1000 * 1000
    watching = asyncio.create_task(exchange.watch_orders(SYMBOL))
    await witnessed(
        exchange.hostname, lambda stats: subscribed(stats) >= {"myOrder", "myAsset"}, "subscription"
    )
    order = await exchange.create_order(SYMBOL, "limit", "buy", 0.01, far)
    told = await soon(watching)
    assert [each["id"] for each in told] == [order["id"]], told
    assert (told[0]["status"], told[0]["price"], told[0]["amount"]) == ("open", far, 0.01), told
    held = await exchange.fetch_balance()
    assert near(held["KRW"]["used"], far * exact("0.01") * (1 + FEE)), held["KRW"]
    (opened,) = await exchange.fetch_open_orders(SYMBOL)
    assert (opened["id"], opened["status"], opened["price"]) == (order["id"], "open", far), opened
    watching = asyncio.create_task(until(exchange, order["id"], "canceled"))
    await exchange.cancel_order(order["id"], SYMBOL)
    await watching
    after = await exchange.fetch_balance()
    assert near(after["KRW"]["free"], before["KRW"]["free"])
    assert after["KRW"]["used"] == 0
    checks.passed("an order out of reach: open > canceled, all of it back")

    for side, sign in (("buy", 1), ("sell", -1)):
        before = await exchange.fetch_balance()
        book = await exchange.fetch_order_book(SYMBOL)
        price = book["asks" if sign > 0 else "bids"][9][0]
        # Three messages can come in one read and wake a watcher once, hence the polling.
        following = asyncio.create_task(until(exchange, "", "none"))
        order = await exchange.create_order(SYMBOL, "limit", side, 0.004, price)
        deadline = asyncio.get_running_loop().time() + _WITHIN_S
        cached: Any = None
        while cached is None or cached["status"] != "closed":
            assert asyncio.get_running_loop().time() < deadline, cached
            await asyncio.sleep(0.1)
            cached = next((o for o in exchange.orders or () if o["id"] == order["id"]), None)
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
        assert cached["info"]["state"] == "done", cached["info"]
        assert (cached["filled"], cached["remaining"]) == (0.004, 0.0), cached
        fetched = await exchange.fetch_order(order["id"], SYMBOL)
        assert fetched["status"] == "closed", fetched
        assert near(sum(trade["amount"] for trade in fetched["trades"]), 0.004)
        cost = sum(exact(trade["price"]) * exact(trade["amount"]) for trade in fetched["trades"])
        assert near(cached["cost"], cost), (cached["cost"], cost)
        assert near(cached["fee"]["cost"], cost * FEE), (cached["fee"], cost)
        after = await exchange.fetch_balance()
        assert near(
            exact(after["BTC"]["free"]) - exact(before["BTC"]["free"]), sign * exact("0.004")
        )
        paid = exact(before["KRW"]["free"]) - exact(after["KRW"]["free"])
        # A float of so many won has about eight digits behind the point.
        assert abs(paid - (sign * cost + cost * FEE)) < exact("0.0001"), (paid, cost)
        deadline = asyncio.get_running_loop().time() + 5
        while not (balances and near(balances[-1]["KRW"]["free"], after["KRW"]["free"])):
            assert asyncio.get_running_loop().time() < deadline, balances[-1:]
            await asyncio.sleep(0.1)
        checks.passed(f"watch_orders, watch_balance: {side} 0.004 for {cost} won, closed")

    mine = {trade["id"]: trade for trade in exchange.myTrades or ()}
    assert mine, "fills are told with their ids"
    assert all(trade["takerOrMaker"] in ("taker", "maker") for trade in mine.values())
    checks.passed(f"myTrades: {len(mine)} fills")


async def main(address: str, key: tuple[str, str] | None, checks: Checks) -> None:
    exchange = make(address, key or ("k" * 40, "s" * 40))
    try:
        await public(exchange, checks)
        await quotation(exchange, checks)
        if key is not None:
            await private(exchange, checks)
    finally:
        await exchange.close()
    checks.left_out("unwatch (it has none for Upbit)")


if __name__ == "__main__":
    done = Checks()
    asyncio.run(main(sys.argv[1], credentials(sys.argv), done))
    print(f"{done.count} checks passed")
