"""The sums of the last 24 hours are those of the trades in them."""

from hypothesis import given
from hypothesis import strategies as st

from tickwire.simulator.dates import DAY_MS
from tickwire.simulator.market.rolling import Rolling

STEP_MS = 600_000
PAUSES = st.integers(0, 3 * STEP_MS) | st.integers(DAY_MS - STEP_MS, 3 * DAY_MS)
TRADES = st.lists(st.tuples(PAUSES, st.integers(1, 10**24)), max_size=60)


@given(start=st.integers(0, 10 * DAY_MS), trades=TRADES)
def test_what_is_older_than_a_day_counts_no_longer(
    start: int, trades: list[tuple[int, int]]
) -> None:
    """Exactly the trades of the step under way and of the 144 before it, however large."""
    rolling, at, told = Rolling(start), start, []
    for pause, size in trades:
        at += pause
        rolling.add(at, size, 3 * size)
        told.append((at // STEP_MS, size))
        kept = sum(one for step, one in told if step >= at // STEP_MS - DAY_MS // STEP_MS)
        assert (rolling.volume, rolling.value) == (kept, 3 * kept)
