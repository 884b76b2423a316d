"""A stream's life in the ledger: all two-step transitions.

What each step does is written down here by hand, as a grid of phases. Two steps after each other
must lead where the grid says, so nothing else that is remembered may change the second.
"""

from collections.abc import Callable
from itertools import product

import pytest

from tests.core.grids import grid
from tickwire.core.ledger import Ledger
from tickwire.core.planner import plan
from tickwire.subscription import DataType, Stream

Grid = dict[tuple[str, str], str]

OTHER = Stream(DataType.TICKER, "KRW-BTC")
"""Always desired, so that there is a message to send without the stream in question."""

TICKER = Stream(DataType.TICKER, "KRW-ETH")
TICKER_STEPS = grid("""
    phase         message left data  quiet unknown       lost
    off           asked   off  =     =     =             =
    asked         =       off  alive again unknown       off
    alive         =       off  =     =     =             off
    again         quiet   off  =     =     =             off
    quiet         =       off  alive again quiet-unknown off
    unknown       asked   off  alive again =             off
    quiet-unknown quiet   off  alive again =             off
""")
"""A stream that begins with data. A message leaves it out (`left`) unless it is desired then."""

ORDERS = Stream(DataType.MY_ORDER)
ORDERS_STEPS = grid("""
    phase   message left data  second error   lost
    off     asked   off  =     =      =       =
    asked   =       off  alive alive  doubted off
    alive   =       off  =     =      =       off
    doubted asked   off  alive =      =       off
""")
"""One that says nothing until something happens: a `second` without objection is its proof."""

MARKS = {
    (TICKER, "off"): set(),
    (TICKER, "asked"): {"sent", "unproven", "in question"},
    (TICKER, "alive"): {"sent", "alive"},
    (TICKER, "again"): set(),
    (TICKER, "quiet"): {"sent", "in question"},
    (TICKER, "unknown"): {"sent"},
    (TICKER, "quiet-unknown"): {"sent"},
    (ORDERS, "off"): set(),
    (ORDERS, "asked"): {"sent", "unproven", "presumable"},
    (ORDERS, "alive"): {"sent", "alive"},
    (ORDERS, "doubted"): {"sent", "unproven"},
}
"""What shows of a phase from outside, beside what shows of the wish."""

WAYS = {
    "off": [],
    "asked": ["message"],
    "alive": ["message", "data"],
    "again": ["message", "quiet"],
    "quiet": ["message", "quiet", "message"],
    "unknown": ["message", "unknown"],
    "quiet-unknown": ["message", "quiet", "message", "unknown"],
    "doubted": ["message", "error"],
}
"""How a stream that is wanted gets into a phase."""


class Life:
    """One stream in a ledger, led from phase to phase."""

    def __init__(self, stream: Stream, phase: str, *, is_wanted: bool) -> None:
        self.stream = stream
        self.ledger = Ledger(lambda data_type: data_type == DataType.TICKER)
        self.now = 0.0
        self.ledger.want([OTHER, stream], [])
        for step in (*WAYS[phase], "want" if is_wanted else "leave"):
            self.do(step)

    def do(self, step: str) -> None:
        ledger, stream = self.ledger, self.stream
        self.now += 0.1
        steps: dict[str, Callable[[], object]] = {
            "want": lambda: ledger.want([stream], []),
            "leave": lambda: ledger.want([], [stream]),
            "message": self._message,
            "data": lambda: ledger.proved(stream, self.now),
            "quiet": lambda: ledger.ask_again([stream], self.now, longest_s=60.0),
            "unknown": lambda: ledger.forget([stream]),
            "second": lambda: ledger.presume(self.now + 1.0),
            "error": ledger.doubt,
            "lost": ledger.reset,
        }
        steps[step]()

    def _message(self) -> None:
        ledger = self.ledger
        made = plan(ledger.desired, ledger.sent, ledger.alive)
        ledger.sent_out(made, self.now, first_data_s=5.0, no_objection_s=1.0)

    @property
    def marks(self) -> set[str]:
        """What can be seen of it from outside."""
        ledger, stream = self.ledger, self.stream
        seen = {
            "desired": stream in ledger.desired,
            "sent": stream in ledger.sent,
            "alive": stream in ledger.alive,
            "unproven": stream in ledger.unproven,
            "in question": stream in ledger.silent(float("inf")),
            "presumable": ledger.next_presumed_at < float("inf"),
            "missing": stream in ledger.missing,
        }
        return {mark for mark, is_there in seen.items() if is_there}


def marks(stream: Stream, phase: str, *, is_wanted: bool) -> set[str]:
    """What should be seen."""
    wished = {"desired"} if phase == "alive" else {"desired", "missing"}
    return MARKS[stream, phase] | (wished if is_wanted else set())


def after(steps: Grid, step: str, phase: str, *, is_wanted: bool) -> tuple[str, bool]:
    """The phase and the wish after a step; only a message asks for the wish."""
    if step in ("want", "leave"):
        return phase, step == "want"
    return steps[phase, "left" if step == "message" and not is_wanted else step], is_wanted


def all_two_steps(steps: Grid) -> list[tuple[str, bool, str, str]]:
    phases = dict.fromkeys(phase for phase, _ in steps)
    names = ["want", "leave", *dict.fromkeys(step for _, step in steps if step != "left")]
    return list(product(phases, (True, False), names, names))


@pytest.mark.parametrize(
    ("stream", "steps", "phase", "is_wanted", "first", "second"),
    [
        pytest.param(stream, steps, *two, id="-".join(map(str, (stream.type, *two))))
        for stream, steps in ((TICKER, TICKER_STEPS), (ORDERS, ORDERS_STEPS))
        for two in all_two_steps(steps)
    ],
)
def test_two_steps_lead_where_the_grid_says(
    stream: Stream, steps: Grid, phase: str, is_wanted: bool, first: str, second: str
) -> None:
    """From each phase, wanted or not; phases that look alike differ in the next message."""
    life = Life(stream, phase, is_wanted=is_wanted)
    assert life.marks == marks(stream, phase, is_wanted=is_wanted)
    for step in (first, second, "message"):
        life.do(step)
        phase, is_wanted = after(steps, step, phase, is_wanted=is_wanted)
        assert life.marks == marks(stream, phase, is_wanted=is_wanted)
