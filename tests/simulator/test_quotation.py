"""The quotation REST API says what the WebSocket says; each table of §7.1 to §7.5 has its tests."""

import gzip
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import aiohttp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.simulator.desk import START_NS, Desk, StillClock, parsed, said
from tickwire.simulator import Simulator
from tickwire.simulator.rest.quotation import GROUPS, PATHS, Quotation, group_of
from tickwire.simulator.rest.quotation_limits import QuotationLimits

SPANS_S = {f"minutes/{n}": n * 60 for n in (1, 3, 5, 10, 15, 30, 60, 240)} | {"seconds": 1}
UNITS = (*SPANS_S, "days", "weeks", "months", "years")
MISSING = "Missing request parameter error. Check the required parameters!"
TYPE = "Type mismatch error. Check the parameters type!"
INVALID = "Invalid parameter. Check the given value!"
NO_CODE = "Code not found"


class Counter:
    """An exchange, and REST calls to it without a network."""

    def __init__(self, markets: int = 12, seed: int = 1, at_ns: int = START_NS) -> None:
        self.desk = Desk(markets=markets, seed=seed, at_ns=at_ns)
        exchange = self.desk.exchange
        self.quotation = Quotation(exchange.instruments, exchange.markets)
        self.codes = [one.code for one in exchange.instruments]

    def ask(self, path: str, **query: object) -> tuple[int, Any]:
        """Status and body, with every number exact."""
        texts = {name: str(value) for name, value in query.items()}
        answer = self.quotation.answer("/v1/" + path, texts, self.desk.now_ns // 1_000_000)
        return answer.status, parsed([answer.text.encode()])[0]

    def get(self, path: str, **query: object) -> Any:
        """The body of an answer that is fine."""
        status, body = self.ask(path, **query)
        assert status == 200, body
        return body


@pytest.fixture(scope="module")
def counter() -> Counter:
    """An exchange that has been open for a while."""
    counter = Counter()
    counter.desk.advance(200)
    return counter


@pytest.fixture(scope="module")
def heard() -> tuple[Counter, dict[str, list[Any]]]:
    """An exchange that has been open for a while, and all that a client has heard of it."""
    counter = Counter(seed=4)
    session = counter.desk.subscribed(
        {"type": "trade", "codes": counter.codes},
        *({"type": kind, "codes": counter.codes} for kind in ("ticker", "candle.1s", "candle.1m")),
        {"type": "candle.3m", "codes": counter.codes},
        {"type": "candle.240m", "codes": counter.codes},
    )
    told: dict[str, list[Any]] = {}
    for _ in range(60):
        counter.desk.advance(5)
        for message in said(session):
            told.setdefault(message["type"], []).append(message)
    return counter, told


# --- 7.1 markets


def test_market_list(counter: Counter) -> None:
    """Three names of each market, and with details its warnings."""
    plain = counter.get("market/all")
    assert [one["market"] for one in plain] == counter.codes
    assert set(plain[0]) == {"market", "korean_name", "english_name"}
    assert counter.get("market/all", is_details="false") == plain
    event = counter.get("market/all", is_details="true")[0]["market_event"]
    assert event["warning"] is False and len(event["caution"]) == 5
    assert counter.ask("market/all", is_details="perhaps")[1]["error"]["message"] == TYPE


# --- 7.2 trades


def test_trades_are_those_told(heard: tuple[Counter, dict[str, list[Any]]]) -> None:
    """Every trade of the WebSocket is in the answer, newest first, and says the same."""
    counter, told = heard
    for code in counter.codes:
        mine = [one for one in told["trade"] if one["code"] == code][::-1][:500]
        answer = counter.get("trades/ticks", market=code, count=len(mine))
        assert len(answer) == len(mine)
        for rest, wire in zip(answer, mine, strict=True):
            assert rest["market"] == code
            for name in ("trade_price", "trade_volume", "ask_bid", "sequential_id"):
                assert rest[name] == wire[name]
            assert rest["prev_closing_price"] == wire["prev_closing_price"]
            assert rest["timestamp"] == wire["trade_timestamp"]
            assert rest["trade_date_utc"] == wire["trade_date"]
            assert rest["trade_time_utc"] == wire["trade_time"]
            assert rest["change_price"] == wire["trade_price"] - wire["prev_closing_price"]


def test_trades_count(counter: Counter) -> None:
    """One unless asked for more, and 500 at most."""
    assert len(counter.get("trades/ticks", market="KRW-BTC")) == 1
    assert len(counter.get("trades/ticks", market="krw-btc", count=500)) == 500
    assert len(counter.get("trades/ticks", market="KRW-BTC", count=501)) == 500


def test_trades_page_by_cursor(counter: Counter) -> None:
    """Pages by cursor have every trade once, across the start into the made-up past."""
    code = counter.codes[-1]
    whole = counter.get("trades/ticks", market=code, count=500)
    paged: list[Any] = []
    while len(paged) < 500:
        more = {"cursor": paged[-1]["sequential_id"]} if paged else {}
        paged += counter.get("trades/ticks", market=code, count=50, **more)
    assert paged == whole
    assert len({one["sequential_id"] for one in whole}) == 500
    assert whole[-1]["timestamp"] < START_NS // 1_000_000 < whole[0]["timestamp"]
    assert counter.get("trades/ticks", market=code, cursor=0) == []


def test_trades_to_and_days_ago(counter: Counter) -> None:
    """`to` is a time of the day asked for, and the answer stays within that day."""
    for to in ("010203", "01:02:03"):
        (one,) = counter.get("trades/ticks", market="KRW-BTC", to=to)
        assert one["trade_date_utc"] == "2026-11-20" and one["trade_time_utc"] < "01:02:03"
    for ago in range(1, 8):
        day = (datetime(2026, 11, 20, tzinfo=UTC) - timedelta(days=ago)).date().isoformat()
        for to in ("", "000100"):
            found = counter.get("trades/ticks", market="KRW-BTC", days_ago=ago, count=500, to=to)
            assert {one["trade_date_utc"] for one in found} == {day}
    assert counter.get("trades/ticks", market="KRW-BTC", days_ago=1, to="000000") == []


def test_prev_closing_of_other_days(counter: Counter) -> None:
    """A trade of yesterday is compared with the close of the day before."""
    days = counter.get("candles/days", market="KRW-BTC", count=3)
    (one,) = counter.get("trades/ticks", market="KRW-BTC", days_ago=1)
    assert one["trade_price"] == days[1]["trade_price"]
    assert one["prev_closing_price"] == days[1]["prev_closing_price"] == days[2]["trade_price"]


# --- 7.3 candles


@pytest.mark.parametrize("unit", UNITS)
def test_candles_are_plausible(counter: Counter, unit: str) -> None:
    """There are 200 of each unit, newest first, sound, and with the fields of the unit."""
    extra = {
        "days": {"prev_closing_price", "change_price", "change_rate"},
        "weeks": {"first_day_of_period"},
        "months": {"first_day_of_period"},
        "years": {"first_day_of_period"},
    }.get(unit, {"unit"} if unit.startswith("minutes") else set())
    base = "market candle_date_time_utc candle_date_time_kst opening_price high_price low_price "
    base += "trade_price timestamp candle_acc_trade_price candle_acc_trade_volume"
    for code in (
        "KRW-BTC",
        counter.codes[-1],
        "BTC-ETH" if "BTC-ETH" in counter.codes else "KRW-ETH",
    ):
        answer = counter.get(f"candles/{unit}", market=code, count=200)
        assert len(answer) == {"months": 110, "years": 10}.get(unit, 200)
        starts = [one["candle_date_time_utc"] for one in answer]
        assert starts == sorted(set(starts), reverse=True)
        for one in answer:
            assert set(one) == set(base.split()) | extra
            first, last = one["opening_price"], one["trade_price"]
            assert one["low_price"] <= min(first, last) <= max(first, last) <= one["high_price"]
            volume, value = one["candle_acc_trade_volume"], one["candle_acc_trade_price"]
            # What the ticker says of the day of the start was made up hour by hour.
            slack = 0 if unit in SPANS_S else Decimal("0.03") * value
            assert one["low_price"] * volume - slack <= value <= one["high_price"] * volume + slack
            begin_ms = instant(one["candle_date_time_utc"]).timestamp() * 1_000
            assert begin_ms <= one["timestamp"] <= counter.desk.now_ns // 1_000_000
            kst = instant(one["candle_date_time_kst"]) - instant(one["candle_date_time_utc"])
            assert kst == timedelta(hours=9)
    assert len(counter.get(f"candles/{unit}", market="KRW-BTC")) == 1
    assert len(counter.get(f"candles/{unit}", market="KRW-BTC", count=999)) == len(answer)


def instant(text: str) -> datetime:
    """A time as the answers have it."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize("unit", SPANS_S)
def test_candles_are_what_the_trades_say(
    heard: tuple[Counter, dict[str, list[Any]]], unit: str
) -> None:
    """Rebuilt from the trades told since the start, every candle is the same."""
    counter, told = heard
    for code in counter.codes:
        rebuilt: dict[int, list[Any]] = {}
        for trade in told["trade"]:
            if trade["code"] != code:
                continue
            price, size = trade["trade_price"], trade["trade_volume"]
            start = int(trade["trade_timestamp"]) // 1000 // SPANS_S[unit] * SPANS_S[unit]
            one = rebuilt.setdefault(start, [price, price, price, price, 0, 0, 0])
            one[1], one[2], one[3] = max(one[1], price), min(one[2], price), price
            one[4] += size
            one[5] += price * size
            one[6] = trade["timestamp"]
        expected = sorted(rebuilt.items(), reverse=True)[:200]
        names = "opening_price high_price low_price trade_price candle_acc_trade_volume "
        names += "candle_acc_trade_price timestamp"
        answer = counter.get(f"candles/{unit}", market=code, count=len(expected))
        assert [
            (int(instant(one["candle_date_time_utc"]).timestamp()), [one[n] for n in names.split()])
            for one in answer
        ] == expected


def test_a_unit_with_zeros_before_it_is_that_unit(counter: Counter) -> None:
    """`minutes/005` is five minutes, and says so in JSON."""
    assert counter.get("candles/minutes/005", market="KRW-BTC")[0]["unit"] == 5


@pytest.mark.parametrize("unit", ["seconds", "minutes/1", "minutes/3", "minutes/240"])
def test_candles_are_those_told(heard: tuple[Counter, dict[str, list[Any]]], unit: str) -> None:
    """The last candle of the WebSocket that is over is in the answer of REST."""
    counter, told = heard
    kind = {"seconds": "candle.1s"}.get(unit, f"candle.{unit.partition('/')[2]}m")
    for code in counter.codes:
        last = [one for one in told[kind] if one["code"] == code][-1]
        (one,) = counter.get(
            f"candles/{unit}",
            market=code,
            to=(instant(last["candle_date_time_utc"]) + timedelta(seconds=1)).isoformat(),
        )
        if one["timestamp"] == last["timestamp"]:
            assert all(one[name] == last[name] for name in one.keys() & last.keys())
        else:
            assert one["candle_date_time_utc"] == last["candle_date_time_utc"]
            assert one["timestamp"] > last["timestamp"]


@pytest.mark.parametrize("unit", UNITS)
def test_candles_page_by_to(counter: Counter, unit: str) -> None:
    """`to` is exclusive: pages that begin at the last candle have each candle once."""
    whole = counter.get(f"candles/{unit}", market="KRW-XRP", count=9)
    paged: list[Any] = []
    for _ in range(3):
        to = {"to": paged[-1]["candle_date_time_utc"]} if paged else {}
        paged += counter.get(f"candles/{unit}", market="KRW-XRP", count=3, **to)
    assert paged == whole


@pytest.mark.parametrize(
    "to",
    [
        "2026-11-20T03:00:00",
        "2026-11-20 03:00:00",
        "2026-11-20T03:00:00Z",
        "2026-11-20T12:00:00+09:00",
        "2026-11-20T12:00:00 09:00",
        "2026-11-20 12:00:00+0900",
    ],
)
def test_spellings_of_to(counter: Counter, to: str) -> None:
    """Without a zone it is UTC; a plus that came as a space is understood."""
    (one,) = counter.get("candles/minutes/1", market="KRW-BTC", to=to)
    assert one["candle_date_time_utc"] == "2026-11-20T02:59:00"


def test_made_up_units_agree() -> None:
    """Longer candles of the past are what the shorter ones make."""
    counter = Counter()
    to = "2026-11-19T12:00:00"
    minutes = counter.get("candles/minutes/1", market="KRW-BTC", to=to, count=60)
    for unit in (3, 5, 10, 15, 30, 60):
        one = counter.get(f"candles/minutes/{unit}", market="KRW-BTC", to=to)[0]
        own = minutes[:unit]
        assert one["unit"] == unit
        assert one["trade_price"] == own[0]["trade_price"]
        assert one["opening_price"] == own[-1]["opening_price"]
        assert one["high_price"] == max(part["high_price"] for part in own)
        assert one["low_price"] == min(part["low_price"] for part in own)
        assert one["candle_acc_trade_volume"] == sum(p["candle_acc_trade_volume"] for p in own)


def test_weeks_begin_on_monday(counter: Counter) -> None:
    """Weeks, months and years begin where they should and are made of their days."""
    days = counter.get("candles/days", market="KRW-BTC", count=60)
    for unit, start in (("weeks", "2026-11-16"), ("months", "2026-11-01")):
        one = counter.get(f"candles/{unit}", market="KRW-BTC")[0]
        assert one["first_day_of_period"] == start
        own = [day for day in days if day["candle_date_time_utc"] >= start]
        assert one["high_price"] == max(day["high_price"] for day in own)
        assert one["opening_price"] == own[-1]["opening_price"]
    year = counter.get("candles/years", market="KRW-BTC")[0]
    assert year["first_day_of_period"] == "2026-01-01"


def test_today_is_the_tickers_day(counter: Counter) -> None:
    """The candle of today has the figures of the ticker."""
    for code in counter.codes:
        (day,) = counter.get("candles/days", market=code)
        (ticker,) = counter.get("ticker", markets=code)
        for name in ("opening_price", "high_price", "low_price", "trade_price"):
            assert day[name] == ticker[name]
        assert day["candle_acc_trade_price"] == ticker["acc_trade_price"]
        assert day["candle_acc_trade_volume"] == ticker["acc_trade_volume"]
        assert day["prev_closing_price"] == ticker["prev_closing_price"]
        assert day["change_price"] == ticker["signed_change_price"]
        assert day["change_rate"] == ticker["signed_change_rate"]


def test_a_day_that_is_over_stays() -> None:
    """After midnight yesterday's candle is as the ticker left it."""
    counter = Counter(markets=1, at_ns=1_795_219_200_000_000_000 - 5_000_000_000)
    session = counter.desk.subscribed({"type": "ticker", "codes": ["KRW-BTC"]})
    counter.desk.advance(15)
    last = [one for one in said(session) if one["trade_date"] == "20261120"][-1]
    today, yesterday = counter.get("candles/days", market="KRW-BTC", count=2)
    assert today["candle_date_time_utc"] == "2026-11-21T00:00:00"
    assert yesterday["candle_acc_trade_volume"] == last["acc_trade_volume"]
    assert yesterday["trade_price"] == last["trade_price"] == today["prev_closing_price"]
    assert yesterday["timestamp"] == last["timestamp"]
    (trade,) = counter.get("trades/ticks", market="KRW-BTC", days_ago=1)
    assert trade["trade_price"] == last["trade_price"]
    assert trade["prev_closing_price"] == last["prev_closing_price"]


def test_days_in_won() -> None:
    """With a converting unit days have their close in won."""
    counter = Counter(markets=60)
    for code in ("KRW-ETH", next(c for c in counter.codes if c.startswith("BTC-"))):
        own = counter.get("candles/days", market=code, count=5, converting_price_unit="KRW")
        rate = counter.get("candles/days", market="KRW-BTC", count=5)
        for one, other in zip(own, rate, strict=True):
            factor = 1 if code == "KRW-ETH" else other["trade_price"]
            assert abs(one["converted_trade_price"] - one["trade_price"] * factor) < Decimal("1e-8")
    assert counter.ask("candles/days", market="KRW-ETH", converting_price_unit="EUR")[0] == 400


# --- 7.4 tickers


def test_tickers_are_those_of_the_websocket(counter: Counter) -> None:
    """Each field that both have is equal."""
    answer = counter.get("ticker", markets=",".join(counter.codes))
    session = counter.desk.subscribed({"type": "ticker", "codes": counter.codes})
    for rest, wire in zip(answer, said(session), strict=True):
        assert rest["market"] == wire["code"]
        shared = rest.keys() & wire.keys()
        assert len(shared) == 23
        assert all(rest[name] == wire[name] for name in shared)
        assert set(rest) - shared == {"market", "trade_date_kst", "trade_time_kst"}
        at = datetime.fromtimestamp(int(rest["trade_timestamp"]) // 1000, UTC) + timedelta(hours=9)
        assert rest["trade_date_kst"] + rest["trade_time_kst"] == at.strftime("%Y%m%d%H%M%S")


def test_tickers_of_quote_currencies() -> None:
    """All markets of some quote currencies."""
    counter = Counter(markets=60)
    for quotes in ("KRW", "btc,USDT", "KRW,BTC,USDT"):
        own = [code for code in counter.codes if code.split("-")[0] in quotes.upper().split(",")]
        answer = counter.get("ticker/all", quote_currencies=quotes)
        assert [one["market"] for one in answer] == own
    assert counter.ask("ticker/all")[1]["error"] == {"name": 400, "message": MISSING}
    assert counter.ask("ticker/all", quote_currencies="EUR")[0] == 404


# --- 7.5 books


def test_books_are_those_of_the_websocket() -> None:
    """A book of REST is the snapshot of the same moment, for any depth and grouping."""
    counter = Counter()
    for _ in range(20):
        counter.desk.advance(0.37)
        for depth, level in ((30, 0), (5, 0), (1, 10000), (15, 1000000)):
            element = {"type": "orderbook", "codes": [f"KRW-BTC.{depth}"], "level": level}
            (wire,) = said(counter.desk.subscribed(element))
            (rest,) = counter.get("orderbook", markets="KRW-BTC", count=depth, level=level)
            assert rest.pop("market") == wire["code"]
            assert all(rest[name] == wire[name] for name in rest)
            assert len(rest) == 5


def test_the_whole_exchange_in_one_call() -> None:
    """All 855 books at once; one bad code spoils the whole call."""
    counter = Counter(markets=855)
    books = counter.get("orderbook", markets=",".join(counter.codes).lower())
    assert [book["market"] for book in books] == counter.codes
    assert all(len(book["orderbook_units"]) == 30 for book in books)
    bad = ",".join([*counter.codes, "KRW-NOPE"])
    for path in ("orderbook", "ticker", "orderbook/instruments", "orderbook/supported_levels"):
        assert counter.ask(path, markets=bad) == (404, {"error": {"name": 404, "message": NO_CODE}})


def test_book_count_and_level(counter: Counter) -> None:
    """More than thirty levels are thirty; a level that is not supported has no books."""
    for count, length in ((1, 1), (7, 7), (30, 30), (99, 30)):
        (book,) = counter.get("orderbook", markets="KRW-BTC", count=count)
        assert len(book["orderbook_units"]) == length
    for level in ("3", "0.00000000001", "99999999999"):
        assert counter.get("orderbook", markets="KRW-BTC", level=level) == []
    assert counter.get("orderbook", markets="KRW-BTC", level="0.0")[0]["level"] == 0
    assert counter.ask("orderbook", markets="KRW-BTC", level="x")[1]["error"]["message"] == TYPE


def test_book_instruments() -> None:
    """Tick size and levels are strings, levels but 0 only in won; the twin has numbers."""
    counter = Counter(markets=60)
    answer = counter.get("orderbook/instruments", markets=",".join(counter.codes))
    twin = counter.get("orderbook/supported_levels", markets=",".join(counter.codes))
    assert answer[0]["market"] == "KRW-BTC" and answer[0]["quote_currency"] == "KRW"
    assert answer[0]["tick_size"] == "1000"
    for one, two in zip(answer, twin, strict=True):
        assert set(one) == {"market", "quote_currency", "tick_size", "supported_levels"}
        assert one["supported_levels"][0] == "0"
        assert [Decimal(level) for level in one["supported_levels"]] == two["supported_levels"]
        if one["quote_currency"] != "KRW":
            assert one["supported_levels"] == ["0"]
        else:
            for level in one["supported_levels"]:
                assert counter.get("orderbook", markets=one["market"], level=level)


# --- mistakes


@pytest.mark.parametrize(
    ("path", "query", "status", "message"),
    [
        ("ticker", {}, 400, MISSING),
        ("orderbook", {"markets": ""}, 400, MISSING),
        ("trades/ticks", {}, 400, MISSING),
        ("candles/seconds", {"count": 2}, 400, MISSING),
        ("trades/ticks", {"market": "KRW-BTC", "count": "x"}, 400, TYPE),
        ("trades/ticks", {"market": "KRW-BTC", "cursor": "x"}, 400, TYPE),
        ("trades/ticks", {"market": "KRW-BTC", "count": 0}, 400, INVALID),
        ("trades/ticks", {"market": "KRW-BTC", "days_ago": 8}, 400, INVALID),
        ("trades/ticks", {"market": "KRW-BTC", "days_ago": "1.5"}, 400, TYPE),
        ("trades/ticks", {"market": "KRW-BTC", "to": "25:00:00"}, 400, INVALID),
        ("trades/ticks", {"market": "KRW-BTC", "to": "2026"}, 400, INVALID),
        ("candles/minutes/7", {"market": "KRW-BTC"}, 400, INVALID),
        ("candles/minutes/one", {"market": "KRW-BTC"}, 400, TYPE),
        ("candles/days", {"market": "KRW-BTC", "to": "yesterday"}, 400, INVALID),
        ("candles/days", {"market": "KRW-BTC", "count": -1}, 400, INVALID),
        ("candles/days", {"market": "KRW-NOPE"}, 404, NO_CODE),
        ("trades/ticks", {"market": "KRW-BTC,KRW-ETH"}, 404, NO_CODE),
        ("ticker", {"markets": "KRW-BTC,"}, 404, NO_CODE),
    ],
)
def test_mistakes(
    counter: Counter, path: str, query: dict[str, object], status: int, message: str
) -> None:
    """Wrong parameters get Upbit's texts, and a number for a name."""
    expected = {"error": {"name": status, "message": message}}
    assert counter.ask(path, **query) == (status, expected)


NAMES = ("market", "markets", "to", "count", "cursor", "days_ago", "level", "quote_currencies")
VALUES = st.one_of(
    st.text(max_size=12),
    st.integers().map(str),
    st.floats().map(str),
    st.datetimes().map(str),
    st.sampled_from(["KRW-BTC", "krw-eth", "KRW", "0", "1", "235959", "0001-01-01T00:00:00+23:59"]),
    st.sampled_from(["9999-12-31T23:59:59-23:59", "1e9", "٣", "1" * 30, "2026-11-20T00:00:00Z"]),
)
SUFFIXES = st.sampled_from([*PATHS, *(f"/v1/candles/{unit}" for unit in UNITS)]) | st.text(
    max_size=8
).map("/v1/candles/minutes/{}".format)


@settings(max_examples=400, deadline=None)
@given(SUFFIXES, st.dictionaries(st.sampled_from((*NAMES, "converting_price_unit")), VALUES))
def test_no_query_is_too_much(path: str, query: dict[str, str]) -> None:
    """Whatever is asked, the answer is JSON: data, or one of the documented errors."""
    if group_of(path) is None:
        return
    answer = FUZZED.quotation.answer(path, query, FUZZED.desk.now_ns // 1_000_000)
    body = json.loads(answer.text)
    if answer.status == 200:
        assert isinstance(body, list)
    else:
        assert (body["error"]["name"], body["error"]["message"]) in {
            (400, MISSING),
            (400, TYPE),
            (400, INVALID),
            (404, NO_CODE),
        }
        assert body["error"]["name"] == answer.status


FUZZED = Counter(markets=3)


def test_limits_are_by_group_and_address() -> None:
    """Ten calls a second in each group; then 429, then 418 for a while that grows."""
    limits = QuotationLimits()
    for group in GROUPS:
        for left in range(9, -1, -1):
            passage = limits.knock("a", group, START_NS)
            assert passage == (200, 0.0, f"group={group}; min=600; sec={left}")
        assert limits.knock("a", group, START_NS)[0] == 429
        assert limits.knock("a", group, START_NS)[:2] == (418, 2.0)
        assert limits.knock("b", group, START_NS)[0] == 200
        assert limits.knock("a", group, START_NS + 2_000_000_000)[0] == 200
    for number in range(20_000):
        limits.knock(str(number), "candle", START_NS)
    assert "10000 gates" in repr(limits)


# --- over HTTP


@pytest.fixture
async def frozen() -> AsyncIterator[Simulator]:
    """A running exchange for which everything happens in one instant."""
    async with Simulator(markets=10, clock=StillClock()) as simulator:
        yield simulator


@pytest.fixture
async def web() -> AsyncIterator[aiohttp.ClientSession]:
    """An independent client."""
    async with aiohttp.ClientSession(
        auto_decompress=False, headers={"Accept-Encoding": "identity"}
    ) as web:
        yield web


@pytest.mark.parametrize(
    ("path", "group"),
    [
        ("/v1/market/all", "market"),
        ("/v1/ticker?markets=KRW-BTC,krw-eth", "ticker"),
        ("/v1/ticker/all?quote_currencies=KRW", "ticker"),
        ("/v1/orderbook?markets=KRW-BTC&count=5", "orderbook"),
        ("/v1/orderbook/instruments?markets=KRW-BTC", "orderbook"),
        ("/v1/orderbook/supported_levels?markets=KRW-BTC", "orderbook"),
        ("/v1/trades/ticks?market=KRW-BTC&count=3", "trade"),
        *((f"/v1/candles/{unit}?market=KRW-BTC&count=3", "candle") for unit in UNITS),
    ],
)
async def test_every_path_over_http(
    frozen: Simulator, web: aiohttp.ClientSession, path: str, group: str
) -> None:
    """Each path answers JSON and says what is left of its group's second; gzip if accepted."""
    bodies = []
    for left, coding in ((9, "gzip"), (8, "identity")):
        headers = {"Accept-Encoding": coding}
        async with web.get(frozen.base_url + path, headers=headers) as answer:
            assert answer.status == 200
            assert answer.content_type == "application/json"
            assert answer.headers["Remaining-Req"] == f"group={group}; min=600; sec={left}"
            assert answer.headers.get("Content-Encoding", "identity") == coding
            body = await answer.read()
        bodies.append(json.loads(gzip.decompress(body) if coding == "gzip" else body))
    assert bodies[0] == bodies[1] != []


async def test_a_list_may_repeat_its_parameter(
    frozen: Simulator, web: aiohttp.ClientSession
) -> None:
    """Several markets in one parameter or in several of one name are the same list."""
    answers = []
    for query in ("markets=KRW-BTC,KRW-ETH", "markets=KRW-BTC&markets=KRW-ETH"):
        async with web.get(f"{frozen.base_url}/v1/ticker?{query}") as answer:
            answers.append([one["market"] for one in await answer.json()])
    assert answers == [["KRW-BTC", "KRW-ETH"]] * 2


async def test_errors_over_http(frozen: Simulator, web: aiohttp.ClientSession) -> None:
    """Unknown codes, unknown paths, and too many calls."""
    for path, status, name in (
        ("/v1/ticker?markets=KRW-NOPE", 404, 404),
        ("/v1/ticker", 400, 400),
        ("/v1/candles/minutes/7?market=KRW-BTC", 400, 400),
        ("/v1/candles/minutes", 404, "not_found"),
        ("/v1/candles/hours?market=KRW-BTC", 404, "not_found"),
        ("/v1/candles/minutes/%2F?market=KRW-BTC", 404, "not_found"),
        ("/v1/tickers", 404, "not_found"),
    ):
        async with web.get(frozen.base_url + path) as answer:
            assert (answer.status, (await answer.json())["error"]["name"]) == (status, name), path
    statuses = []
    for _ in range(13):
        async with web.get(frozen.base_url + "/v1/trades/ticks?market=KRW-BTC") as answer:
            statuses.append(answer.status)
            assert answer.headers["Remaining-Req"].startswith("group=trade; min=600; sec=")
            if answer.status == 418:
                assert answer.headers["Retry-After"] == "2"
    assert statuses == [200] * 10 + [429, 418, 418]


def test_a_tape_has_codes_and_no_data(counter: Counter) -> None:
    """Where a tape is played the codes are known, and there is nothing to say about them."""
    quotation = Quotation(counter.desk.exchange.instruments, {})
    assert quotation.answer("/v1/market/all", {}, 0).text.startswith('[{"market":"KRW-BTC"')
    for path, name in (("ticker", "markets"), ("orderbook", "markets"), ("trades/ticks", "market")):
        assert quotation.answer(f"/v1/{path}", {name: "KRW-BTC"}, 0) == (200, "[]")
    for unit in UNITS:
        assert quotation.answer(f"/v1/candles/{unit}", {"market": "KRW-BTC"}, 0) == (200, "[]")
    assert quotation.answer("/v1/ticker", {"markets": "KRW-NOPE"}, 0).status == 404
