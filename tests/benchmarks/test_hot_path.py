"""The benchmark of the hot path measures what it says: its corpus, its frames, its judgement."""

import json
import zlib
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest
from benchmarks.hot_path.bars import BARS, judge
from benchmarks.hot_path.corpus import CODES, MIX, Sums, check, make
from benchmarks.hot_path.frames import STAMP_BASE, FrameFile, deflated, framed, stamped

EVENTS = {"ticker": 40, "trade": 40, "orderbook": 40, "mix": 200}


def test_a_corpus_is_the_same_each_time() -> None:
    """Same seed, same bytes; the formats tell the same events."""
    first, second = make(EVENTS), make(EVENTS)
    assert first == second
    for kind, count in EVENTS.items():
        assert len(first[kind, "DEFAULT"].payloads) == count
        long, short = (first[kind, form].sums(count) for form in ("DEFAULT", "SIMPLE"))
        assert long == short


def test_the_mix_has_its_shares() -> None:
    """To the percent, with books of 15 levels, and a snapshot before each stream's updates."""
    corpus = make({"mix": 1000}, ["DEFAULT"])["mix", "DEFAULT"]
    messages = [json.loads(payload) for payload in corpus.payloads]
    counted = Counter(message["type"] for message in messages)
    assert counted == {kind: 10 * share for kind, share in MIX.items()}
    begun = set()
    for message in messages:
        assert message["code"] in CODES
        if message["type"] == "orderbook":
            assert len(message["orderbook_units"]) == 15
        if message["type"] == "candle.1s":
            continue  # there is none of a market that has not traded yet
        stream = message["type"], message["code"]
        assert (message["stream_type"] == "SNAPSHOT") == (stream not in begun)
        begun.add(stream)


def test_reading_anything_else_is_noticed() -> None:
    """One event missed, or one digit off in an exact number; floats may lose the last digits."""
    expected = {"trade": Sums(3, Decimal("10.25"), Decimal("0.00000003"))}
    check(expected, {"trade": ["3", "10.250", "3E-8"]}, exact=True)
    check(expected, {"trade": ["3", "10.250000000001", "3e-8"]}, exact=False)
    for wrong in (["2", "10.25", "3E-8"], ["3", "10.250000000001", "3E-8"], ["3", "10.25", "2E-8"]):
        with pytest.raises(ValueError, match="trade"):
            check(expected, {"trade": wrong}, exact=True)
    with pytest.raises(ValueError, match="read 0 events"):
        check(expected, {}, exact=False)


def test_frames_carry_their_payloads(tmp_path: Path) -> None:
    """Lengths in one, three and nine bytes, and where each frame ends."""
    payloads = [b"a" * 125, b"b" * 126, b"c" * 65536]
    frames = FrameFile.write(tmp_path / "frames", framed(payloads))
    data = frames.path.read_bytes()
    assert frames.ends == (127, 127 + 130, 127 + 130 + 65546)
    assert data[:2] == b"\x82\x7d"
    assert data[127:131] == b"\x82\x7e\x00\x7e"
    assert data[257:267] == b"\x82\x7f" + (65536).to_bytes(8)


def test_deflated_frames_inflate_with_one_context() -> None:
    """What a receiver with context takeover makes of them is what went in."""
    payloads = [b'{"a":1}', b'{"a":1}', b'{"a":2}']
    inflate = zlib.decompressobj(-15)
    for frame, payload in zip(deflated(payloads), payloads, strict=True):
        assert frame[0] == 0xC2
        assert inflate.decompress(frame[2:] + b"\x00\x00\xff\xff") == payload


def test_stamps_take_the_place_of_timestamps() -> None:
    """Microseconds from the first event, and nothing else changes."""
    payloads = make({"mix": 50}, ["DEFAULT"])["mix", "DEFAULT"].payloads
    for number, (before, after) in enumerate(zip(payloads, stamped(payloads, 1000), strict=True)):
        message, told = json.loads(before), json.loads(after)
        assert told["timestamp"] == STAMP_BASE + number * 1000
        assert {**message, "timestamp": 0} == {**told, "timestamp": 0}
        assert len(after) == len(before)


def test_a_bar_is_judged_by_medians() -> None:
    """One bad round decides nothing; what was not measured meets no bar."""

    def row(contender: str, cpu_us: list[float]) -> dict[str, object]:
        return {"kind": "mix", "contender": contender, "cpu_us": cpu_us}

    results = {"plain": [row("tickwire", [2.0, 1.0, 30.0]), row("naive", [24.0, 25.0, 90.0])]}
    verdicts = {each.bar.name: each for each in judge(results, ("plain",))}
    assert verdicts["naive on the mix"].value == 12.5
    assert verdicts["naive on the mix"].is_met
    assert not verdicts["naive on the mix"].is_goal_met
    assert not verdicts["upbit-sdk over the types"].is_met
    assert len(verdicts) == sum(bar.part == "plain" for bar in BARS)
