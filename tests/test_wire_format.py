"""How messages are written changes the bytes and nothing else."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.harness import MemoryExchange, trade_frame, virtual_world
from tests.simulator.desk import StillClock
from tickwire import (
    BaseWebSocketEvent,
    SubscriptionSpec,
    TradeEvent,
    UsageError,
    WebSocketClient,
    WebSocketManager,
    WireFormat,
)
from tickwire.exchanges.upbit.rules import MARKET_TYPES, WIRE_FORMATS
from tickwire.simulator import Simulator
from tickwire.testing import ManualClock, MemoryNetwork


async def events_in(wire_format: WireFormat) -> AsyncIterator[BaseWebSocketEvent]:
    """The first event of every market type, from an exchange that says the same each time."""
    async with (
        Simulator(seed=11, markets=3, clock=StillClock()) as exchange,
        WebSocketClient(
            "reader", websocket_base_url=exchange.websocket_base_url, wire_format=wire_format
        ) as client,
    ):
        for data_type in sorted(MARKET_TYPES):
            await client.subscribe(SubscriptionSpec(data_type, exchange.codes))
        assert await client.ready(10)
        for data_type in sorted(MARKET_TYPES):
            for symbol in exchange.codes:
                event = client.latest(data_type, symbol)
                assert event is not None
                yield event


async def test_events_are_equal_whatever_the_format() -> None:
    """The bytes differ, the events do not."""
    told = {form: [event async for event in events_in(form)] for form in WIRE_FORMATS}
    assert len(told["DEFAULT"]) == 3 * len(MARKET_TYPES)
    assert all(events == told["DEFAULT"] for events in told.values())
    begins = {form: events[0].raw[:6] for form, events in told.items()}
    assert begins["DEFAULT"] == begins["JSON_LIST"] == '{"type'
    assert begins["SIMPLE"] == begins["SIMPLE_LIST"] == '{"ty":'


async def test_several_messages_in_one_list_are_all_delivered() -> None:
    """In their order, whether the stream was live before or not, and beside lists of one."""
    clock, network = ManualClock(), MemoryNetwork()
    MemoryExchange(clock, network)
    got: list[TradeEvent] = []
    async with (
        WebSocketManager(world=virtual_world(clock, network), wire_format="JSON_LIST") as manager,
        WebSocketClient("client", manager=manager) as client,
    ):
        await client.subscribe_trade(["KRW-BTC", "KRW-ETH"], got.append)
        await clock.advance(1.0)
        got.clear()
        frames = [trade_frame(f"KRW-{base}", 50 + n) for n, base in enumerate(["BTC", "ETH"] * 3)]
        network.last.deliver(f"[{frames[0]}]", f"[{','.join(frames[1:5])}]", f"[{frames[5]}]", "[]")
    assert [event.sequential_id for event in got] == [50, 51, 52, 53, 54, 55]
    assert [event.raw for event in got] == frames


async def test_all_who_share_agree_on_the_format() -> None:
    """A connection has one; who names another one is told which."""
    address = "ws://127.0.0.1:1"
    first = WebSocketClient("first", websocket_base_url=address, wire_format="SIMPLE")
    same = WebSocketClient("same", websocket_base_url=address, wire_format="SIMPLE")
    other = WebSocketClient("other", websocket_base_url=address)
    async with first, same:
        with pytest.raises(UsageError, match="wire_format='SIMPLE'; pass the same"):
            await other.subscribe_ticker("KRW-BTC")


async def test_a_given_manager_has_its_format() -> None:
    """It cannot be named a second time, nor be one that there is not."""
    manager = WebSocketManager(wire_format="SIMPLE_LIST")
    with pytest.raises(UsageError, match="either manager= or wire_format="):
        WebSocketClient("c", manager=manager, wire_format="SIMPLE_LIST")
    wrong: Any = "short"
    for make in (WebSocketManager, lambda **options: WebSocketClient("c", **options)):
        with pytest.raises(UsageError, match="unknown wire_format 'short'"):
            make(wire_format=wrong)
