"""Each switch in both positions: the default is what the other modules' tests see as well."""

import dataclasses
import inspect
import json
from pathlib import Path
from typing import Any

import pytest

from tests.simulator.desk import Desk, kinds, said
from tests.simulator.raw import ACCESS, KEYS, TEXT, HandClock, Raw, bearer, raw
from tickwire.simulator import Simulator
from tickwire.simulator import switches as module
from tickwire.simulator.exchange import Refusal
from tickwire.simulator.switches import Switches
from tickwire.simulator.wire.session import Session

TICKER = {"type": "ticker", "codes": ["KRW-BTC"]}
TRADE = {"type": "trade", "codes": ["KRW-BTC"]}
LIST = {"method": "LIST_SUBSCRIPTIONS"}


def desk(**switches: Any) -> Desk:
    return Desk(switches=Switches(**switches), keys=KEYS)


def answer(asked: Desk, *elements: dict[str, Any]) -> Any:
    """The name of the error that this request brings, or what it brings."""
    told = said(asked.subscribed(*elements))
    if told and "error" in told[0]:
        return told[0]["error"]["name"]
    return [(one["type"], one["code"], one["stream_type"]) for one in told]


def listed(asked: Desk, *wishes: dict[str, Any]) -> Any:
    """The result of LIST_SUBSCRIPTIONS after these wishes."""
    session = asked.subscribed(*wishes)
    asked.ask(session, LIST)
    return said(session)[-1]["result"]


def test_every_switch_is_tried_here_or_beside() -> None:
    """No switch without a test that names it, and none without a reason beside it."""
    here = Path(__file__)
    tried = "".join(
        (here.parent / name).read_text()
        for name in (here.name, "test_auth.py", "test_keepalive.py")
    )
    source = inspect.getsource(module)
    for field in dataclasses.fields(Switches):
        assert f"{field.name}=" in tried, field.name
        _, _, rest = source.partition(f"    {field.name}: ")
        assert rest.splitlines()[1].startswith('    """'), field.name


@pytest.mark.parametrize("text", [False, True])
async def test_text_frames(text: bool) -> None:
    """Data, errors and replies come in frames of one kind."""
    async with (
        Simulator(markets=1, switches=Switches(text_frames=text)) as simulator,
        raw(simulator) as socket,
    ):
        socket.ask(TICKER)
        assert ((await socket.frame()).opcode == TEXT) is text
        socket.text("nonsense")
        while "error" not in (frame := await socket.frame()).said:
            pass
        assert (frame.opcode == TEXT) is text


@pytest.mark.parametrize("wrapped", [False, True])
def test_list_wrapping(wrapped: bool) -> None:
    """In a list format errors, UP and method replies are arrays too, or are not."""
    asked = desk(list_wrapping=wrapped)
    session = asked.subscribed({**TICKER, "is_only_realtime": True}, {"format": "SIMPLE_LIST"})
    asked.ask(session, LIST, {"format": "JSON_LIST"})
    asked.send(session, "PING")
    asked.exchange.step(asked.now_ns + 8_000_000_000)
    asked.send(session, "nonsense")
    frames = [one for one in session.take() if b"stream_type" not in one]
    assert [frame[:1] == b"[" for frame in frames] == [wrapped] * 3
    plain = asked.subscribed(TICKER)
    asked.send(plain, "nonsense")
    assert plain.take()[-1][:1] == b"{"


@pytest.mark.parametrize("batched", [False, True])
def test_batched_lists(batched: bool) -> None:
    """What is due together is one array in a list format; in the others nothing changes."""
    asked = desk(batched_lists=batched)
    both = {"type": "ticker", "codes": ["KRW-BTC", "KRW-ETH"]}
    sizes = [len(one) for one in said(asked.subscribed(both, {"format": "JSON_LIST"}))]
    assert sizes == ([2] if batched else [1, 1])
    assert len(said(asked.subscribed(both))) == 2
    session = asked.subscribed(both, {"format": "JSON_LIST"})
    asked.send(session, "nonsense")
    assert "error" in said(session)[-1]
    assert session.frames == (2 if batched else 3)


