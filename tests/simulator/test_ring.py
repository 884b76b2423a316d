"""A ring keeps the newest rows, and never grows."""

import sys
from collections import deque
from struct import Struct

from hypothesis import given
from hypothesis import strategies as st

from tickwire.simulator.market.ring import Ring

ROW = Struct("<qI3s")
ROWS = st.tuples(
    st.integers(-(1 << 63), (1 << 63) - 1),
    st.integers(0, (1 << 32) - 1),
    st.binary(min_size=3, max_size=3),
)


@given(kept=st.integers(1, 5), rows=st.lists(ROWS, max_size=20))
def test_the_newest_rows_are_kept(kept: int, rows: list[tuple[int, int, bytes]]) -> None:
    """As many as there is room for, newest first, at every moment; its size stays the same."""
    ring = Ring(ROW, kept)
    model: deque[tuple[int, int, bytes]] = deque(maxlen=kept)
    size = sys.getsizeof(ring._room)
    for row in rows:
        ring.add(*row)
        model.appendleft(row)
        assert list(ring) == list(model)
        assert len(ring) == len(model)
    assert ring.added == len(rows)
    assert sys.getsizeof(ring._room) == size
