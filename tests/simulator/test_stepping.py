"""When there is something to step for, and the pauses in between."""

import asyncio
import json
import logging
from pathlib import Path

import aiohttp
import pytest

from tests.simulator.desk import START_NS, Desk
from tests.simulator.raw import KEYS, bearer, raw
from tickwire.simulator import Simulator
from tickwire.simulator.tape import Tape, load_tape
from tickwire.simulator.wire.session import Session
from tickwire.testing import ManualClock

MS_NS = 1_000_000
Heard = list[tuple[int, int, list[bytes]]]

RSI = {"type": "rsi", "params": {"period": 14}}
PUBLIC = [
    {"type": kind, "codes": ["KRW-BTC", "KRW-ETH"]}
    for kind in ("trade", "ticker", "orderbook", "candle.1s", "candle.1m")
]


class CountingClock(ManualClock):
    """Counts how often the exchange wakes."""

    def __init__(self) -> None:
        super().__init__()
        self.sleeps = 0

    async def sleep(self, delay_s: float) -> None:
        self.sleeps += 1
        await super().sleep(delay_s)


@pytest.fixture
def tape(tmp_path: Path) -> Tape:
    """Frames at odd moments over some minutes."""
    path = tmp_path / "tape.jsonl"
    raw = '{"ty":"trade","cd":"KRW-BTC"}'
    times = [0, 0.0301, 0.5, 0.5, 7, 61.25, 61.2505, 130.999]
    path.write_text("".join(json.dumps({"received_at": at, "raw": raw}) + "\n" for at in times))
    return load_tape(path, 1.5)