ENGLISH = [
    ("nonsense", "Requested using wrong format."),
    ("[]", "Ticket field must be contained."),
    (json.dumps([{"ticket": "t"}, {"type": "ticker"}]), "codes field not exists."),
    (json.dumps([{"ticket": "t"}, {"type": "nope"}]), "type nope is not supported."),
]


@pytest.mark.parametrize(("text", "message"), ENGLISH)
def test_english_messages(text: str, message: str) -> None:
    """The texts of the hosts abroad, where they have been measured."""
    for english in (False, True):
        asked = desk(english_messages=english)
        session = asked.connect()
        asked.send(session, text)
        assert (said(session)[0]["error"]["message"] == message) is english


def test_nonce_reuse() -> None:
    """A token may be used again to connect; it is counted all the same."""
    for reuse in (False, True):
        asked = desk(nonce_reuse=reuse)
        token = bearer()
        asked.connect(endpoint="private", authorization=token)
        again = asked.knock("10.9.9.9", endpoint="private", authorization=token)
        assert isinstance(again, Session) is reuse
        totals = asked.exchange.referee.report(asked.now_ns)["totals"]
        assert (totals["nonce_reuses"], totals["auth_failures"]) == (1, not reuse)


def test_public_types_everywhere() -> None:
    """Public types on a private endpoint are served, or INVALID_PARAM."""
    for everywhere in (False, True):
        asked = desk(public_types_everywhere=everywhere)
        session = asked.connect(endpoint="info", authorization=bearer())
        asked.ask(session, TICKER)
        assert ("error" in said(session)[0]) is not everywhere


def test_private_connections() -> None:
    """One key's connections beyond the number are refused; other keys and the public are not."""
    asked = desk(private_connections=1)
    session = asked.connect(endpoint="private", authorization=bearer())
    refused = asked.knock("10.9.9.9", endpoint="info", authorization=bearer())
    assert refused == Refusal(429, 0.0)
    asked.connect(authorization=bearer())
    asked.connect(endpoint="info", authorization=bearer("OTHER", KEYS["OTHER"]))
    asked.exchange.disconnect(session, asked.now_ns, 1000, "")
    assert asked.connect(endpoint="private", authorization=bearer()).account == ACCESS


def test_camel_case_flags() -> None:
    """`isOnlyRealtime` works, or is a key like any unknown one."""
    wish = {**TICKER, "isOnlyRealtime": True}
    assert answer(desk(camel_case_flags=True), wish) == []
    assert answer(desk(camel_case_flags=False), wish) == [("ticker", "KRW-BTC", "SNAPSHOT")]


@pytest.mark.parametrize(
    ("both", "snapshot", "live"),
    [("nothing", [], False), ("everything", [("ticker", "KRW-BTC", "SNAPSHOT")], True)],
)
def test_both_flags(both: str, snapshot: list[Any], live: bool) -> None:
    """Both only-flags bring nothing at all, or cancel each other."""
    asked = desk(both_flags=both)
    session = asked.subscribed({**TICKER, "is_only_snapshot": True, "is_only_realtime": True})
    assert kinds(session) == snapshot
    asked.advance(10)
    assert bool(said(session)) is live


def test_both_flags_refused() -> None:
    """Both only-flags may be an error as well."""
    wish = {**TICKER, "is_only_snapshot": True, "is_only_realtime": True}
    assert answer(desk(both_flags="WRONG_FORMAT"), wish) == "WRONG_FORMAT"


@pytest.mark.parametrize(
    ("twice", "depths"), [("all", [5, 15, 1]), ("first", [5, 1]), ("last", [15, 1])]
)
def test_same_code_twice(twice: str, depths: list[int]) -> None:
    """Of wishes for one type and code all are served, or the first, or the last."""
    asked = desk(same_code_twice=twice)
    session = asked.subscribed(
        {"type": "orderbook", "codes": ["KRW-BTC.5", "KRW-BTC.15"]},
        {"type": "orderbook", "codes": ["KRW-ETH.1"]},
    )
    assert [len(book["orderbook_units"]) for book in said(session)] == depths


