"""The benchmark of merging measures what it says: its wishes, its watch, its judgement."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from benchmarks.kpi import plots, tables
from benchmarks.kpi.claims import restated
from benchmarks.kpi.contenders import CONTENDERS, EACH, OURS, QUEUE
from benchmarks.kpi.job import Job, Watch
from benchmarks.kpi.judge import judge
from benchmarks.kpi.referee import demand, permits, verdict
from benchmarks.kpi.wishes import COMPONENTS, COUNTS, MARKETS, TYPES, wishes

CODES = [f"KRW-{number}" for number in range(MARKETS)]


def row(contender: str = OURS.name, wishes: int = 500, **changed: Any) -> dict[str, Any]:
    """A cell of a run in which all went well."""
    return {
        "contender": contender,
        "wishes": wishes,
        "longest_s": 120.0,
        "seen": wishes,
        "held": wishes,
        "live_s": 0.25,
        "wished_s": 0.05,
        "ended": "",
        "tasks": 101,
        "memory_mib": 3.0,
        "cpu_s": 0.03,
        "messages": 1,
        "connections": 1,
        "open": 1,
        "refused": 0,
        "breaches": 0,
        "message_breaches": 0,
        "bytes": 1000,
        **changed,
    }


SATURATED = {
    "seconds": 120.0,
    "connections": 1,
    "changes": 1200,
    "messages": 144,
    "permits": 160,
    "worst_minute": 80,
    "breaches": 0,
    "longest_pause_s": 36.0,
}


def test_the_wishes_are_different_and_spread() -> None:
    """500 of them name every code, all four types, and no pair twice."""
    chosen = wishes(500, CODES)
    assert len(set(chosen)) == 500
    assert {code for _, code in chosen} == set(CODES)
    assert {kind for kind, _ in chosen} == set(TYPES)
    assert wishes(5, CODES) == chosen[:5]
    assert max(COUNTS) >= COMPONENTS


@pytest.mark.parametrize("codes", [1, 3, 4, 6])
def test_wishes_go_as_far_as_there_are_streams(codes: int) -> None:
    """Every pair once; one more is refused."""
    count = codes * len(TYPES)
    assert len(set(wishes(count, CODES[:codes]))) == count
    with pytest.raises(ValueError, match=f"no {count + 1} streams"):
        wishes(count + 1, CODES[:codes])


def test_permits_follow_the_strategy() -> None:
    """Four in each second begun, twenty in each quarter of a minute, eighty in each minute."""
    assert [permits(seconds) for seconds in (0.5, 2.0, 2.1, 19.5, 60.0, 61.0, 120.0)] == [
        4,
        8,
        12,
        40,
        80,
        100,
        160,
    ]


def test_a_job_survives_the_command_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wishes are pairs again on the other side."""
    job = Job("127.0.0.1:1", wishes(3, CODES), 3, 120.0, "queue")
    monkeypatch.setattr("sys.argv", ["client", job.to_json()])
    assert Job.given() == job


