"""`explain` of a whole client: who else wants a stream, what carries it, and what it waits for."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.harness import MemoryExchange, virtual_world
from tests.test_lanes import Scene as Books
from tickwire import (
    Conflict,
    DataType,
    Stream,
    SubscriptionSpec,
    Terms,
    TransportError,
    UsageError,
    WaitsFor,
    WebSocketClient,
    WebSocketManager,
)
from tickwire.testing import ManualClock, MemoryNetwork, MemoryTransport

BTC, ETH = "KRW-BTC", "KRW-ETH"


class Scene:
    """A manager in front of an exchange in memory."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.network = MemoryNetwork()
        self.exchange = MemoryExchange(self.clock, self.network)
        self.manager = WebSocketManager(world=virtual_world(self.clock, self.network))


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    scene = Scene()
    async with scene.manager:
        yield scene


async def test_it_tells_the_way_of_a_stream_from_wish_to_data(scene: Scene) -> None:
    """First what it waits for, then which message asked for it and when data came."""
    async with WebSocketClient("chart", manager=scene.manager) as chart:
        await chart.subscribe_trade(BTC)
        await scene.manager.register_component("bot", [SubscriptionSpec("trade", [BTC, ETH])])
        await scene.clock.settle()
        [told] = chart.explain().streams
        assert told.also_wanted_by == ("bot",)
        assert (told.endpoint, told.lane, told.carried.epoch) == ("public", 1, 1)
        assert told.carried.wait is not None
        assert told.carried.wait.reason is WaitsFor.DEBOUNCE
        await scene.clock.advance(1.1)
        carried = chart.explain().streams[0].carried
        assert (carried.message, carried.ticket) == (1, "upbit_websocket_v6_ticket-1")
        assert carried.sent_s == pytest.approx(1.0)
        assert carried.confirmed_s == pytest.approx(0.99)
        assert carried.by_data
        assert str(chart.explain()) == (
            "'chart' wants 1 stream:\n"
            "  trade KRW-BTC\n"
            "    on public lane 1 (active, epoch 1); wanted by bot as well\n"
            "    asked for by message 1 (upbit_websocket_v6_ticket-1) 1.0 s ago; "
            "confirmed 1.0 s ago by its data"
        )


async def test_a_connection_that_is_refused_again_and_again_says_what_for(scene: Scene) -> None:
    """Not only when the next attempt is."""

    def refuse(transport: MemoryTransport) -> None:
        assert open_door is not None
        open_door(transport)
        scene.exchange.refuse_next = "INVALID_PARAM"

    async with WebSocketClient("chart", manager=scene.manager) as chart:
        open_door, scene.network.opened = scene.network.opened, refuse
        await chart.subscribe_trade(BTC)
        await scene.clock.advance(3.0)
        [told] = chart.explain().streams
        assert told.carried.trouble == "INVALID_PARAM: no"
        assert told.carried.epoch > 1
        assert str(chart.explain()).endswith("; lost: INVALID_PARAM: no")
        scene.network.opened = open_door
        await scene.clock.advance(60.0)
        assert "lost" not in str(chart.explain())


async def test_a_stream_that_flowed_a_moment_ago_waits_to_be_asked_for_again(scene: Scene) -> None:
    """It was asked for, and the connection that it was on is gone."""
    async with WebSocketClient("chart", manager=scene.manager) as chart:
        await chart.subscribe_trade(BTC)
        await scene.clock.advance(1.0)
        scene.network.failures = [TransportError("no route")]
        scene.network.last.lose("reset by peer")
        await scene.clock.settle()
        *_, last = str(chart.explain()).splitlines()
        assert last.startswith("    not asked for again yet; waits for the next attempt to connect")
        assert last.endswith(" s more; lost: no route")


async def test_it_tells_what_is_cut_and_what_is_kept_back(scene: Scene) -> None:
    """One stream on the wire serves all of them, each with its part."""
    wishes: dict[str, dict[str, Any]] = {
        "narrow": {"depth": 1},
        "wide": {"depth": 15},
        "late": {"depth": 5, "is_only_realtime": True},
        "once": {"is_only_snapshot": True, "depth": 5},
    }
    scene.network.opened = None  # nobody answers, so the snapshot stays wanted
    for name, options in wishes.items():
        await scene.manager.register_component(
            name, [SubscriptionSpec("orderbook", BTC, **options)]
        )
    await scene.clock.advance(1.0)
    told = {name: scene.manager.explain(name).streams[0] for name in wishes}
    assert {each.asked for each in told.values()} == {Terms(15)}
    assert {name: each.terms for name, each in told.items()} == {
        name: Terms(**options) for name, options in wishes.items()
    }
    assert {name: each.part for name, each in told.items()} == {
        "narrow": "1 level, cut from 15",
        "wide": "15 levels",
        "late": "realtime only, the snapshot kept back; 5 levels, cut from 15",
        "once": "snapshot only, the rest kept back; 5 levels, cut from 15",
    }


