"""cryptofeed, unchanged but for its addresses, against the local exchange.

Its connection refuses any address that is not `wss://`, so the constructor that checks this is
replaced by one that does not. It has neither private streams nor orders for Upbit.
Usage: python -m tests.interop.cryptofeed_handler 127.0.0.1:PORT.
"""

import asyncio
import logging
import sys
import tempfile
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.interop.facts import Checks, aligned, check_book

SYMBOLS = {"BTC-KRW": "KRW-BTC", "ETH-KRW": "KRW-ETH"}


def redirect(address: str) -> None:
    import cryptofeed.connection as connections  # type: ignore[import-not-found]
    from cryptofeed.exchanges import Upbit  # type: ignore[import-not-found]

    def without_the_check(
        self: Any,
        address: str,
        conn_id: str,
        authentication: Any = None,
        subscription: Any = None,
        **options: Any,
    ) -> None:
        self.address = address
        connections.AsyncConnection.__init__(
            self,
            f"{conn_id}.ws.{self.conn_count}",
            authentication=authentication,
            subscription=subscription,
        )
        self.ws_kwargs = options

    connections.WSAsyncConn.__init__ = without_the_check
    Upbit.websocket_endpoints = [
        connections.WebsocketEndpoint(f"ws://{address}/websocket/v1"),
    ]
    Upbit.rest_endpoints = [
        connections.RestEndpoint(f"http://{address}", routes=connections.Routes("/v1/market/all")),
    ]


async def feed(checks: Checks) -> None:
    from cryptofeed import FeedHandler
    from cryptofeed.defines import L2_BOOK, TRADES  # type: ignore[import-not-found]
    from cryptofeed.exchanges import Upbit

    trades: list[Any] = []
    books: list[Any] = []
    enough = asyncio.Event()

    def settle() -> None:
        seen = {trade.symbol for trade in trades}, {symbol for symbol, *_ in books}
        if all(each == set(SYMBOLS) for each in seen) and len(trades) >= 6 and len(books) >= 20:
            enough.set()

    async def on_trade(trade: Any, _: float) -> None:
        trades.append(trade)
        settle()

    async def on_book(book: Any, _: float) -> None:
        # The handler goes on changing the book, so it is read now.
        asks, bids = (
            [(price, side[price]) for price in side.keys()]  # noqa: SIM118 - no plain dict
            for side in (book.book.asks, book.book.bids)
        )
        books.append((book.symbol, asks, bids))
        settle()

    with tempfile.TemporaryDirectory() as place:
        log = {"filename": str(Path(place) / "feed.log"), "level": "WARNING"}
        handler = FeedHandler(config={"log": log, "uvloop": False})
        handler.add_feed(
            Upbit(
                symbols=list(SYMBOLS),
                channels=[TRADES, L2_BOOK],
                callbacks={TRADES: on_trade, L2_BOOK: on_book},
            )
        )
        handler.run(start_loop=False, install_signal_handlers=False)
        try:
            await asyncio.wait_for(enough.wait(), 45)
        finally:
            await handler.stop_async(loop=asyncio.get_running_loop())
            logging.shutdown()
        said = (Path(place) / "feed.log").read_text()
        assert "ERROR" not in said, said

    edges: dict[str, list[tuple[Decimal, Decimal]]] = {symbol: [] for symbol in SYMBOLS}
    for symbol, asks, bids in books:
        # It keeps the zeros that fill up a thin side as a level of price 0.
        asks = [level for level in asks if level[0]]
        bids = [level for level in bids if level[0]]
        depth = min(len(asks), len(bids))
        assert all(isinstance(price, Decimal) for price, _ in asks + bids)
        edges[symbol].append(check_book(SYMBOLS[symbol], asks[:depth], bids[:depth], levels=depth))
    checks.passed(f"L2 book: {len(books)} books of {', '.join(edges)}")
    ids = {(trade.symbol, trade.id) for trade in trades}
    assert len(ids) == len(trades)
    for trade in trades:
        assert trade.exchange == "UPBIT"
        assert trade.side in ("buy", "sell")
        assert trade.amount > 0
        price = aligned(SYMBOLS[trade.symbol], trade.price)
        low = min(edge[0] for edge in edges[trade.symbol])
        high = max(edge[1] for edge in edges[trade.symbol])
        assert low <= price <= high, (low, price, high)
    checks.passed(f"trades: {len(trades)} trades, each within the book")


def main(address: str) -> int:
    checks = Checks()
    redirect(address)
    from cryptofeed.exchanges import Upbit

    symbols = Upbit.symbols()
    assert set(SYMBOLS) <= set(symbols), symbols
    checks.passed(f"symbols: {len(symbols)}, over REST")
    asyncio.run(feed(checks))
    checks.left_out("private streams and orders (it has none for Upbit)")
    return checks.count


if __name__ == "__main__":
    print(f"{main(sys.argv[1])} checks passed")
