"""The catalogue, and how figures look."""

import re
from decimal import Decimal

import pytest

from tests.apps.command import run
from tickwire.apps.cli.figures import padded, percent, price
from tickwire.apps.cli.words import Korean, Words, words


@pytest.mark.parametrize(
    ("environment", "catalogue"),
    [
        ({}, Words),
        ({"LANG": "ko_KR.UTF-8"}, Korean),
        ({"LC_ALL": "", "LC_MESSAGES": "ko_KR.UTF-8", "LANG": "C"}, Korean),
        ({"LC_ALL": "C", "LANG": "ko_KR.UTF-8"}, Words),
    ],
)
def test_the_locale_chooses_the_language(
    environment: dict[str, str], catalogue: type[Words]
) -> None:
    """LC_ALL before LC_MESSAGES before LANG; a variable that is empty does not count."""
    assert type(words(environment)) is catalogue


def test_korean_says_everything_that_english_says() -> None:
    """Nothing is left in English; milliseconds are the same in both."""
    said = {name for name in vars(Words) if not name.startswith("_")} - {"milliseconds"}
    assert said - set(vars(Korean)) == set()


def test_figures_are_exact_and_readable() -> None:
    """Thousands separators, no exponent, no idle zeros, nothing rounded."""
    assert price(Decimal("1.16499E+8")) == "116,499,000"
    assert price(Decimal("143.50")) == "143.5"
    assert price(Decimal("0.00000100")) == "0.000001"
    assert price(Decimal("100")) == "100"
    assert percent(Decimal("-0.006396643")) == "-0.64%"
    assert padded("시가", 6, is_number=True) == "  시가"


def test_the_version_and_the_help_are_short() -> None:
    """`--version` is one line; the help names every command."""
    assert re.fullmatch(r"tickwire 0\.\S+, hot path (compiled|in Python)\n", run("--version").out)
    shown = run("--help")
    assert all(command in shown.out for command in ("demo", "watch", "simulate"))
    assert len(shown.lines) < 20