@pytest.mark.parametrize(
    ("empty", "result"),
    [("NO_CODES", "NO_CODES"), ("INVALID_PARAM", "INVALID_PARAM"), ("nothing", [])],
)
def test_empty_codes(empty: str, result: Any) -> None:
    """An empty list of codes is one of two errors, or a wish for nothing."""
    assert answer(desk(empty_codes=empty), {"type": "ticker", "codes": []}) == result


def test_unknown_keys_refused() -> None:
    """A key that the documentation does not know is ignored, or an error; all it knows pass."""
    lenient, strict = desk(unknown_keys_refused=False), desk(unknown_keys_refused=True)
    assert answer(lenient, {**TICKER, "nope": 1}) == [("ticker", "KRW-BTC", "SNAPSHOT")]
    assert answer(strict, {**TICKER, "nope": 1}) == "WRONG_FORMAT"
    assert answer(strict, {**TICKER, "level": 0}) == "WRONG_FORMAT"
    for flag in ("is_only_realtime", "isOnlyRealtime"):
        assert answer(strict, {**TICKER, flag: True}) == []
    assert len(answer(strict, {"type": "orderbook", "codes": ["KRW-BTC"], "level": 0})) == 1
    assert answer(strict, {"type": "nope", "codes": []}) == "INVALID_PARAM"
    session = strict.connect(endpoint="private", authorization=bearer())
    strict.ask(session, {"type": "announcement", "include_body": True}, {"type": "myOrder"})
    assert said(session) == []


@pytest.mark.parametrize(
    ("unknown", "result"),
    [
        ("DEFAULT", [("ticker", "KRW-BTC", "SNAPSHOT")]),
        ("WRONG_FORMAT", "WRONG_FORMAT"),
        ("INVALID_PARAM", "INVALID_PARAM"),
    ],
)
@pytest.mark.parametrize("name", ["NOPE", "simple", 7])
def test_unknown_format(unknown: str, result: Any, name: object) -> None:
    """A format that does not exist is DEFAULT, or one of two errors."""
    assert answer(desk(unknown_format=unknown), TICKER, {"format": name}) == result


def test_level_refused() -> None:
    """As on the Indonesian host, any `level` is an error."""
    wish = {"type": "orderbook", "codes": ["KRW-BTC"], "level": 0}
    assert len(answer(desk(level_refused=False), wish)) == 1
    assert answer(desk(level_refused=True), wish) == "WRONG_FORMAT"


def test_request_bytes() -> None:
    """A request of so many bytes passes, one more does not."""
    size = len(json.dumps([{"ticket": "t"}, TICKER]))
    assert len(answer(desk(request_bytes=size), TICKER)) == 1
    assert answer(desk(request_bytes=size - 1), TICKER) == "WRONG_FORMAT"


def test_method_beside_types_refused() -> None:
    """A method wins over the types beside it, or the mixture is an error."""
    for refused in (False, True):
        asked = desk(method_beside_types_refused=refused)
        session = asked.connect()
        asked.ask(session, LIST, TICKER)
        told = said(session)[0]
        assert told["error"]["name"] == "WRONG_FORMAT" if refused else told["result"] == []


@pytest.mark.parametrize(
    ("without", "reply", "stream"),
    [
        ("answer", "method", "ty"),
        ("streams", "method", "type"),
        ("keep", "mthd", "ty"),
    ],
)
def test_list_without_format(without: str, reply: str, stream: str) -> None:
    """A question without a format has one of three effects on a connection in SIMPLE."""
    asked = desk(list_without_format=without)
    session = asked.subscribed({**TICKER, "is_only_realtime": True}, {"format": "SIMPLE"})
    asked.ask(session, LIST)
    assert reply in said(session)[0]
    asked.advance(5)
    assert stream in said(session)[0]


