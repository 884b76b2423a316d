"""Windows that several share are kept by all of them together, whatever becomes of the note."""

from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.test_limiter import worst_window
from tickwire.core.lease import BUSY_S, Lease, Note
from tickwire.core.limiter import Limit
from tickwire.world import MemoryNotes

NAME = "connects"
FIVE = (Limit(5, 1.0),)


class Desk(MemoryNotes):
    """Notes that can be lost, spoilt, or in somebody else's hand."""

    is_busy = False

    def update(self, name: str, edit: Callable[[str | None], str]) -> bool:
        return not self.is_busy and super().update(name, edit)

    @property
    def text(self) -> str:
        return self._texts[NAME]

    @text.setter
    def text(self, text: str) -> None:
        self._texts[NAME] = text

    def lose(self) -> None:
        self._texts.clear()


def lease(notes: Desk, count: int = 5, *, margin_s: float = 0.0) -> Lease:
    return Lease((Limit(count, 1.0),), notes=notes, name=NAME, most=5, margin_s=margin_s)


def test_all_who_share_a_note_keep_the_window_together() -> None:
    """Three for one and two for the other, and then both wait for the same moment."""
    notes = Desk()
    one, other = lease(notes), lease(notes)
    assert [one.take(0.0) for _ in range(3)] == [True] * 3
    assert [other.take(0.1) for _ in range(3)] == [True, True, False]
    assert not one.take(0.2)
    assert one.free_at() == other.free_at() == 1.0
    assert (one.granted, other.granted) == (3, 2)
    assert one.take(1.0)


def test_another_name_is_another_window() -> None:
    """Another address, or other keys."""
    notes = Desk()
    one = lease(notes)
    other = Lease(FIVE, notes=notes, name="others", most=5)
    assert all(one.take(0.0) for _ in range(5))
    assert other.take(0.0)


def test_who_allows_themselves_less_forgets_nothing_of_the_others() -> None:
    """A conservative one notes as many grants as the exchange counts."""
    notes = Desk()
    modest, greedy = lease(notes, 1), lease(notes)
    assert all(greedy.take(0.0) for _ in range(4))
    assert not modest.take(0.5)
    assert greedy.take(0.5)
    assert not greedy.take(0.5)


def test_a_block_is_for_all() -> None:
    """Whoever was told of it; also for those who come later."""
    notes = Desk()
    one, other = lease(notes), lease(notes)
    assert one.take(0.0)
    one.block(20.0, 0.5)
    assert not one.take(1.0)
    assert not other.take(1.0)
    assert other.free_at() == 20.5
    assert not lease(notes).take(20.4)
    assert lease(notes).take(20.5)


def test_who_knows_that_there_is_no_slot_does_not_touch_the_note() -> None:
    """It cannot get better by being read."""
    notes = Desk()
    one = lease(notes, 1)
    assert one.take(0.0)
    notes.text = "spoilt"
    assert not one.take(0.9)
    assert notes.text == "spoilt"


def test_a_note_that_somebody_else_has_in_hand_postpones() -> None:
    """By a moment; nothing is granted and nothing forgotten."""
    notes = Desk()
    one = lease(notes)
    notes.is_busy = True
    assert one.take(0.0) is False
    assert one.free_at() == BUSY_S < 0.1
    one.block(3.0, 0.0)
    notes.is_busy = False
    assert not one.take(0.0)
    assert one.granted == 0
    assert not one.take(2.9)
    assert one.take(3.0)
    # What could not be told of the block then is told now.
    assert Note.read(notes.text) == Note((3.0,), 3.0)


@pytest.mark.parametrize(
    "text",
    ["", "nonsense", "00000000 [[], null]", Note((0.0,)).write()[:-1], Note((0.0,)).write() + " "],
)
def test_a_spoilt_note_counts_as_a_full_window(text: str) -> None:
    """It postpones, it is told once and mended, and then all goes on."""
    notes = Desk()
    notes.text = text
    one, other = lease(notes), lease(notes)
    with pytest.raises(ValueError, match="was spoilt; all slots count as used"):
        one.take(100.0)
    assert Note.read(notes.text) == Note((100.0,) * 5)
    assert one.granted == 0
    assert not other.take(100.9)
    assert not one.take(100.9)
    assert other.take(101.0)
    assert one.take(101.0)


