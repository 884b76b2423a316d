"""The benchmark of flaps judges what it says, and a few seconds of it run."""

from typing import Any

import pytest
from benchmarks.flaps import Heard, flaps, interrupted, is_silent, named

from tickwire import DataType, Stream

BTC = Stream(DataType.TRADE, "KRW-BTC")


def heard(*raws: str, begun: float = 0.0, ended: float = 60.0) -> Heard:
    """Somebody who has heard these, one a second, and listened until the end."""
    reader = Heard()
    for second, raw in enumerate(raws):
        reader.hear(BTC, raw, is_snapshot=False, now=begun + second)
    reader.end(ended)
    return reader


def test_who_begins_or_ends_elsewhere_is_not_interrupted() -> None:
    """Two connections are not opened and closed at the same moment."""
    assert not interrupted(BTC, heard(*"abc", ended=3.0), heard(*"bcd", begun=1.0, ended=3.0))
    assert not interrupted(BTC, heard(*"bcd", begun=1.0, ended=3.0), heard(*"abc", ended=3.0))
    assert not interrupted(BTC, heard(), heard())


@pytest.mark.parametrize("ours", ["acd", "abbcd", "acbd", "abxcd", ""])
def test_what_is_lost_doubled_or_out_of_place_is_an_interruption(ours: str) -> None:
    """In between, both have heard the same; and whoever has heard nothing at all has lost all."""
    assert interrupted(BTC, heard(*ours), heard(*"abcd"))


def test_a_stream_that_dies_for_good_is_interrupted_and_silent() -> None:
    """Nothing ends that silence, and nothing that both have heard lies behind it."""
    minutes = [str(second) for second in range(600)]
    ours, theirs = heard(*minutes[:60], ended=600.0), heard(*minutes, ended=600.0)
    assert interrupted(BTC, ours, theirs)
    assert is_silent(BTC, ours, theirs)
    assert not is_silent(BTC, theirs, theirs)


def test_a_stream_that_begins_late_or_a_witness_that_dies_is_an_interruption() -> None:
    """The one hears its snapshot and then nothing for long; without the other nothing is proved."""
    minute = [str(second) for second in range(60)]
    late = Heard()
    late.hear(BTC, "as it stands", is_snapshot=True, now=0.0)
    for second in range(30, 60):
        late.hear(BTC, minute[second], is_snapshot=False, now=float(second))
    late.end(60.0)
    assert interrupted(BTC, late, heard(*minute))
    assert interrupted(BTC, heard(*minute), heard(*minute[:30]))


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
