"""Where the recordings of real exchanges are. They are not part of the repository."""

import json
import os
from pathlib import Path
from typing import NamedTuple

import pytest

__all__ = ["UPBIT_2021", "Recorded", "recording", "recording_path"]

UPBIT_2021 = "upbit-kr-2021-04-17-simple.jsonl"
"""Captured: 250 SIMPLE frames of the Korean host (trades and order books), 2021-04-17."""


class Recorded(NamedTuple):
    """A captured frame and when it came, in seconds since 1970 UTC."""

    received_at: float
    raw: str


def recording(name: str) -> list[Recorded]:
    """The frames of a recording; skips the test where the recordings are not at hand."""
    lines = recording_path(name).read_text("utf-8").splitlines()
    return [Recorded(**json.loads(line)) for line in lines]


def recording_path(name: str) -> Path:
    """The file of a recording; skips the test where the recordings are not at hand.

    They are looked for in the directory named by `TICKWIRE_RECORDINGS`, or else in
    `shared/recordings` beside the directory of the project.
    """
    project = Path(__file__).resolve().parent.parent
    beside = project.parent / "shared" / "recordings"
    path = Path(os.environ.get("TICKWIRE_RECORDINGS", beside)) / name
    if not path.is_file():
        pytest.skip(f"no recording at {path}; set TICKWIRE_RECORDINGS to its directory")
    return path
