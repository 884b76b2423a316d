"""The table of transitions, read from outside."""

from itertools import product

import pytest

from tickwire.core.states import TRANSITIONS, ConnectionState, Input

S, I = ConnectionState, Input  # noqa: E741 - as in the module under test

TWO_STEPS = [
    (state, first, second)
    for state, first, second in product(S, I, I)
    if (state, first) in TRANSITIONS
]


@pytest.mark.parametrize(("state", "first", "second"), TWO_STEPS)
def test_every_two_steps_lead_somewhere_or_are_refused(
    state: ConnectionState, first: Input, second: Input
) -> None:
    """No pair of steps leaves the table, and the closed state is never left."""
    middle = TRANSITIONS[state, first]
    end = TRANSITIONS.get((middle, second))
    if middle is S.CLOSED:
        assert end in (None, S.CLOSED)
    elif second is I.STOPPED:
        assert end is S.CLOSED
    elif second is I.SENT:
        assert (end is S.SUBSCRIBING) == middle.is_open
    elif second in (I.LOST, I.EXHAUSTED):
        expected = S.RECONNECTING if second is I.LOST else S.ERROR
        assert end is (expected if middle.can_break else None)
    elif second is I.OPENED:
        assert (end is S.CONNECTED) == (middle is S.CONNECTING)
    elif second is I.DUE:
        assert (end is S.CONNECTING) == middle.is_waiting
    elif second is I.WANTED:
        assert (end is S.CONNECTING) == (middle is S.DISCONNECTED)
    elif second is I.PROVEN:
        assert (end is S.ACTIVE) == (middle is S.SUBSCRIBING)
    else:
        assert second is I.EMPTIED
        assert (end is S.DISCONNECTED) == (middle not in (S.DISCONNECTED, S.CLOSED))


def test_every_state_is_reached() -> None:
    """From the start, the table leads to each state."""
    reached = {S.DISCONNECTED}
    while True:
        more = {end for (start, _), end in TRANSITIONS.items() if start in reached} - reached
        if not more:
            break
        reached |= more
    assert reached == set(S)


def test_a_socket_is_open_in_three_states() -> None:
    """Messages can go out when connected, subscribing or active."""
    assert {s for s in S if s.is_open} == {S.CONNECTED, S.SUBSCRIBING, S.ACTIVE}
