"""Stages end where they should, with the hot path compiled and in Python."""

from pathlib import Path

import pytest
from benchmarks.hot_path.corpus import check, make
from benchmarks.hot_path.frames import FrameFile, framed
from benchmarks.hot_path.stages import passed, stages_of


@pytest.mark.parametrize("is_pure", [False, True], ids=["as installed", "in Python"])
@pytest.mark.parametrize("kind", ["ticker", "trade", "orderbook"])
def test_every_stage_is_passed_by_all_frames(kind: str, is_pure: bool, tmp_path: Path) -> None:
    """Each costs something; at the end the sums are those of the corpus."""
    corpus = make({kind: 300}, ["DEFAULT"])[kind, "DEFAULT"]
    frames = FrameFile.write(tmp_path / "frames", framed(corpus.payloads))
    order = stages_of(kind)
    told = passed(kind, frames.path, order, is_pure=is_pure)
    assert len(told) == len(order)
    assert all(each["cpu_us"] > 0 for each in told)
    check(corpus.sums(300), told[-1]["sums"], exact=True)
    assert not any(each["sums"] for each in told[:-1])


def test_frames_are_found_again(tmp_path: Path) -> None:
    """A file of frames tells itself where each ends, however long it is."""
    frames = FrameFile.write(tmp_path / "frames", framed([b"a" * 125, b"b" * 126, b"c" * 65536]))
    assert FrameFile.of(frames.path) == frames
