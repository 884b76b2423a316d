"""The catalogue, and how figures look."""

import re
from decimal import Decimal
from pathlib import Path

import pytest

from tests.apps.command import run
from tickwire.apps.cli.figures import padded, percent, price
from tickwire.apps.cli.words import _REASONS, Korean, Words, words
from tickwire.errors import HandshakeRefused

SOURCE = Path(__file__).parents[2] / "src" / "tickwire"


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


def test_reasons_are_told_in_korean() -> None:
    """What the transport says of a loss; figures, addresses and what others say stay."""
    korean = Korean()
    for reason, said in {
        "the connection was cut without a goodbye (1006)": "예고 없이 끊어졌습니다 (1006)",
        "nobody listens at ws://here": "연결을 받지 않는 주소입니다: ws://here",
        "closed by the server (1000 'bye')": "서버가 닫았습니다 (1000 'bye')",
        str(HandshakeRefused(429, 2.5)): "서버가 연결을 거부했습니다: HTTP 429; "
        "요청한 대기 시간: 2.5 s",
        "something new": "something new",
    }.items():
        assert said in korean.reconnecting(reason, 2)
        assert said in korean.unreachable("Upbit (kr)", reason)


def test_the_reasons_are_those_of_the_transport() -> None:
    """Each English one is still said somewhere."""
    rooms = [*(SOURCE / "transport").glob("*.py"), SOURCE / "core" / "connection.py"]
    said = "\n".join(path.read_text() for path in [*rooms, SOURCE / "errors.py"])
    assert [reason for reason in _REASONS if reason not in said] == []


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
