"""The tables of the protocol reference on requests, errors and limits, row by row, on the wire.

Each case names its section. Keep-alive has a module of its own.
"""

import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from tests.simulator.desk import StillClock
from tests.simulator.raw import KEYS, HandClock, Raw, bearer, raw
from tickwire.simulator import Simulator

PUBLIC, PRIVATE, INFO = "/websocket/v1", "/websocket/v1/private", "/websocket/v1/info"

T = {"ticket": "t"}
TICKER = {"type": "ticker", "codes": ["KRW-BTC"]}
BOOK = {"type": "orderbook", "codes": ["KRW-BTC"]}
LIST = {"method": "LIST_SUBSCRIPTIONS"}
RSI = {"type": "rsi", "params": {"period": 14}}
OVERBOUGHT = {**RSI, "trigger": "overbought", "event_params": {"threshold": 70}}
INDICATOR = {"type": "indicator", "codes": ["KRW-BTC"], "timeframe": "15m", "indicators": [RSI]}
SIGNAL = {
    "type": "indicator_signal",
    "codes": ["KRW-BTC", "KRW-ETH"],
    "timeframe": "60m",
    "indicators": [OVERBOUGHT],
}


@pytest.fixture
def clock() -> HandClock:
    """The exchange's clock."""
    return HandClock()


@pytest.fixture
async def simulator(clock: HandClock) -> AsyncIterator[Simulator]:
    """A running exchange with two accounts, whose time is moved by hand."""
    async with Simulator(markets=5, clock=clock, keys=KEYS) as simulator:
        yield simulator


def headers(path: str) -> dict[str, str]:
    return {} if path == PUBLIC else {"Authorization": bearer()}


async def listed(socket: Raw, **form: str) -> Any:
    """What is subscribed, as the exchange says."""
    socket.ask(LIST, *([form] if form else []))
    return (await socket.said())["result"]


# --- 2.1, 2.2, 5: what is wrong

