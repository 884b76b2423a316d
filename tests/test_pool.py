"""The pull model: what is kept, for whom, how old it is, and what is missing from it."""

import gc
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.harness import MARKETS, MemoryExchange, virtual_world
from tickwire import (
    AuthenticationError,
    CandleEvent,
    DataPoolManager,
    DataType,
    Gap,
    History,
    ProtocolError,
    Stream,
    TradeEvent,
    UsageError,
    WebSocketClient,
    WebSocketManager,
)
from tickwire.exchanges.upbit import Upbit
from tickwire.history import Recent
from tickwire.simulator import Simulator
from tickwire.testing import ManualClock, MemoryNetwork

BTC, ETH, XRP, SOL = MARKETS


@dataclass
class Scene:
    """An exchange in memory and a pool of five events a stream."""

    clock: ManualClock
    network: MemoryNetwork
    exchange: MemoryExchange
    manager: WebSocketManager
    pool: DataPoolManager

    def emit(self, symbol: str, times: int = 1, kind: DataType = DataType.TRADE) -> None:
        for _ in range(times):
            assert self.exchange.emit(Stream(kind, symbol))

    @property
    def streams(self) -> set[tuple[str, str]]:
        """What the exchange was asked for last."""
        return {(str(stream.type), stream.symbol) for stream in self.exchange.live}


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    clock, network = ManualClock(), MemoryNetwork()
    exchange = MemoryExchange(clock, network)
    async with (
        WebSocketManager(world=virtual_world(clock, network)) as manager,
        DataPoolManager("pool", manager=manager, events_per_stream=5) as pool,
    ):
        yield Scene(clock, network, exchange, manager, pool)


def ids(history: Any) -> list[int]:
    return [event.sequential_id for event in history]


# --- reading ----------------------------------------------------------------------------------


async def test_the_latest_event_and_the_ones_before_it(scene: Scene) -> None:
    """Before the first event there is nothing; then the newest, and a history, oldest first."""
    pool = scene.pool
    await pool.register_client_interest("chart", "trade", BTC)
    assert pool.get_latest_data("trade", BTC) is None
    assert len(pool.get_data_history("trade", BTC)) == 0
    assert pool.age("trade", BTC) is None
    await scene.clock.advance(1.0)
    scene.emit(BTC, 2)
    latest = pool.get_latest_data(DataType.TRADE, "krw-btc")
    assert isinstance(latest, TradeEvent)
    assert latest.sequential_id == 3
    assert ids(pool.get_data_history("trade", BTC)) == [1, 2, 3]
    assert ids(pool.get_data_history("trade", BTC, limit=2)) == [2, 3]
    assert ids(pool.get_data_history("trade", BTC, 99)) == [1, 2, 3]


async def test_memory_is_bounded(scene: Scene) -> None:
    """Of each stream the newest are kept, each stream by itself."""
    await scene.pool.register_client_interest("chart", ["trade"], [BTC, ETH])
    await scene.clock.advance(1.0)
    scene.emit(BTC, 100)
    assert ids(scene.pool.get_data_history("trade", BTC)) == [98, 99, 100, 101, 102]
    assert ids(scene.pool.get_data_history("trade", ETH)) == [2]
    assert repr(scene.pool) == "<DataPoolManager 'pool': 1 clients, 2 streams, 6 events>"


async def test_a_history_does_not_change_afterwards(scene: Scene) -> None:
    """What was asked for stays as it was, slices included."""
    await scene.pool.register_client_interest("chart", "trade", BTC)
    await scene.clock.advance(1.0)
    scene.emit(BTC, 3)
    history = scene.pool.get_data_history("trade", BTC)
    scene.emit(BTC, 5)
    assert ids(history) == [1, 2, 3, 4]
    assert isinstance(history[1:], History)
    assert ids(history[1:]) == [2, 3, 4]
    assert repr(history) == "<History of trade KRW-BTC: 4 events, 0 gaps>"


async def test_reading_does_not_make_data_younger(scene: Scene) -> None:
    """The age grows with time alone, and starts anew with the next event."""
    pool = scene.pool
    await pool.register_client_interest("chart", "trade", BTC)
    await scene.clock.advance(1.0)
    scene.emit(BTC)
    for seconds in (0, 10, 20):
        assert pool.age("trade", BTC) == pytest.approx(seconds)
        assert pool.get_latest_data("trade", BTC) is pool.get_data_history("trade", BTC)[-1]
        assert pool.age("trade", BTC) == pytest.approx(seconds)
        await scene.clock.advance(10.0)
    scene.emit(BTC)
    assert pool.age("trade", BTC) == 0


