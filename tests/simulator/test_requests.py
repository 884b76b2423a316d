"""What the exchange makes of a request."""

import json
from typing import Any

import pytest

from tests.simulator.desk import Desk, kinds, said

TICKER = {"type": "ticker", "codes": ["KRW-BTC"]}


@pytest.mark.parametrize(
    ("text", "name", "message"),
    [
        ("nonsense", "WRONG_FORMAT", "Format 이 맞지 않습니다."),
        ('{"ticket":"t"}', "WRONG_FORMAT", None),
        ('[{"ticket":"t"},7]', "WRONG_FORMAT", None),
        ("[" * 100_000, "WRONG_FORMAT", None),
        ("[]", "NO_TICKET", "티켓이 존재하지 않거나, 유효하지 않습니다."),
        ('[{"type":"ticker","codes":["KRW-BTC"]}]', "NO_TICKET", None),
        ('[{"ticket":7},{"type":"ticker","codes":["KRW-BTC"]}]', "NO_TICKET", None),
        ('[{"ticket":""},{"type":"ticker","codes":["KRW-BTC"]}]', "NO_TICKET", None),
        ('[{"ticket":"t"}]', "NO_TYPE", "type 필드가 존재하지 않습니다."),
        ('[{"ticket":"t"},{"codes":["KRW-BTC"]}]', "NO_TYPE", None),
        ('[{"ticket":"t"},{"format":"SIMPLE"}]', "NO_TYPE", None),
        ('[{"ticket":"t"},{"type":7,"codes":[]}]', "WRONG_FORMAT", None),
        ('[{"ticket":"t"},{"type":"ticker"}]', "NO_CODES", "codes 필드가 존재하지 않습니다."),
        ('[{"ticket":"t"},{"type":"ticker","codes":[]}]', "NO_CODES", None),
        ('[{"ticket":"t"},{"type":"ticker","codes":"KRW-BTC"}]', "WRONG_FORMAT", None),
        (
            '[{"ticket":"t"},{"type":"nope","codes":["KRW-BTC"]}]',
            "INVALID_PARAM",
            "nope 은 지원하지 않는 타입입니다.",
        ),
        ('[{"ticket":"t"},{"type":"Ticker","codes":["KRW-BTC"]}]', "INVALID_PARAM", None),
        ('[{"ticket":"t"},{"type":"candle.2m","codes":["KRW-BTC"]}]', "INVALID_PARAM", None),
        (
            '[{"ticket":"t"},{"type":"myOrder"}]',
            "INVALID_AUTH",
            "인증 정보가 올바르지 않습니다.",
        ),
        ('[{"ticket":"t"},{"type":"indicator","codes":["KRW-BTC"]}]', "INVALID_AUTH", None),
        (
            '[{"ticket":"t"},{"type":"orderbook","codes":["KRW-BTC"],"level":"x"}]',
            "WRONG_FORMAT",
            None,
        ),
        (
            '[{"ticket":"t"},{"type":"ticker","codes":["KRW-BTC"],"is_only_realtime":1}]',
            "WRONG_FORMAT",
            None,
        ),
        ('[{"ticket":"t"},{"method":"NOPE"}]', "WRONG_FORMAT", None),
    ],
)
def test_a_wrong_request_is_refused_by_name(text: str, name: str, message: str | None) -> None:
    """A wrong request is answered by its error, and the connection is over."""
    desk = Desk()
    session = desk.subscribed(TICKER)
    session.take()
    desk.send(session, text)
    (answer,) = said(session)
    assert answer["error"]["name"] == name
    assert message is None or answer["error"]["message"] == message
    assert session.closing == name
    desk.ask(session, TICKER)
    desk.advance(5)
    assert said(session) == []


def test_elements_may_come_in_any_order() -> None:
    """Format and types before the ticket are as good as after it."""
    desk = Desk()
    session = desk.connect()
    desk.send(session, json.dumps([{"format": "SIMPLE"}, TICKER, {"ticket": "t"}]))
    assert said(session)[0]["ty"] == "ticker"


def test_snapshots_come_at_once_and_then_realtime() -> None:
    """Each stream gives one snapshot in the order asked for, afterwards only what happens."""
    desk = Desk()
    session = desk.subscribed(
        {"type": "trade", "codes": ["KRW-ETH", "KRW-BTC"]},
        {"type": "ticker", "codes": ["KRW-BTC"]},
        {"type": "orderbook", "codes": ["KRW-BTC"]},
        {"type": "candle.1s", "codes": ["KRW-BTC"]},
    )
    streams = [
        ("trade", "KRW-ETH"),
        ("trade", "KRW-BTC"),
        ("ticker", "KRW-BTC"),
        ("orderbook", "KRW-BTC"),
        ("candle.1s", "KRW-BTC"),
    ]
    assert kinds(session) == [(*stream, "SNAPSHOT") for stream in streams]
    desk.advance(10)
    assert set(kinds(session)) == {(*stream, "REALTIME") for stream in streams}


