"""Compression is on unless it is refused, and who shares a connection agrees on it."""

import pytest

from tests.harness import MemoryExchange, virtual_world
from tickwire import SubscriptionSpec, UsageError, WebSocketClient, WebSocketManager
from tickwire.shared import get_global_websocket_manager, shared_manager
from tickwire.simulator import Simulator
from tickwire.testing import ManualClock, MemoryNetwork


@pytest.mark.parametrize("compression", [True, False])
async def test_data_comes_either_way(compression: bool) -> None:
    """The local exchange compresses for those who offer it."""
    async with Simulator() as exchange:
        async with WebSocketClient(
            "prices",
            websocket_base_url=exchange.websocket_base_url,
            base_url=exchange.base_url,
            compression=compression,
        ) as client:
            await client.subscribe_orderbook(["KRW-BTC", "KRW-ETH"])
            assert await client.ready(10)
        await shared_manager(
            websocket_base_url=exchange.websocket_base_url, base_url=exchange.base_url
        )().stop()


@pytest.mark.parametrize("compression", [True, False])
async def test_the_choice_reaches_every_connection(compression: bool) -> None:
    """The first one and those after a loss."""
    clock, network = ManualClock(), MemoryNetwork()
    MemoryExchange(clock, network)
    manager = WebSocketManager(world=virtual_world(clock, network), compression=compression)
    async with manager:
        await manager.register_component("one", [SubscriptionSpec("trade", "KRW-BTC")])
        await clock.advance(5)
        network.last.lose()
        await clock.advance(5)
        assert [each.compression for each in network.transports] == [compression] * 2


@pytest.mark.parametrize("first", [True, False])
async def test_who_shares_must_agree(first: bool) -> None:
    """One connection cannot be both; who does not care takes what is there."""
    url = "ws://127.0.0.1:9"
    manager = shared_manager(websocket_base_url=url, compression=first)()
    assert shared_manager(websocket_base_url=url, compression=first)() is manager
    assert shared_manager(websocket_base_url=url)() is manager
    client = WebSocketClient("other", websocket_base_url=url, compression=not first)
    with pytest.raises(UsageError, match=f"{url} are shared .* compression={first}"):
        await client.subscribe_trade("KRW-BTC")
    await manager.stop()


async def test_a_manager_has_chosen_already() -> None:
    """A client that brings its manager cannot choose again."""
    manager = WebSocketManager()
    with pytest.raises(UsageError, match="not both"):
        WebSocketClient("one", manager=manager, compression=False)
    assert manager.compression
    assert (await get_global_websocket_manager()).compression
