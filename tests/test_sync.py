"""The client without `await`, against the local exchange on real sockets."""

import asyncio
import gc
import inspect
import json
import logging
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest

from tests.recordings import UPBIT_2021, recording, recording_path
from tickwire import (
    BaseWebSocketEvent,
    DataType,
    Gap,
    Lagged,
    Reconnecting,
    Restored,
    SubscriptionSpec,
    SyncWebSocketClient,
    TickerEvent,
    UsageError,
    WebSocketClient,
    WebSocketManager,
)
from tickwire.background import shared_background
from tickwire.delivery import overflow
from tickwire.errors import SlowConsumer
from tickwire.testing import LocalExchange

SECONDS = 20.0
"""More than anything here takes; who waits so long has failed."""


@pytest.fixture
def exchange() -> Iterator[LocalExchange]:
    with LocalExchange(seed=3, markets=20) as running:
        yield running


@pytest.fixture
def client(exchange: LocalExchange) -> Iterator[SyncWebSocketClient]:
    with SyncWebSocketClient("client", websocket_base_url=exchange.websocket_base_url) as made:
        yield made


def another(exchange: LocalExchange, name: str) -> SyncWebSocketClient:
    return SyncWebSocketClient(name, websocket_base_url=exchange.websocket_base_url)


def in_thread(function: Callable[[], Any]) -> "Future[Any]":
    """Run something beside the test, and return once it runs."""
    outcome: Future[Any] = Future()

    def run() -> None:
        try:
            outcome.set_result(function())
        except BaseException as error:
            outcome.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return outcome


def until_taking(client: SyncWebSocketClient) -> None:
    """Return once another thread waits for an event of the client, in the background as well."""

    async def is_waiting() -> bool:
        component = client._client._component
        return component is not None and component.stream_inbox._wakeup is not None

    while not shared_background().run(is_waiting(), SECONDS):
        pass


def inbox_figures(client: SyncWebSocketClient) -> Any:
    async def read() -> Any:
        component = client._client._component
        assert component is not None
        return component.stream_inbox.statistics()

    return shared_background().run(read(), SECONDS)


# --- the same calls ---------------------------------------------------------------------------


def test_it_has_all_that_the_client_has() -> None:
    """The same names and arguments; `get` besides, and the manager's figures for the manager."""
    public = {name for name in dir(WebSocketClient) if not name.startswith("_")} - {"manager"}
    ours = {name for name in dir(SyncWebSocketClient) if not name.startswith("_")}
    assert ours == public | {"get", "statistics", "get_rate_limiter_status", "plan"}
    for name in public:
        method = getattr(SyncWebSocketClient, name)
        assert parameters(method) == parameters(getattr(WebSocketClient, name)), name
        assert not inspect.iscoroutinefunction(method)
    assert parameters(SyncWebSocketClient.__init__) == [
        each for each in parameters(WebSocketClient.__init__) if each.name != "manager"
    ]


def parameters(function: Any) -> list[inspect.Parameter]:
    return list(inspect.signature(function).parameters.values())


def test_the_figures_of_the_manager(exchange: LocalExchange, client: SyncWebSocketClient) -> None:
    """Of all clients that share the connections, from any thread."""
    client.subscribe_ticker("KRW-BTC")
    with another(exchange, "other") as other:
        other.subscribe_trade("KRW-BTC")
        client.ready()
        other.ready()
        assert set(client.statistics().components) == {"client", "other"}
        assert client.statistics().streams == 2
        assert client.get_rate_limiter_status()["stats"]["connections"] == 1
        assert client.plan().messages == other.plan().messages


def test_get_gives_one_event_after_the_other(client: SyncWebSocketClient) -> None:
    """Typed and exact, as the wire has them."""
    client.subscribe_ticker(["KRW-BTC", "KRW-ETH"])
    seen: set[str] = set()
    while seen != {"KRW-BTC", "KRW-ETH"}:
        event = client.get(timeout=SECONDS)
        assert isinstance(event, TickerEvent)
        wire = json.loads(event.raw, parse_float=Decimal, parse_int=Decimal)
        assert event.trade_price == wire["trade_price"]
        seen.add(event.symbol)


