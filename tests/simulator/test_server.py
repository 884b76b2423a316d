"""The local exchange on real sockets, read by an independent client."""

import asyncio
import json
import logging
import zlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import WSMsgType

from tests.simulator.desk import StillClock
from tests.simulator.raw import PING, PONG, raw
from tickwire.errors import UsageError
from tickwire.simulator import Simulator, line

TICKER = [{"ticket": "t"}, {"type": "ticker", "codes": ["KRW-BTC"]}]
LIST = [{"ticket": "t"}, {"method": "LIST_SUBSCRIPTIONS"}]


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    """A running exchange with ten markets."""
    async with Simulator(markets=10) as simulator:
        yield simulator


@pytest.fixture
async def frozen() -> AsyncIterator[Simulator]:
    """A running exchange for which everything happens in one instant."""
    async with Simulator(markets=10, clock=StillClock()) as simulator:
        yield simulator


@pytest.fixture
async def web() -> AsyncIterator[aiohttp.ClientSession]:
    """An independent client."""
    async with aiohttp.ClientSession() as web:
        yield web


def endpoint(simulator: Simulator) -> str:
    """Where the public endpoint is."""
    return simulator.websocket_base_url + "/websocket/v1"


async def test_frames_are_binary(simulator: Simulator, web: aiohttp.ClientSession) -> None:
    """A snapshot and then realtime frames come as binary frames of UTF-8 JSON."""
    async with web.ws_connect(endpoint(simulator)) as socket:
        await socket.send_json(TICKER)
        for stream_type in ("SNAPSHOT", "REALTIME", "REALTIME"):
            message = await socket.receive()
            assert message.type is WSMsgType.BINARY
            assert json.loads(message.data)["stream_type"] == stream_type


async def test_the_handshake_has_upbits_headers(
    frozen: Simulator, web: aiohttp.ClientSession
) -> None:
    """The 101 says what is left of the second's connects."""
    for left in (4, 3):
        async with web.ws_connect(endpoint(frozen)) as socket:
            headers = socket._response.headers
            assert headers["remaining-req"] == f"group=websocket; min=300; sec={left}"
            assert headers["limit-by-ip"] == "Yes"
            assert "Sec-WebSocket-Extensions" not in headers


@pytest.mark.parametrize(
    ("offer", "answer", "bits"),
    [
        ("permessage-deflate", "permessage-deflate", 15),
        ("permessage-deflate; client_max_window_bits", "permessage-deflate", 15),
        (
            "permessage-deflate; server_no_context_takeover",
            "permessage-deflate; server_no_context_takeover",
            15,
        ),
        (
            "permessage-deflate; server_max_window_bits=10",
            "permessage-deflate; server_max_window_bits=10",
            10,
        ),
    ],
)
async def test_compression_is_for_those_who_offer_it(offer: str, answer: str, bits: int) -> None:
    """Data is compressed as agreed, beside a connection that gets the same data plain."""
    books = {"type": "orderbook", "codes": ["KRW-BTC", "KRW-ETH", "KRW-XRP"]}
    async with (
        Simulator(markets=3, clock=StillClock()) as simulator,
        raw(simulator, **{"Sec-WebSocket-Extensions": offer}) as deflated,
        raw(simulator) as plain,
    ):
        assert deflated.headers["sec-websocket-extensions"] == answer
        assert "sec-websocket-extensions" not in plain.headers
        takeover = "no_context" not in answer
        inflate = zlib.decompressobj(-bits)
        sent = 0
        for socket in (deflated, plain):
            socket.ask(books)
        for _ in books["codes"]:
            if not takeover:
                inflate = zlib.decompressobj(-bits)
            frame = await deflated.frame()
            sent += len(frame.payload)
            assert frame.compressed
            said = inflate.decompress(frame.payload + b"\x00\x00\xff\xff")
            assert said == (await plain.frame()).payload
        # Control frames are never compressed.
        deflated.send(PING, b"here")
        assert await deflated.frame() == (PONG, b"here", False)
        compressed, bare = connections(simulator)
        assert compressed["bytes"] == bare["bytes"] > 2 * sent