async def told_by(
    watch: Watch, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> dict[str, Any]:
    class Nobody:
        def read(self) -> str:
            return ""

    monkeypatch.setattr("sys.stdin", Nobody())
    await watch.told()
    figures: dict[str, Any] = json.loads(capsys.readouterr().out)
    return figures


async def test_live_is_when_all_are_at_once(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stream that failed meanwhile has to come again; what was not wished for counts nothing."""
    watch = Watch(Job("", (("ticker", "A"), ("trade", "A")), 2, 30.0))
    watch.wished()
    watch.saw("ticker", "A")
    watch.saw("ticker", "B")
    watch.failed("ticker", "A")
    watch.saw("trade", "A")
    task = asyncio.create_task(asyncio.Event().wait())
    watch.wished()
    watch.saw("ticker", "A")
    figures = await told_by(watch, capsys, monkeypatch)
    task.cancel()
    assert figures["seen"] == 2
    assert figures["tasks"] == 1
    assert 0 <= figures["wished_s"] <= figures["live_s"] < 30


async def test_what_never_comes_is_told_as_such(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first reason stands; the most that were live at once are told."""
    watch = Watch(Job("", (("ticker", "A"), ("trade", "A"), ("trade", "B")), 2, 30.0))
    watch.saw("ticker", "A")
    watch.saw("trade", "A")
    watch.failed("trade", "A")
    watch.ended("TOO_MANY_REQUEST")
    watch.ended("closed")
    figures = await told_by(watch, capsys, monkeypatch)
    assert (figures["seen"], figures["live_s"]) == (2, None)
    assert figures["ended"] == "TOO_MANY_REQUEST"


def stats(*connections: dict[str, Any], **totals: Any) -> dict[str, Any]:
    zero = {"messages_per_second": 0, "messages_per_minute": 0, "connects_per_second": 0}
    return {
        "connections": connections,
        "totals": {
            "messages": 7,
            "connects": 3,
            "open": 1,
            "bytes": 9,
            "refusals": {"429": 1, "418": 2},
            "breaches": {**zero, "messages_per_second": 1, "connects_per_second": 4},
            "worst_windows": {"messages_60s": 100},
            **totals,
        },
    }


def test_only_open_connections_hold() -> None:
    """A wish is held where a connection that stands is subscribed to its type and code."""
    job = Job("", (("ticker", "A"), ("trade", "A"), ("trade", "B")), 3, 1.0)
    subscribed = [{"type": "trade", "codes": ["A", "X"]}]
    told = verdict(
        stats(
            {"closed_at": None, "subscription": subscribed},
            {"closed_at": 5.0, "subscription": [{"type": "ticker", "codes": ["A"]}]},
        ),
        job,
    )
    assert told["held"] == 1
    assert (told["refused"], told["breaches"], told["message_breaches"]) == (3, 5, 1)
    assert tables.refusals(told) == 4


def test_demand_counts_from_the_first_message() -> None:
    """What came after the time is not counted, nor the silence before it."""
    times = [10.0, 10.5, 12.5, 69.9, 70.0]
    connection = {"messages": [{"at": at, "text": ""} for at in times]}
    told = demand(stats(connection), 60.0)
    assert (told["messages"], told["permits"], told["longest_pause_s"]) == (4, 80, 57.4)


def test_demand_survives_a_reconnect() -> None:
    """The messages of all connections count, in their order; and the verdict tells how many."""
    connections = [
        {"messages": [{"at": at, "text": ""} for at in times]} for times in ([10.0, 30.0], [20.0])
    ]
    told = demand(stats(*connections), 60.0)
    assert (told["connections"], told["messages"], told["longest_pause_s"]) == (2, 3, 10.0)
    assert "failed" in demand(stats({"messages": []}), 60.0)


@pytest.mark.parametrize(
    "changed",
    [
        {"messages": 3},
        {"connections": 2},
        {"held": 499},
        {"live_s": None, "seen": 499},
        {"breaches": 1},
        {"refused": 1},
        {"live_s": 0.66, "wished_s": 0.05},
    ],
)
def test_a_bar_that_is_missed_is_told(changed: dict[str, Any]) -> None:
    """Each of them alone is enough; two messages, and half a second after the debounce, are not."""
    fine = row(messages=2, live_s=0.64, wished_s=0.05)
    assert all(each.is_met for each in judge({"cells": [fine], "saturated": SATURATED}))
    assert not all(each.is_met for each in judge({"cells": [row(**changed)]}))


def test_saturated_demand_is_judged() -> None:
    """Nine tenths of the permits and no breach, on one connection."""
    for changed in ({"messages": 143}, {"breaches": 1}, {"connections": 2}):
        told = judge({"cells": [row()], "saturated": {**SATURATED, **changed}})
        assert [each.is_met for each in told] == [True, True, False]


def test_others_are_not_judged_but_must_be_measured() -> None:
    """A peer that is never live is a result; one that cannot be started is none."""
    lost = row(QUEUE.name, live_s=None, seen=200)
    assert all(each.is_met for each in judge({"cells": [row(), lost]}))
    broken = {"contender": QUEUE.name, "wishes": 1, "longest_s": 1.0, "failed": "no module"}
    assert not all(each.is_met for each in judge({"cells": [row(), broken]}))


def test_outcomes_are_told_apart() -> None:
    """Live, cut off, too late, and live only for a moment."""
    assert tables.outcome(row()) == "0.25 s"
    assert tables.outcome(row(live_s=0.004)) == "under 0.01 s"
    cut_off = row(live_s=None, seen=5, ended="TOO_MANY_REQUEST")
    assert tables.outcome(cut_off) == "cut off, 5 live at most"
    assert tables.outcome(row(live_s=None, seen=35)) == "not within 120 s, 35 live at most"
    assert tables.outcome(row(held=10)) == "lost again, 10 held"


def test_a_run_fills_its_page_and_its_picture(tmp_path: Path) -> None:
    """Between the markers, as often as one likes, also where cells have failed or are missing."""
    cells = [
        row(contender.name, count, live_s=None if contender is QUEUE else 0.2)
        for contender in CONTENDERS[:4]
        for count in COUNTS
    ]
    cells[7] = {"contender": CONTENDERS[1].name, "wishes": 10, "longest_s": 1.0, "failed": "a | b"}
    results = {
        "host": {"cores": 2, "python": "3", "versions": {"ccxt": "4"}},
        "cells": cells,
        "saturated": SATURATED,
    }
    names = ("live", "traffic", "costs", "saturated", "claims", "host")
    page = tmp_path / "page.md"
    page.write_text(
        "before\n" + "".join(f"<!-- kpi: {name} -->\n<!-- end: {name} -->\n" for name in names)
    )
    tables.update(page, results)
    first = page.read_text()
    tables.update(page, results)
    assert page.read_text() == first
    assert first.startswith("before\n<!-- kpi: live -->\n|  | 1 wish | 5 wishes |")
    assert "failed: a   b" in first
    assert "144 messages of 160" in first
    assert len(restated(results)) == 8
    page.write_text("no markers")
    with pytest.raises(ValueError, match="no marker"):
        tables.update(page, results)
    plots.draw(tmp_path / "kpi.svg", results)
    assert (tmp_path / "kpi.svg").read_text().count("<rect") == 1 + len(cells)


def test_claims_say_only_what_was_measured() -> None:
    """Where the queue was never live, its time is told as a bound."""
    cells = [row(wishes=count, live_s=0.1) for count in COUNTS]
    cells += [row(QUEUE.name, count, live_s=None, seen=5) for count in COUNTS]
    told = dict(restated({"cells": cells}))
    assert (
        "more than 1,200 times at 500" in told["10 times as fast, which is 900 % more and not 1000"]
    )
    assert told["90 % of the limit used"] == "-"


def test_memory_is_compared_where_both_are_live_and_whoever_takes_less_is_told() -> None:
    """The baseline is a connection for each component; the queue on one may take less than we."""
    cells = [row(wishes=count, memory_mib=3.0) for count in COUNTS]
    cells += [row(EACH.name, 10, memory_mib=5.0), row(EACH.name, 100, memory_mib=2.0)]
    cells += [row(EACH.name, 500, memory_mib=9.0, live_s=None)]
    cells += [row(QUEUE.name, 1, memory_mib=0.2), row(QUEUE.name, 5, memory_mib=4.0)]
    told = dict(restated({"cells": cells}))["40 % less memory than each component on its own"]
    assert told == (
        "a connection for each component (naive, each): 3.0 MiB instead of 5.0 at 10 (40% less), "
        "3.0 MiB instead of 2.0 at 100 (50% more). The queue, on one connection, takes less than "
        "we do: 0.2 instead of 3.0 at 1"
    )
