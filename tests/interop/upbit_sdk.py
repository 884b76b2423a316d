"""The official SDK, unchanged but for its addresses, against the local exchange.

Runs in an environment of its own (`upbit-sdk` calls its package `upbit`), so it imports nothing of
this project. Usage: python upbit_sdk.py 127.0.0.1:PORT; one line for each check, exit code 1 if
one fails.
"""

import asyncio
import sys
from decimal import Decimal
from itertools import pairwise
from typing import Any

CODE = "KRW-BTC"


async def read(connection: Any, *kinds: str) -> dict[str, list[Any]]:
    """Messages by type, until every kind has come at least twice."""
    seen: dict[str, list[Any]] = {kind: [] for kind in kinds}
    async for message in connection:
        seen[message.type].append(message)
        if all(len(messages) >= 2 for messages in seen.values()):
            return seen
    raise AssertionError("the stream ended")


def check_ticker(messages: list[Any]) -> None:
    """A snapshot first, prices that fit each other."""
    assert messages[0].stream_type == "SNAPSHOT"
    assert messages[1].stream_type == "REALTIME"
    for message in messages:
        assert message.code == CODE
        low, last, high = (
            Decimal(each) for each in (message.low_price, message.trade_price, message.high_price)
        )
        assert 0 < low <= last <= high
        assert last % 1000 == 0, "KRW-BTC trades in steps of 1,000 won"
        assert len(message.trade_date) == 8


def check_trade(messages: list[Any]) -> None:
    """Trades with ids of their own, at the touch."""
    ids = [message.sequential_id for message in messages]
    assert len(set(ids)) == len(ids)
    for message in messages:
        assert message.code == CODE
        assert message.ask_bid in ("ASK", "BID")
        assert Decimal(message.trade_volume) > 0
        assert Decimal(message.best_bid_price) < Decimal(message.best_ask_price)


def check_orderbook(messages: list[Any]) -> None:
    """Thirty levels a side, in order, not crossed, adding up to the totals."""
    for message in messages:
        units = message.orderbook_units
        assert message.code == CODE
        assert len(units) == 30
        asks = [Decimal(unit.ask_price) for unit in units]
        bids = [Decimal(unit.bid_price) for unit in units]
        assert all(one < other for one, other in pairwise(asks))
        assert all(one > other for one, other in pairwise(bids))
        assert bids[0] < asks[0]
        assert sum(Decimal(unit.ask_size) for unit in units) == Decimal(message.total_ask_size)


async def check(address: str) -> int:
    from upbit import AsyncUpbit  # type: ignore[import-not-found]

    client = AsyncUpbit(
        access_key="a",
        secret_key="b" * 40,
        websocket_base_url=f"ws://{address}",
        base_url=f"http://{address}",
    )
    codes = [CODE]
    passed = 0
    async with client.ws_stream.subscribe(ticker=codes, trade=codes, orderbook=codes) as connection:
        seen = await asyncio.wait_for(read(connection, "ticker", "trade", "orderbook"), 30)
        for test in (check_ticker, check_trade, check_orderbook):
            kind = test.__name__.removeprefix("check_")
            test(seen[kind])
            passed += 1
            print(f"  {kind}: {len(seen[kind])} messages, {seen[kind][-1].code}", flush=True)
        listed = await connection.list_subscriptions()
        subscriptions = {each.type: each.codes for each in listed.result}
        assert subscriptions == {"ticker": codes, "trade": codes, "orderbook": codes}, listed
        passed += 1
        print(f"  list_subscriptions: {', '.join(subscriptions)}", flush=True)
        await asyncio.wait_for(read(connection, "ticker", "trade", "orderbook"), 30)
        passed += 1
        print("  the streams go on after it", flush=True)
    await client.close()
    return passed


if __name__ == "__main__":
    print(f"{asyncio.run(check(sys.argv[1]))} checks passed")