async def test_a_compressed_connection_in_long_use(web: aiohttp.ClientSession) -> None:
    """A library's own inflater follows hundreds of frames."""
    async with (
        Simulator(markets=20) as simulator,
        web.ws_connect(endpoint(simulator), compress=15) as socket,
    ):
        await socket.send_json([{"ticket": "t"}, {"type": "orderbook", "codes": simulator.codes}])
        for _ in range(200):
            assert json.loads((await socket.receive()).data)["type"] == "orderbook"


async def test_an_error_closes_with_1000(simulator: Simulator, web: aiohttp.ClientSession) -> None:
    """After an in-band error the server closes normally."""
    async with web.ws_connect(endpoint(simulator)) as socket:
        await socket.send_str("nonsense")
        answer = await socket.receive()
        assert answer.type is WSMsgType.BINARY
        assert json.loads(answer.data)["error"]["name"] == "WRONG_FORMAT"
        assert (await socket.receive()).type is WSMsgType.CLOSE
        assert socket.close_code == 1000


async def test_the_sixth_message_ends_it(frozen: Simulator, web: aiohttp.ClientSession) -> None:
    """Six messages at once are five answers and TOO_MANY_REQUEST."""
    async with web.ws_connect(endpoint(frozen)) as socket:
        for _ in range(6):
            await socket.send_json(LIST)
        answers = [json.loads(message.data) async for message in socket]
        assert [("error" in answer) for answer in answers] == [False] * 5 + [True]
        assert answers[-1]["error"]["name"] == "TOO_MANY_REQUEST"
        assert socket.close_code == 1000


async def test_pings_are_answered(simulator: Simulator, web: aiohttp.ClientSession) -> None:
    """A ping frame brings a pong, between data frames too."""
    async with web.ws_connect(endpoint(simulator), autoping=False) as socket:
        await socket.send_json(TICKER)
        await socket.ping(b"here")
        while (message := await socket.receive()).type is not WSMsgType.PONG:
            assert message.type is WSMsgType.BINARY
        assert message.data == b"here"


async def test_connect_limit(frozen: Simulator, web: aiohttp.ClientSession) -> None:
    """Five connects, then 429, then 418 with the seconds to wait in header and body."""
    statuses = []
    for _ in range(8):
        try:
            async with web.ws_connect(endpoint(frozen)):
                statuses.append(101)
        except aiohttp.WSServerHandshakeError as error:
            statuses.append(error.status)
            if error.status == 418:
                assert error.headers is not None
                assert error.headers["Retry-After"] == "2"
    assert statuses == [101] * 5 + [429, 418, 418]
    upgrade = {
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
    }
    async with web.get(frozen.base_url + "/websocket/v1", headers=upgrade) as answer:
        assert answer.status == 418
        assert (await answer.json())["block_seconds"] == 2


async def test_drop(simulator: Simulator, web: aiohttp.ClientSession) -> None:
    """Every open connection is cut without a close frame."""
    async with (
        web.ws_connect(endpoint(simulator)) as one,
        web.ws_connect(endpoint(simulator)) as two,
    ):
        await one.send_json(LIST)
        await one.receive()
        await two.send_json(LIST)
        await two.receive()
        assert simulator.drop() == 2
        for socket in (one, two):
            assert (await socket.receive()).type in (WSMsgType.CLOSED, WSMsgType.ERROR)
            assert socket.close_code == 1006
        assert simulator.drop() == 0


async def test_stop_says_goodbye(web: aiohttp.ClientSession) -> None:
    """Stopping closes the connections with 1001 and frees the port; stopping twice is fine."""
    simulator = Simulator(markets=1)
    await simulator.start()
    async with web.ws_connect(endpoint(simulator)) as socket:
        await socket.send_json(LIST)
        await socket.receive()
        _, message = await asyncio.gather(simulator.stop(), socket.receive())
        assert message.type is WSMsgType.CLOSE
        assert socket.close_code == 1001
        assert connections(simulator)[0]["close_code"] == 1001
    await simulator.stop()
    assert simulator.stats()["totals"]["open"] == 0
    await simulator.start()
    await simulator.stop()


