"""A pipeline as one writes it first: websockets, json, frozen dataclasses, a task for each event.

Its numbers are `Decimal(str(number))`; with the option `float` they stay as json gives them.
"""

import asyncio
import json
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any

from websockets.asyncio.client import connect  # type: ignore[import-not-found, unused-ignore]

from benchmarks.hot_path.job import Job, Tally


@dataclass(frozen=True)
class Ticker:
    code: str
    timestamp: int
    opening_price: Decimal
    high_price: Decimal
    low_price: Decimal
    trade_price: Decimal
    prev_closing_price: Decimal
    acc_trade_price: Decimal
    change: str
    change_price: Decimal
    signed_change_price: Decimal
    change_rate: Decimal
    signed_change_rate: Decimal
    ask_bid: str
    trade_volume: Decimal
    acc_trade_volume: Decimal
    trade_date: str
    trade_time: str
    trade_timestamp: int
    acc_ask_volume: Decimal
    acc_bid_volume: Decimal
    highest_52_week_price: Decimal
    highest_52_week_date: str
    lowest_52_week_price: Decimal
    lowest_52_week_date: str
    market_state: str
    acc_trade_price_24h: Decimal
    acc_trade_volume_24h: Decimal
    stream_type: str


@dataclass(frozen=True)
class Trade:
    code: str
    timestamp: int
    trade_date: str
    trade_time: str
    trade_timestamp: int
    trade_price: Decimal
    trade_volume: Decimal
    ask_bid: str
    prev_closing_price: Decimal
    change: str
    change_price: Decimal
    sequential_id: int
    best_ask_price: Decimal
    best_ask_size: Decimal
    best_bid_price: Decimal
    best_bid_size: Decimal
    stream_type: str


@dataclass(frozen=True)
class Unit:
    ask_price: Decimal
    bid_price: Decimal
    ask_size: Decimal
    bid_size: Decimal


@dataclass(frozen=True)
class Orderbook:
    code: str
    timestamp: int
    total_ask_size: Decimal
    total_bid_size: Decimal
    orderbook_units: list[Unit]
    level: Decimal
    stream_type: str


@dataclass(frozen=True)
class Candle:
    code: str
    timestamp: int
    candle_date_time_utc: str
    candle_date_time_kst: str
    opening_price: Decimal
    high_price: Decimal
    low_price: Decimal
    trade_price: Decimal
    candle_acc_trade_volume: Decimal
    candle_acc_trade_price: Decimal
    stream_type: str


CLASSES: dict[str, Any] = {
    "ticker": Ticker,
    "trade": Trade,
    "orderbook": Orderbook,
    "candle.1s": Candle,
}
# The fields of each class but the levels of a book: the numbers, and the others.
PLANS = {
    cls: (
        [field.name for field in fields(cls) if field.type is Decimal],
        [field.name for field in fields(cls) if field.type in (str, int)],
    )
    for cls in (*CLASSES.values(), Unit)
}


def built(cls: Any, message: dict[str, Any], number: Any) -> Any:
    numbers, others = PLANS[cls]
    values = {name: number(message[name]) for name in numbers}
    for name in others:
        values[name] = message[name]
    if cls is Orderbook:
        values["orderbook_units"] = [
            built(Unit, unit, number) for unit in message["orderbook_units"]
        ]
    return cls(**values)


def exact(value: float) -> Any:
    return Decimal(str(value))


def same(value: float) -> Any:
    return value


async def main(job: Job) -> None:
    over = asyncio.Event()
    tally = Tally(job, over.set)
    add = {kind: tally.adder(kind) for kind in job.types}
    number = same if job.option == "float" else exact
    tasks: set[asyncio.Task[None]] = set()

    def read(event: Any) -> None:
        if isinstance(event, Ticker):
            add["ticker"](event.trade_timestamp, event.trade_price)
        elif isinstance(event, Trade):
            add["trade"](event.trade_price, event.trade_volume)
        elif isinstance(event, Orderbook):
            add["orderbook"](event.orderbook_units[0].ask_price, event.orderbook_units[0].ask_size)
        else:
            add["candle.1s"](event.trade_price, event.candle_acc_trade_volume)

    read_one = tally.keeping(read)

    async def take(event: Any) -> None:
        read_one(event)

    async def pass_by(event: Any) -> None:
        """What a component does that is only delivered to."""

    components = [take] + [pass_by] * (job.components - 1)

    async def receive() -> None:
        async with connect(f"ws://{job.address}/websocket/v1") as websocket:
            wishes = [{"type": kind, "codes": job.codes} for kind in job.types]
            await websocket.send(json.dumps([{"ticket": "naive"}, *wishes]))
            async for frame in websocket:
                message = json.loads(frame)
                event = built(CLASSES[message["type"]], message, number)
                for component in components:
                    task = asyncio.create_task(component(event))
                    tasks.add(task)
                    task.add_done_callback(tasks.discard)

    receiving = asyncio.create_task(receive())
    await over.wait()
    tally.tell()
    receiving.cancel()


if __name__ == "__main__":
    asyncio.run(main(Job.given()))