def peopled(tape: Tape | None) -> tuple[Desk, list[Session]]:
    """An exchange with somebody for everything that happens by itself."""
    desk = Desk(markets=2, keys=KEYS, tape=tape, at_ns=START_NS)
    public = desk.subscribed(*PUBLIC)
    desk.send(public, "PING")
    private = desk.connect(endpoint="private", authorization=bearer())
    desk.ask(private, {"type": "announcement"}, {"type": "myOrder"}, {"type": "myAsset"})
    info = desk.connect(endpoint="info", authorization=bearer())
    if tape is None:
        for_info = {"codes": ["KRW-BTC", "KRW-ETH"], "timeframe": "5m", "indicators": [RSI]}
        desk.ask(info, {"type": "indicator", **for_info})
        order = {"market": "KRW-BTC", "side": "bid", "ord_type": "price", "price": "50000"}
        desk.exchange.accounts.place(next(iter(KEYS)), order, desk.now_ns // MS_NS)
    sessions = [public, private, info, desk.connect()]
    desk.exchange.step(desk.now_ns)
    for session in sessions:
        session.take()
        assert session.closing is None
    return desk, sessions


def heard(desk: Desk, sessions: list[Session]) -> Heard:
    """What the sessions were told just now; the idle are those to cut."""
    told = [(desk.now_ns, n, frames) for n, one in enumerate(sessions) if (frames := one.take())]
    told += [
        (desk.now_ns, sessions.index(one), [b"idle"]) for one in desk.exchange.idle(desk.now_ns)
    ]
    return told


@pytest.mark.parametrize("played", [False, True], ids=["market", "tape"])
def test_nothing_happens_before_it_is_due(played: bool, tape: Tape) -> None:
    """Stepped only when it says so, the exchange tells the same in the same millisecond."""
    until = START_NS + 125_000 * MS_NS
    each, sessions = peopled(tape if played else None)
    every: Heard = []
    while each.now_ns < until:
        each.now_ns += MS_NS
        each.exchange.step(each.now_ns)
        every += heard(each, sessions)
    seldom, sessions = peopled(tape if played else None)
    due: Heard = []
    steps = 0
    while seldom.now_ns < until:
        due_ns = seldom.exchange.due_ns(seldom.now_ns + 1_000 * MS_NS)
        # The model reckons in whole milliseconds, a tape in fractions of them.
        seldom.now_ns = max(seldom.now_ns + MS_NS, -(-due_ns // MS_NS) * MS_NS)
        seldom.exchange.step(seldom.now_ns)
        due += heard(seldom, sessions)
        steps += 1
    last = due[-1][0]
    assert [one for one in every if one[0] <= last] == due
    assert {number for _, number, _ in due} == {0, 1, 2, 3} if not played else {0, 1, 3}
    assert steps < (500 if played else 10_000)


def test_what_came_from_outside_is_due_at_once() -> None:
    """An announcement of a test's own does not wait for the next of the row."""
    desk = Desk(markets=1)
    by_ns = desk.now_ns + 1
    assert desk.exchange.due_ns(by_ns) == by_ns
    desk.exchange.announcements.announce("t", "event", now_ms=desk.now_ns // MS_NS)
    assert desk.exchange.due_ns(by_ns) <= desk.now_ns


async def test_a_quiet_exchange_sleeps() -> None:
    """Of the 30,000 steps of a minute one market needs few, and tells everything all the same."""
    clock = CountingClock()
    async with (
        Simulator(markets=1, clock=clock) as simulator,
        aiohttp.ClientSession() as web,
        web.ws_connect(simulator.websocket_base_url + "/websocket/v1") as socket,
    ):
        trades = {"type": "trade", "codes": ["KRW-BTC"], "is_only_realtime": True}
        await socket.send_json([{"ticket": "t"}, trades])
        await socket.send_json([{"ticket": "t"}, {"method": "LIST_SUBSCRIPTIONS"}])
        await socket.receive()
        await clock.advance(60)
        assert clock.sleeps < 6_000
        count = simulator.stats()["ids_issued"]["KRW-BTC"]["count"]
        assert count > 60
        times = [json.loads((await socket.receive()).data)["timestamp"] for _ in range(count)]
        assert times == sorted(times)
        assert times[0] > 1_767_225_600_000
        assert times[-1] <= clock.wall_ns() // MS_NS


async def test_a_busy_exchange_keeps_its_rhythm() -> None:
    """With all markets nearly every step has something to do: up to 500 a second, not more."""
    clock = CountingClock()
    async with Simulator(clock=clock):
        await clock.settle()
        before = clock.sleeps
        await clock.advance(0.5)
        assert 200 <= clock.sleeps - before <= 250


async def test_a_candle_closes_when_the_clock_says_so() -> None:
    """A test that moves the clock past a minute has that minute's candle, closed."""
    clock = ManualClock()
    async with (
        Simulator(markets=1, clock=clock) as simulator,
        aiohttp.ClientSession() as web,
        web.ws_connect(simulator.websocket_base_url + "/websocket/v1") as socket,
    ):
        candles = {"type": "candle.1m", "codes": ["KRW-BTC"], "is_only_realtime": True}
        await socket.send_json([{"ticket": "t"}, candles])
        await socket.send_json([{"ticket": "t"}, {"method": "LIST_SUBSCRIPTIONS"}])
        await socket.receive()
        await clock.advance(70)
        starts: list[str] = []
        while not starts or starts[-1] == starts[0]:
            starts.append(json.loads((await socket.receive()).data)["candle_date_time_utc"])
        assert (starts[0], starts[-1]) == ("2026-01-01T00:00:00", "2026-01-01T00:01:00")


async def test_a_model_that_fails_ends_every_connection(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Nobody is left with a connection that has fallen silent for good; the log has the reason."""
    async with Simulator(markets=1) as simulator, raw(simulator) as one, raw(simulator) as two:

        def fail(now_ns: int) -> None:
            raise RuntimeError("a mistake in the model")

        assert simulator._exchange is not None
        with caplog.at_level(logging.ERROR):
            monkeypatch.setattr(simulator._exchange, "step", fail)
            assert await one.gone()
            assert await two.gone()
        assert "simulator.failed" in caplog.text
        assert "a mistake in the model" in caplog.text
        await asyncio.sleep(0)
