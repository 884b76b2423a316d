"""cryptofeed's feed handler with its callbacks. It asks for SIMPLE; it has no tickers of Upbit."""

import asyncio
import logging
import os
import tempfile
from pathlib import Path
from typing import Any

from tests.interop.cryptofeed_handler import redirect

from benchmarks.hot_path.job import Job, Tally


async def main(job: Job) -> None:
    from cryptofeed import FeedHandler  # type: ignore[import-not-found, unused-ignore]
    from cryptofeed.defines import (  # type: ignore[import-not-found, unused-ignore]
        L2_BOOK,
        TRADES,
    )
    from cryptofeed.exchanges import Upbit  # type: ignore[import-not-found, unused-ignore]

    over = asyncio.Event()
    tally = Tally(job, over.set)
    add = tally.adder(job.kind)

    def read_trade(trade: Any) -> None:
        add(trade.price, trade.amount)

    def read_book(book: Any) -> None:
        add(*book.book.asks.index(0))

    read = tally.keeping(read_trade if job.kind == "trade" else read_book)

    async def take(event: Any, _: float) -> None:
        read(event)

    channel = TRADES if job.kind == "trade" else L2_BOOK
    symbols = [f"{base}-{quote}" for quote, base in (code.split("-") for code in job.codes)]
    with tempfile.TemporaryDirectory() as place:
        log = {"filename": str(Path(place) / "feed.log"), "level": "ERROR"}
        handler = FeedHandler(config={"log": log, "uvloop": False})
        handler.add_feed(Upbit(symbols=symbols, channels=[channel], callbacks={channel: take}))
        handler.run(start_loop=False, install_signal_handlers=False)
        await over.wait()
        tally.tell()
        logging.shutdown()
        # Its own end waits for what is not there.
        os._exit(0)


def run(job: Job) -> None:
    redirect(job.address)
    from cryptofeed.exchanges import Upbit

    Upbit.symbols()
    asyncio.run(main(job))


if __name__ == "__main__":
    run(Job.given())
