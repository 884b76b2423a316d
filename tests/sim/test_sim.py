"""A few seeds hold, a seed repeats exactly, and planted defects are found."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.sim.invariants import INVARIANTS
from tests.sim.planted import PLANTED
from tests.sim.run import run

ROOT = Path(__file__).parents[2]

_WITHIN = 50
"""Seeds within which a planted defect has to be found."""

_BEGIN = {
    "wishes of the dead": 2,
    "blocks kept to oneself": 6,
    "groupings taken for one": 8,
    "connects without a gate": 18,
    "verification that always agrees": 19,
}
"""Where the search begins for what takes luck to find, so that it does not take long."""


@pytest.mark.parametrize("seed", [1, 8, 97, 134, 136])
def test_ten_minutes_of_anything_violate_nothing(seed: int) -> None:
    """More of them by `make sim`."""
    outcome = run(seed)
    assert not outcome.violations, "\n".join(outcome.tail)
    assert outcome.events and outcome.messages and outcome.losses and outcome.convergences
    assert outcome.worst_windows["messages_1s"] <= 5


def test_a_seed_repeats_exactly() -> None:
    """Also in another process, where texts have other hashes."""

    def digest(hash_seed: str) -> str:
        ran = subprocess.run(
            [sys.executable, "-m", "tests.sim", "--seed", "13"],
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        return ran.stdout.partition("hashes ")[2].partition(",")[0]

    first = digest("1")
    assert first and first == digest("2")


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_defect_is_found(name: str) -> None:
    """By the invariant that it breaks, so each of them can fail."""
    expected, planted = PLANTED[name]
    with planted():
        for number in range(_WITHIN):
            seed = 1 + (_BEGIN.get(name, 1) - 1 + number) % _WITHIN
            violations = run(seed).violations
            if violations:
                assert violations[0].invariant in expected, violations[0]
                return
    pytest.fail(f"not found within {_WITHIN} seeds")


def test_every_invariant_can_fail() -> None:
    """Each has a defect that shows it."""
    shown = {name for expected, _ in PLANTED.values() for name in expected}
    assert set(INVARIANTS) == shown
