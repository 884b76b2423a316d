"""The real client and the local exchange on real sockets."""

import asyncio
import json
import logging
import sys
from collections import defaultdict
from decimal import Decimal
from typing import Any

import pytest

from tests.recordings import UPBIT_2021, recording, recording_path
from tickwire import (
    BaseWebSocketEvent,
    CandleEvent,
    DataType,
    Gap,
    OrderbookEvent,
    Reconnecting,
    Restored,
    TickerEvent,
    TradeEvent,
    WebSocketClient,
    WebSocketManager,
)
from tickwire.exchanges.upbit import rules
from tickwire.exchanges.upbit.rules import MARKET_TYPES
from tickwire.simulator import Simulator
from tickwire.subscription import SubscriptionSpec

CODES = ("KRW-BTC", "KRW-ETH", "KRW-XRP")


async def test_parts_and_depths_on_real_sockets() -> None:
    """One stream for all of them: each book as deep as it was asked for, snapshots once."""
    async with (
        Simulator(seed=3, markets=50) as exchange,
        WebSocketManager(websocket_base_url=exchange.websocket_base_url) as manager,
        WebSocketClient("shallow", manager=manager) as shallow,
        WebSocketClient("deep", manager=manager) as deep,
        WebSocketClient("late", manager=manager) as late,
    ):
        heard: dict[str, list[Any]] = defaultdict(list)
        await shallow.subscribe_orderbook(CODES, heard["shallow"].append, depth=5)
        assert await shallow.ready(10)
        await deep.subscribe_orderbook(CODES, heard["deep"].append, depth=15)
        await late.subscribe_orderbook(CODES, heard["late"].append, is_only_realtime=True)
        assert await manager.ready(10)
        found = await manager.get_snapshot("ticker", CODES)
        again = await manager.get_snapshot("orderbook", CODES, depth=1)
        begun = {name: len(events) for name, events in heard.items()}
        async with asyncio.timeout(20):
            # Whatever the last question had set off, has come before the next of each book.
            while not all(
                {event.symbol for event in heard[name][begun[name] :]} == set(CODES)
                for name in ("shallow", "deep", "late")
            ):
                await asyncio.sleep(0.02)
        [connection] = exchange.stats()["connections"]
    assert list(found) == list(CODES)
    assert all(event.is_snapshot for event in found.values())
    assert all(event.handed_over for event in again.values())
    for name, depth in (("shallow", 5), ("deep", 15), ("late", 30)):
        assert {len(event.orderbook_units) for event in heard[name]} == {depth}, name
    for code in CODES:
        # A snapshot that others have asked for is told only where it is news.
        times = [event.timestamp for event in heard["shallow"] if event.symbol == code]
        assert times == sorted(set(times))
    assert not any(event.is_snapshot for event in heard["late"])
    # The shallow books, then the deepest, then the tickers once; nothing takes these out again.
    assert len(connection["messages"]) == 3


async def test_twenty_components_become_one_message() -> None:
    """The referee saw one connection and one message for sixty wishes, and after a cut the same."""
    async with (
        Simulator(seed=3, markets=50) as exchange,
        WebSocketManager(websocket_base_url=exchange.websocket_base_url) as manager,
    ):
        clients = [WebSocketClient(f"component-{n}", manager=manager) for n in range(20)]
        for each in clients:
            await each.subscribe_ticker(exchange.codes, lambda event: None)
            await each.subscribe_trade(exchange.codes, lambda event: None)
            await each.subscribe_orderbook(exchange.codes, lambda event: None)
        assert len((await manager.ready(10)).confirmed) == 150
        watched = clients[0].stream(control=True)
        following = asyncio.ensure_future(anext(watched))
        await asyncio.sleep(0)
        exchange.drop()
        assert isinstance(await asyncio.wait_for(following, 10), Reconnecting)
        gaps, restored = 0, None
        async for event in watched:
            gaps += isinstance(event, Gap)
            if isinstance(event, Restored):
                restored = event
                break
        assert restored is not None
        assert (restored.confirmed, restored.missing, gaps) == (150, (), 150)
        connections = exchange.stats()["connections"]
        assert [len(each["messages"]) for each in connections] == [1, 1]
        assert exchange.stats()["totals"]["breaches"] == {
            "messages_per_second": 0,
            "messages_per_minute": 0,
            "connects_per_second": 0,
        }
        for each in clients:
            await each.disconnect()


