"""A recording played instead of the market."""

import json
from pathlib import Path

import pytest

from tests.simulator.desk import Desk, said
from tests.simulator.raw import ACCESS, KEYS, bearer, raw
from tickwire.errors import UsageError
from tickwire.simulator import Simulator
from tickwire.simulator.tape import load_tape
from tickwire.simulator.trading.order_form import OrderRefused

# Derived from the shape of real frames: SIMPLE and DEFAULT, odd spacing, a backward time.
RAW = [
    '{"ty":"trade","cd":"KRW-BTC", "tp":1.0}',
    '{"type":"ticker","code":"KRW-ETH","trade_price":2.00}',
    '[{"ty":"trade","cd":"KRW-ETH","tp":3}]',
    '{"ty":"trade","cd":"KRW-BTC","tp":4,"st":"실시간"}',
]
TIMES = [100.0, 101.0, 100.9, 104.0]
ALL = [
    {"type": "trade", "codes": ["KRW-BTC", "KRW-ETH"]},
    {"type": "ticker", "codes": ["KRW-ETH"]},
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A tape of four frames over four seconds."""
    path = tmp_path / "tape.jsonl"
    path.write_text(
        "".join(
            json.dumps({"received_at": at, "raw": raw}) + "\n"
            for at, raw in zip(TIMES, RAW, strict=True)
        )
    )
    return path


def payloads(*numbers: int) -> list[bytes]:
    """The recorded bytes of these frames."""
    return [RAW[number].encode() for number in numbers]


def test_the_tape_plays_in_its_rhythm(path: Path) -> None:
    """It starts half a second after the subscribe, bytes unchanged, each when it was recorded."""
    desk = Desk(tape=load_tape(path))
    session = desk.subscribed(*ALL, {"format": "DEFAULT"})
    desk.advance(0.49)
    assert session.take() == []
    desk.advance(0.01)
    assert session.take() == payloads(0)
    desk.advance(0.9)
    assert session.take() == []
    desk.advance(0.1)
    assert session.take() == payloads(1, 2)
    desk.advance(60)
    assert session.take() == payloads(3)


@pytest.mark.parametrize(("speed", "seconds"), [(2.0, 2.5), (8.0, 1.0), (0.0, 0.5)])
def test_the_tape_plays_faster(path: Path, speed: float, seconds: float) -> None:
    """Speed divides the recorded pauses; at 0 there are none."""
    desk = Desk(tape=load_tape(path, speed))
    session = desk.subscribed(*ALL)
    desk.advance(seconds)
    assert session.take() == payloads(0, 1, 2, 3)


def test_only_what_is_subscribed_at_the_moment_goes_out(path: Path) -> None:
    """A later request changes what is heard but does not rewind the tape."""
    desk = Desk(tape=load_tape(path))
    session = desk.subscribed({"type": "trade", "codes": ["KRW-BTC"]})
    desk.advance(1)
    assert session.take() == payloads(0)
    desk.ask(session, {"type": "trade", "codes": ["KRW-ETH", "KRW-XRP"]})
    desk.advance(1)
    assert session.take() == payloads(2)
    desk.ask(session, *ALL)
    desk.advance(60)
    assert session.take() == payloads(3)


def test_each_connection_hears_it_from_the_start(path: Path) -> None:
    """A later connection begins at the beginning, and one that never subscribes hears nothing."""
    desk = Desk(tape=load_tape(path))
    early, silent = desk.subscribed(*ALL), desk.connect()
    desk.advance(60)
    late = desk.subscribed(*ALL)
    desk.advance(60)
    assert early.take() == late.take() == payloads(0, 1, 2, 3)
    assert silent.take() == []


def test_the_market_is_silent(path: Path) -> None:
    """With a tape there are no snapshots, and its codes are the only ones."""
    desk = Desk(tape=load_tape(path))
    session = desk.subscribed({"type": "orderbook", "codes": ["KRW-BTC", "KRW-XRP"]})
    desk.advance(60)
    assert session.take() == []
    assert [one.code for one in desk.exchange.instruments] == ["KRW-BTC", "KRW-ETH"]


def test_without_pauses_the_reader_sets_the_pace(path: Path) -> None:
    """At speed 0 nothing more is played while much of it is still on its way."""
    desk = Desk(tape=load_tape(path, 0))
    session = desk.subscribed(*ALL)
    session.backlog = 1 << 20
    desk.advance(5)
    assert session.take() == []
    session.backlog = 0
    desk.advance(0.1)
    assert session.take() == payloads(0, 1, 2, 3)


def test_hushed_codes_go_by_unheard(path: Path) -> None:
    """An incident is the same with a tape, which runs on meanwhile."""
    desk = Desk(tape=load_tape(path))
    session = desk.subscribed(*ALL)
    desk.exchange.hush(["KRW-BTC"])
    desk.advance(2)
    assert session.take() == payloads(1, 2)
    desk.exchange.hush(())
    desk.advance(3)
    assert session.take() == payloads(3)


def test_a_connection_that_has_gone_is_played_nothing(path: Path) -> None:
    """Its place on the tape goes with it, also when it is the exchange that hangs up."""
    desk = Desk(tape=load_tape(path))
    gone, refused = desk.subscribed(*ALL), desk.subscribed(*ALL)
    desk.exchange.disconnect(gone, desk.now_ns, 1006, "")
    desk.send(refused, "nonsense")
    refused.take()
    desk.advance(60)
    assert gone.take() == refused.take() == []
    assert "0 connections" in repr(desk.exchange._playback)


def test_announcements_beside_a_tape(path: Path) -> None:
    """The made-up row and a test's own are told as without one; so is `UP`."""
    tape, plain = Desk(tape=load_tape(path), keys=KEYS), Desk(keys=KEYS)
    heard = []
    for desk in (tape, plain):
        session = desk.connect(endpoint="private", authorization=bearer())
        desk.ask(session, {"type": "announcement", "categories": ["event", "notice", "trade"]})
        desk.send(session, "PING")
        desk.advance(100)
        desk.exchange.announcements.announce("mine", "event", now_ms=desk.now_ns // 1_000_000)
        desk.advance(0.1)
        heard.append(said(session))
    assert heard[0] == heard[1]
    assert heard[0][-1]["title"] == "mine"
    assert len([one for one in heard[0] if "title" in one]) > 1
    assert heard[0].count({"status": "UP"}) == 10


@pytest.mark.parametrize("kind", ["indicator", "indicator_signal"])
def test_indicators_are_refused(path: Path, kind: str) -> None:
    """There are no candles to compute them from, and silence would look like a quiet market."""
    asked = {"type": "rsi", "params": {"period": 14}}
    if kind == "indicator_signal":
        asked |= {"trigger": "overbought", "event_params": {"threshold": 70}}
    wish = {"type": kind, "codes": ["KRW-BTC"], "timeframe": "5m", "indicators": [asked]}
    for tape, answer in ((None, []), (load_tape(path), ["INVALID_PARAM"])):
        desk = Desk(keys=KEYS, tape=tape)
        session = desk.connect(endpoint="info", authorization=bearer())
        desk.ask(session, wish)
        told = said(session)
        assert [one["error"]["name"] for one in told] == answer
        assert all(kind in one["error"]["message"] for one in told)
        assert session.closing == (answer[0] if answer else None)


async def test_accounts_beside_a_tape(path: Path) -> None:
    """They have their balances; an order is refused by its market; who listens stays connected."""
    async with (
        Simulator(tape=path, keys=KEYS) as simulator,
        raw(simulator, "/websocket/v1/private", Authorization=bearer()) as socket,
    ):
        socket.ask({"type": "myOrder"}, {"type": "myAsset"}, {"type": "announcement"})
        order = {"market": "KRW-BTC", "side": "bid", "ord_type": "price", "price": "10000"}
        assert simulator._exchange is not None
        with pytest.raises(OrderRefused) as refused:
            simulator._exchange.accounts.place(ACCESS, order, 0)
        assert (refused.value.name, refused.value.status) == ("notfoundmarket", 404)
        assert simulator._exchange.accounts.account(ACCESS).balance("KRW").free > 0
        socket.ask({"method": "LIST_SUBSCRIPTIONS"})
        listed = await socket.said()
        assert [one["type"] for one in listed["result"]] == ["myOrder", "myAsset", "announcement"]
        simulator.announce("mine", "event")
        assert (await socket.said())["title"] == "mine"


@pytest.mark.parametrize(
    "line",
    [
        "nonsense",
        "[]",
        '{"received_at": 1}',
        '{"received_at": "1", "raw": "{}"}',
        '{"received_at": 1, "raw": "nonsense"}',
        '{"received_at": 1, "raw": "{\\"ty\\":\\"trade\\"}"}',
        '{"received_at": 1, "raw": "[]"}',
        '{"received_at": 1, "raw": "{\\"ty\\":\\"trade\\",\\"cd\\":\\"\\ud800\\"}"}',
        '{"received_at": NaN, "raw": "{\\"ty\\":\\"trade\\",\\"cd\\":\\"A-B\\"}"}',
    ],
)
def test_a_bad_line_is_named(path: Path, line: str) -> None:
    """A line that is no recorded frame is refused with file and line number."""
    with path.open("a") as file:
        file.write(line + "\n")
    with pytest.raises(UsageError, match=r"tape\.jsonl, line 5"):
        load_tape(path)


def test_a_tape_must_be_there(tmp_path: Path) -> None:
    """A missing, an empty and a binary file are refused by name."""
    (tmp_path / "empty").write_text("\n")
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    for name in ("missing", "empty", "binary", "."):
        with pytest.raises(UsageError, match="tape"):
            load_tape(tmp_path / name)