def test_listed_suffixes() -> None:
    """The list shows codes as asked for, or without their suffix."""
    for shown in (False, True):
        asked = desk(listed_suffixes=shown)
        session = asked.subscribed({"type": "orderbook", "codes": ["KRW-BTC.5"]}, TRADE)
        for form, result, codes in (("DEFAULT", "result", "codes"), ("SIMPLE", "rslt", "cds")):
            asked.ask(session, LIST, {"format": form})
            shown_codes = [one[codes] for one in said(session)[-1][result]]
            assert shown_codes == [["KRW-BTC.5" if shown else "KRW-BTC"], ["KRW-BTC"]]


def test_listed_flags() -> None:
    """The list shows the only-flags that are set, or none; those that are not set are no member."""
    wishes = {**TICKER, "is_only_realtime": True}, {**TRADE, "is_only_snapshot": True}
    assert listed(desk(listed_flags=True), *wishes, TRADE) == [*wishes, TRADE]
    assert listed(desk(listed_flags=False), *wishes, TRADE) == [TICKER, TRADE, TRADE]


def test_listed_snapshots() -> None:
    """What stays no stream is in the list, or only what stays one."""
    wishes = TICKER, {**TRADE, "is_only_snapshot": True}
    assert listed(desk(listed_snapshots=True), *wishes) == [TICKER, TRADE]
    assert listed(desk(listed_snapshots=False), *wishes) == [TICKER]


def test_rate_error_closes() -> None:
    """Too many messages end the connection, or only that message."""
    for closes in (False, True):
        asked = desk(rate_error_closes=closes)
        session = asked.subscribed(TICKER)
        for _ in range(5):
            asked.ask(session, {"type": "trade", "codes": ["KRW-ETH"]})
        assert said(session)[-1]["error"]["name"] == "TOO_MANY_REQUEST"
        asked.advance(10)
        assert bool(said(session)) is not closes
        asked.ask(session, LIST)
        assert bool(said(session)) is not closes


@pytest.mark.parametrize("told", ["both", "header", "body", "nowhere"])
async def test_block_told(told: Any) -> None:
    """A 418 says for how long in its header, in its body, in both or nowhere."""
    switches = Switches(block_told=told)
    async with Simulator(markets=1, clock=HandClock(), switches=switches) as simulator:
        for _ in range(7):
            socket = await Raw.connect(simulator)
            socket.abort()
        assert socket.status == 418
        assert ("retry-after" in socket.headers) is (told in ("both", "header"))
        assert ("block_seconds" in await socket.body()) is (told in ("both", "body"))


def test_ping_counts() -> None:
    """The sixth PING in a second breaks the limit; those before are answered."""
    asked = desk(ping_counts=True)
    session = asked.connect()
    for _ in range(5):
        asked.send(session, "PING")
    asked.advance(8)
    assert said(session) == [{"status": "UP"}]
    for _ in range(6):
        asked.send(session, "PING")
    assert said(session)[0]["error"]["name"] == "TOO_MANY_REQUEST"
    assert session.closing is not None


def test_lower_case_ping() -> None:
    """`ping` is a PING, or a request that is no JSON."""
    for lower in (False, True):
        asked = desk(lower_case_ping=lower)
        session = asked.connect()
        asked.send(session, "ping")
        asked.advance(8)
        (told,) = said(session)
        assert told == {"status": "UP"} if lower else told["error"]["name"] == "WRONG_FORMAT"


@pytest.mark.parametrize(("by_default", "mode"), [(False, None), (True, "cancel_maker")])
def test_smp_by_default(by_default: bool, mode: str | None) -> None:
    """An order that says nothing of self-match prevention has none, or cancels the maker."""
    asked = desk(smp_by_default=by_default)
    session = asked.connect(endpoint="private", authorization=bearer())
    asked.ask(session, {"type": "myOrder"})
    form = {"market": "KRW-BTC", "side": "bid", "ord_type": "limit"}
    now_ms = asked.now_ns // 1_000_000
    asked.exchange.accounts.place(ACCESS, {**form, "price": "1000000", "volume": "1"}, now_ms)
    asked.advance(0.1)
    (told,) = said(session)
    assert told["smp_type"] == mode
