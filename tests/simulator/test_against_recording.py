"""The simulator's frames beside real ones."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.simulator.desk import Desk
from tickwire.simulator.tape import load_tape

_FOLDER = Path(
    os.environ.get("TICKWIRE_RECORDINGS", Path(__file__).parents[2] / "../shared/recordings")
)
_RECORDING = _FOLDER / "upbit-kr-2021-04-17-simple.jsonl"

# What the exchange has added since the recording was made.
_ADDED = {"trade": {"bap", "bas", "bbp", "bbs"}, "orderbook": {"lv"}}

pytestmark = pytest.mark.skipif(
    not _RECORDING.exists(), reason=f"no recording at {_RECORDING}; set TICKWIRE_RECORDINGS"
)


def real_frames() -> list[dict[str, Any]]:
    """Captured: 250 frames of the Korean exchange of 2021-04-17, SIMPLE format."""
    lines = _RECORDING.read_text(encoding="utf-8").splitlines()
    return [json.loads(json.loads(line)["raw"]) for line in lines]


def test_the_keys_are_those_of_real_frames() -> None:
    """Trades and books have the keys of real ones in their order, but for those added since."""
    desk = Desk(markets=3)
    wishes = [{"type": kind, "codes": ["KRW-BTC"]} for kind in _ADDED]
    session = desk.subscribed(*wishes, {"format": "SIMPLE"})
    desk.advance(10)
    ours = {frame["ty"]: frame for frame in map(json.loads, session.take())}
    checked = set()
    for real in real_frames():
        kind = real["ty"]
        assert [key for key in ours[kind] if key not in _ADDED[kind]] == list(real)
        for key, value in real.items():
            assert isinstance(value, str) == isinstance(ours[kind][key], str)
        if kind == "orderbook":
            assert list(ours[kind]["obu"][0]) == list(real["obu"][0])
        checked.add(kind)
    assert checked == set(_ADDED)


def test_the_recording_is_a_tape() -> None:
    """The real recording plays to the end, every frame unchanged and in its order."""
    tape = load_tape(_RECORDING, speed=100)
    desk = Desk(tape=tape)
    session = desk.subscribed(*({"type": kind, "codes": list(tape.codes)} for kind in _ADDED))
    desk.advance(1, step_s=0.01)
    assert session.take() == [frame.payload for frame in tape.frames]