WRONG: list[tuple[str, str, Any, str, str | None]] = [
    ("5 not JSON", PUBLIC, "nonsense", "WRONG_FORMAT", "Format 이 맞지 않습니다."),
    ("5 not an array", PUBLIC, T, "WRONG_FORMAT", None),
    ("5 empty text", PUBLIC, "", "WRONG_FORMAT", None),
    ("4 lower-case ping", PUBLIC, "ping", "WRONG_FORMAT", None),
    ("2.1 an element that is no object", PUBLIC, [T, 7], "WRONG_FORMAT", None),
    ("2.2 no ticket", PUBLIC, [TICKER], "NO_TICKET", "티켓이 존재하지 않거나, 유효하지 않습니다."),
    ("2.2 ticket no string", PUBLIC, [{"ticket": 1}, TICKER], "NO_TICKET", None),
    ("2.2 nothing", PUBLIC, [], "NO_TICKET", None),
    ("2.2 no type", PUBLIC, [T, {"codes": ["KRW-BTC"]}], "NO_TYPE", None),
    ("2.2 ticket alone", PUBLIC, [T], "NO_TYPE", "type 필드가 존재하지 않습니다."),
    ("2.2 type no string", PUBLIC, [T, {**TICKER, "type": 7}], "WRONG_FORMAT", None),
    (
        "5 unknown type",
        PUBLIC,
        [T, {**TICKER, "type": "nope"}],
        "INVALID_PARAM",
        "nope 은 지원하지 않는 타입입니다.",
    ),
    ("2.2 exact case", PUBLIC, [T, {**TICKER, "type": "TICKER"}], "INVALID_PARAM", None),
    ("14 myTrade is over", PRIVATE, [T, {"type": "myTrade"}], "INVALID_PARAM", None),
    *[
        (f"2.2 {kind} without codes", PUBLIC, [T, {"type": kind}], "NO_CODES", None)
        for kind in ("ticker", "trade", "orderbook", "candle.1s", "candle.240m")
    ],
    (
        "5 codes missing",
        PUBLIC,
        [T, {"type": "trade"}],
        "NO_CODES",
        "codes 필드가 존재하지 않습니다.",
    ),
    ("2.6 empty codes", PUBLIC, [T, {**TICKER, "codes": []}], "NO_CODES", None),
    ("2.2 codes a string", PUBLIC, [T, {**TICKER, "codes": "KRW-BTC"}], "WRONG_FORMAT", None),
    ("2.2 codes of numbers", PUBLIC, [T, {**TICKER, "codes": [1]}], "WRONG_FORMAT", None),
    ("2.2 flag", PUBLIC, [T, {**TICKER, "is_only_snapshot": "true"}], "WRONG_FORMAT", None),
    ("2.2 level", PUBLIC, [T, {**BOOK, "level": [1]}], "WRONG_FORMAT", None),
    ("2.7 method", PUBLIC, [T, {"method": "UNSUBSCRIBE"}], "WRONG_FORMAT", None),
    *[
        (
            f"1.1 {kind} on the public endpoint",
            PUBLIC,
            [T, {"type": kind}],
            "INVALID_AUTH",
            "인증 정보가 올바르지 않습니다.",
        )
        for kind in ("myOrder", "myAsset", "announcement", "indicator", "indicator_signal")
    ],
    *[
        (f"1.1 {kind} on {path}", path, [T, {**TICKER, "type": kind}], "INVALID_PARAM", None)
        for path in (PRIVATE, INFO)
        for kind in ("ticker", "trade", "orderbook", "candle.1m")
    ],
    ("1.1 myOrder on info", INFO, [T, {"type": "myOrder"}], "INVALID_PARAM", None),
    ("1.1 indicator on private", PRIVATE, [T, INDICATOR], "INVALID_PARAM", None),
    ("2.2 myOrder codes", PRIVATE, [T, {"type": "myOrder", "codes": "x"}], "WRONG_FORMAT", None),
    (
        "2.2 codes on myAsset",
        PRIVATE,
        [T, {"type": "myAsset", "codes": ["KRW-BTC"]}],
        "WRONG_FORMAT",
        None,
    ),
    (
        "2.2 empty codes on myAsset",
        PRIVATE,
        [T, {"type": "myAsset", "codes": []}],
        "WRONG_FORMAT",
        None,
    ),
    (
        "3.7 category",
        PRIVATE,
        [T, {"type": "announcement", "categories": ["nope"]}],
        "INVALID_PARAM",
        None,
    ),
    (
        "3.7 categories",
        PRIVATE,
        [T, {"type": "announcement", "categories": "notice"}],
        "WRONG_FORMAT",
        None,
    ),
    ("2.2 indicator codes", INFO, [T, {"type": "indicator"}], "NO_CODES", None),
    ("2.2 timeframe", INFO, [T, {**INDICATOR, "timeframe": "1m"}], "INVALID_PARAM", None),
    ("2.2 indicators", INFO, [T, {**INDICATOR, "indicators": None}], "INVALID_PARAM", None),
    (
        "3.8 a period off the list",
        INFO,
        [T, {**INDICATOR, "indicators": [{"type": "rsi", "params": {"period": 15}}]}],
        "INVALID_PARAM",
        None,
    ),
    (
        "3.8 101 combinations",
        INFO,
        [
            T,
            {**INDICATOR, "codes": [f"KRW-A{n}" for n in range(60)]},
            {**SIGNAL, "codes": [f"KRW-A{n}" for n in range(41)]},
        ],
        "TOO_MANY_REQUEST",
        None,
    ),
]


@pytest.mark.parametrize(
    ("path", "request_", "name", "message"),
    [case[1:] for case in WRONG],
    ids=[case[0] for case in WRONG],
)
async def test_a_wrong_request(
    simulator: Simulator, path: str, request_: Any, name: str, message: str | None
) -> None:
    """The error comes in the documented form, then close code 1000, then nothing."""
    async with raw(simulator, path, **headers(path)) as socket:
        socket.text(request_ if isinstance(request_, str) else json.dumps(request_))
        error = await socket.refused()
    assert set(error) == {"name", "message"}
    assert error["name"] == name
    assert message is None or error["message"] == message


# --- 2.2, 2.5, 2.6, 3.7, 3.8: what is right, though it says nothing by itself

