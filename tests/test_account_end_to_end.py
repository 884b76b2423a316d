"""An account on the local exchange, on real sockets: orders, balances, news, indicators.

The order is placed over REST with a token made by PyJWT; what the streams tell must add up to
what REST says afterwards.
"""

import asyncio
import hashlib
import uuid
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import aiohttp
import jwt
import pytest

from tickwire import (
    AnnouncementEvent,
    Indicator,
    IndicatorEvent,
    MyAssetEvent,
    MyOrderEvent,
    WebSocketClient,
    WebSocketManager,
    WireFormat,
)
from tickwire.exchanges.upbit.rules import WIRE_FORMATS
from tickwire.simulator import Simulator
from tickwire.world import SystemClock

ACCESS, SECRET = "alice-key", "alice-secret-which-is-long-enough-for-hs512-" + "x" * 40


class BeforeTheClose(SystemClock):
    """The time of day, moved to two seconds before a candle of five minutes closes."""

    def __init__(self) -> None:
        super().__init__()
        span = 300 * 10**9
        self._ahead = span - 2 * 10**9 - super().wall_ns() % span

    def wall_ns(self) -> int:
        return super().wall_ns() + self._ahead


async def call(
    exchange: Simulator, method: str, path: str, body: Mapping[str, str] | None = None
) -> Any:
    """A REST call with a token, as the official SDK makes them."""
    claims = {"access_key": ACCESS, "nonce": str(uuid.uuid4())}
    if body:
        query = "&".join(f"{name}={value}" for name, value in body.items())
        claims["query_hash"] = hashlib.sha512(query.encode()).hexdigest()
        claims["query_hash_alg"] = "SHA512"
    token = jwt.encode(claims, SECRET, algorithm="HS512")
    headers = {"Authorization": f"Bearer {token}"}
    async with (
        aiohttp.ClientSession() as web,
        web.request(method, exchange.base_url + path, json=body, headers=headers) as answer,
    ):
        assert answer.status in (200, 201), await answer.text()
        return await answer.json()


async def until(condition: Callable[[], bool]) -> None:
    """Wait for what has to happen within 20 seconds."""
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("wire_format", WIRE_FORMATS)
async def test_an_order_is_told_from_the_book_to_the_balance(wire_format: WireFormat) -> None:
    """Placed, filled, done; the assets told add up to the accounts; the same in every format."""
    orders: list[MyOrderEvent] = []
    assets: list[MyAssetEvent] = []
    async with (
        Simulator(seed=3, markets=5, keys={ACCESS: SECRET}) as exchange,
        WebSocketManager(
            websocket_base_url=exchange.websocket_base_url,
            wire_format=wire_format,
            access_key=ACCESS,
            secret_key=SECRET,
        ) as manager,
        WebSocketClient("alice", manager=manager) as client,
    ):
        await client.subscribe_my_order(None, orders.append)
        await client.subscribe_my_asset(assets.append)
        assert await client.ready(10)
        placed = await call(
            exchange,
            "POST",
            "/v1/orders",
            {"market": "KRW-BTC", "side": "bid", "ord_type": "price", "price": "1000000"},
        )
        await until(lambda: bool(orders) and orders[-1].state in ("done", "cancel"))
        told = {order.uuid for order in orders}
        fills = [order for order in orders if order.state == "trade"]
        assert told == {placed["uuid"]}
        assert len(fills) == orders[-1].trades_count > 0
        assert sum(fill.volume or 0 for fill in fills) == orders[-1].executed_volume
        assert {order.symbol for order in orders} == {"KRW-BTC"}
        assert all(type(fill.trade_fee) is Decimal for fill in fills)

        balances = {each.currency: each for event in assets for each in event.assets}
        accounts = await call(exchange, "GET", "/v1/accounts")
        assert balances.keys() == {"KRW", "BTC"}
        for account in accounts:
            if account["currency"] in balances:
                asset = balances[account["currency"]]
                assert asset.balance == Decimal(account["balance"])
                assert asset.locked == Decimal(account["locked"])
        assert client.latest("myAsset") == assets[-1]
        figures = manager.statistics().delivery
        assert (figures.undecodable, figures.unreadable, figures.unknown) == (0, 0, 0)


async def test_news_and_indicators_arrive_typed() -> None:
    """An announcement with its text, and the figures of a candle that has closed."""
    news: list[AnnouncementEvent] = []
    figures: list[IndicatorEvent] = []
    rsi = Indicator.rsi(timeframe="5m")
    async with (
        Simulator(seed=3, markets=5, keys={ACCESS: SECRET}, clock=BeforeTheClose()) as exchange,
        WebSocketClient(
            "alice",
            websocket_base_url=exchange.websocket_base_url,
            access_key=ACCESS,
            secret_key=SECRET,
        ) as client,
    ):
        await client.subscribe_announcement(["notice"], news.append, include_body=True)
        await client.subscribe_indicator("KRW-BTC", rsi, figures.append)
        assert await client.ready(10)
        exchange.announce("점검 안내", "maintenance", "not wanted")
        exchange.announce("새 소식", "notice", "## 내용")
        await until(lambda: bool(news) and bool(figures))
        assert [(each.title, each.category, each.body) for each in news] == [
            ("새 소식", "notice", "## 내용")
        ]
        assert figures[0].params == {"period": 14}
        assert 0 <= figures[0].value["rsi"] <= 100
        assert figures[0].stream.indicator == rsi