def test_every_way_to_subscribe(client: SyncWebSocketClient) -> None:
    """Each type arrives, and `unsubscribe` withdraws one of them."""
    client.subscribe_ticker("KRW-BTC")
    client.subscribe_trade("KRW-BTC")
    client.subscribe_orderbook("KRW-BTC", level=0)
    client.subscribe_candle("KRW-BTC", unit="1s")
    client.subscribe(SubscriptionSpec("candle.1m", "KRW-BTC"))
    readiness = client.ready()
    assert readiness
    assert {str(stream.type) for stream in readiness.confirmed} == {
        "ticker",
        "trade",
        "orderbook",
        "candle.1s",
        "candle.1m",
    }
    client.unsubscribe("trade", ["KRW-BTC"])
    client.unsubscribe(DataType.CANDLE_1M)
    assert len(client.ready().confirmed) == 3


def test_iteration_ends_with_disconnect(exchange: LocalExchange) -> None:
    """Whoever iterates stops when another thread says so, after what has come already."""
    client = another(exchange, "iterated")
    client.subscribe_ticker(exchange.codes)
    client.ready()
    exchange.hush()

    def iterate() -> int:
        return sum(1 for _ in client)

    counting = in_thread(iterate)
    until_taking(client)
    client.disconnect()
    client.disconnect()
    assert counting.result(SECONDS) >= len(exchange.codes)
    with pytest.raises(UsageError, match="was disconnected"):
        client.get(timeout=0)
    with pytest.raises(UsageError, match="was disconnected"):
        client.subscribe_ticker("KRW-BTC")
    assert "disconnected" in repr(client)


def test_a_waiting_get_hears_of_disconnect(
    exchange: LocalExchange, client: SyncWebSocketClient
) -> None:
    """It does not wait for ever for what nobody sends."""
    waiting = in_thread(client.get)
    until_taking(client)
    client.disconnect()
    with pytest.raises(UsageError, match="client 'client' was disconnected"):
        waiting.result(SECONDS)


def test_a_wait_in_vain_is_warned_of(
    client: SyncWebSocketClient, caplog: pytest.LogCaptureFixture
) -> None:
    """Once, and only if it would have no end."""
    client.subscribe_ticker("KRW-BTC", lambda event: None)
    with pytest.raises(TimeoutError):
        client.get(timeout=0.01)
    assert "without a callback" not in caplog.text
    for wait in (client.get, lambda: next(iter(client))):
        waiting = in_thread(wait)
        until_taking(client)
        assert caplog.text.count("without a callback") == 1
        client.subscribe_ticker("KRW-BTC")
        assert waiting.result(SECONDS).symbol == "KRW-BTC"
        client.unsubscribe()


def test_latest_is_had_without_waiting(client: SyncWebSocketClient) -> None:
    """Also in a callback, where nothing may wait."""
    heard: Future[Any] = Future()

    def callback(event: TickerEvent) -> None:
        latest = client.latest("ticker", event.symbol)
        if latest is not None and not heard.done():
            heard.set_result(latest)

    assert client.latest("ticker", "KRW-BTC") is None
    client.subscribe_ticker("KRW-BTC", callback)
    assert heard.result(SECONDS).symbol == "KRW-BTC"
    assert client.latest("ticker", "krw-btc") is not None


def test_callbacks_plain_and_asynchronous(client: SyncWebSocketClient) -> None:
    """They run in the background thread, and their events are not taken by `get`."""
    plain: Future[str] = Future()
    awaited: Future[str] = Future()

    def hear(event: TickerEvent) -> None:
        if not plain.done():
            plain.set_result(threading.current_thread().name)

    async def hear_too(event: Any) -> None:
        await asyncio.sleep(0)
        if not awaited.done():
            awaited.set_result(threading.current_thread().name)

    client.subscribe_ticker("KRW-BTC", hear)
    client.subscribe_orderbook("KRW-BTC", hear_too)
    assert plain.result(SECONDS) == awaited.result(SECONDS) == "tickwire: background"
    with pytest.raises(TimeoutError):
        client.get(timeout=0)