async def test_a_handed_over_event_is_as_old_as_it_is(scene: Scene) -> None:
    """A pool that joins a live stream has its last event at once, with its true age."""
    async with WebSocketClient("other", manager=scene.manager) as other:
        await other.subscribe_trade(BTC)
        await scene.clock.advance(1.0)
        scene.emit(BTC)
        await scene.clock.advance(2.0)
        await scene.pool.register_client_interest("chart", "trade", BTC)
        latest = scene.pool.get_latest_data("trade", BTC)
        assert latest is not None
        assert latest.handed_over
        assert scene.pool.age("trade", BTC) == pytest.approx(2.0)


# --- interests --------------------------------------------------------------------------------


async def test_interests_of_a_client_add_up_and_those_of_two_merge(scene: Scene) -> None:
    """The exchange is asked for the union; each event is kept once."""
    pool = scene.pool
    await pool.register_client_interest("chart", "trade", BTC)
    await pool.register_client_interest("chart", ["orderbook"], [ETH])
    await pool.register_client_interest("alerts", ["trade"], [BTC, XRP])
    await scene.clock.advance(1.0)
    assert scene.streams == {("trade", BTC), ("trade", XRP), ("orderbook", ETH)}
    assert ids(pool.get_data_history("trade", BTC)) == [2]
    assert await pool.ready(0)
    assert scene.manager.statistics().components["pool"].streams == 3


async def test_a_stream_lives_as_long_as_somebody_is_interested(scene: Scene) -> None:
    """The last client to go takes the stream and its history along."""
    pool = scene.pool
    await pool.register_client_interest("chart", ["trade", "orderbook"], BTC)
    await pool.register_client_interest("alerts", "trade", BTC)
    await scene.clock.advance(1.0)
    scene.emit(BTC)
    await pool.unregister_client_interest("chart")
    await scene.clock.advance(1.0)
    assert scene.streams == {("trade", BTC)}
    assert len(pool.get_data_history("trade", BTC)) == 2
    with pytest.raises(UsageError, match="nobody is interested in orderbook KRW-BTC"):
        pool.get_latest_data("orderbook", BTC)
    await pool.unregister_client_interest("alerts")
    await pool.unregister_client_interest("never seen")
    with pytest.raises(UsageError, match="nobody is interested"):
        pool.get_latest_data("trade", BTC)
    await pool.register_client_interest("alerts", "trade", BTC)
    [begin] = pool.get_data_history("trade", BTC)
    assert begin.handed_over, "the connection still carries it"


async def test_groupings_of_a_book_are_streams_of_their_own(scene: Scene) -> None:
    """A level is part of what is asked for, and of what is read."""
    pool = scene.pool
    await pool.register_client_interest("chart", "orderbook", BTC, level=10_000)
    assert pool.get_latest_data("orderbook", BTC, level="10000") is None
    with pytest.raises(UsageError, match="nobody is interested"):
        pool.get_latest_data("orderbook", BTC)
    with pytest.raises(UsageError, match="level groups"):
        await pool.register_client_interest("chart", ["orderbook", "trade"], BTC, level=10_000)


async def test_a_whole_market(scene: Scene) -> None:
    """A quote currency stands for every symbol of it, for every type named."""
    await scene.pool.register_client_interest("all", iter(["trade", "orderbook"]), iter(["KRW"]))
    await scene.clock.advance(1.0)
    assert scene.streams == {(kind, code) for kind in ("trade", "orderbook") for code in MARKETS}


async def test_a_market_that_does_not_exist_is_told_to_who_reads_it(scene: Scene) -> None:
    """Nobody waits for data that will never come; what is right goes on."""
    pool = scene.pool
    await pool.register_client_interest("chart", "trade", [BTC, "KRW-BTX"])
    await scene.clock.advance(10.0)
    with pytest.raises(UsageError, match="no market KRW-BTX; did you mean KRW-BTC"):
        pool.get_latest_data("trade", "KRW-BTX")
    assert pool.get_latest_data("trade", BTC) is not None
    # It may be listed one day, so asking again is asking again.
    await pool.register_client_interest("chart", "trade", "KRW-BTX")
    assert pool.get_latest_data("trade", "KRW-BTX") is None
    await scene.clock.advance(1.0)
    assert ("trade", "KRW-BTX") in scene.streams


