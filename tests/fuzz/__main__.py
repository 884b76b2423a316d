"""Coverage-guided fuzzing of what reads strangers' bytes.

    python -m tests.fuzz --seconds 600 [TARGET ...]

Only documented errors may come of any input; each target's file says which. Another exception, a
hang or too much memory fails the run, with the input saved and printed. What has been learnt is
kept in `.interop/fuzz/` and is where the next run goes on.
"""

import argparse
import asyncio
import os
import re
import shutil
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from tests.interop.environments import ROOT, environment

TARGETS = ("request", "exchange", "query", "token", "decoder")

_STORE = ROOT / ".interop" / "fuzz"
_HANG_S = 10
_MEMORY_MIB = 1024
_LONGEST_INPUT = 8192
_PROGRESS_S = 10.0
# To start, libFuzzer first runs the whole corpus, and that is not counted in its own time.
_GRACE_S = 60.0

# #1024	pulse  cov: 312 ft: 1094 corp: 97/12Kb lim: 8192 exec/s: 512 rss: 88Mb
_PULSE = re.compile(r"#(\d+)\s.*?cov: (\d+) ft: (\d+)")


@dataclass
class Outcome:
    """What became of one target."""

    target: str
    executions: int = 0
    coverage: int = 0
    features: int = 0
    failed: bool = False


async def fuzz(python: Path, name: str, seconds: float) -> Outcome:
    """Run one target for so long, or until its first failure."""
    seeds, corpus, found = (_STORE / name / each for each in ("seeds", "corpus", "found"))
    shutil.rmtree(seeds, ignore_errors=True)
    for directory in (seeds, corpus, found):
        directory.mkdir(parents=True, exist_ok=True)
    before = set(found.iterdir())
    words = _STORE / name / "words.txt"
    process = await asyncio.create_subprocess_exec(
        str(python),
        "-m",
        "tests.fuzz.prepare",
        name,
        str(seeds),
        str(words),
        cwd=ROOT,
        env=_environment(),
    )
    if await process.wait():
        return Outcome(name, failed=True)

    process = await asyncio.create_subprocess_exec(
        str(python),
        "-m",
        "tests.fuzz.target",
        name,
        str(corpus),
        str(seeds),
        f"-max_total_time={max(1, round(seconds))}",
        f"-timeout={_HANG_S}",
        f"-rss_limit_mb={_MEMORY_MIB}",
        f"-max_len={_LONGEST_INPUT}",
        f"-dict={words}",
        f"-artifact_prefix={found}/",
        "-print_final_stats=1",
        cwd=ROOT,
        env=_environment(),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    outcome = Outcome(name)
    log: list[str] = []
    try:
        await asyncio.wait_for(_follow(process, outcome, log), seconds + _GRACE_S)
    except TimeoutError:
        log.append("the fuzzer itself did not end")
        process.kill()
    await process.wait()
    outcome.failed = process.returncode != 0
    if outcome.failed:
        print("\n".join(log[-60:]), flush=True)
        for path in sorted(set(found.iterdir()) - before):
            print(f"{name}: input saved as {path}:\n  {path.read_bytes()[:2000]!r}", flush=True)
    _tell(outcome)
    return outcome


async def _follow(process: asyncio.subprocess.Process, outcome: Outcome, log: list[str]) -> None:
    assert process.stdout is not None
    told = time.monotonic()
    async for raw in process.stdout:
        line = raw.decode(errors="replace").rstrip()
        log.append(line)
        del log[:-200]
        pulse = _PULSE.match(line)
        if pulse is None:
            continue
        outcome.executions, outcome.coverage, outcome.features = map(int, pulse.groups())
        if time.monotonic() - told >= _PROGRESS_S:
            told = time.monotonic()
            _tell(outcome)


def _tell(outcome: Outcome) -> None:
    print(
        f"  {outcome.target}: {outcome.executions:,} executions, coverage {outcome.coverage}, "
        f"features {outcome.features}{', FAILED' if outcome.failed else ''}",
        flush=True,
    )


def _environment() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(ROOT / "src"), "PYTHONUNBUFFERED": "1"}


async def main(seconds: float, targets: list[str]) -> int:
    python = environment("atheris", ROOT / "requirements" / "fuzz.txt")
    started = time.monotonic()
    outcomes = []
    for name in targets:
        print(f"{name}: {seconds / len(targets):.0f} s", flush=True)
        outcomes.append(await fuzz(python, name, seconds / len(targets)))
    failed = [outcome.target for outcome in outcomes if outcome.failed]
    print(
        f"fuzz: {len(targets)} targets, {sum(each.executions for each in outcomes):,} executions "
        f"in {time.monotonic() - started:.0f} s, coverage "
        f"{sum(each.coverage for each in outcomes)}, features "
        f"{sum(each.features for each in outcomes)}, {len(failed)} crashes: "
        f"{'FAILED: ' + ', '.join(failed) if failed else 'ok'}"
    )
    return 1 if failed else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=", ".join(TARGETS))
    given = parser.parse_args()
    if unknown := set(given.targets) - set(TARGETS):
        parser.error(f"no such target: {', '.join(sorted(unknown))}; there are {TARGETS}")
    sys.exit(asyncio.run(main(given.seconds, given.targets or list(TARGETS))))