async def test_a_snapshot_alone_is_told_to_have_been_asked_for(scene: Scene) -> None:
    """It waits for its data, not for a message."""
    scene.network.opened = None
    spec = SubscriptionSpec("trade", BTC, is_only_snapshot=True)
    await scene.manager.register_component("once", [spec])
    await scene.clock.advance(1.0)
    assert str(scene.manager.explain("once")) == (
        "'once' wants 1 stream:\n"
        "  trade KRW-BTC (snapshot only)\n"
        "    on public lane 1 (active, epoch 1)\n"
        "    asked for by message 1 (upbit_websocket_v6_ticket-1) 0.9 s ago; "
        "waits for its first data, since 0.9 s"
    )


async def test_of_several_handlers_each_part_is_wanted(scene: Scene) -> None:
    """A component gets what all of its handlers get together."""
    async with WebSocketClient("chart", manager=scene.manager) as chart:
        await chart.subscribe_trade(BTC, lambda event: None, is_only_realtime=True)
        assert chart.explain().streams[0].terms == Terms(is_only_realtime=True)
        await chart.subscribe_trade(BTC, is_only_snapshot=True)
        assert chart.explain().streams[0].terms == Terms()


async def test_a_component_is_named_by_its_id_or_by_itself(scene: Scene) -> None:
    """And whoever is not here is an error that names those who are."""
    client = WebSocketClient("chart", manager=scene.manager)
    assert str(client.explain()) == "'chart' wants nothing"
    await client.subscribe_trade(BTC)
    assert scene.manager.explain(client) == scene.manager.explain("chart") == client.explain()
    with pytest.raises(UsageError, match="no component 'bot' here; there are: chart"):
        scene.manager.explain("bot")
    await client.disconnect()
    assert not client.explain().streams
    with pytest.raises(UsageError, match="there are: none"):
        scene.manager.explain(client)


async def test_two_levels_of_a_book_are_told_to_conflict() -> None:
    """The second lane is there because of the first one's level."""
    scene = Books()
    async with scene.manager, scene.client("one") as one, scene.client("other") as other:
        await one.subscribe_orderbook(BTC)
        await other.subscribe_orderbook([BTC, ETH], level=10_000)
        await scene.run(1.0)
        [fine] = one.explain().streams
        assert (fine.lane, fine.conflicts) == (1, ())
        coarse, without = other.explain().streams
        assert (coarse.lane, coarse.conflicts) == (2, (Conflict(1, fine.stream),))
        assert (without.lane, without.conflicts) == (1, ())
        assert (
            "lane 2 (active, epoch 1), because orderbook KRW-BTC is on lane 1 and cannot share a "
            "connection with it"
        ) in str(other.explain())


async def test_a_lane_that_only_goes_on_is_no_conflict() -> None:
    """The first lane is free again; the stream is on the second because it flows there."""
    scene = Books()
    async with scene.manager, scene.client("one") as one, scene.client("other") as other:
        await one.subscribe_orderbook(BTC)
        await other.subscribe_orderbook(BTC, level=10_000)
        await scene.run(1.0)
        await one.unsubscribe("orderbook")
        await other.unsubscribe("orderbook")
        await other.subscribe_orderbook(BTC, level=10_000)
        [told] = other.explain().streams
        assert (told.lane, told.conflicts) == (2, ())


async def test_whom_it_names(scene: Scene) -> None:
    """Everybody else who wants the stream, by their ids, in order."""
    for name in ("c", "a", "b"):
        await scene.manager.register_component(name, [SubscriptionSpec("trade", [BTC])])
    await scene.manager.register_component("d", [SubscriptionSpec("trade", [ETH])])
    [told] = scene.manager.explain("b").streams
    assert told.stream == Stream(DataType.TRADE, BTC)
    assert told.also_wanted_by == ("a", "c")


async def test_a_plan_tells_what_would_be_sent_and_how_little_that_is(scene: Scene) -> None:
    """Twelve components want one market each: one message, and it was the only one."""
    codes = [f"KRW-{number:02}" for number in range(12)]
    for code in codes:
        await scene.manager.register_component(code, [SubscriptionSpec("trade", [code])])
    await scene.clock.advance(1.0)
    plan = scene.manager.plan()
    [message] = plan.messages
    assert (message.endpoint, message.lane) == ("public", 1)
    assert [stream.symbol for stream in message.streams] == codes
    assert (plan.traffic.messages, plan.naive.messages, plan.sent.messages) == (1, 12, 1)
    assert plan.naive.named == sum(range(1, 13))
    assert plan.sent.bytes == len(scene.network.last.sent[0])
    assert plan.efficiency == pytest.approx(1.0, abs=0.2)  # tickets are shorter here
    assert 0.0 < plan.naive_efficiency < plan.efficiency


async def test_a_plan_has_a_message_for_each_connection() -> None:
    """What conflicts cannot be said in one."""
    scene = Books()
    async with scene.manager, scene.client("one") as one, scene.client("other") as other:
        await one.subscribe_orderbook(BTC)
        await other.subscribe_orderbook(BTC, level=10_000)
        await scene.run(1.0)
        assert [each.lane for each in scene.manager.plan().messages] == [1, 2]
        await one.unsubscribe("orderbook")
        plan = scene.manager.plan()
        assert [each.lane for each in plan.messages] == [2]
        assert plan.efficiency < 0.5
