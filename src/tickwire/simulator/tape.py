"""A recording of the real wire that the local exchange plays instead of its synthetic market.

A tape is a text file with one frame in a line: `{"received_at": seconds, "raw": "the frame"}`.
"""

import json
from bisect import bisect_right
from math import isfinite
from pathlib import Path
from typing import Any, NamedTuple

from tickwire.errors import UsageError

__all__ = ["Recorded", "Tape", "load_tape"]


class Recorded(NamedTuple):
    """One recorded frame; `at` counts in seconds from the start of the tape."""

    at: float
    type: str
    code: str
    payload: bytes


class Tape:
    """The frames of a recording in their order, and the rhythm to play them in.

    At `speed` 2 the tape runs twice as fast as it was recorded; 0 is as fast as possible.
    """

    def __init__(self, frames: tuple[Recorded, ...], speed: float) -> None:
        self.frames = frames
        self.speed = speed
        self.codes = tuple(dict.fromkeys(frame.code for frame in frames))
        # Receive times may step back in a recording; a frame is never due before its predecessor.
        self._due: list[float] = []
        latest = 0.0
        for frame in frames:
            latest = max(latest, frame.at)
            self._due.append(latest)

    def __repr__(self) -> str:
        return f"Tape({len(self.frames)} frames, {len(self.codes)} codes, speed {self.speed:g})"

    def due_s(self, number: int) -> float:
        """After how much playing the frame of this number is due, counted from 0."""
        return self._due[number] / self.speed if self.speed else 0.0

    def reached(self, elapsed_s: float) -> int:
        """How many frames are due after this time of playing."""
        if self.speed == 0:
            return len(self.frames)
        return bisect_right(self._due, elapsed_s * self.speed)


def load_tape(path: Path, speed: float = 1.0) -> Tape:
    """The tape in this file. Raises `UsageError` that names the file and the line."""
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except OSError as error:
        raise UsageError(f"cannot read the tape {path}: {error.strerror}; check the path") from None
    except UnicodeDecodeError:
        raise UsageError(f"the tape {path} is not UTF-8 text; record it as JSON lines") from None
    frames: list[Recorded] = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            frame = _recorded(line)
        except (ValueError, RecursionError) as error:
            raise UsageError(f"{path}, line {number}: {error}") from None
        frames.append(frame)
    if not frames:
        raise UsageError(f"the tape {path} holds no frames; record some first")
    start = frames[0].at
    return Tape(tuple(frame._replace(at=frame.at - start) for frame in frames), speed)


def _recorded(line: str) -> Recorded:
    """One line of a tape, `at` still as it was recorded. Raises `ValueError`."""
    entry = _parsed(line, "the line")
    if not isinstance(entry, dict) or not isinstance(entry.get("raw"), str):
        raise ValueError('a line must be an object with "received_at" and "raw"')
    at = entry.get("received_at")
    if isinstance(at, bool) or not isinstance(at, int | float) or not isfinite(at):
        raise ValueError('"received_at" must be a number of seconds')
    message = _parsed(entry["raw"], '"raw"')
    if isinstance(message, list) and message:
        # The list formats carry one message in an array.
        message = message[0]
    if isinstance(message, dict):
        kind = message.get("type", message.get("ty"))
        code = message.get("code", message.get("cd"))
        if isinstance(kind, str) and isinstance(code, str):
            return Recorded(float(at), kind, code, entry["raw"].encode())
    raise ValueError('"raw" must be a message with a type ("type" or "ty") and a code')


def _parsed(text: str, what: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise ValueError(f"{what} is not JSON ({error})") from None
