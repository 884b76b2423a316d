"""Streams of an account, news and indicators in virtual time: confirmed, routed, batched."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.exchanges.upbit.reference import DEFAULT, SIMPLE, altered
from tests.harness import trade_frame, virtual_world
from tickwire import (
    AnnouncementEvent,
    ControlEvent,
    DataType,
    Indicator,
    IndicatorEvent,
    MyAssetEvent,
    MyOrderEvent,
    RawEvent,
    Reconnecting,
    Refused,
    Rejected,
    Restored,
    Stream,
    SubscriptionSpec,
    UsageError,
    WebSocketClient,
    WebSocketManager,
)
from tickwire.testing import ManualClock, MemoryNetwork, MemoryTransport

ORDER, ASSET, NEWS = DEFAULT["myOrder"], DEFAULT["myAsset"], DEFAULT["announcement"]
ETH_ORDER = altered(ORDER, "code", '"KRW-ETH"')
RSI = Indicator.rsi(timeframe="15m", period=14)


@dataclass
class Scene:
    """A manager with keys, and a network whose other end is played by hand."""

    clock: ManualClock
    network: MemoryNetwork
    manager: WebSocketManager

    def client(self, name: str = "client") -> WebSocketClient:
        return WebSocketClient(name, manager=self.manager)

    def connection(self, endpoint: str) -> MemoryTransport:
        """The newest connection to an endpoint."""
        return [each for each in self.network.transports if each.url.endswith(endpoint)][-1]

    def asked(self, endpoint: str) -> list[Any]:
        """The type objects of the last message there."""
        objects: list[Any] = json.loads(self.connection(endpoint).sent[-1])
        return objects[1:-1]

    @property
    def alive(self) -> int:
        """Streams that are confirmed."""
        return sum(lane.alive for lane in self.manager.statistics().lanes)

    async def tell(self, *frames: str, endpoint: str = "/private") -> None:
        """Let the exchange say this, as one read."""
        self.connection(endpoint).deliver(*frames)
        await self.clock.settle()


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    clock, network = ManualClock(), MemoryNetwork()
    world = virtual_world(clock, network)
    keys = {"access_key": "access", "secret_key": "s" * 64}
    async with WebSocketManager(world=world, **keys) as manager:  # type: ignore[arg-type]
        yield Scene(clock, network, manager)


# --- what is confirmed ------------------------------------------------------------------------


async def test_ready_takes_a_second_without_objection(scene: Scene) -> None:
    """Nothing has happened, so nothing has come; everything is confirmed all the same."""
    async with scene.client() as client:
        await client.subscribe_my_order()
        await client.subscribe_my_asset()
        await client.subscribe_announcement()
        await client.subscribe_indicator("KRW-BTC", RSI)
        waiting = asyncio.ensure_future(client.ready(None))
        await scene.clock.advance(1.05)
        assert not waiting.done()
        await scene.clock.advance(0.1)
        assert waiting.done()
        assert len((await waiting).confirmed) == 4
        # Silence is no reason to look anything up, or to ask again.
        await scene.clock.advance(300.0)
        assert len(scene.connection("/private").sent) == len(scene.connection("/info").sent) == 1


async def test_the_first_event_confirms_at_once(scene: Scene) -> None:
    """Of any market for the orders of all."""
    async with scene.client() as client:
        await client.subscribe_my_order()
        await scene.clock.advance(0.2)
        assert scene.alive == 0
        await scene.tell(ORDER)
        assert scene.alive == 1
        assert await client.ready(None)


async def test_a_refused_request_confirms_nothing(scene: Scene) -> None:
    """After an error the exchange closes, sooner or later; until then nothing is confirmed."""
    told: list[ControlEvent] = []

    class Owner:
        def handle_control(self, event: ControlEvent) -> None:
            told.append(event)

    owner = Owner()
    await scene.manager.register_component("owner", owner, [SubscriptionSpec("myOrder")])
    await scene.clock.advance(0.2)
    await scene.tell('{"error":{"name":"INVALID_PARAM","message":"no"}}')
    await scene.clock.advance(5.0)
    assert scene.alive == 0
    assert [type(each) for each in told] == [Refused]


async def test_restored_does_not_wait_for_events(scene: Scene) -> None:
    """A second after the message went out again, with nothing missing."""
    async with scene.client() as client:
        await client.subscribe_my_order(["KRW-BTC"])
        await scene.clock.advance(2.0)
        told = client.stream(control=True)
        waiting = asyncio.ensure_future(anext(told))
        await scene.clock.settle()
        scene.connection("/private").lose()
        await scene.clock.settle()
        assert isinstance(await waiting, Reconnecting)
        await scene.clock.advance(1.2)
        restored = await anext(told)
        assert isinstance(restored, Restored)
        assert (restored.confirmed, restored.missing) == (1, ())


async def test_an_unknown_market_of_orders_is_not_rejected_for_silence(scene: Scene) -> None:
    """Nobody knows from silence alone that a market does not exist."""
    told: list[ControlEvent] = []

    class Owner:
        def handle_control(self, event: ControlEvent) -> None:
            told.append(event)

    owner = Owner()
    wishes = [SubscriptionSpec("myOrder", "KRW-NONE"), SubscriptionSpec("ticker", "KRW-NONE")]
    await scene.manager.register_component("owner", owner, wishes)
    await scene.clock.advance(10.0)
    [rejected] = told
    assert isinstance(rejected, Rejected)
    assert rejected.stream.type == DataType.TICKER


# --- where events go --------------------------------------------------------------------------


async def test_an_event_reaches_the_exact_stream_and_the_wider_one(scene: Scene) -> None:
    """Each component hears what it has asked for."""
    everything: list[MyOrderEvent] = []
    bitcoin: list[MyOrderEvent] = []
    async with scene.client("all") as one, scene.client("btc") as other:
        await one.subscribe_my_order(None, everything.append)
        await other.subscribe_my_order("KRW-BTC", bitcoin.append)
        await scene.clock.advance(0.2)
        assert scene.asked("/private") == [{"type": "myOrder"}]
        await scene.tell(ORDER, ETH_ORDER)
        assert [event.symbol for event in everything] == ["KRW-BTC", "KRW-ETH"]
        assert [event.symbol for event in bitcoin] == ["KRW-BTC"]
        assert everything[0] is bitcoin[0]
        assert everything[0].stream == Stream(DataType.MY_ORDER, "KRW-BTC")
        assert one.latest("myOrder") == everything[1]
        assert other.latest("myOrder", "krw-btc") == bitcoin[0]
        figures = scene.manager.statistics().delivery
        assert (figures.messages, figures.events, figures.deliveries) == (2, 2, 3)


async def test_who_asks_both_ways_hears_once(scene: Scene) -> None:
    """By a handler, by a batch or by iteration; two handlers hear once each."""
    first: list[Any] = []
    second: list[Any] = []
    batched: list[Any] = []
    async with scene.client() as client:
        for symbols in (None, ["KRW-BTC"]):
            await client.subscribe_my_order(symbols)
            await client.subscribe_my_order(symbols, first.append)
            await client.subscribe_my_order(symbols, batched.append, batch=True)
        await client.subscribe_my_order("KRW-BTC", second.append)
        await scene.clock.advance(0.2)
        await scene.tell(ORDER)
        assert (len(first), len(second), [len(each) for each in batched]) == (1, 1, [1])
        iterated = client.stream()
        assert await anext(iterated) == first[0]
        more = asyncio.ensure_future(anext(iterated))
        await scene.clock.settle()
        assert not more.done()
        more.cancel()


async def test_withdrawing_one_of_two_ways_leaves_the_other(scene: Scene) -> None:
    """The market goes, the whole stays, and the other way round."""
    got: list[MyOrderEvent] = []
    async with scene.client() as client:
        await client.subscribe_my_order(None, got.append)
        await client.subscribe_my_order("KRW-BTC", got.append)
        await scene.clock.advance(0.2)
        await client.unsubscribe("myOrder", "KRW-BTC")
        await scene.tell(ORDER)
        assert len(got) == 1
        await client.subscribe_my_order("KRW-BTC", got.append)
        await client.unsubscribe("myOrder")
        await scene.tell(ORDER)
        assert len(got) == 1


async def test_announcements_by_category(scene: Scene) -> None:
    """One request for everybody; each hears its categories, and the text comes if one wants it."""
    got: dict[str, list[AnnouncementEvent]] = {"all": [], "maintenance": [], "trade": []}
    async with scene.client("a") as a, scene.client("b") as b, scene.client("c") as c:
        await a.subscribe_announcement(None, got["all"].append)
        await b.subscribe_announcement("maintenance", got["maintenance"].append, include_body=True)
        await c.subscribe_announcement(["trade"], got["trade"].append)
        await scene.clock.advance(0.2)
        assert scene.asked("/private") == [{"type": "announcement", "include_body": True}]
        await scene.tell(SIMPLE["announcement"])
        assert [len(each) for each in got.values()] == [1, 1, 0]
        assert got["maintenance"][0].body == "## 점검 안내\n- 시작 14:00"
        assert a.latest("announcement") == got["all"][0]
        await b.unsubscribe("announcement", categories="maintenance")
        await a.unsubscribe("announcement")
        await scene.clock.advance(1.0)
        assert scene.asked("/private") == [{"type": "announcement", "categories": ["trade"]}]


async def test_indicators_reach_who_asked_for_these_parameters(scene: Scene) -> None:
    """Type, market, length of candles and parameters all count."""
    bands = Indicator.bollinger_bands(timeframe="15m", period=20, multiplier=2)
    got: list[IndicatorEvent] = []
    others: list[IndicatorEvent] = []
    async with scene.client() as client:
        await client.subscribe_indicator(["KRW-BTC", "KRW-ETH"], [bands], got.append)
        await client.subscribe_indicator(
            "KRW-BTC", [RSI, Indicator.rsi(timeframe="60m")], others.append
        )
        await scene.clock.advance(0.2)
        await scene.tell(DEFAULT["indicator"], endpoint="/info")
        assert len(got) == 1
        assert others == []
        await scene.tell(SIMPLE["indicator"], endpoint="/info")
        assert [event.stream.indicator for event in others] == [RSI]
        assert client.latest("indicator", "KRW-BTC", indicator=bands) == got[0]
        await client.unsubscribe("indicator", indicators=bands)
        await scene.clock.advance(1.0)
        assert [each["timeframe"] for each in scene.asked("/info")] == ["15m", "60m"]


async def test_a_hundred_and_one_combinations_need_two_connections(scene: Scene) -> None:
    """The exchange closes a connection with more than a hundred."""
    symbols = [f"KRW-X{number}" for number in range(51)]
    async with scene.client() as client:
        await client.subscribe_indicator(symbols, [RSI, Indicator.macd(timeframe="15m")])
        await scene.clock.advance(2.0)
        counts = [
            sum(len(o["codes"]) * len(o["indicators"]) for o in json.loads(each.sent[-1])[1:-1])
            for each in scene.network.transports
        ]
        assert sorted(counts) == [2, 100]


async def test_assets_have_no_market(scene: Scene) -> None:
    """Balances come to everybody who asked; the newest is at hand."""
    got: list[MyAssetEvent] = []
    async with scene.client() as client:
        await client.subscribe_my_asset(got.append)
        await scene.clock.advance(0.2)
        assert scene.asked("/private") == [{"type": "myAsset"}]
        await scene.tell(ASSET)
        assert (got[0].symbol, got[0].assets[0].currency) == ("", "KRW")
        assert client.latest("myAsset") == got[0]


async def test_what_happened_is_not_handed_over(scene: Scene) -> None:
    """A newcomer would take an old fill for a new one; `latest` has it for those who ask."""
    got: list[MyOrderEvent] = []
    async with scene.client("first") as first, scene.client("second") as second:
        await first.subscribe_my_order()
        await scene.clock.advance(0.2)
        await scene.tell(ORDER)
        await second.subscribe_my_order(None, got.append)
        assert got == []
        assert second.latest("myOrder") is not None


@pytest.mark.parametrize(
    "frame",
    [
        altered(ORDER, "price", '"dear"'),
        altered(ORDER, "uuid", "null"),
        altered(ASSET, "balance", '"x"'),
        altered(ORDER, "code", "5"),
    ],
)
async def test_what_cannot_be_read_is_counted_and_survived(scene: Scene, frame: str) -> None:
    """Before anybody gets it, whether or not the stream was live."""
    got: list[Any] = []
    async with scene.client() as client:
        await client.subscribe_my_order(None, got.append)
        await client.subscribe_my_asset(got.append)
        await scene.clock.advance(0.2)
        await scene.tell(ORDER, ASSET, frame, ORDER)
        assert len(got) == 3
        figures = scene.manager.statistics().delivery
        assert (figures.undecodable, figures.unreadable) == (1, 0)


# --- types that are not known -----------------------------------------------------------------


async def test_an_unknown_type_reaches_who_asked_for_it(scene: Scene) -> None:
    """By its symbol or all of it; what nobody asked for is counted."""
    some: list[RawEvent] = []
    everything: list[RawEvent] = []
    async with scene.client() as client:
        await client.subscribe_raw("news", "KRW-BTC", some.append)
        await scene.clock.advance(0.2)
        assert scene.asked("/v1") == [{"type": "news", "codes": ["KRW-BTC"]}]
        await scene.tell(
            '{"type":"news","code":"KRW-BTC","x":1}',
            '{"type":"news","code":"KRW-ETH","x":2}',
            '{"type":"gossip"}',
            endpoint="/v1",
        )
        await client.subscribe_raw("whale", None, everything.append)
        await scene.clock.advance(0.2)
        assert scene.asked("/v1") == [{"type": "whale"}]
        await scene.tell('[{"ty":"whale","cd":"KRW-ETH","x":3}]', endpoint="/v1")
        assert [event.extra for event in some] == [{"x": 1}]
        assert [event.extra for event in everything] == [{"x": 3}]
        assert scene.manager.statistics().delivery.unknown == 2
        assert scene.alive == 2


async def test_an_unknown_type_takes_nobody_down(scene: Scene) -> None:
    """The exchange refuses it and hangs up, again and again; on a connection of its own."""
    prices: list[Any] = []
    async with scene.client() as client:
        await client.subscribe_trade("KRW-BTC", prices.append)
        await client.subscribe_raw("tradee", "KRW-BTC", print)
        await scene.clock.advance(0.2)
        good, bad = scene.network.transports
        assert json.loads(good.sent[-1])[1:-1] == [{"type": "trade", "codes": ["KRW-BTC"]}]
        refused = '{"error":{"name":"INVALID_PARAM","message":"tradee"}}'
        for _ in range(3):
            bad.deliver(refused)
            bad.lose("closed by the exchange", 1000)
            await scene.clock.advance(4.0)
            bad = scene.network.transports[-1]
            assert json.loads(bad.sent[-1])[1:-1] == [{"type": "tradee", "codes": ["KRW-BTC"]}]
        assert good.is_open
        good.deliver(trade_frame("KRW-BTC", 1))
        assert len(prices) == 1
        explained = str(client.explain())
        assert "trade KRW-BTC is on lane 1 and cannot share a connection with it" in explained


# --- batches ----------------------------------------------------------------------------------


class Batched:
    """A component that takes lists of events, and hears of control events between them."""

    def __init__(self) -> None:
        self.heard: list[Any] = []

    def handle_events(self, events: list[Any]) -> None:
        self.heard.append([event.symbol or event.type for event in events])

    def handle_event(self, event: Any) -> None:
        raise AssertionError("handle_events takes its place")

    def handle_control(self, event: ControlEvent) -> None:
        self.heard.append(type(event).__name__)


async def test_what_comes_together_is_handled_together(scene: Scene) -> None:
    """Of whatever streams and types; a control event has its place between."""
    component = Batched()
    wishes = [SubscriptionSpec("myOrder"), SubscriptionSpec("myAsset")]
    await scene.manager.register_component("batched", component, wishes)
    await scene.clock.advance(2.0)
    await scene.tell(ORDER, ASSET, ETH_ORDER)
    await scene.tell(ASSET, '{"error":{"name":"NO_TYPE","message":"m"}}')
    assert component.heard == [["KRW-BTC", "myAsset", "KRW-ETH"], ["myAsset"], "Refused"]


async def test_an_asynchronous_batch_takes_what_has_piled_up(scene: Scene) -> None:
    """One at a time, each with all that came meanwhile; nothing is lost."""
    batches: list[list[str]] = []

    async def slow(events: list[MyOrderEvent]) -> None:
        batches.append([event.symbol for event in events])
        await scene.clock.sleep(1.0)

    async with scene.client() as client:
        await client.subscribe_my_order(None, slow, batch=True)
        await scene.clock.advance(0.2)
        await scene.tell(ORDER)
        for _ in range(3):
            await scene.tell(ORDER, ETH_ORDER)
        await scene.clock.advance(5.0)
        assert batches == [["KRW-BTC"], ["KRW-BTC", "KRW-ETH"] * 3]
        assert scene.manager.statistics().components["client"].pending == 0


async def test_a_batch_can_be_given_to_register_component(scene: Scene) -> None:
    """As a handler of the component's own choice."""
    got: list[list[Any]] = []
    await scene.manager.register_component(
        "c", None, [SubscriptionSpec("myOrder")], handler=got.append, batch=True
    )
    await scene.clock.advance(0.2)
    await scene.tell(ORDER, ETH_ORDER)
    assert [len(each) for each in got] == [2]


async def test_a_batch_needs_somebody_to_take_it(scene: Scene) -> None:
    """Iteration gives one event at a time."""
    async with scene.client() as client:
        with pytest.raises(UsageError, match="batch=True needs a callback"):
            await client.subscribe(SubscriptionSpec("myOrder"), batch=True)
    with pytest.raises(UsageError, match="batch=True needs a handler"):
        await scene.manager.register_component("c", None, [SubscriptionSpec("myOrder")], batch=True)
