"""The table of transitions, read from outside and written down once more by hand."""

import pytest

from tests.core.grids import grid
from tickwire.core.states import TRANSITIONS, ConnectionState, Input

S = ConnectionState

STEPS = grid("""
    from         wanted     opened    sent        proven lost         exhausted due        emptied      stopped
    disconnected connecting .         .           .      .            .         .          .            closed
    connecting   .          connected .           .      reconnecting error     .          disconnected closed
    connected    .          .         subscribing .      reconnecting error     .          disconnected closed
    subscribing  .          .         subscribing active reconnecting error     .          disconnected closed
    active       .          .         subscribing .      reconnecting error     .          disconnected closed
    reconnecting .          .         .           .      .            .         connecting disconnected closed
    error        .          .         .           .      .            .         connecting disconnected closed
    closed       .          .         .           .      .            .         .          .            closed
""")  # noqa: E501 - a table is read in columns

TWO_STEPS = [
    (start, first, second)
    for (start, first), middle in STEPS.items()
    for second in Input
    if (middle, second) in STEPS
]


@pytest.mark.parametrize(("start", "first", "second"), TWO_STEPS)
def test_two_steps_lead_where_the_grid_says(start: str, first: str, second: str) -> None:
    """All pairs of inputs that can follow each other, from every state."""
    middle = TRANSITIONS[S(start), Input(first)]
    assert middle == STEPS[start, first]
    assert TRANSITIONS[middle, Input(second)] == STEPS[middle, second]


def test_there_are_no_other_steps() -> None:
    """What the grid leaves open is refused, and no state or input is missing from it."""
    assert TRANSITIONS.keys() == STEPS.keys()
    assert [*S] == list(dict.fromkeys(start for start, _ in STEPS))
    assert {happened for _, happened in STEPS} == set(Input)


def test_every_state_is_reached() -> None:
    """From the start, the table leads to each state."""
    reached = {S.DISCONNECTED}
    while True:
        more = {end for (start, _), end in TRANSITIONS.items() if start in reached} - reached
        if not more:
            break
        reached |= more
    assert reached == set(S)


@pytest.mark.parametrize("state", S)
def test_what_a_state_allows(state: ConnectionState) -> None:
    """A message can go out while open, a loss come while it can break, a wait end while waiting."""
    assert state.is_open is ((state, Input.SENT) in TRANSITIONS)
    assert state.can_break is ((state, Input.LOST) in TRANSITIONS)
    assert state.is_waiting is ((state, Input.DUE) in TRANSITIONS)


def test_a_socket_is_open_in_three_states() -> None:
    """Messages can go out when connected, subscribing or active."""
    assert {s for s in S if s.is_open} == {S.CONNECTED, S.SUBSCRIBING, S.ACTIVE}