RIGHT: list[tuple[str, str, list[Any], list[Any]]] = [
    ("2.2 format is optional", PUBLIC, [TICKER], [TICKER]),
    ("2.2 an unknown key", PUBLIC, [{**TICKER, "nope": 1}], [TICKER]),
    ("2.2 an unknown format", PUBLIC, [TICKER, {"format": "NOPE"}], [TICKER]),
    ("2.2 level as a string", PUBLIC, [{**BOOK, "level": "10000"}], [{**BOOK, "level": 10000}]),
    ("2.2 level as a number", PUBLIC, [{**BOOK, "level": 10000.0}], [{**BOOK, "level": 10000}]),
    ("2.7 level is always listed", PUBLIC, [BOOK], [{**BOOK, "level": 0}]),
    ("2.2 myOrder without codes", PRIVATE, [{"type": "myOrder"}], [{"type": "myOrder"}]),
    (
        "2.2 myOrder with no codes",
        PRIVATE,
        [{"type": "myOrder", "codes": []}],
        [{"type": "myOrder"}],
    ),
    (
        "2.2 myOrder with codes",
        PRIVATE,
        [{"type": "myOrder", "codes": ["KRW-BTC"]}],
        [{"type": "myOrder", "codes": ["KRW-BTC"]}],
    ),
    ("2.7 myAsset has no codes", PRIVATE, [{"type": "myAsset"}], [{"type": "myAsset"}]),
    (
        "2.2 announcement",
        PRIVATE,
        [{"type": "announcement", "categories": ["notice", "trade"], "include_body": True}],
        [{"type": "announcement"}],
    ),
    ("3.7 all categories", PRIVATE, [{"type": "announcement"}], [{"type": "announcement"}]),
    ("2.7 indicator", INFO, [INDICATOR], [INDICATOR]),
    ("2.7 indicator_signal", INFO, [INDICATOR, SIGNAL], [INDICATOR, SIGNAL]),
    (
        "3.8 numbers are equal by value",
        INFO,
        [{**INDICATOR, "indicators": [{"type": "rsi", "params": {"period": 14.0}}]}],
        [INDICATOR],
    ),
    (
        "3.8 a hundred combinations",
        INFO,
        [{**INDICATOR, "codes": [f"KRW-A{n}" for n in range(100)]}],
        [{**INDICATOR, "codes": [f"KRW-A{n}" for n in range(100)]}],
    ),
    (
        "2.5 the same combination counts once",
        INFO,
        [{**INDICATOR, "codes": [f"KRW-A{n}" for n in range(100)]}] * 2,
        [{**INDICATOR, "codes": [f"KRW-A{n}" for n in range(100)]}] * 2,
    ),
]


@pytest.mark.parametrize(
    ("path", "wishes", "expected"), [case[1:] for case in RIGHT], ids=[case[0] for case in RIGHT]
)
async def test_a_right_request(
    simulator: Simulator, path: str, wishes: list[Any], expected: list[Any]
) -> None:
    """It is accepted, and the list shows it."""
    async with raw(simulator, path, **headers(path)) as socket:
        socket.ask(*wishes)
        if path == PUBLIC:
            await socket.said()
        else:
            # Private types have no snapshot, and there is no acknowledgement.
            assert await socket.quiet()
        assert await listed(socket) == expected


@pytest.mark.parametrize(
    "elements",
    [
        [{"format": "SIMPLE"}, TICKER, T],
        [T, {"format": "SIMPLE"}, TICKER],
        [TICKER, T, {"format": "SIMPLE"}],
    ],
)
async def test_any_order(simulator: Simulator, elements: list[Any]) -> None:
    """2.2: the elements of a request may stand in any order."""
    async with raw(simulator) as socket:
        socket.text(json.dumps(elements))
        assert (await socket.said())["ty"] == "ticker"


async def test_method_first(simulator: Simulator) -> None:
    """2.2: the method may come before the ticket."""
    async with raw(simulator) as socket:
        socket.text(json.dumps([LIST, T]))
        assert await socket.said() == {"method": "LIST_SUBSCRIPTIONS", "result": [], "ticket": "t"}


@pytest.mark.parametrize(
    ("name", "key", "array"),
    [
        ("DEFAULT", "type", False),
        ("SIMPLE", "ty", False),
        ("JSON_LIST", "type", True),
        ("SIMPLE_LIST", "ty", True),
    ],
)
async def test_formats(simulator: Simulator, name: str, key: str, array: bool) -> None:
    """2.3: long or short names, an object or an array of one."""
    async with raw(simulator) as socket:
        socket.ask(TICKER, {"format": name})
        said = await socket.said()
        assert isinstance(said, list) is array
        assert (said[0] if array else said)[key] == "ticker"


