"""The soak judges what it says, and a few seconds of it run."""

from dataclasses import replace
from typing import Any

import pytest
from benchmarks.processes import Steady
from benchmarks.soak import STREAMS, Soaked, soak

from tickwire.core.record import Latency
from tickwire.delivery.component import ComponentStatistics
from tickwire.delivery.hub import DeliveryStatistics
from tickwire.delivery.inbox import InboxStatistics
from tickwire.statistics import ManagerStatistics
from tickwire.transport.supervisor import LaneStatistics

NOTHING = InboxStatistics(
    put=0, taken=0, conflated=0, dropped=0, withdrawn=0, pending=0, control=0, most_pending=0
)
TICKERS = ComponentStatistics(
    streams=855, inline=500, handled=NOTHING, streamed=NOTHING, handler_errors=0, untold=0
)
BOOKS = replace(
    TICKERS, inline=0, streamed=replace(NOTHING, put=400, taken=390, conflated=6, pending=4)
)
LANE = LaneStatistics(
    endpoint="public",
    state="active",
    epoch=1,
    desired=STREAMS,
    alive=STREAMS,
    messages_sent=1,
    bytes_sent=1,
    noop_flushes=0,
    latency=Latency(),
    inquiries=0,
    mismatches=0,
    connects=1,
    outages=0,
    frames=900,
    bytes=1,
    round_trip_s=None,
)
DELIVERY = DeliveryStatistics(
    messages=900,
    events=900,
    duplicates=0,
    leftovers=0,
    unrouted=0,
    undecodable=0,
    unknown=0,
    unreadable=0,
    deliveries=900,
    gaps=0,
)


def soaked(
    tickers: ComponentStatistics = TICKERS,
    books: ComponentStatistics = BOOKS,
    lane: LaneStatistics = LANE,
    **changed: Any,
) -> Soaked:
    """What is known after a soak in which all went well."""
    figures = ManagerStatistics(
        streams=STREAMS,
        lanes=(lane,),
        delivery=DELIVERY,
        components={"tickers": tickers, "books": books},
        uptime_s=60.0,
    )
    return Soaked(
        **{
            "figures": figures,
            "seen": {"tickers": 500, "books": 390},
            "referee": {"frames": 880, "breaches": {"messages_per_second": 0}},
            "confirmed": STREAMS,
            "memory": Steady([(float(second), 50.0) for second in range(60)], 30.0),
            "minutes": 1.0,
            "rate": 15.0,
            "load": 0.1,
            **changed,
        }
    )


def test_nothing_is_lost_where_all_of_it_is_somewhere() -> None:
    """Conflated and pending is not lost; what came after the referee was asked is none too many."""
    assert not soaked().faults()
    assert "900 frames, 900 deliveries, 890 seen, 6 conflated, 0 dropped, 0 lost" in soaked().line()


@pytest.mark.parametrize(
    ("changed", "lost"),
    [
        ({"referee": {"frames": 903, "breaches": {}}}, {"from the wire": 3}),
        (
            {"tickers": replace(TICKERS, inline=499), "seen": {"tickers": 499, "books": 390}},
            {"on the way to a component": 1},
        ),
        ({"lane": replace(LANE, frames=899)}, {"on the way to a component": -1}),
        (
            {"books": replace(BOOKS, streamed=replace(BOOKS.streamed, pending=3))},
            {"in the inbox of books": 1},
        ),
        ({"seen": {"tickers": 498, "books": 390}}, {"by tickers": 2}),
        ({"seen": {"tickers": 500}}, {"by books": 390}),
    ],
)
def test_what_is_lost_on_any_part_of_its_way_is_a_fault(
    changed: dict[str, Any], lost: dict[str, int]
) -> None:
    """And so is what somebody got twice."""
    assert soaked(**changed).faults() == {"lost": lost}


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"confirmed": STREAMS - 1}, "streams without data"),
        ({"lane": replace(LANE, connects=2)}, "connections too many"),
        ({"tickers": replace(TICKERS, handler_errors=1)}, "errors of handlers"),
        (
            {"referee": {"frames": 900, "breaches": {"messages_per_second": 1}}},
            "breaches of the limits",
        ),
        (
            {"memory": Steady([(float(second), second / 10) for second in range(60)], 30.0)},
            "growth of memory",
        ),
        (
            {"books": replace(BOOKS, streamed=replace(BOOKS.streamed, dropped=4, pending=0))},
            "dropped",
        ),
    ],
)
def test_anything_else_that_is_not_as_it_must_be_is_a_fault(
    changed: dict[str, Any], fault: str
) -> None:
    """Each of them alone, by its name."""
    assert list(soaked(**changed).faults()) == [fault]


def test_memory_grows_from_the_first_tenth_to_the_last() -> None:
    """What it takes to warm up is no growth, nor is one sample that happens to be high."""
    warming = [(float(second), float(second)) for second in range(30)]
    steady = [(float(second), 50.0) for second in range(30, 129)]
    assert not Steady([*warming, *steady, (129.0, 60.0)], 30.0).grows
    memory = Steady([*warming, *((at, mib + 2.1 * (at > 100)) for at, mib in steady)], 30.0)
    assert memory.grows
    assert str(memory) == "memory 50.0 -> 52.1 MiB after the first 30 s (growth +2.10)"


async def test_a_few_seconds_of_soak(capsys: pytest.CaptureFixture[str]) -> None:
    """The last line has the figures, and nothing is lost; memory is not judged by so little."""
    await soak(minutes=0.02)
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith(f"soak: 0.0 min, {STREAMS} streams on 1 connection by 1 message, ")
    assert " 0 dropped, 0 lost, 0 breaches, " in last
