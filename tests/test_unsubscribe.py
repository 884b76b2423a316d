"""What can be asked for can be taken back: as narrowly, or all at once."""

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest

from tests.harness import MARKETS, MemoryExchange, virtual_world
from tickwire import (
    DataType,
    Indicator,
    Stream,
    SubscriptionSpec,
    TransportError,
    UsageError,
    WebSocketClient,
    WebSocketManager,
)
from tickwire.testing import ManualClock, MemoryNetwork

BTC, ETH, *_ = MARKETS
TRADES = Stream(DataType.TRADE, BTC)
RSI = Indicator.rsi(timeframe="15m")


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def exchange(clock: ManualClock) -> MemoryExchange:
    return MemoryExchange(clock, MemoryNetwork())


@pytest.fixture
async def manager(clock: ManualClock, exchange: MemoryExchange) -> AsyncIterator[WebSocketManager]:
    async with WebSocketManager(
        world=virtual_world(clock, exchange.network),
        access_key="access",
        secret_key="secret",
    ) as manager:
        yield manager


@pytest.fixture
async def client(manager: WebSocketManager) -> AsyncIterator[WebSocketClient]:
    async with WebSocketClient("client", manager=manager) as client:
        yield client


def wanted(manager: WebSocketManager) -> set[str]:
    return {str(stream) for stream in manager.subscription_manager.wishes_of("client")}


async def test_one_grouping_of_a_book(client: WebSocketClient, manager: WebSocketManager) -> None:
    """However its step is written; without one all of them."""
    for level in (0, 10_000, 1_000):
        await client.subscribe_orderbook([BTC, ETH], level=level)
    await client.unsubscribe("orderbook", BTC, level="10000.0")
    assert wanted(manager) == {
        f"orderbook {BTC}",
        f"orderbook {BTC} (level 1000)",
        *(f"orderbook {ETH}{level}" for level in ("", " (level 1000)", " (level 10000)")),
    }
    await client.unsubscribe("orderbook", level=0)
    await client.unsubscribe("orderbook", ETH)
    assert wanted(manager) == {f"orderbook {BTC} (level 1000)"}
    await client.unsubscribe("orderbook", level=Decimal(1_000))
    assert wanted(manager) == set()


@pytest.mark.parametrize("batch", [False, True])
async def test_the_wish_of_one_callback(
    client: WebSocketClient,
    manager: WebSocketManager,
    clock: ManualClock,
    exchange: MemoryExchange,
    batch: bool,
) -> None:
    """Others keep theirs, those who iterate too; the last one takes the stream with it."""
    stays: list[Any] = []
    goes: list[Any] = []

    class Chart:
        def handle(self, event: Any) -> None:
            goes.append(event)

    chart = Chart()
    spec = SubscriptionSpec("trade", [BTC, ETH])
    await client.subscribe(spec, stays.append)
    await client.subscribe(spec, chart.handle, batch=batch)
    await client.subscribe(spec, chart.handle)
    await clock.advance(1.0)
    await client.unsubscribe("trade", ETH, callback=stays.append)
    await client.unsubscribe(callback=chart.handle)
    stays.clear()
    goes.clear()
    exchange.emit(TRADES)
    await clock.advance(1.0)
    assert (len(stays), len(goes)) == (1, 0)
    assert wanted(manager) == {f"trade {BTC}"}
    await client.unsubscribe("trade", callback=chart.handle)
    assert wanted(manager) == {f"trade {BTC}"}
    await client.unsubscribe("trade", callback=stays.append)
    assert wanted(manager) == set()


async def test_everything(client: WebSocketClient, manager: WebSocketManager) -> None:
    """Without a word; the client goes on. Named alone, a symbol is meant in every type."""
    await client.subscribe_ticker([BTC, ETH], print)
    await client.subscribe_my_asset(print)
    await client.subscribe_indicator(BTC, RSI)
    await client.subscribe_raw("news", BTC)
    await client.unsubscribe(symbols="krw-btc")
    assert wanted(manager) == {f"ticker {ETH}", "myAsset"}
    await client.unsubscribe()
    assert wanted(manager) == set()
    await client.unsubscribe()
    await client.subscribe_candle(BTC, unit="1m")
    await client.unsubscribe("candle.1m")
    assert wanted(manager) == set()


async def test_a_whole_market_without_its_list(
    client: WebSocketClient, manager: WebSocketManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is not listed any more can be withdrawn, and nothing is read for it."""
    await client.subscribe_trade(["KRW-OLD", BTC, "BTC-ETH"])

    async def lost() -> Any:
        raise TransportError("no route")

    monkeypatch.setattr(manager._markets, "codes", lost)
    await client.unsubscribe("trade", "KRW")
    assert wanted(manager) == {"trade BTC-ETH"}


async def test_what_does_not_exist_is_forgotten(
    client: WebSocketClient, clock: ManualClock
) -> None:
    """Withdrawn, a rejected wish is no reason any more not to be ready."""
    await client.subscribe_trade([BTC, "KRW-NONE"])
    await clock.advance(20.0)
    assert (await client.ready()).rejected == {Stream(DataType.TRADE, "KRW-NONE")}
    await client.unsubscribe("trade", "KRW-NONE")
    assert await client.ready()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"data_type": "ticker", "categories": "notice"}, "categories= goes with .*announcement"),
        ({"data_type": "ticker", "level": 0}, "level= goes with .*orderbook"),
        ({"data_type": "orderbook", "indicators": RSI}, "'indicator' or 'indicator_signal'"),
        ({"level": 0}, "level= goes with .*, not with None"),
        ({"data_type": "myAsset", "symbols": BTC}, "myAsset has no symbols"),
        ({"data_type": "announcement", "symbols": BTC}, "announcement has no symbols"),
        ({"data_type": "announcement", "categories": "gossip"}, "a category must be"),
        ({"data_type": "orderbook", "level": -1}, "level must be"),
        ({"data_type": "indicator", "indicators": "rsi"}, "an indicator must be"),
        ({"data_type": "indicator", "indicators": []}, "an indicator must be"),
        ({"data_type": "indicator", "indicators": 5}, "an indicator must be"),
        ({"data_type": "1m"}, "unknown data type '1m'"),
        ({"data_type": ["ticker"]}, "unknown data type"),
        ({"symbols": 5}, "symbols must be"),
        ({"callback": "print"}, "callable"),
    ],
)
async def test_what_cannot_be_meant_is_told(
    client: WebSocketClient, manager: WebSocketManager, arguments: Any, message: str
) -> None:
    """Rather than withdrawing nothing, or too much."""
    await client.subscribe_orderbook(BTC)
    with pytest.raises(UsageError, match=message):
        await client.unsubscribe(**arguments)
    assert wanted(manager) == {f"orderbook {BTC}"}
