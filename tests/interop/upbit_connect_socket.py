"""upbit-connect, unchanged but for its addresses, against the local exchange.

Left out, as its own behaviour forbids them on Upbit itself: a second `subscribe` (each sends a
message of its own, and the last one replaces the others), private streams (its token travels in
the ticket on the public address, where the exchange does not look), orders (it hashes the body's
JSON instead of its query string). That the exchange refuses the last two is checked.
Usage: python -m tests.interop.upbit_connect_socket 127.0.0.1:PORT [ACCESS:SECRET].
"""

import asyncio
import sys
from decimal import Decimal
from typing import Any

from tests.interop.facts import Checks, aligned, check_book, check_candle, credentials, exact
from tests.interop.witness import witnessed

CODE = "KRW-BTC"


def redirect(address: str) -> None:
    import upbit_connect  # type: ignore[import-not-found]
    from upbit_connect._client_base import BaseClient  # type: ignore[import-not-found]

    upbit_connect.UpbitWebSocket.WS_URL = f"ws://{address}/websocket/v1"
    BaseClient.BASE_URL = f"http://{address}"


async def listen(channels: list[dict[str, Any]], enough: Any) -> list[Any]:
    """What the client gives its callback, until it is enough."""
    from upbit_connect import UpbitWebSocket

    heard: list[Any] = []
    ended = asyncio.Event()

    async def take(message: Any) -> None:
        heard.append(message)
        if enough(heard):
            ended.set()

    socket = UpbitWebSocket()
    await socket.connect()
    await socket.subscribe("interop", channels)
    running = asyncio.create_task(socket.run(take))
    try:
        await asyncio.wait_for(ended.wait(), 20)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await socket.close()
    return heard


def check_levels(units: list[Any]) -> None:
    check_book(
        CODE,
        [(unit.ask_price, unit.ask_size) for unit in units],
        [(unit.bid_price, unit.bid_size) for unit in units],
    )


async def public(address: str, checks: Checks) -> None:
    kinds = ("ticker", "trade", "orderbook")

    def enough(heard: list[Any]) -> bool:
        return all(sum(one.type == kind for one in heard) >= 3 for kind in kinds)

    heard = await listen([{"type": kind, "codes": [CODE]} for kind in kinds], enough)
    for kind in kinds:
        messages = [one for one in heard if one.type == kind]
        assert messages[0].stream_type.value == "SNAPSHOT"
        for message in messages:
            assert message.code == CODE
            assert type(message).__name__ == f"Ws{kind.capitalize()}", type(message)
            if kind == "orderbook":
                check_levels(message.orderbook_units)
                assert message.level == 0
            else:
                assert isinstance(message.trade_price, Decimal)
                aligned(CODE, message.trade_price)
            if kind == "trade":
                assert message.best_bid_price < message.best_ask_price
            if kind == "ticker":
                assert message.low_price <= message.trade_price <= message.high_price
        checks.passed(f"{kind}: {len(messages)} messages of its models")

    await witnessed(address, lambda stats: not stats["totals"]["open"], "end of the connection")
    channels = [{"type": "trade", "codes": [CODE], "isOnlyRealtime": True}]
    heard = await listen(channels, lambda heard: len(heard) >= 3)
    assert {one.stream_type.value for one in heard} == {"REALTIME"}
    checks.passed("trade, isOnlyRealtime: no snapshot")


async def quotation(client: Any, checks: Checks) -> None:
    markets = await client.quotation.get_markets()
    assert markets[0]["market"] == CODE
    (ticker,) = await client.quotation.get_ticker(CODE)
    assert ticker.market == CODE
    aligned(CODE, ticker.trade_price)
    assert ticker.low_price <= ticker.trade_price <= ticker.high_price
    (book,) = await client.quotation.get_orderbook(CODE)
    check_levels(book.orderbook_units)
    trades = await client.quotation.get_trades(CODE, count=20)
    assert trades
    assert len({trade.sequential_id for trade in trades}) == len(trades)
    for trade in trades:
        aligned(CODE, trade.trade_price)
    candles = await client.quotation.get_candles_minutes(CODE, unit=5, count=10)
    assert candles
    for candle in candles:
        check_candle(
            CODE,
            candle.opening_price,
            candle.high_price,
            candle.low_price,
            candle.trade_price,
            candle.candle_acc_trade_volume,
        )
    checks.passed(
        f"REST: {len(markets)} markets, a ticker, a book, {len(trades)} trades, "
        f"{len(candles)} candles"
    )


async def refused(client: Any, checks: Checks) -> None:
    from upbit_connect import OrderSide, OrderType, UpbitAuthError

    accounts = await client.exchange.get_accounts()
    won = next(account for account in accounts if account.currency == "KRW")
    assert won.balance > 0
    checks.passed(f"accounts: {exact(won.balance)} won")
    try:
        order = await client.exchange.place_order(
            CODE, OrderSide.BID, OrderType.LIMIT, price=Decimal(1_000_000), volume=Decimal("0.01")
        )
    except UpbitAuthError as error:
        checks.passed(f"an order with the hash of its JSON is refused: {error}")
    else:
        raise AssertionError(f"a wrong query_hash went through: {order}")


async def main(address: str, key: tuple[str, str] | None, checks: Checks) -> None:
    redirect(address)
    from upbit_connect import AsyncUpbitClient

    await public(address, checks)
    async with AsyncUpbitClient(*(key or (None, None))) as client:
        await quotation(client, checks)
        if key is not None:
            await refused(client, checks)
    checks.left_out("private streams, orders (its tokens are not as Upbit asks for them)")


if __name__ == "__main__":
    done = Checks()
    asyncio.run(main(sys.argv[1], credentials(sys.argv), done))
    print(f"{done.count} checks passed")
