"""The official SDK, as its README has it: iterating over a stream. Its numbers are text."""

import asyncio
from decimal import Decimal
from typing import Any

from benchmarks.hot_path.job import Job, Tally


async def main(job: Job) -> None:
    from upbit import AsyncUpbit  # type: ignore[import-not-found, unused-ignore]

    tally = Tally(job, lambda: None)
    add = {kind: tally.adder(kind) for kind in job.types}
    is_short = job.format == "SIMPLE"

    # Decimals are what somebody who reads its prices makes of them.
    def read(event: Any) -> None:
        kind = event.type
        if kind == "ticker":
            add[kind](event.trade_timestamp, Decimal(event.trade_price))
        elif kind == "trade":
            add[kind](Decimal(event.trade_price), Decimal(event.trade_volume))
        elif kind == "orderbook":
            best = event.orderbook_units[0]
            add[kind](Decimal(best.ask_price), Decimal(best.ask_size))
        else:
            add[kind](Decimal(event.trade_price), Decimal(event.candle_acc_trade_volume))

    def read_short(event: Any) -> None:
        kind = event.ty
        if kind == "ticker":
            add[kind](event.ttms, Decimal(event.tp))
        elif kind == "trade":
            add[kind](Decimal(event.tp), Decimal(event.tv))
        elif kind == "orderbook":
            best = event.obu[0]
            add[kind](Decimal(best.ap), Decimal(best.as_))
        else:
            add[kind](Decimal(event.tp), Decimal(event.catv))

    read_one = tally.keeping(read_short if is_short else read)
    wishes: dict[str, Any] = {
        ("candle" if "." in kind else kind): ({"1s": job.codes} if "." in kind else job.codes)
        for kind in job.types
    }
    async with (
        AsyncUpbit(
            access_key="a",
            secret_key="b" * 40,
            websocket_base_url=f"ws://{job.address}",
            base_url=f"http://{job.address}",
        ) as client,
        client.ws_stream.subscribe(**wishes, format=job.format) as stream,
    ):
        async for event in stream:
            read_one(event)
            if tally.figures:
                break
        tally.tell()


if __name__ == "__main__":
    asyncio.run(main(Job.given()))
