"""What type checkers know of the calls that users make; also checked by pyright.

The functions are never called: what they say is checked without running them.
"""

from typing import Any, assert_type

from tickwire import (
    AnnouncementEvent,
    BaseWebSocketEvent,
    CandleEvent,
    Carried,
    Conflict,
    ControlEvent,
    DataType,
    Indicator,
    IndicatorEvent,
    IndicatorSignalEvent,
    Listing,
    ManagerStatistics,
    MyAssetEvent,
    MyOrderEvent,
    OrderbookEvent,
    RawEvent,
    Readiness,
    StreamExplanation,
    StreamSummary,
    SubscriptionPlan,
    SubscriptionSpec,
    Terms,
    TickerEvent,
    TradeEvent,
    Verification,
    Wait,
    WebSocketClient,
    WebSocketManager,
)


def on_ticker(event: TickerEvent) -> None: ...
async def on_trades(events: list[TradeEvent]) -> None: ...
async def on_order(event: MyOrderEvent) -> None: ...
def on_assets(events: list[MyAssetEvent]) -> None: ...
def on_news(event: AnnouncementEvent) -> None: ...
def on_indicator(event: IndicatorEvent) -> None: ...
def on_signals(events: list[IndicatorSignalEvent]) -> None: ...
def on_raw(event: RawEvent) -> None: ...
def on_anything(event: BaseWebSocketEvent) -> None: ...


async def callbacks(client: WebSocketClient) -> None:
    """A callback takes the event of its type, or with batch=True a list of them."""
    await client.subscribe_ticker("KRW-BTC", on_ticker)
    await client.subscribe_ticker(["KRW-BTC"], on_anything)
    await client.subscribe_ticker("KRW-BTC")
    await client.subscribe_trade("KRW-BTC", on_trades, batch=True)
    await client.subscribe_trade("KRW-BTC", lambda event: print(event.trade_price))
    await client.subscribe_my_order(None, on_order)
    await client.subscribe_my_asset(on_assets, batch=True)
    await client.subscribe_announcement(["notice"], on_news, include_body=True)
    await client.subscribe_indicator("KRW-BTC", Indicator.rsi(timeframe="15m"), on_indicator)
    crossing = [Indicator.macd(timeframe="1d").when("golden_cross")]
    await client.subscribe_indicator_signal("KRW-BTC", crossing, on_signals, batch=True)
    await client.subscribe_raw("news", None, on_raw)
    await client.unsubscribe(DataType.MY_ORDER)
    await client.unsubscribe("orderbook", level=10_000, callback=on_anything)
    await client.unsubscribe()
    await client.unsubscribe("indicator", indicators=Indicator.rsi(timeframe="15m"))


async def parts(client: WebSocketClient, manager: WebSocketManager) -> None:
    """A snapshot is of the type asked for; market data can be had in part."""
    assert_type(await client.get_snapshot("ticker", "KRW-BTC"), dict[str, TickerEvent])
    assert_type(await client.get_snapshot(DataType.TRADE, ["KRW-BTC"]), dict[str, TradeEvent])
    books = await manager.get_snapshot("orderbook", "KRW", depth=5, level=10_000, timeout=3)
    assert_type(books, dict[str, OrderbookEvent])
    assert_type(await manager.get_snapshot("candle.1m", "KRW-BTC"), dict[str, CandleEvent])
    await client.subscribe_ticker("KRW-BTC", on_ticker, is_only_snapshot=True)
    await client.subscribe_trade("KRW-BTC", on_trades, is_only_realtime=True, batch=True)
    await client.subscribe_orderbook("KRW-BTC", on_anything, depth=15)


async def mistakes(client: WebSocketClient) -> None:
    """What is wrong is told before it runs; a checker that finds one right says so."""
    await client.subscribe_trade("KRW-BTC", on_ticker)  # type: ignore[arg-type]
    await client.subscribe_ticker("KRW-BTC", on_ticker, batch=True)  # type: ignore[call-overload]
    await client.subscribe_trade("KRW-BTC", batch=True)  # type: ignore[call-overload]
    Indicator.rsi(timeframe="1h")  # type: ignore[arg-type]
    WebSocketClient("c", wire_format="short")  # type: ignore[arg-type]


async def what_comes(client: WebSocketClient, manager: WebSocketManager) -> None:
    """Events, readiness, and control events only where they were asked for."""
    assert_type(await client.ready(), Readiness)
    assert_type(await client.list_subscriptions(), tuple[Listing, ...])
    assert_type(await manager.verify_subscriptions(), Verification)
    assert_type(client.latest("ticker", "KRW-BTC"), BaseWebSocketEvent | None)
    assert_type(client.latest("myAsset"), BaseWebSocketEvent | None)
    [told] = client.explain().streams
    assert_type(told, StreamExplanation)
    assert_type(told.carried, Carried)
    assert_type(told.carried.wait, Wait | None)
    assert_type(told.conflicts, tuple[Conflict, ...])
    assert_type(told.terms, Terms)
    assert_type(manager.plan(), SubscriptionPlan)
    assert_type(manager.statistics(), ManagerStatistics)
    assert_type(manager.subscription_manager.get_stream_summary(), StreamSummary)
    async for event in client:
        assert_type(event, BaseWebSocketEvent)
    async for item in client.stream(control=True):
        assert_type(item, BaseWebSocketEvent | ControlEvent)
    handler: Any = on_anything
    await manager.register_component(
        "c", None, [SubscriptionSpec("myOrder")], handler=handler, batch=True
    )
