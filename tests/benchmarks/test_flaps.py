"""The benchmark of flaps judges what it says, and a few seconds of it run."""

from typing import Any

import pytest
from benchmarks.flaps import Heard, flaps, interrupted, is_silent, named

from tickwire import DataType, Stream

BTC = Stream(DataType.TRADE, "KRW-BTC")


def heard(*raws: str) -> Heard:
    """Somebody who has heard these."""
    reader = Heard()
    for raw in raws:
        reader.hear(BTC, raw, is_snapshot=False)
    return reader


def test_who_begins_or_ends_elsewhere_is_not_interrupted() -> None:
    """Two connections are not opened and closed at the same moment."""
    assert not interrupted(BTC, heard("a", "b", "c"), heard("b", "c", "d"))
    assert not interrupted(BTC, heard("b"), heard("a", "b", "c"))
    assert not interrupted(BTC, heard(), heard())


@pytest.mark.parametrize("ours", ["acd", "abbcd", "acbd", "abxcd", ""])
def test_what_is_lost_doubled_or_out_of_place_is_an_interruption(ours: str) -> None:
    """In between, both have heard the same; and whoever has heard nothing at all has lost all."""
    assert interrupted(BTC, heard(*ours), heard(*"abcd"))


def test_a_silence_is_one_that_the_witness_did_not_have() -> None:
    """A market may be quiet, for everybody."""
    ours, theirs = heard("a"), heard("a")
    ours.silence_s[BTC] = 5.0
    theirs.silence_s[BTC] = 4.5
    assert not is_silent(BTC, ours, theirs)
    theirs.silence_s[BTC] = 0.5
    assert is_silent(BTC, ours, theirs)


def test_a_request_names_its_streams() -> None:
    """Types and codes, however many objects there are of a type."""
    objects: list[dict[str, Any]] = [
        {"ticket": "t"},
        {"type": "trade", "codes": ["KRW-BTC"]},
        {"format": "DEFAULT"},
    ]
    assert named(objects) == {BTC}


async def test_a_few_seconds_of_flaps(capsys: pytest.CaptureFixture[str]) -> None:
    """The last line has the figures and the verdict."""
    assert await flaps(minutes=0.05, rate=1000.0, seed=1) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith("flaps: 0.1 min, 50 flaps (")
    assert last.endswith(": ok")
