"""The demonstration, as every visitor runs it first."""

import re
import signal
from typing import Any

import pytest

from tests.apps.command import TIMEOUT_S, in_terminal, run, started
from tickwire.apps.cli import demo as demo_module
from tickwire.apps.cli.cast import parts
from tickwire.apps.cli.demo import demo
from tickwire.apps.cli.screen import PlainScreen
from tickwire.apps.cli.tally import Tally
from tickwire.apps.cli.words import Words
from tickwire.delivery.component import ComponentStatistics
from tickwire.delivery.hub import DeliveryStatistics
from tickwire.delivery.inbox import InboxStatistics
from tickwire.simulator import Simulator
from tickwire.statistics import ManagerStatistics

LAST_LINE = re.compile(
    r"(\d+) wishes from (\d+) components: "
    r"(\d+) messages on (\d+) connection\(s\), (\d+) events, (\d+) lost"
)


def figures(line: str) -> tuple[int, ...]:
    """The six numbers of the last line."""
    matched = LAST_LINE.fullmatch(line)
    assert matched, line
    return tuple(map(int, matched.groups()))


def test_twenty_components_share_one_connection_that_comes_back() -> None:
    """In a pipe: one connection, at most two messages, a drop survived, nothing lost."""
    ended = run("demo", "--seconds", "6")
    wishes, components, messages, connections, events, lost = figures(ended.lines[-1])
    assert (ended.code, ended.err) == (0, "")
    assert wishes >= 60
    assert (components, connections, lost) == (20, 1, 0)
    assert 1 <= messages <= 2
    assert events > 1_000
    assert ended.out.count("restored: 150 streams after") == 2  # as it happens, and at the end
    assert "150 streams told of the gap" in ended.out
    assert "\x1b" not in ended.out
    assert max(map(len, ended.lines[:-1])) <= 80


def test_a_reader_that_has_seen_enough_ends_it_quietly() -> None:
    """`tickwire demo | head -1`: no traceback."""
    with started("demo") as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(TIMEOUT_S) == 141
        assert process.stderr.read() == ""


def test_ctrl_c_ends_it_with_the_summary_so_far() -> None:
    """It ends at once, and still tells what it has."""
    with started("demo") as process:
        assert process.stdout is not None
        while "s left" not in process.stdout.readline():
            pass
        process.send_signal(signal.SIGINT)
        assert process.stderr is not None
        out, err = process.stdout.read(), process.stderr.read()
        assert (process.wait(TIMEOUT_S), err) == (130, "")
    assert "interrupted" in out
    assert figures(out.splitlines()[-1])[:4] == (60, 20, 1, 1)


def test_a_terminal_shows_prices_beside_the_wire() -> None:
    """In a terminal the screen is redrawn in place, in colour, within 80 columns."""
    ended = in_terminal("demo", "--seconds", "1.5")
    assert ended.code == 0
    assert "\x1b[1A" in ended.out
    assert "\x1b[32m" in ended.out
    assert ended.out.rindex("\x1b[?25h") > ended.out.rindex("\x1b[?25l")  # the cursor is back
    screen = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", ended.out)
    assert re.search(r"KRW-BTC +\d{2,3},\d{3},\d{3} +[+-]\d+\.\d\d%", screen)
    assert "150/150" in screen
    assert "0 s left" in screen
    assert max(len(line) for line in re.split(r"[\r\n]+", screen)) <= 80
    assert figures(screen.splitlines()[-1])[:2] == (60, 20)


def test_korean_readers_are_told_in_korean() -> None:
    """A Korean locale gets Korean messages; the last line, for scripts, stays as it is."""
    ended = run("demo", "--seconds", "1.5", locale="ko_KR.UTF-8")
    assert (ended.code, ended.err) == (0, "")
    assert "복구 완료: 스트림 150개" in ended.out
    assert "확인된 스트림" in ended.out
    assert "연결 끊김: 예고 없이 끊어졌습니다 (1006)" in ended.out
    assert figures(ended.lines[-1])[:2] == (60, 20)


async def test_a_run_that_falls_short_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a recovery there is nothing to show for it: one line, and exit code 1."""

    class Undroppable(Simulator):
        def drop(self) -> int:
            return 0

    monkeypatch.setattr(demo_module, "Simulator", Undroppable)
    assert await demo(0.9, PlainScreen(Words()), Words()) == 1
    *_, remark, last = capsys.readouterr().out.splitlines()
    assert remark == "this run did not show what it should: the connection was not restored"
    assert figures(last)[:2] == (60, 20)


def test_the_cast_wants_everything_even_without_the_one_that_wants_all() -> None:
    """Many different mixes; their union is every type of every code."""
    codes = [f"KRW-C{number}" for number in range(50)]
    *many, alerts = parts(codes)
    assert len({each.name for each in (*many, alerts)}) == 20
    assert sum(len(each.wishes) for each in (*many, alerts)) == 60
    assert len({each.wishes for each in many}) == 19
    assert len({s for each in many for wish in each.wishes for s in wish.streams}) == 150


def test_an_event_without_a_trace_counts_as_lost() -> None:
    """Of ten events eight were taken and one conflated: one is lost, and one was undecodable."""
    inbox = InboxStatistics(
        put=10, taken=8, conflated=1, dropped=0, withdrawn=0, pending=0, control=0, most_pending=3
    )
    empty = InboxStatistics(
        put=0, taken=0, conflated=0, dropped=0, withdrawn=0, pending=0, control=0, most_pending=0
    )
    component = ComponentStatistics(3, 5, inbox, empty, handler_errors=0, untold=0)
    client = ManagerStatistics(
        streams=3,
        lanes=(),
        delivery=DeliveryStatistics(
            16, 15, 0, 0, unrouted=0, undecodable=1, unknown=0, unreadable=0, deliveries=15, gaps=0
        ),
        components={"a": component},
        uptime_s=1.0,
    )
    exchange: dict[str, Any] = {"connections": [], "totals": {"breaches": {}}}
    tally = Tally.of(exchange, client)
    assert (tally.delivered, tally.conflated, tally.lost) == (13, 1, 2)