async def test_every_type_arrives_typed_and_exact() -> None:
    """Ticker, trade, order book and all candles, each number equal to its wire text."""
    kinds: dict[str, type[BaseWebSocketEvent]] = defaultdict(lambda: CandleEvent)
    kinds |= {"ticker": TickerEvent, "trade": TradeEvent, "orderbook": OrderbookEvent}
    async with (
        Simulator(seed=3, markets=5) as exchange,
        WebSocketClient("all", websocket_base_url=exchange.websocket_base_url) as client,
    ):
        for data_type in MARKET_TYPES:
            await client.subscribe(SubscriptionSpec(data_type, "KRW-BTC"))
        seen: set[str] = set()
        async for event in client:
            wire = json.loads(event.raw, parse_float=Decimal, parse_int=Decimal)
            assert isinstance(event, kinds[event.type])
            for name, value in event.to_dict().items():
                if isinstance(value, Decimal):
                    assert value == wire[name]
            seen.add(event.type)
            if seen == MARKET_TYPES:
                break


async def test_the_recording_arrives_once_in_order_and_exact() -> None:
    """All 250 frames of real traffic, played as fast as possible, reach whoever wished for them."""
    frames = [each.raw for each in recording(UPBIT_2021)]
    codes = sorted({json.loads(frame)["cd"] for frame in frames})
    async with (
        Simulator(tape=recording_path(UPBIT_2021), speed=0) as exchange,
        WebSocketManager(websocket_base_url=exchange.websocket_base_url) as manager,
        WebSocketClient("all", manager=manager) as client,
    ):
        await client.subscribe_trade(codes)
        await client.subscribe_orderbook(codes)
        events: list[BaseWebSocketEvent] = []
        async with asyncio.timeout(20):
            async for event in client:
                events.append(event)
                if len(events) == len(frames):
                    break
        assert len(frames) == 250
        assert [event.raw for event in events] == frames
        for event, frame in zip(events, frames, strict=True):
            check_numbers(event, json.loads(frame, parse_float=Decimal, parse_int=Decimal))
        assert manager.statistics().delivery.duplicates == 0


SHORT = {"ask_price": "ap", "bid_price": "bp", "ask_size": "as", "bid_size": "bs"}


def check_numbers(event: BaseWebSocketEvent, wire: dict[str, Any]) -> None:
    """Every number of a message, read twice over: by us, and by the standard library."""
    if isinstance(event, TradeEvent):
        assert event.sequential_id == wire["sid"]
        pairs = [
            (event.trade_price, wire["tp"]),
            (event.trade_volume, wire["tv"]),
            (event.prev_closing_price, wire["pcp"]),
            (event.change_price, wire["cp"]),
        ]
    else:
        assert isinstance(event, OrderbookEvent)
        pairs = [(event.total_ask_size, wire["tas"]), (event.total_bid_size, wire["tbs"])]
        for unit, raw in zip(event.orderbook_units, wire["obu"], strict=True):
            pairs += [(getattr(unit, name), raw[short]) for name, short in SHORT.items()]
    for ours, theirs in pairs:
        assert (ours, str(ours)) == (theirs, str(theirs))


async def test_an_unknown_code_on_a_real_wire_is_rejected() -> None:
    """Silence for 5 s, then the market list of the exchange decides."""
    async with (
        Simulator(seed=3, markets=5) as exchange,
        WebSocketClient("typo", websocket_base_url=exchange.websocket_base_url) as client,
    ):
        await client.subscribe_ticker("KRW-BTCC")
        async with asyncio.timeout(20):
            told = await anext(client.stream(control=True))
    assert getattr(told, "suggestion", None) == "KRW-BTC"