async def test_a_request_replaces(simulator: Simulator, clock: HandClock) -> None:
    """2.4: the second request is the whole subscription, with new snapshots and no stray frame."""
    async with raw(simulator) as socket:
        socket.ask(TICKER, {"type": "trade", "codes": ["KRW-BTC"]})
        assert [(await socket.said())["type"] for _ in range(2)] == ["ticker", "trade"]
        both = {"type": "ticker", "codes": ["KRW-BTC", "KRW-ETH"]}
        socket.ask(both)
        for code in both["codes"]:
            said = await socket.said()
            assert (said["code"], said["stream_type"]) == (code, "SNAPSHOT")
        await clock.advance(10)
        for _ in range(20):
            assert (await socket.said())["type"] == "ticker"
        assert both in await _answer(socket)


async def _answer(socket: Raw) -> Any:
    """The list, past the data that was under way."""
    socket.ask(LIST)
    while "method" not in (said := await socket.said()):
        pass
    return said["result"]


async def test_objects_of_one_type(simulator: Simulator) -> None:
    """2.5: several objects of one type are all served, each with its own options."""
    async with raw(simulator) as socket:
        socket.ask(
            {"type": "orderbook", "codes": ["KRW-BTC"]},
            {"type": "orderbook", "codes": ["KRW-ETH.5"]},
            {"type": "orderbook", "codes": ["KRW-XRP"], "is_only_realtime": True},
        )
        books = [await socket.said() for _ in range(2)]
        assert [(book["code"], len(book["orderbook_units"])) for book in books] == [
            ("KRW-BTC", 30),
            ("KRW-ETH", 5),
        ]
        assert await socket.quiet()


async def test_codes(simulator: Simulator) -> None:
    """2.6: unknown and lower-case codes are ignored, valid ones beside them served."""
    async with raw(simulator) as socket:
        socket.ask({"type": "ticker", "codes": ["KRW-NOPE", "krw-btc", "KRW-ETH"]})
        assert (await socket.said())["code"] == "KRW-ETH"
        assert await socket.quiet()
        socket.ask({"type": "ticker", "codes": ["KRW-NOPE"]})
        assert await socket.quiet()


UNKNOWN = ["KRW-NOPE", "krw-btc"]


@pytest.mark.parametrize(
    ("path", "wish"),
    [
        (PRIVATE, {"type": "myOrder", "codes": UNKNOWN}),
        (INFO, {**INDICATOR, "codes": [*UNKNOWN, "BTC-ETH"]}),
        (INFO, {**SIGNAL, "codes": UNKNOWN}),
    ],
)
async def test_codes_of_other_types(simulator: Simulator, path: str, wish: Any) -> None:
    """2.6, 5: so they are on the other endpoints; indicators are of won markets alone (3.8)."""
    async with raw(simulator, path, **headers(path)) as socket:
        socket.ask(wish)
        assert await socket.quiet()
        assert await listed(socket) == [wish]


@pytest.mark.parametrize(
    ("suffix", "depth"),
    [("", 30), (".1", 1), (".5", 5), (".15", 15), (".30", 30), (".2", 30), (".20", 30)],
)
async def test_suffix(simulator: Simulator, suffix: str, depth: int) -> None:
    """2.6: the depth is the suffix's, 30 for any other; the code in the reply has none."""
    async with raw(simulator) as socket:
        socket.ask({"type": "orderbook", "codes": ["KRW-BTC" + suffix]})
        book = await socket.said()
        assert (book["code"], len(book["orderbook_units"])) == ("KRW-BTC", depth)


@pytest.mark.parametrize(("code", "level"), [("KRW-BTC", 7), ("BTC-ETH", 10_000)])
async def test_an_unsupported_level(simulator: Simulator, code: str, level: int) -> None:
    """5: a level that the market has not is silence, no error."""
    async with raw(simulator) as socket:
        socket.ask({"type": "orderbook", "codes": [code], "level": level})
        assert await socket.quiet()


async def test_all_codes_in_one_message() -> None:
    """2.6: 855 codes in one frame of more than 9,468 bytes are all served."""
    async with Simulator(clock=HandClock()) as simulator, raw(simulator) as socket:
        socket.ask({"type": "ticker", "codes": list(simulator.codes), "is_only_snapshot": True})
        seen = {(await socket.said())["code"] for _ in simulator.codes}
        assert seen == set(simulator.codes)