def test_a_request_replaces_the_whole_set() -> None:
    """After a second request nothing of the first is sent any more."""
    desk = Desk()
    session = desk.subscribed(TICKER, {"type": "trade", "codes": ["KRW-BTC"]})
    desk.advance(3)
    session.take()
    desk.ask(session, {"type": "orderbook", "codes": ["KRW-ETH"]})
    desk.advance(10)
    assert {kind[:2] for kind in kinds(session)} == {("orderbook", "KRW-ETH")}


@pytest.mark.parametrize("flag", ["is_only_snapshot", "isOnlySnapshot"])
def test_only_snapshot(flag: str) -> None:
    """With the flag there is one snapshot and then nothing."""
    desk = Desk()
    session = desk.subscribed({**TICKER, flag: True})
    desk.advance(10)
    assert kinds(session) == [("ticker", "KRW-BTC", "SNAPSHOT")]


@pytest.mark.parametrize("flag", ["is_only_realtime", "isOnlyRealtime"])
def test_only_realtime(flag: str) -> None:
    """With the flag there is no snapshot."""
    desk = Desk()
    session = desk.subscribed({**TICKER, flag: True})
    assert kinds(session) == []
    desk.advance(10)
    assert set(kinds(session)) == {("ticker", "KRW-BTC", "REALTIME")}


def test_objects_of_one_type_are_all_served() -> None:
    """Objects of one type keep their own codes and flags."""
    desk = Desk()
    session = desk.subscribed(
        {"type": "ticker", "codes": ["KRW-BTC"], "is_only_realtime": True},
        {"type": "ticker", "codes": ["KRW-ETH"], "is_only_snapshot": True},
        {"type": "ticker", "codes": ["KRW-XRP"]},
    )
    desk.advance(20)
    assert set(kinds(session)) == {
        ("ticker", "KRW-BTC", "REALTIME"),
        ("ticker", "KRW-ETH", "SNAPSHOT"),
        ("ticker", "KRW-XRP", "SNAPSHOT"),
        ("ticker", "KRW-XRP", "REALTIME"),
    }


def test_a_stream_named_twice_comes_once() -> None:
    """The same code twice in a message does not double its frames."""
    desk = Desk()
    session = desk.subscribed({"type": "ticker", "codes": ["KRW-BTC", "KRW-BTC"]}, TICKER)
    assert len(said(session)) == 1


def test_unknown_and_lower_case_codes_are_silent() -> None:
    """Codes that do not exist are no error, and the others beside them are served."""
    desk = Desk()
    session = desk.subscribed({"type": "ticker", "codes": ["KRW-NOPE", "krw-btc", "KRW-ETH"]})
    assert kinds(session) == [("ticker", "KRW-ETH", "SNAPSHOT")]
    assert session.closing is None


@pytest.mark.parametrize(
    ("suffix", "depth"), [("", 30), (".1", 1), (".5", 5), (".15", 15), (".30", 30), (".2", 30)]
)
def test_orderbook_depth(suffix: str, depth: int) -> None:
    """A supported suffix gives the depth, any other is 30; the reply's code has none."""
    desk = Desk()
    session = desk.subscribed({"type": "orderbook", "codes": ["KRW-BTC" + suffix]})
    (book,) = said(session)
    assert book["code"] == "KRW-BTC"
    assert len(book["orderbook_units"]) == depth


def test_thin_books_are_padded() -> None:
    """A side with fewer levels goes on with zero prices and sizes up to the depth."""
    desk = Desk(markets=855)
    codes = [code for code in (one.code for one in desk.exchange.instruments) if code[:3] == "BTC"]
    books = said(desk.subscribed({"type": "orderbook", "codes": codes}))
    padded = 0
    for book in books:
        assert len(book["orderbook_units"]) == 30
        for price, size in (("ask_price", "ask_size"), ("bid_price", "bid_size")):
            empty = [unit[price] == 0 for unit in book["orderbook_units"]]
            assert empty == sorted(empty)
            assert empty == [unit[size] == 0 for unit in book["orderbook_units"]]
            padded += empty[-1]
    assert len(books) == 328
    assert padded > 50