@pytest.fixture
async def upbit_at_home(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The local exchange in the place of the real one, so that examples run as they stand."""

    async with Simulator(seed=3, markets=5) as exchange:

        def at_home(*_: object) -> tuple[str, str]:
            return exchange.websocket_base_url, exchange.base_url

        monkeypatch.setattr(rules, "base_urls", at_home)
        yield exchange


async def test_the_basic_example_of_the_documents_runs(
    upbit_at_home: Simulator, capsys: pytest.CaptureFixture[str]
) -> None:
    """S3, "기본 사용 (Application Layer)": word for word but for the import."""
    # 클라이언트 생성
    client = WebSocketClient("trading_component")

    # 이벤트 핸들러 정의
    async def handle_ticker(event: TickerEvent):  # type: ignore[no-untyped-def]
        print(f"현재가: {event.symbol} = {event.trade_price}")

    # 구독 시작
    await client.subscribe_ticker(["KRW-BTC", "KRW-ETH"], handle_ticker)

    assert await client.ready()
    await asyncio.sleep(0)
    await client.disconnect()
    printed = capsys.readouterr().out
    assert "현재가: KRW-BTC = " in printed
    assert "현재가: KRW-ETH = " in printed


async def test_the_advanced_example_of_the_documents_runs(upbit_at_home: Simulator) -> None:
    """S3, "고급 사용 (컴포넌트 등록)": word for word but for the import."""
    from tickwire import SubscriptionSpec, get_global_websocket_manager

    class Component:
        def __init__(self) -> None:
            self.tickers: list[TickerEvent] = []
            self.arrived = asyncio.Event()

        async def process_ticker(self, event: TickerEvent) -> None:
            self.tickers.append(event)
            self.arrived.set()

        async def start(self) -> None:
            # 매니저 인스턴스 가져오기
            manager = await get_global_websocket_manager()

            # 컴포넌트 등록
            await manager.register_component(
                component_id="my_component",
                component_ref=self,
                subscriptions=[
                    SubscriptionSpec(
                        data_type=DataType.TICKER,
                        symbols=["KRW-BTC", "KRW-ETH"]
                    )
                ]
            )  # fmt: skip

        # 이벤트 핸들러 구현
        async def handle_event(self, event: BaseWebSocketEvent):  # type: ignore[no-untyped-def]
            if isinstance(event, TickerEvent):
                await self.process_ticker(event)

    component = Component()
    await component.start()
    await asyncio.wait_for(component.arrived.wait(), 10)
    assert component.tickers[0].symbol in ("KRW-BTC", "KRW-ETH")
    manager = await get_global_websocket_manager()
    assert (await get_global_websocket_manager()) is manager
    await manager.stop()


async def test_clients_of_one_exchange_share_a_connection() -> None:
    """Without naming a manager, two clients with the same address merge."""
    async with (
        Simulator(seed=3, markets=5) as exchange,
        WebSocketClient("one", websocket_base_url=exchange.websocket_base_url) as one,
        WebSocketClient("two", websocket_base_url=exchange.websocket_base_url) as two,
    ):
        await one.subscribe_ticker("KRW-BTC")
        await two.subscribe_ticker(["KRW-BTC", "KRW-ETH"])
        assert await two.ready()
        assert exchange.stats()["totals"]["connects"] == 1
        assert exchange.stats()["totals"]["messages"] == 1


PROGRAM = """
import asyncio, sys
from tickwire import WebSocketClient

async def main():
    # 클라이언트 생성
    client = WebSocketClient("my_app", websocket_base_url=sys.argv[1])

    # 현재가 구독
    async def on_ticker(event):
        print(f"현재가: {event.symbol} = {event.trade_price}")

    await client.subscribe_ticker(["KRW-BTC"], on_ticker)

    # 10초 동안 실행
    await asyncio.sleep(1)

    # 정리
    DISCONNECT

# 실행
asyncio.run(main())
"""


@pytest.mark.parametrize("ending", ["await client.disconnect()", "return client"])
async def test_a_whole_program_ends_without_a_word(ending: str) -> None:
    """S3's program runs with every warning an error, with its goodbye and without it."""
    async with Simulator(seed=3, markets=5) as exchange:
        program = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-X", "dev", "-W", "error", "-W", "ignore::ResourceWarning"),
            *("-c", PROGRAM.replace("DISCONNECT", ending), exchange.websocket_base_url),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await program.communicate()
    assert (program.returncode, err.decode()) == (0, "")
    assert out.decode().startswith("현재가: KRW-BTC = ")


async def test_an_ordinary_life_is_quiet(caplog: pytest.LogCaptureFixture) -> None:
    """A whole life of a client logs nothing above INFO."""
    async with (
        Simulator(seed=3, markets=5) as exchange,
        WebSocketClient("quiet", websocket_base_url=exchange.websocket_base_url) as client,
    ):
        await client.subscribe_ticker(CODES)
        assert await client.ready()
    assert [record for record in caplog.records if record.levelno > logging.INFO] == []


@pytest.mark.parametrize("prefix", [None, "", "my bot "])
async def test_no_two_requests_have_one_ticket(prefix: str | None) -> None:
    """Over messages and questions, connections and components; each begins as it should."""
    chosen = {} if prefix is None else {"ticket_prefix": prefix}
    tickets: list[str] = []
    async with Simulator(seed=3, markets=5) as exchange:
        url = exchange.websocket_base_url
        async with WebSocketManager(websocket_base_url=url, **chosen) as manager:  # type: ignore[arg-type]
            async with WebSocketClient("one", manager=manager) as client:
                for number, code in enumerate(CODES):
                    await client.subscribe_orderbook(code, level=10_000 * (number % 2))
                    await client.subscribe_trade(code)
                    assert await client.ready(10)
                    await client.list_subscriptions()
                exchange.drop()
                assert await client.ready(10)
                assert "(" + manager.ticket_prefix in str(client.explain())
            for connection in exchange.stats()["connections"]:
                tickets += [
                    json.loads(each["text"])[0]["ticket"] for each in connection["messages"]
                ]
    expected = "upbit_websocket_v6_" if prefix is None else prefix
    assert all(ticket.startswith(expected) and len(ticket) > 30 for ticket in tickets)
    assert len(tickets) == len(set(tickets)) >= 6