@pytest.mark.parametrize(
    ("flag", "kinds"), [("is_only_snapshot", {"SNAPSHOT"}), ("is_only_realtime", {"REALTIME"})]
)
async def test_only_flags(
    simulator: Simulator, clock: HandClock, flag: str, kinds: set[str]
) -> None:
    """2.8: one snapshot and no more, or no snapshot."""
    async with raw(simulator) as socket:
        socket.ask({**TICKER, flag: True})
        await clock.advance(10)
        got = {(await socket.said())["stream_type"] for _ in range(1 if "SNAPSHOT" in kinds else 5)}
        assert got == kinds
        if "SNAPSHOT" in kinds:
            assert await socket.quiet()


async def test_one_snapshot_then_realtime(simulator: Simulator, clock: HandClock) -> None:
    """2.8: of each code exactly one SNAPSHOT, first."""
    async with raw(simulator) as socket:
        socket.ask({"type": "trade", "codes": ["KRW-BTC", "KRW-ETH"]})
        await clock.advance(10)
        seen: dict[str, list[str]] = {}
        for _ in range(20):
            said = await socket.said()
            seen.setdefault(said["code"], []).append(said["stream_type"])
        for kinds in seen.values():
            assert kinds[0] == "SNAPSHOT"
            assert set(kinds[1:]) <= {"REALTIME"}


async def test_list_subscriptions(simulator: Simulator) -> None:
    """2.7: the reply in both name styles is the documentation's to the letter, on any endpoint."""
    async with raw(simulator) as socket:
        socket.ask(
            {"type": "ticker", "codes": ["KRW-BTC", "KRW-ETH"], "is_only_realtime": True},
            {**BOOK, "is_only_realtime": True},
        )
        socket.text('[{"ticket":"t1"},{"method":"LIST_SUBSCRIPTIONS"},{"format":"DEFAULT"}]')
        assert (await socket.frame()).payload == (
            b'{"method":"LIST_SUBSCRIPTIONS","result":[{"type":"ticker","codes":["KRW-BTC",'
            b'"KRW-ETH"]},{"type":"orderbook","codes":["KRW-BTC"],"level":0}],"ticket":"t1"}'
        )
        socket.text('[{"ticket":"t1"},{"method":"LIST_SUBSCRIPTIONS"},{"format":"SIMPLE"}]')
        assert (await socket.frame()).payload == (
            b'{"mthd":"LIST_SUBSCRIPTIONS","rslt":[{"ty":"ticker","cds":["KRW-BTC","KRW-ETH"]},'
            b'{"ty":"orderbook","cds":["KRW-BTC"],"lv":0}],"tckt":"t1"}'
        )
    for path in (PRIVATE, INFO):
        async with raw(simulator, path, **headers(path)) as socket:
            assert await listed(socket, format="DEFAULT") == []


async def test_list_subscriptions_changes_the_format(
    simulator: Simulator, clock: HandClock
) -> None:
    """2.7: the format of the question becomes the format of the live streams."""
    async with raw(simulator) as socket:
        socket.ask({**TICKER, "is_only_realtime": True})
        socket.ask(LIST, {"format": "SIMPLE"})
        assert "mthd" in await socket.said()
        await clock.advance(5)
        assert (await socket.said())["ty"] == "ticker"


