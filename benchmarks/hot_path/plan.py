"""How much is run."""

from typing import NamedTuple

__all__ = ["FULL", "QUICK", "Plan"]


class Plan(NamedTuple):
    """Sizes of a run of all parts."""

    rounds: int
    run_s: float
    """How long one reader is measured, about."""
    events: dict[str, int]
    """The most events there are of each kind; a reader that is faster ends earlier."""
    paced_s: float
    """How long events are sent at a fixed rate."""
    rates: tuple[int, ...]
    retained: int
    only: frozenset[str] = frozenset()
    """The contenders to measure; all of them if none is named."""


FULL = Plan(
    rounds=5,
    run_s=0.4,
    events={"ticker": 60_000, "trade": 100_000, "orderbook": 30_000, "mix": 80_000},
    paced_s=3.0,
    rates=(1_000, 10_000, 50_000),
    retained=2_000,
)
QUICK = Plan(
    rounds=1,
    run_s=0.15,
    events={"ticker": 20_000, "trade": 30_000, "orderbook": 10_000, "mix": 30_000},
    paced_s=1.5,
    rates=(10_000,),
    retained=1_000,
)
