"""One measured run: a sender, a reader, and whether the reader has read what was sent."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

from tests.interop.environments import ROOT

from benchmarks.hot_path.contenders import FLOOR_C, Contender, command
from benchmarks.hot_path.corpus import CODES, Corpus, Sums, check
from benchmarks.hot_path.frames import FrameFile, deflated, framed
from benchmarks.hot_path.job import Job
from benchmarks.hot_path.sender import Sending

__all__ = ["Failed", "Feed", "Figures", "feed", "measure", "run"]

_LONGEST_S = 30


class Failed(Exception):
    """A reader that did not read what it should have; says why."""


class Feed(NamedTuple):
    """A corpus, and its frames in a file."""

    corpus: Corpus
    frames: FrameFile


class Figures(NamedTuple):
    """What one run has shown."""

    events: int
    cpu_us: float
    """Processor time of the reader for each event, in microseconds."""
    per_second: float
    more: dict[str, Any]


def feed(corpus: Corpus, place: Path, *, compressed: bool = False) -> Feed:
    """The corpus in a file of frames."""
    name = f"{corpus.kind}-{corpus.format}{'-deflated' if compressed else ''}"
    frames = (deflated if compressed else framed)(corpus.payloads)
    return Feed(corpus, FrameFile.write(place / name, frames, is_deflated=compressed))


def measure(contender: Contender, source: Feed, events: int, **options: Any) -> Figures:
    """Have a contender read the first so many events; raises `Failed`."""
    corpus, frames = source
    job = Job(
        address="",
        kind=corpus.kind,
        format=corpus.format,
        codes=CODES,
        events=events,
        warm=max(events // 10, 1),
        **{"option": contender.option, **options},
    )
    told = run(contender, job, _unpaced(frames, events))
    _check(contender, corpus, events, told)
    measured = told.pop("measured")
    return Figures(measured, 1e6 * told["cpu_s"] / measured, measured / told["wall_s"], told)


def run(contender: Contender, job: Job, what: Sending) -> dict[str, Any]:
    """One sender and one reader; gives what both have told at the end, or raises `Failed`."""
    with _sending(what) as sender:
        assert sender.stdout is not None
        port = sender.stdout.readline().strip()
        reader = _reading(contender, job, port)
        out, error = _communicate(reader, sender)
        said = sender.stdout.readline().strip()
    lines = out.splitlines()
    if lines and lines[-1].startswith("{"):
        told: dict[str, Any] = json.loads(lines[-1])
        if said.startswith("{"):
            told |= json.loads(said)
        if len(lines) > 1:
            told["late_us"] = [float(line) for line in lines[:-1]]
        return told
    if said and not said.startswith("{"):
        raise Failed(said)
    raise Failed(_last(error) or f"no end after {_LONGEST_S} s")


def _communicate(reader: subprocess.Popen[str], sender: subprocess.Popen[str]) -> tuple[str, str]:
    """Wait for a reader, not much longer than for its sender and not for ever."""
    for _ in range(_LONGEST_S):
        with suppress(subprocess.TimeoutExpired):
            return reader.communicate(timeout=1.0)
        if sender.poll() is not None:
            with suppress(subprocess.TimeoutExpired):
                return reader.communicate(timeout=2.0)
            break
    reader.kill()
    return reader.communicate()


def _check(contender: Contender, corpus: Corpus, events: int, told: dict[str, Any]) -> None:
    if set(told["sums"]) == {"events"}:
        read = int(told["sums"]["events"][0])
        if read != events:
            raise Failed(f"read {read} events, not {events}")
        return
    try:
        check(_expected(corpus, events), told["sums"], exact=contender.is_exact)
    except ValueError as error:
        raise Failed(str(error)) from None


_known: dict[tuple[str, str, int], dict[str, Sums]] = {}


def _expected(corpus: Corpus, events: int) -> dict[str, Sums]:
    key = corpus.kind, corpus.format, events
    if key not in _known:
        _known[key] = corpus.sums(events)
    return _known[key]


def _unpaced(frames: FrameFile, events: int) -> Sending:
    return Sending(str(frames.path), frames.ends[events - 1], CODES, frames.is_deflated)


@contextmanager
def _sending(what: Sending) -> Iterator[subprocess.Popen[str]]:
    sender = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.hot_path.sender", json.dumps(asdict(what))],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    try:
        yield sender
    finally:
        sender.kill()
        sender.communicate()


def _reading(contender: Contender, job: Job, port: str) -> subprocess.Popen[str]:
    if contender is FLOOR_C:
        arguments = [port, str(job.events), str(job.warm), *([job.option] if job.option else [])]
    else:
        arguments = [Job(**{**asdict(job), "address": f"127.0.0.1:{port}"}).to_json()]
    return subprocess.Popen(
        [*command(contender), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )


def _last(text: str) -> str:
    """The last line, as one may read it on any machine."""
    lines = text.strip().splitlines()
    return lines[-1].replace(f"{ROOT}/", "") if lines else ""