async def test_a_slow_reader_is_cut(
    web: aiohttp.ClientSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client that leaves too much unread loses its connection; another one misses nothing."""
    monkeypatch.setattr(line, "_UNREAD_LIMIT", 4_000_000)
    raw = json.dumps({"type": "trade", "code": "KRW-BTC", "filler": "x" * 100_000})
    tape = tmp_path / "tape.jsonl"
    # 20 MB in a second: more than the buffers of the network take in.
    tape.write_text(
        "".join(json.dumps({"received_at": n / 200, "raw": raw}) + "\n" for n in range(200))
    )
    subscribe = [{"ticket": "t"}, {"type": "trade", "codes": ["KRW-BTC"]}]
    async with (
        Simulator(tape=tape) as simulator,
        web.ws_connect(endpoint(simulator)) as slow,
        web.ws_connect(endpoint(simulator)) as other,
    ):
        transport = slow._response.connection.transport  # type: ignore[union-attr]
        assert isinstance(transport, asyncio.Transport)
        transport.pause_reading()
        await slow.send_json(subscribe)
        await other.send_json(subscribe)
        for _ in range(200):
            assert (await other.receive()).type is WSMsgType.BINARY
        assert connections(simulator)[0]["close_reason"] == "slow reader"
        assert connections(simulator)[0]["close_code"] == 1006
        transport.resume_reading()


def connections(simulator: Simulator) -> list[dict[str, Any]]:
    """The connections of the report."""
    listed = simulator.stats()["connections"]
    assert isinstance(listed, list)
    return listed


async def test_market_list(simulator: Simulator, web: aiohttp.ClientSession) -> None:
    """The REST list has the markets with their names, on request with their warnings."""
    async with web.get(simulator.base_url + "/v1/market/all") as answer:
        listed = await answer.json()
    assert [one["market"] for one in listed] == list(simulator.codes)
    assert listed[0] == {
        "market": "KRW-BTC",
        "korean_name": "비트코인",
        "english_name": "Bitcoin",
    }
    async with web.get(simulator.base_url + "/v1/market/all?is_details=true") as answer:
        event = (await answer.json())[0]["market_event"]
    assert event["warning"] is False
    assert event["caution"]["PRICE_FLUCTUATIONS"] is False


async def test_unknown_paths(simulator: Simulator, web: aiohttp.ClientSession) -> None:
    """A path that does not exist is answered as Upbit does."""
    async with web.get(simulator.base_url + "/v1/nope") as answer:
        assert answer.status == 404
        assert (await answer.json())["error"]["name"] == "not_found"
    async with web.get(simulator.base_url + "/websocket/v1") as answer:
        assert answer.status == 400


async def test_stats(simulator: Simulator, web: aiohttp.ClientSession) -> None:
    """The referee reports every connection, its requests verbatim and what it was sent."""
    text = json.dumps([*TICKER, {"type": "trade", "codes": ["KRW-ETH"], "is_only_realtime": True}])
    async with web.ws_connect(endpoint(simulator)) as socket:
        await socket.send_str(text)
        size = len((await socket.receive()).data)
    async with web.get(simulator.base_url + "/sim/stats") as answer:
        stats = await answer.json()
    assert {key: stats[key] for key in ("version", "seed", "markets")} == {
        "version": 1,
        "seed": 0,
        "markets": 10,
    }
    totals = stats["totals"]
    shape = ["version", "seed", "markets", "now", "totals", "connections", "ids_issued"]
    assert list(stats) == shape
    assert totals["connects"] == totals["messages"] == 1
    assert totals["refusals"] == {"429": 0, "418": 0}
    assert set(totals["breaches"].values()) == {0}
    assert totals["worst_windows"] == {"messages_1s": 1, "messages_60s": 1, "connects_1s": 1}
    assert totals["frames"] >= 1
    assert totals["bytes"] >= size
    (connection,) = stats["connections"]
    assert connection["id"] == 1
    assert connection["endpoint"] == "public"
    assert connection["opened_at"] <= connection["messages"][0]["at"] <= stats["now"]
    assert connection["messages"][0]["text"] == text
    assert connection["format"] == "DEFAULT"
    assert connection["subscription"] == [
        {"type": "ticker", "codes": ["KRW-BTC"]},
        {"type": "trade", "codes": ["KRW-ETH"], "is_only_realtime": True},
    ]
    assert set(simulator.stats()) == set(stats)


async def test_stats_of_an_ended_connection(
    simulator: Simulator, web: aiohttp.ClientSession
) -> None:
    """Close code, reason and time are kept when a connection has ended."""
    async with web.ws_connect(endpoint(simulator)) as socket:
        await socket.send_str("nonsense")
        async for _ in socket:
            pass
    while connections(simulator)[0]["closed_at"] is None:
        await asyncio.sleep(0.01)
    (connection,) = connections(simulator)
    assert (connection["close_code"], connection["close_reason"]) == (1000, "WRONG_FORMAT")
    assert connection["closed_at"] >= connection["opened_at"]


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://127.0.0.1:8000", 200),
        ("http://localhost", 200),
        ("http://[::1]:1", 200),
        ("https://evil.example", 403),
        ("http://127.0.0.1.evil.example", 403),
        ("http://[broken", 403),
        ("null", 403),
    ],
)
async def test_stats_are_not_for_foreign_pages(
    simulator: Simulator, web: aiohttp.ClientSession, origin: str, status: int
) -> None:
    """A web page from elsewhere does not get the report through the user's browser."""
    headers = {"Origin": origin}
    async with web.get(simulator.base_url + "/sim/stats", headers=headers) as answer:
        assert answer.status == status


async def test_a_tape_goes_out_unchanged(web: aiohttp.ClientSession, tmp_path: Path) -> None:
    """The bytes on the socket are those of the recording."""
    raw = '{"ty":"trade","cd":"KRW-LAMB", "tp":127.00}'
    tape = tmp_path / "tape.jsonl"
    tape.write_text(json.dumps({"received_at": 5, "raw": raw}) + "\n")
    async with Simulator(tape=tape, speed=0) as simulator:
        assert simulator.codes == ("KRW-LAMB",)
        async with web.ws_connect(endpoint(simulator)) as socket:
            await socket.send_json([{"ticket": "t"}, {"type": "trade", "codes": ["KRW-LAMB"]}])
            message = await socket.receive()
    assert message.type is WSMsgType.BINARY
    assert message.data == raw.encode()


@pytest.mark.parametrize(
    "wrong",
    [
        {"markets": 0},
        {"markets": 856},
        {"speed": -1.0},
        {"speed": float("nan")},
        {"speed": float("inf")},
        {"port": -1},
        {"port": 65_536},
        {"tape": Path("/nowhere/tape.jsonl")},
    ],
)
def test_wrong_values_are_refused_at_once(wrong: dict[str, Any]) -> None:
    """Values out of range and a missing tape are named in the error."""
    with pytest.raises(UsageError, match=next(iter(wrong))):
        Simulator(**wrong)


async def test_an_address_that_cannot_be_had(simulator: Simulator) -> None:
    """A port in use and a host that is not ours are refused with the remedy."""
    port = int(simulator.address.rpartition(":")[2])
    for other in (Simulator(markets=1, port=port), Simulator(markets=1, host="192.0.2.1")):
        with pytest.raises(UsageError, match="choose a host of this machine and a port"):
            await other.start()


async def test_another_host_is_warned_about(caplog: pytest.LogCaptureFixture) -> None:
    """Listening to the world is allowed and logged."""
    with caplog.at_level(logging.WARNING):
        async with Simulator(markets=1, host="0.0.0.0"):
            pass
    assert "simulator.exposed" in caplog.text


async def test_before_the_start() -> None:
    """What needs a running exchange says so; a running one cannot be started again."""
    simulator = Simulator(markets=2)
    assert simulator.codes == ("KRW-BTC", "KRW-ETH")
    assert "stopped" in repr(simulator)
    for look in (lambda: simulator.address, simulator.stats):
        with pytest.raises(UsageError, match="start it first"):
            look()
    assert simulator.drop() == 0
    async with simulator:
        assert simulator.address in repr(simulator)
        with pytest.raises(UsageError, match="running already"):
            await simulator.start()