def test_a_callback_cannot_wait_for_the_background(
    client: SyncWebSocketClient, caplog: pytest.LogCaptureFixture
) -> None:
    """It would wait for itself; it is told so instead."""
    told: Future[BaseException] = Future()

    def callback(event: TickerEvent) -> None:
        if not told.done():
            try:
                client.get(timeout=1)
            except BaseException as error:
                told.set_result(error)

    client.subscribe_ticker("KRW-BTC", callback)
    error = told.result(SECONDS)
    assert isinstance(error, UsageError)
    assert "call this from another thread" in str(error)


def test_control_events_come_in_their_place(
    exchange: LocalExchange, client: SyncWebSocketClient
) -> None:
    """A cut is told between the data, across calls that time out."""
    client.subscribe_trade("KRW-BTC")
    client.get(timeout=SECONDS, control=True)
    exchange.drop()
    told: list[type] = []
    while Restored not in told:
        try:
            told.append(type(client.get(timeout=0.01, control=True)))
        except TimeoutError:
            continue
    told = [kind for kind in told if kind in (Reconnecting, Gap, Restored)]
    assert told == [Reconnecting, Gap, Restored]
    for event in client.stream(control=False):
        assert isinstance(event, BaseWebSocketEvent)
        break


# --- nothing is lost --------------------------------------------------------------------------


def test_the_recording_arrives_whole_across_timeouts() -> None:
    """Every trade once and in order, although most calls give up at once."""
    tape = [(json.loads(each.raw), each.raw) for each in recording(UPBIT_2021)]
    frames = [raw for message, raw in tape if message["ty"] == "trade"]
    codes = sorted({message["cd"] for message, _ in tape if message["ty"] == "trade"})
    received: list[str] = []
    timeouts = 0
    with (
        LocalExchange(tape=recording_path(UPBIT_2021), speed=100) as exchange,
        another(exchange, "all") as client,
    ):
        client.subscribe_trade(codes)
        while len(received) < len(frames):
            try:
                received.append(client.get(timeout=0.0001 * (timeouts % 10)).raw)
            except TimeoutError:
                timeouts += 1
    assert received == frames
    assert timeouts > len(frames) > 50


def test_a_slow_consumer_gets_the_newest_and_is_told_what_it_missed() -> None:
    """The inbox stays the only buffer: trades up to its limit, of tickers the newest."""
    with (
        LocalExchange(seed=3, markets=50, rate=100) as exchange,
        another(exchange, "slow") as slow,
        another(exchange, "fast") as fast,
    ):
        fast.subscribe_trade(exchange.codes)
        slow.subscribe_trade(exchange.codes)
        slow.subscribe_ticker(exchange.codes)
        slow.get(timeout=SECONDS, control=True)
        while inbox_figures(slow).dropped == 0:
            fast.get(timeout=SECONDS)
        exchange.hush()
        slow.unsubscribe("trade")
        slow.unsubscribe("ticker")
        first = slow.get(timeout=SECONDS, control=True)
        assert isinstance(first, Lagged)
        assert first.type == "trade"
        rest: list[Any] = []
        while inbox_figures(slow).pending:
            rest.append(slow.get(timeout=SECONDS, control=True))
        figures = inbox_figures(slow)
        dropped = first.dropped + sum(e.dropped for e in rest if isinstance(e, Lagged))
        assert dropped == figures.dropped > 0
        assert figures.put == figures.taken + figures.conflated + figures.dropped
        tickers = [each for each in rest if isinstance(each, TickerEvent)]
        assert figures.conflated > len(tickers) > 0