async def test_what_has_no_symbols(scene: Scene) -> None:
    """Your assets and orders are asked for, and read, without any."""
    world = virtual_world(scene.clock, scene.network)
    async with (
        WebSocketManager(access_key="a" * 40, secret_key="s" * 40, world=world) as manager,
        DataPoolManager("account", manager=manager) as pool,
    ):
        await pool.register_client_interest("bot", ["myAsset", "myOrder"])
        assert pool.get_latest_data("myAsset") is None
        assert len(pool.get_data_history("myOrder", limit=5)) == 0
        with pytest.raises(UsageError, match="nobody is interested in myOrder KRW-BTC"):
            pool.age("myOrder", BTC)
    with pytest.raises(AuthenticationError):
        await scene.pool.register_client_interest("bot", "myAsset")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((" ", "trade", BTC), "a client id must be text"),
        (("chart", [], BTC), "no data types given"),
        (("chart", "trades", BTC), "unknown data type 'trades'"),
        (("chart", "trade", []), "no symbols given"),
        (("chart", "trade", "BTC/KRW"), "Upbit writes 'KRW-BTC'"),
        (("chart", None, BTC), "data types must be"),
        (("chart", "trade", 5), "symbols must be"),
        (("chart", "trade"), "symbols"),
    ],
)
async def test_bad_interests_are_told_at_the_call(
    scene: Scene, arguments: tuple[Any, ...], told: str
) -> None:
    """And nothing is recorded of them."""
    with pytest.raises(UsageError, match=told):
        await scene.pool.register_client_interest(*arguments)
    assert "0 clients, 0 streams" in repr(scene.pool)


@pytest.mark.parametrize("number", [0, -1, True, 1.5, "3"])
async def test_bad_limits_are_told_at_the_call(scene: Scene, number: Any) -> None:
    """A limit is a whole number of events."""
    await scene.pool.register_client_interest("chart", "trade", BTC)
    with pytest.raises(UsageError, match="limit must be a whole number from 1 up"):
        scene.pool.get_data_history("trade", BTC, number)
    with pytest.raises(UsageError, match="events_per_stream must be"):
        DataPoolManager("other", events_per_stream=number)


# --- what is missing --------------------------------------------------------------------------


async def test_an_interruption_shows_in_the_history(scene: Scene) -> None:
    """The gap stands before the first event after it, and goes when that event goes."""
    pool = scene.pool
    await pool.register_client_interest("chart", "trade", [BTC, ETH])
    await scene.clock.advance(1.0)
    scene.emit(BTC)
    before = pool.get_latest_data("trade", BTC)
    scene.network.last.lose()
    await scene.clock.advance(5.0)
    history = pool.get_data_history("trade", BTC)
    [gap] = history.gaps
    assert isinstance(gap, Gap)
    assert gap.last_before is before
    assert gap.first_after is history[-1]
    assert len(history) == 3
    assert history[:-1].gaps == ()
    scene.emit(BTC, 5)
    assert pool.get_data_history("trade", BTC).gaps == ()
    assert len(pool.get_data_history("trade", ETH).gaps) == 1


def candle(start: str, price: int) -> CandleEvent:
    return CandleEvent(type="candle.1m", symbol=BTC, candle_date_time_utc=start, trade_price=price)


def test_a_candle_is_kept_once_in_its_last_state() -> None:
    """Whether it is the newest or comes late; one older than all that are kept is not."""
    recent = Recent(Stream(DataType.CANDLE_1M, BTC), 3)

    def kept() -> list[tuple[str, int]]:
        return [
            (event.candle_date_time_utc[-5:], int(event.trade_price))
            for event in recent.history()
            if isinstance(event, CandleEvent)
        ]

    for minute, price in ((1, 10), (1, 11), (2, 20), (4, 40), (2, 21), (4, 41), (3, 30)):
        recent.keep(candle(f"2026-01-01T00:0{minute}:00", price))
    assert kept() == [("02:00", 21), ("03:00", 30), ("04:00", 41)]
    recent.keep(candle("2026-01-01T00:01:00", 12))
    assert kept() == [("02:00", 21), ("03:00", 30), ("04:00", 41)]


def test_a_gap_before_a_candle_outlives_its_updates() -> None:
    """It stands before the candle, whichever of its states is kept."""
    stream = Stream(DataType.CANDLE_1M, BTC)
    recent = Recent(stream, 3)
    first, second = candle("2026-01-01T00:01:00", 1), candle("2026-01-01T00:02:00", 2)
    recent.keep(first)
    gap = Gap(stream, first, second, "cut")
    recent.interrupted(gap)
    recent.keep(second)
    recent.keep(candle("2026-01-01T00:02:00", 3))
    recent.keep(candle("2026-01-01T00:03:00", 3))
    assert recent.history().gaps == (gap,)