def test_a_spoilt_note_does_not_end_a_block() -> None:
    """Of those who know of it."""
    notes = Desk()
    one = lease(notes)
    one.block(20.0, 0.0)
    notes.text = "spoilt"
    with pytest.raises(ValueError, match="spoilt"):
        one.block(1.0, 5.0)
    assert Note.read(notes.text) == Note((5.0,) * 5, 20.0)


def test_a_note_that_is_lost_is_written_anew() -> None:
    """From what is remembered here; the others lose what only it knew."""
    notes = Desk()
    one = lease(notes)
    assert all(one.take(0.1 * number) for number in range(3))
    notes.lose()
    assert [one.take(0.5) for _ in range(3)] == [True, True, False]
    assert Note.read(notes.text) == Note((0.0, 0.1, 0.2, 0.5, 0.5))


def test_a_clock_that_is_behind_opens_nothing() -> None:
    """Whoever looked at it before waiting for their turn is dated by the others' last grant."""
    notes = Desk()
    one, other = lease(notes, 2), lease(notes, 2)
    assert one.take(10.0)
    assert other.take(9.0)
    assert Note.read(notes.text) == Note((10.0, 10.0))
    assert not one.take(10.9)


def test_a_ratio_slows_it_down() -> None:
    """As with any limiter."""
    notes = Desk()
    one, other = lease(notes, 1), lease(notes, 1)
    assert one.take(0.0, 0.5)
    assert not one.take(1.9, 0.5)
    # This one learns of it only from the note.
    assert not other.take(1.9, 0.5)
    assert one.free_at(0.5) == other.free_at(0.5) == 2.0
    assert one.take(2.0, 0.5)


def test_a_note_is_as_short_after_weeks() -> None:
    """No more grants than a window needs."""
    notes = Desk()
    one = lease(notes)
    for second in range(1000):
        assert one.take(float(second))
    note = Note.read(notes.text)
    assert note is not None
    assert note.grants == (995.0, 996.0, 997.0, 998.0, 999.0)
    assert len(notes.text) < 100


@given(
    grants=st.lists(st.floats(0, 1e9), max_size=5),
    blocked=st.floats(0, 1e9) | st.just(float("-inf")),
)
def test_what_is_written_is_read(grants: list[float], blocked: float) -> None:
    """To the last bit; and nothing is known at first."""
    assert Note() == Note((), float("-inf"))
    note = Note(tuple(grants), blocked)
    assert Note.read(note.write()) == note


@given(at=st.integers(0, 10_000), becomes=st.characters(codec="utf-8"))
def test_a_single_wrong_character_is_noticed(at: int, becomes: str) -> None:
    """Wherever it stands."""
    text = Note((1.5, 2.5), 60.0).write()
    at %= len(text)
    spoilt = text[:at] + becomes + text[at + 1 :]
    assert spoilt == text or Note.read(spoilt) is None


@given(
    steps=st.lists(
        st.tuples(
            st.floats(0.0, 0.5),
            st.integers(0, 2),
            st.sampled_from(("ask",) * 8 + ("spoil", "die", "hold", "let go", "behind")),
        ),
        max_size=120,
    )
)
def test_several_never_exceed_the_window_together(steps: list[tuple[float, int, str]]) -> None:
    """While they die and come back, spoil the note, hold it, and look at the clock too early."""
    notes = Desk()
    sharers = [lease(notes, margin_s=0.2) for _ in range(3)]
    now, times = 0.0, list[float]()
    for pause, who, what in steps:
        now += pause
        match what:
            case "spoil":
                notes.text = "spoilt"
            case "die":
                sharers[who] = lease(notes, margin_s=0.2)
            case "hold" | "let go":
                notes.is_busy = what == "hold"
        told = now - 0.2 if what == "behind" else now
        with suppress(ValueError):
            while sharers[who].take(told):
                times.append(now)
    assert worst_window(times, 1.0) <= 5