async def test_private_data_reaches_its_wish(simulator: Simulator, clock: HandClock) -> None:
    """3.7: an announcement comes to whoever asked for its category, in the format asked for."""
    async with (
        raw(simulator, PRIVATE, **headers(PRIVATE)) as one,
        raw(simulator, PRIVATE, **headers(PRIVATE)) as other,
    ):
        one.ask({"type": "announcement", "categories": ["event"]}, {"format": "SIMPLE"})
        other.ask({"type": "announcement", "categories": ["wallet"]})
        assert await one.quiet()
        assert simulator._exchange is not None
        simulator._exchange.announcements.announce("t", "event", now_ms=clock.now_ns // 1_000_000)
        said = await one.said()
        assert (said["ty"], said["tt"], said["cat"]) == ("announcement", "t", "event")
        assert await other.quiet()


async def test_indicator_data_reaches_its_wish(simulator: Simulator, clock: HandClock) -> None:
    """3.8: an indicator comes when its candle has closed."""
    async with raw(simulator, INFO, **headers(INFO)) as socket:
        volume = {"type": "volume", "params": {"period": 5}}
        wish = {**INDICATOR, "timeframe": "5m", "indicators": [volume]}
        socket.ask(wish, wish)
        await clock.advance(40)
        await clock.advance(9)
        said = await socket.said()
        assert (said["type"], said["code"], said["timeframe"]) == ("indicator", "KRW-BTC", "5m")
        assert await socket.quiet()


# --- 6: limits


@pytest.fixture
async def still() -> AsyncIterator[Simulator]:
    """A running exchange on which no time passes."""
    async with Simulator(markets=5, clock=StillClock(), keys=KEYS) as simulator:
        yield simulator


@pytest.mark.parametrize("path", [PUBLIC, PRIVATE, INFO])
async def test_messages_per_second(still: Simulator, path: str) -> None:
    """6 websocket-message: the sixth in a second ends the connection, on every endpoint."""
    async with raw(still, path, **headers(path)) as socket, raw(still) as neighbour:
        for _ in range(5):
            assert await listed(socket) == []
        socket.ask(LIST)
        assert (await socket.refused())["name"] == "TOO_MANY_REQUEST"
        # Each connection counts on its own.
        assert await listed(neighbour) == []


async def test_messages_per_minute(simulator: Simulator, clock: HandClock) -> None:
    """6 websocket-message: a hundred in any minute pass, the 101st ends the connection."""
    async with raw(simulator) as socket:
        for _ in range(20):
            for _ in range(5):
                socket.ask(LIST)
                assert "result" in await socket.said()
            clock.now_ns += 2_000_000_000
        clock.now_ns += 20_000_000_000
        assert await listed(socket) == []
        for _ in range(4):
            assert await listed(socket) == []
    assert simulator.stats()["totals"]["breaches"]["messages_per_minute"] == 0
    async with raw(simulator) as socket:
        for _ in range(25):
            for _ in range(4):
                assert await listed(socket) == []
            clock.now_ns += 1_000_000_000
        socket.ask(LIST)
        assert (await socket.refused())["name"] == "TOO_MANY_REQUEST"
    assert simulator.stats()["totals"]["breaches"]["messages_per_minute"] == 1


async def test_connects(simulator: Simulator, clock: HandClock) -> None:
    """6 websocket-connect: the sixth in a second is 429, the next 418 with the time to wait."""
    statuses = []
    for _ in range(7):
        socket = await Raw.connect(simulator)
        statuses.append(socket.status)
        if socket.status == 418:
            assert socket.headers["retry-after"] == "2"
            assert (await socket.body())["block_seconds"] == 2
        socket.abort()
    assert statuses == [101] * 5 + [429, 418]
    clock.now_ns += 2_000_000_000
    socket = await Raw.connect(simulator)
    assert socket.status == 101
    socket.abort()


async def test_the_headers_of_the_101(simulator: Simulator) -> None:
    """1.2: what is left of the second's connects; no compression that was not asked for."""
    async with raw(simulator) as socket:
        assert socket.headers["remaining-req"] == "group=websocket; min=300; sec=4"
        assert socket.headers["limit-by-ip"] == "Yes"
        assert "sec-websocket-extensions" not in socket.headers


async def test_origin_on_connect(simulator: Simulator, clock: HandClock) -> None:
    """6 Origin: one connect in 10 s; those without the header are not concerned."""
    origin = {"Origin": "https://example.com"}
    statuses = []
    for seconds in (0, 0, 9.999, 0.001):
        clock.now_ns += round(seconds * 1e9)
        socket = await Raw.connect(simulator, headers=origin)
        statuses.append(socket.status)
        socket.abort()
    assert statuses == [101, 429, 429, 101]
    async with raw(simulator):
        pass
    totals = simulator.stats()["totals"]
    assert (totals["origins"], totals["origin_refusals"]) == (4, 2)


async def test_origin_on_quotation(simulator: Simulator, clock: HandClock) -> None:
    """1.4 Origin: quotation calls too, and they say so in the documented header."""
    origin = {"Origin": "https://example.com"}
    url = simulator.base_url + "/v1/market/all"
    async with aiohttp.ClientSession() as web:
        for status in (200, 429):
            async with web.get(url, headers=origin) as answer:
                assert answer.status == status
                assert answer.headers["Remaining-Req"] == "group=origin; min=6; sec=0"
        async with web.get(url) as answer:
            assert answer.status == 200
            assert "origin" not in answer.headers.get("Remaining-Req", "")
    refused = await Raw.connect(simulator, headers=origin)
    assert refused.status == 429
    refused.abort()