def test_a_gap_within_a_candle_is_told_with_it() -> None:
    """The same candle comes back after an interruption: what it is made of may be incomplete."""
    stream = Stream(DataType.CANDLE_1M, BTC)
    recent = Recent(stream, 3)
    first = candle("2026-01-01T00:01:00", 1)
    recent.keep(first)
    gap = Gap(stream, first, first, "cut")
    recent.interrupted(gap)
    recent.keep(candle("2026-01-01T00:01:00", 2))
    recent.keep(candle("2026-01-01T00:02:00", 3))
    assert recent.history()[:1].gaps == (gap,)
    assert recent.history()[1:].gaps == ()


def test_an_unreadable_candle_takes_no_place_and_no_gap() -> None:
    """Without a start it cannot be put anywhere; the next one is kept as if it had not come."""
    stream = Stream(DataType.CANDLE_1M, BTC)
    recent = Recent(stream, 3)
    first, second = candle("2026-01-01T00:01:00", 1), candle("2026-01-01T00:02:00", 2)
    recent.keep(first)
    gap = Gap(stream, first, second, "cut")
    recent.interrupted(gap)
    [event] = Upbit().classify(b'{"type":"candle.1m","code":"KRW-BTC","trade_price":1}')
    with pytest.raises(ProtocolError):
        recent.keep(event)  # type: ignore[arg-type]
    recent.keep(second)
    assert list(recent.history()) == [first, second]
    assert recent.history().gaps == (gap,)


# --- life -------------------------------------------------------------------------------------


async def test_leaving_the_block_withdraws_and_forgets(scene: Scene) -> None:
    """Cleaned up twice is cleaned up; nothing can be asked afterwards."""
    async with DataPoolManager("other", manager=scene.manager) as pool:
        await pool.register_client_interest("chart", "trade", BTC)
        await scene.clock.advance(1.0)
        assert scene.streams == {("trade", BTC)}
    await pool.cleanup()
    assert "other" not in scene.manager.statistics().components
    assert scene.manager.statistics().streams == 0
    with pytest.raises(UsageError, match="nobody is interested"):
        pool.get_latest_data("trade", BTC)
    with pytest.raises(UsageError, match="was cleaned up; make another"):
        await pool.register_client_interest("chart", "trade", BTC)


async def test_a_pool_that_was_cleaned_up_while_a_market_list_was_read(scene: Scene) -> None:
    """The interest comes too late and is told so."""
    pool = DataPoolManager("other", manager=scene.manager)
    registering = pool.register_client_interest("chart", "trade", "KRW")
    fetch = scene.manager._world.fetch

    async def slow(url: str) -> bytes:
        await pool.cleanup()
        return await fetch(url)

    object.__setattr__(scene.manager._world, "fetch", slow)
    with pytest.raises(UsageError, match="was cleaned up"):
        await registering
    assert scene.manager.statistics().streams == 0


async def test_a_forgotten_pool_warns_and_its_wishes_are_gone(scene: Scene) -> None:
    """Like a client, a pool is held weakly by its manager."""
    pool = DataPoolManager("other", manager=scene.manager)
    await pool.register_client_interest("chart", "trade", BTC)
    with pytest.warns(ResourceWarning, match="pool 'other' was collected while open"):
        del pool
        gc.collect()
    await scene.clock.settle()
    assert scene.manager.statistics().streams == 0


async def test_on_the_local_exchange() -> None:
    """All types at once; the pool needs one connection, shared with a client."""
    kinds = ["ticker", "trade", "orderbook", "candle.1s"]
    async with (
        Simulator(seed=3, markets=20) as exchange,
        WebSocketManager(websocket_base_url=exchange.websocket_base_url) as manager,
        DataPoolManager("pool", manager=manager) as pool,
        WebSocketClient("watch", manager=manager) as client,
    ):
        await pool.register_client_interest("chart", kinds, exchange.codes)
        assert await pool.ready()
        for kind in kinds:
            for code in exchange.codes:
                latest = pool.get_latest_data(kind, code)
                assert latest is not None
                assert (latest.type, latest.symbol) == (kind, code)
                age = pool.age(kind, code)
                assert age is not None
                assert 0 <= age < 60
        await client.subscribe_ticker("KRW-BTC")
        async for event in client:
            if not event.handed_over:
                break
        # One read may have brought two of them, of which the client has taken the first.
        assert event in pool.get_data_history("ticker", "KRW-BTC", limit=3)
        assert len(exchange.stats()["connections"]) == 1