@pytest.mark.parametrize("level", [10_000, "10000", 10000.0])
def test_level_groups_prices(level: Any) -> None:
    """A supported level rounds prices away from the touch and adds their sizes up."""
    desk = Desk()
    session = desk.subscribed(
        {"type": "orderbook", "codes": ["KRW-BTC"]},
        {"type": "orderbook", "codes": ["KRW-BTC"], "level": level},
    )
    exact, grouped = said(session)
    assert (exact["level"], grouped["level"]) == (0, 10_000)
    for side, up in (("ask", 1), ("bid", 0)):
        sums: dict[int, Any] = {}
        for unit in exact["orderbook_units"]:
            price = (unit[f"{side}_price"] + 9_999 * up) // 10_000 * 10_000
            sums[price] = sums.get(price, 0) + unit[f"{side}_size"]
        shown = [
            (unit[f"{side}_price"], unit[f"{side}_size"])
            for unit in grouped["orderbook_units"]
            if unit[f"{side}_price"]
        ]
        assert shown == list(sums.items())
    assert grouped["total_ask_size"] == exact["total_ask_size"]


@pytest.mark.parametrize(
    ("code", "level"),
    [("KRW-BTC", 7), ("KRW-BTC", -1), ("KRW-BTC", "1e999999"), ("BTC-ETH", 10_000)],
)
def test_an_unsupported_level_is_silent(code: str, level: Any) -> None:
    """A level that this market does not have gives neither data nor an error."""
    desk = Desk()
    session = desk.subscribed({"type": "orderbook", "codes": [code], "level": level})
    desk.advance(5)
    assert said(session) == []
    assert session.closing is None


def test_list_formats_wrap_one_message() -> None:
    """The list formats carry each message in an array, in long or in short names."""
    desk = Desk()
    for name, key in (("JSON_LIST", "type"), ("SIMPLE_LIST", "ty")):
        ((message,),) = said(desk.subscribed(TICKER, {"format": name}))
        assert message[key] == "ticker"


def test_list_subscriptions() -> None:
    """The list names types, codes as asked for and orderbook levels, and cancels nothing."""
    desk = Desk()
    session = desk.connect()
    desk.ask(session, {"method": "LIST_SUBSCRIPTIONS"})
    assert said(session) == [{"method": "LIST_SUBSCRIPTIONS", "result": [], "ticket": "t"}]
    desk.ask(session, TICKER, {"type": "orderbook", "codes": ["KRW-ETH.5", "KRW-NOPE"]})
    session.take()
    desk.ask(session, {"method": "LIST_SUBSCRIPTIONS"}, {"format": "DEFAULT"})
    assert session.take() == [
        b'{"method":"LIST_SUBSCRIPTIONS","result":[{"type":"ticker","codes":["KRW-BTC"]},'
        b'{"type":"orderbook","codes":["KRW-ETH.5","KRW-NOPE"],"level":0}],"ticket":"t"}'
    ]
    desk.advance(5)
    assert {kind[0] for kind in kinds(session)} == {"ticker", "orderbook"}


def test_list_subscriptions_switches_the_format() -> None:
    """The format of the question becomes the format of the streams; without one they stay."""
    desk = Desk()
    session = desk.subscribed(TICKER)
    session.take()
    desk.ask(session, {"method": "LIST_SUBSCRIPTIONS"}, {"format": "SIMPLE"})
    assert session.take() == [
        b'{"mthd":"LIST_SUBSCRIPTIONS","rslt":[{"ty":"ticker","cds":["KRW-BTC"]}],"tckt":"t"}'
    ]
    desk.advance(5)
    assert {one["ty"] for one in said(session)} == {"ticker"}
    desk.ask(session, {"method": "LIST_SUBSCRIPTIONS"})
    assert "method" in said(session)[0]
    desk.advance(5)
    assert {one["ty"] for one in said(session)} == {"ticker"}


def test_connections_share_the_bytes_and_not_the_wishes() -> None:
    """Two connections with one stream get the very same frames, each in its own format."""
    desk = Desk()
    first, second = desk.subscribed(TICKER), desk.subscribed(TICKER)
    other = desk.subscribed(TICKER, {"format": "SIMPLE"})
    for session in (first, second, other):
        session.take()
    desk.advance(5)
    one, two, simple = first.take(), second.take(), other.take()
    assert one
    assert all(a is b for a, b in zip(one, two, strict=True))
    assert len(simple) == len(one)
    assert set(simple).isdisjoint(one)


@pytest.mark.parametrize(
    "elements",
    [
        [{"ticket": "\ud800"}, {"method": "LIST_SUBSCRIPTIONS"}],
        [{"ticket": "t"}, {"type": "\ud800", "codes": ["KRW-BTC"]}],
        [{"ticket": "\ud800"}, {"type": "ticker", "codes": ["\ud800"]}],
    ],
)
def test_half_a_character_is_answered_all_the_same(elements: list[dict[str, Any]]) -> None:
    """JSON can name what no text can hold; the answers stay valid UTF-8."""
    desk = Desk()
    session = desk.connect()
    desk.send(session, json.dumps(elements))
    desk.send(session, json.dumps([{"ticket": "t"}, {"method": "LIST_SUBSCRIPTIONS"}]))
    for frame in session.take():
        json.loads(frame.decode())
