"""ccxt.pro, awaiting as its manual has it.

Under load it hands its awaiting caller few results: it works off its buffer in between, and of
tickers and books only the last is there then. So that every event is read, as by the others, the
numbers are read in its handlers; what the caller awaited is counted beside.
"""

import asyncio
from typing import Any

from tests.interop.ccxt_pro import make

from benchmarks.hot_path.job import Job, Tally


async def main(job: Job) -> None:
    over = asyncio.Event()
    tally = Tally(job, over.set)
    exchange = make(job.address, ("k" * 40, "s" * 40))
    add = {kind: tally.adder(kind) for kind in job.types}
    awaited = 0

    def read_ticker(ticker: dict[str, Any]) -> None:
        add["ticker"](ticker["timestamp"], ticker["last"])

    def read_trade(trade: dict[str, Any]) -> None:
        add["trade"](trade["price"], trade["amount"])

    def read_book(book: dict[str, Any]) -> None:
        add["orderbook"](*book["asks"][0][:2])

    def read_candle(candle: list[Any]) -> None:
        add["candle.1s"](candle[4], candle[5])

    def reading(handle: Any, found: Any, read: Any) -> Any:
        read = tally.keeping(read)

        def handler(client: Any, message: dict[str, Any]) -> None:
            handle(client, message)
            read(found(exchange.safe_symbol(message["code"], None, "-")))

        return handler

    exchange.handle_ticker = reading(
        exchange.handle_ticker, lambda symbol: exchange.tickers[symbol], read_ticker
    )
    exchange.handle_trades = reading(
        exchange.handle_trades, lambda symbol: exchange.trades[symbol][-1], read_trade
    )
    exchange.handle_order_book = reading(
        exchange.handle_order_book, lambda symbol: exchange.orderbooks[symbol], read_book
    )
    parse = exchange.parse_ohlcv
    read_one_candle = tally.keeping(read_candle)

    def parse_ohlcv(message: Any, market: Any = None) -> Any:
        candle = parse(message, market)
        read_one_candle(candle)
        return candle

    exchange.parse_ohlcv = parse_ohlcv

    await exchange.load_markets()
    symbols = [exchange.safe_symbol(code, None, "-") for code in job.codes]

    async def follow(watch: Any, *arguments: Any) -> None:
        nonlocal awaited
        while True:
            await watch(*arguments)
            awaited += 1

    tasks = []
    for kind in job.types:
        if kind == "ticker":
            tasks.append(asyncio.create_task(follow(exchange.watch_tickers, symbols)))
        elif kind == "trade":
            tasks.append(asyncio.create_task(follow(exchange.watch_trades_for_symbols, symbols)))
        else:
            watch = exchange.watch_order_book if kind == "orderbook" else exchange.watch_ohlcv
            tasks += [asyncio.create_task(follow(watch, symbol)) for symbol in symbols]
    await over.wait()
    tally.tell(awaited=awaited)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await exchange.close()


if __name__ == "__main__":
    asyncio.run(main(Job.given()))
