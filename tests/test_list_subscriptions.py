"""Asking the exchange what it serves: the whole client in virtual time, and on real sockets."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from decimal import Decimal

import pytest

from tests.harness import MARKETS, MemoryExchange, virtual_world
from tests.test_lanes import Scene as Books
from tickwire import (
    DataType,
    Gap,
    Indicator,
    Listing,
    RateLimitTimeout,
    Reconnecting,
    Stream,
    SyncWebSocketClient,
    TransportError,
    UsageError,
    Verification,
    WebSocketClient,
    WebSocketManager,
    WireFormat,
)
from tickwire.exchanges.upbit.rules import WIRE_FORMATS
from tickwire.simulator import Simulator
from tickwire.simulator.switches import Switches
from tickwire.testing import LocalExchange, ManualClock, MemoryNetwork

BTC, ETH, XRP, SOL = MARKETS
TRADE_BTC, TRADE_ETH, TRADE_XRP = (Stream(DataType.TRADE, each) for each in (BTC, ETH, XRP))
AGREED = Verification(frozenset(), frozenset())
RSI = Indicator.rsi(timeframe="15m")


@dataclass
class Scene:
    """A client whose trades of BTC and ETH are live, since a while."""

    clock: ManualClock
    network: MemoryNetwork
    exchange: MemoryExchange
    manager: WebSocketManager
    client: WebSocketClient

    @property
    def messages(self) -> list[frozenset[Stream]]:
        return self.exchange.messages

    async def answer(self, work: "asyncio.Task[Verification]") -> Verification:
        await self.clock.advance(0.2)
        return await work

    def verify(self) -> "asyncio.Task[Verification]":
        return asyncio.ensure_future(self.client.verify_subscriptions())


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    clock, network = ManualClock(), MemoryNetwork()
    exchange = MemoryExchange(clock, network)
    async with (
        # Of the exchange's limits nothing is kept back.
        WebSocketManager(world=virtual_world(clock, network), strategy="aggressive") as manager,
        WebSocketClient("client", manager=manager) as client,
    ):
        await client.subscribe_trade([BTC, ETH], lambda event: None)
        await clock.advance(2.0)
        assert await client.ready(0)
        yield Scene(clock, network, exchange, manager, client)


async def test_the_exchange_says_what_it_serves(scene: Scene) -> None:
    """One message, in the format of the streams, with a ticket of its own."""
    asked = asyncio.ensure_future(scene.client.list_subscriptions())
    await scene.clock.advance(0.1)
    assert await asked == (Listing("public", frozenset({TRADE_BTC, TRADE_ETH})),)
    (question,) = scene.exchange.inquiries
    assert question[1:] == [{"method": "LIST_SUBSCRIPTIONS"}, {"format": "DEFAULT"}]
    assert question[0]["ticket"] != json.loads(scene.network.last.sent[0])[0]["ticket"]
    lane = scene.manager.statistics().lanes[0]
    assert (lane.messages_sent, lane.inquiries, lane.mismatches) == (1, 1, 0)
    assert scene.manager.get_rate_limiter_status()["stats"]["total_messages"] == 2


async def test_a_wish_just_made_is_in_the_answer(scene: Scene) -> None:
    """The question waits for the message that is about to go."""
    await scene.client.subscribe_trade(XRP, lambda event: None)
    asked = asyncio.ensure_future(scene.client.list_subscriptions())
    await scene.clock.advance(0.3)
    (listing,) = await asked
    assert listing.streams == {TRADE_BTC, TRADE_ETH, TRADE_XRP}


async def test_without_a_connection_nothing_is_served() -> None:
    """Nobody is asked, and nothing waits."""
    clock, network = ManualClock(), MemoryNetwork()
    async with WebSocketManager(world=virtual_world(clock, network)) as manager:
        assert await manager.list_subscriptions() == ()
        assert await manager.verify_subscriptions() == AGREED


async def test_an_answer_that_never_comes_is_a_timeout(scene: Scene) -> None:
    """After three seconds; the streams have nothing to do with it."""
    scene.exchange.answers_inquiries = False
    asked = asyncio.ensure_future(scene.client.list_subscriptions())
    await scene.clock.advance(2.9)
    assert not asked.done()
    await scene.clock.advance(0.2)
    with pytest.raises(TimeoutError, match="LIST_SUBSCRIPTIONS within 3 s"):
        await asked
    assert scene.exchange.emit(TRADE_BTC)
    assert scene.exchange.is_connected


async def test_a_minute_that_is_used_up_leaves_no_room(scene: Scene) -> None:
    """What has no slot within 15 s is not asked; the subscription message waits for its own."""
    late = asyncio.ensure_future(scene.client.list_subscriptions())
    await scene.clock.advance(0.35)
    while late.done():
        await late
        late = asyncio.ensure_future(scene.client.list_subscriptions())
        await scene.clock.advance(0.35)
    asked = len(scene.exchange.inquiries)
    assert asked > 60
    await scene.client.subscribe_trade(XRP, lambda event: None)
    await scene.clock.advance(15.0)
    with pytest.raises(RateLimitTimeout):
        await late
    await scene.clock.advance(60.0)
    assert scene.messages[-1] == {TRADE_BTC, TRADE_ETH, TRADE_XRP}
    assert len(scene.exchange.inquiries) == asked


async def test_a_loss_ends_the_wait(scene: Scene) -> None:
    """The one who asked hears of it at once."""
    scene.exchange.answers_inquiries = False
    asked = asyncio.ensure_future(scene.client.list_subscriptions())
    await scene.clock.advance(0.1)
    scene.network.last.lose("reset by peer")
    await scene.clock.advance(0.0)
    with pytest.raises(TransportError, match="reset by peer"):
        await asked


async def test_a_question_nobody_waits_for_is_not_asked(scene: Scene) -> None:
    """To be cancelled takes it back."""
    await scene.client.subscribe_trade(XRP, lambda event: None)
    asked = asyncio.ensure_future(scene.client.list_subscriptions())
    await scene.clock.advance(0.05)
    asked.cancel()
    await scene.clock.advance(1.0)
    assert scene.exchange.inquiries == []


async def test_to_stop_ends_the_wait(scene: Scene) -> None:
    """Whoever still waits is told; who asks later is told to make another one."""
    scene.exchange.answers_inquiries = False
    asked = asyncio.ensure_future(scene.client.list_subscriptions())
    await scene.clock.advance(0.1)
    await scene.manager.stop()
    with pytest.raises(TransportError, match="closed"):
        await asked
    for ask in (scene.client, scene.manager):
        with pytest.raises(UsageError):
            await ask.list_subscriptions()
        with pytest.raises(UsageError):
            await ask.verify_subscriptions()


# --- verification -----------------------------------------------------------------------------


async def test_what_agrees_is_left_alone(scene: Scene) -> None:
    """One question, and no message."""
    assert await scene.answer(scene.verify()) == AGREED
    await scene.clock.advance(5.0)
    assert len(scene.messages) == 1


async def test_what_the_exchange_has_dropped_is_asked_for_again(scene: Scene) -> None:
    """Reported, counted, and flowing again after one message."""
    scene.exchange.live -= {TRADE_ETH}
    assert await scene.answer(scene.verify()) == Verification(frozenset({TRADE_ETH}), frozenset())
    assert scene.messages[1:] == [{TRADE_BTC, TRADE_ETH}]
    assert await scene.answer(scene.verify()) == AGREED
    assert scene.exchange.emit(TRADE_ETH)
    assert scene.manager.statistics().lanes[0].mismatches == 1
    assert len(scene.messages) == 2


async def test_what_nobody_asked_for_is_taken_back(scene: Scene) -> None:
    """The whole set once more, without it."""
    scene.exchange.live |= {TRADE_XRP}
    assert await scene.answer(scene.verify()) == Verification(frozenset(), frozenset({TRADE_XRP}))
    assert scene.messages[1:] == [{TRADE_BTC, TRADE_ETH}]


async def test_what_waits_for_a_connection_is_unverified(scene: Scene) -> None:
    """Nobody can be asked, so nothing is proved; once it is back, all is."""
    scene.network.failures = [TransportError("no route")] * 2
    scene.network.last.lose("reset by peer")
    await scene.clock.settle()
    found = await scene.client.verify_subscriptions()
    assert found == Verification(frozenset(), frozenset(), frozenset({TRADE_BTC, TRADE_ETH}))
    assert not found
    await scene.clock.advance(30.0)
    assert await scene.answer(scene.verify()) == AGREED


async def test_what_is_just_being_connected_is_unverified() -> None:
    """The exchange has not heard of it."""
    clock, network = ManualClock(), MemoryNetwork()
    MemoryExchange(clock, network)
    async with (
        WebSocketManager(world=virtual_world(clock, network)) as manager,
        WebSocketClient("client", manager=manager) as client,
    ):
        await client.subscribe_trade(BTC)
        assert (await client.verify_subscriptions()).unverified == {TRADE_BTC}
        await clock.advance(1.0)
        verifying = asyncio.ensure_future(client.verify_subscriptions())
        await clock.advance(1.0)
        assert await verifying


async def test_a_connection_lost_after_its_answer_serves_nothing() -> None:
    """While another one is waited for; that one says what it serves."""
    scene = Books()
    async with scene.manager, scene.client("one") as one, scene.client("other") as other:
        await one.subscribe_orderbook(BTC)
        await other.subscribe_orderbook(BTC, level=10_000)
        await scene.run(1.0)
        verifying = asyncio.ensure_future(one.verify_subscriptions())
        await scene.clock.advance(0.1)
        for transport, level in zip(scene.network.transports, (0, 10_000), strict=True):
            ticket = json.loads(transport.sent[-1])[0]["ticket"]
            result = [{"type": "orderbook", "codes": [BTC], "level": level}]
            reply = {"method": "LIST_SUBSCRIPTIONS", "result": result, "ticket": ticket}
            transport.deliver(json.dumps(reply))
            await scene.clock.settle()
            if not level:
                scene.network.failures = [TransportError("no route")]
                transport.lose("reset by peer")
        lost = frozenset({Stream(DataType.ORDERBOOK, BTC)})
        assert await verifying == Verification(frozenset(), frozenset(), lost)


async def test_an_exchange_that_does_not_learn_is_left(scene: Scene) -> None:
    """Two messages, then another connection, which begins with nothing held against it."""
    for repairs in range(3):
        scene.exchange.live -= {TRADE_ETH}
        assert not await scene.answer(scene.verify())
        await scene.clock.advance(2.0)
        assert len(scene.network.transports) == (2 if repairs == 2 else 1)
    assert not scene.network.transports[0].is_open
    await scene.clock.advance(1.0)
    assert await scene.answer(scene.verify()) == AGREED


# --- on real sockets --------------------------------------------------------------------------


@pytest.mark.parametrize("wire_format", WIRE_FORMATS)
async def test_the_listing_is_what_the_exchange_holds(wire_format: WireFormat) -> None:
    """All three doors, in every format; the streams go on in it, without a break or a breach."""
    async with (
        Simulator(seed=3, markets=20, keys={"ACCESS": "secret-" * 10}) as exchange,
        WebSocketManager(
            websocket_base_url=exchange.websocket_base_url,
            access_key="ACCESS",
            secret_key="secret-" * 10,
            wire_format=wire_format,
        ) as manager,
        WebSocketClient("client", manager=manager) as client,
    ):
        await client.subscribe_ticker([BTC, ETH])
        await client.subscribe_orderbook(BTC, level=10_000)
        await client.subscribe_my_order()
        await client.subscribe_my_asset()
        await client.subscribe_announcement("notice")
        await client.subscribe_indicator(BTC, RSI)
        assert await client.ready(10)
        listings = await client.list_subscriptions()
        assert {each.endpoint: each.streams for each in listings} == {
            "public": {
                Stream(DataType.TICKER, BTC),
                Stream(DataType.TICKER, ETH),
                Stream(DataType.ORDERBOOK, BTC, Decimal(10_000)),
            },
            "private": {
                Stream(DataType.MY_ORDER),
                Stream(DataType.MY_ASSET),
                Stream(DataType.ANNOUNCEMENT),
            },
            "info": {Stream(DataType.INDICATOR, BTC, indicator=RSI)},
        }
        assert await client.verify_subscriptions()
        seen = 0
        async for event in client.stream(control=True):
            assert not isinstance(event, Gap | Reconnecting)
            seen += 1
            if seen == 10:
                break
        assert manager.statistics().delivery.undecodable == 0
        report = exchange.stats()
        assert [len(each["messages"]) for each in report["connections"]] == [3, 3, 3]
        assert not any(report["totals"]["breaches"].values())


@pytest.mark.parametrize(
    "switches",
    [
        Switches(list_wrapping=True, batched_lists=True),
        Switches(listed_suffixes=False, listed_flags=True),
        Switches(listed_snapshots=False),
    ],
)
async def test_however_a_listing_is_written_it_agrees(switches: Switches) -> None:
    """What nobody knows of Upbit's answer makes no difference; nor does a market not there."""
    async with (
        Simulator(seed=3, markets=20, switches=switches) as exchange,
        WebSocketManager(
            websocket_base_url=exchange.websocket_base_url, wire_format="SIMPLE_LIST"
        ) as manager,
        WebSocketClient("client", manager=manager) as client,
    ):
        await client.subscribe_trade([BTC, ETH, "KRW-NOTHING"])
        await client.subscribe_orderbook(BTC)
        await client.ready(1)
        await client.subscribe_ticker(XRP)
        assert await client.verify_subscriptions() == AGREED
        assert manager.statistics().lanes[0].mismatches == 0


async def test_every_connection_is_asked() -> None:
    """Two groupings of one book need two, and each answers for itself."""
    books = [Stream(DataType.ORDERBOOK, BTC, Decimal(level)) for level in (0, 10_000)]
    async with (
        Simulator(seed=3, markets=5) as exchange,
        WebSocketClient("client", websocket_base_url=exchange.websocket_base_url) as client,
    ):
        for book in books:
            await client.subscribe_orderbook(BTC, level=book.level)
        assert await client.ready(10)
        listings = await client.list_subscriptions()
        assert listings == tuple(Listing("public", frozenset({book})) for book in books)
        assert await client.verify_subscriptions() == AGREED


def test_the_client_without_await_asks_as_well() -> None:
    """The same calls."""
    with (
        LocalExchange(seed=3, markets=5) as exchange,
        SyncWebSocketClient("prices", websocket_base_url=exchange.websocket_base_url) as client,
    ):
        client.subscribe_ticker(BTC)
        assert client.ready()
        (listing,) = client.list_subscriptions()
        assert listing.streams == {Stream(DataType.TICKER, BTC)}
        assert client.verify_subscriptions()
