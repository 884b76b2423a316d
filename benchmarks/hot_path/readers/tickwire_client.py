"""tickwire, by its public interface: a synchronous handler for each type.

With the option `batches` a handler gets what one read of the socket has brought, as a list; without
it is called for each event. With a code as option, only that market's trades are wanted.
"""

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

from benchmarks.hot_path.job import Job, Tally
from tickwire import (
    CandleEvent,
    OrderbookEvent,
    TickerEvent,
    TradeEvent,
    WebSocketClient,
    WebSocketManager,
)

_LOOK_EVERY_S = 0.002

Add = Callable[..., None]


def _each(add: dict[str, Add]) -> dict[str, Any]:
    """Handlers of one event, by type, that read its two numbers."""

    def on_ticker(event: TickerEvent) -> None:
        add_ticker(event.trade_timestamp, event.trade_price)

    def on_trade(event: TradeEvent) -> None:
        add_trade(event.trade_price, event.trade_volume)

    def on_orderbook(event: OrderbookEvent) -> None:
        best = event.orderbook_units[0]
        add_orderbook(best.ask_price, best.ask_size)

    def on_candle(event: CandleEvent) -> None:
        add_candle(event.trade_price, event.candle_acc_trade_volume)

    add_ticker, add_trade, add_orderbook, add_candle = add.values()
    return dict(zip(add, (on_ticker, on_trade, on_orderbook, on_candle), strict=True))


def _batches(add: dict[str, Add]) -> dict[str, Any]:
    """The same for a list of events."""

    def on_tickers(events: list[TickerEvent]) -> None:
        first: Any = 0
        second: Any = 0
        for event in events:
            first += event.trade_timestamp
            second += event.trade_price
        add_ticker(first, second, len(events))

    def on_trades(events: list[TradeEvent]) -> None:
        first: Any = 0
        second: Any = 0
        for event in events:
            first += event.trade_price
            second += event.trade_volume
        add_trade(first, second, len(events))

    def on_orderbooks(events: list[OrderbookEvent]) -> None:
        first: Any = 0
        second: Any = 0
        for event in events:
            best = event.orderbook_units[0]
            first += best.ask_price
            second += best.ask_size
        add_orderbook(first, second, len(events))

    def on_candles(events: list[CandleEvent]) -> None:
        first: Any = 0
        second: Any = 0
        for event in events:
            first += event.trade_price
            second += event.candle_acc_trade_volume
        add_candle(first, second, len(events))

    add_ticker, add_trade, add_orderbook, add_candle = add.values()
    return dict(zip(add, (on_tickers, on_trades, on_orderbooks, on_candles), strict=True))


def handlers(tally: Tally, types: Iterable[str], *, in_batches: bool = False) -> dict[str, Any]:
    """What reads two numbers of each event, by type."""
    # Only those of the types that were asked for are called.
    add = dict.fromkeys(("ticker", "trade", "orderbook", "candle.1s"), _unwanted)
    add |= {kind: tally.adder(kind) for kind in types}
    return (_batches if in_batches else _each)(add)


def _unwanted(*numbers: object) -> None:
    raise AssertionError("an event that was not asked for")


async def subscribe(
    client: WebSocketClient, kind: str, codes: Any, handler: Any, *, in_batches: bool = False
) -> None:
    """Have the events of a type handled."""
    options: dict[str, Any] = {"batch": True} if in_batches else {}
    if kind == "ticker":
        await client.subscribe_ticker(codes, handler, **options)
    elif kind == "trade":
        await client.subscribe_trade(codes, handler, **options)
    elif kind == "orderbook":
        await client.subscribe_orderbook(codes, handler, **options)
    else:
        await client.subscribe_candle(codes, handler, unit="1s", **options)


async def wanted(job: Job) -> None:
    over = asyncio.Event()
    tally = Tally(job, over.set)
    in_batches = job.option == "batches"
    handle = handlers(tally, job.types, in_batches=in_batches)
    keeping = tally.keeping_all if in_batches else tally.keeping
    async with WebSocketManager(websocket_base_url=f"ws://{job.address}") as manager:
        clients = [WebSocketClient(f"reader {n}", manager=manager) for n in range(job.components)]
        for number, client in enumerate(clients):
            for kind in job.types:
                handler = keeping(handle[kind]) if number == 0 else _pass_by
                await subscribe(client, kind, job.codes, handler, in_batches=in_batches)
        await over.wait()
        tally.tell()
        for client in clients:
            await client.disconnect()


def _pass_by(what: object) -> None:
    """What a component does that is only delivered to."""


async def unwanted(job: Job, code: str) -> None:
    """Everything that comes is for nobody; the one stream that is wanted is silent."""
    over = asyncio.Event()
    tally = Tally(job, over.set)
    add = tally.adder("events")
    async with (
        WebSocketManager(websocket_base_url=f"ws://{job.address}") as manager,
        WebSocketClient("reader", manager=manager) as client,
    ):
        await client.subscribe_trade([code], _pass_by)
        seen = 0
        while not over.is_set():
            await asyncio.sleep(_LOOK_EVERY_S)
            unrouted = manager.statistics().delivery.unrouted
            if unrouted > seen:
                add(0, 0, unrouted - seen)
                seen = unrouted
        tally.tell()


if __name__ == "__main__":
    given = Job.given()
    is_code = "-" in given.option
    asyncio.run(unwanted(given, given.option) if is_code else wanted(given))