def test_a_consumer_beyond_help_is_told(
    client: SyncWebSocketClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`SlowConsumer` comes out of `get` after what had been kept."""
    monkeypatch.setitem(overflow.OVERFLOW, "ticker", overflow.NeverDrop(limit=3))
    client.subscribe_ticker("KRW")

    async def has_ended() -> bool:
        component = client._client._component
        return component is not None and component.stream_inbox._ended is not None

    while not shared_background().run(has_ended(), SECONDS):
        pass
    with pytest.raises(SlowConsumer, match="'client'"):
        while True:
            assert isinstance(client.get(timeout=SECONDS), TickerEvent)


# --- threads ----------------------------------------------------------------------------------


def test_clients_of_all_threads_share_one_connection(exchange: LocalExchange) -> None:
    """One background, one manager: what they want is merged."""

    def work(number: int) -> str:
        with another(exchange, f"client {number}") as client:
            client.subscribe_ticker(exchange.codes[number])
            together.wait(SECONDS)
            return client.get(timeout=SECONDS).symbol

    together = threading.Barrier(8)
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(work, range(8))) == list(exchange.codes[:8])
    assert len(exchange.stats()["connections"]) == 1


def test_one_thread_at_a_time_takes_events(
    exchange: LocalExchange, client: SyncWebSocketClient
) -> None:
    """Two would tear the order apart."""
    waiting = in_thread(client.get)
    until_taking(client)
    with pytest.raises(UsageError, match="another thread takes events"):
        client.get()
    client.subscribe_ticker("KRW-BTC")
    assert waiting.result(SECONDS).symbol == "KRW-BTC"


async def test_it_works_where_a_loop_runs_already(exchange: LocalExchange) -> None:
    """As in a notebook: the running loop is blocked, and nothing else happens to it."""
    with another(exchange, "cell") as client:
        client.subscribe_ticker("KRW-BTC")
        assert client.get(timeout=SECONDS).symbol == "KRW-BTC"


async def test_the_errors_of_the_other_client_name_this_one() -> None:
    """Whoever has no event loop, or another one, learns what to use."""
    manager = WebSocketManager()
    with pytest.raises(UsageError, match="SyncWebSocketClient"):
        await asyncio.to_thread(manager._tasks.check_loop)
    async with manager:
        with pytest.raises(UsageError, match="SyncWebSocketClient"):
            await asyncio.to_thread(asyncio.run, manager.unregister_component("c"))


# --- errors -----------------------------------------------------------------------------------


@pytest.mark.parametrize("timeout", [-1, float("nan"), "5", 10**400, True])
def test_a_bad_timeout_is_told(client: SyncWebSocketClient, timeout: Any) -> None:
    """Seconds, from 0 up."""
    with pytest.raises(UsageError, match="timeout must be seconds"):
        client.get(timeout=timeout)


def test_errors_of_a_call_come_out_of_it(client: SyncWebSocketClient) -> None:
    """As they would from `await`."""
    with pytest.raises(UsageError, match="Upbit writes 'KRW-BTC'"):
        client.subscribe_ticker("BTC/KRW")
    with pytest.raises(UsageError, match="a callback must be callable"):
        client.subscribe_ticker("KRW-BTC", 5)  # type: ignore[call-overload]
    with pytest.raises(UsageError, match="component id"):
        SyncWebSocketClient(" ")


def test_a_timeout_is_the_ordinary_one(client: SyncWebSocketClient) -> None:
    """And says how long was waited."""
    with pytest.raises(TimeoutError, match=r"nothing within 0\.05 s"):
        client.get(timeout=0.05)


def test_a_failure_in_the_background_reaches_get(
    client: SyncWebSocketClient, caplog: pytest.LogCaptureFixture
) -> None:
    """Nobody waits for a manager that is no more."""

    async def fail() -> None:
        raise RuntimeError("a defect")

    async def break_it() -> None:
        manager = client._client._manager
        assert manager is not None
        manager._tasks.run(fail(), "a defect")

    waiting = in_thread(client.get)
    until_taking(client)
    with caplog.at_level(logging.CRITICAL, "tickwire"):
        shared_background().run(break_it(), SECONDS)
        with pytest.raises(ExceptionGroup) as failure:
            waiting.result(SECONDS)
    assert failure.group_contains(RuntimeError, match="a defect")
    with pytest.raises(ExceptionGroup):
        client.get(timeout=SECONDS)


def test_a_forgotten_client_warns(exchange: LocalExchange) -> None:
    """And its wishes are withdrawn, as those of any client."""
    client = another(exchange, "forgotten")
    client.subscribe_ticker("KRW-BTC")
    manager = client._client._manager
    assert manager is not None
    with pytest.warns(ResourceWarning, match="client 'forgotten' was collected while open"):
        del client
        gc.collect()

    async def components() -> set[str]:
        return set(manager.statistics().components)

    assert shared_background().run(components(), SECONDS) == set()
