"""Mutation testing of the core: does a test fail for each small mistake in the code?

    python -m tests.mutants [MODULE ...]

Each mutant is put into a copy of the checkout and faces the tests of the core there. It is killed
when one of them fails, or does not end. Of each module at least 90 % must be killed; those that
make no difference are listed, with the reason, in `equivalent`, and are no mutants.
"""

import argparse
import asyncio
import importlib.util
import json
import os
import shutil
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from tests.interop.environments import ROOT, environment
from tests.mutants.equivalent import EQUIVALENT

MODULES = ("planner", "limiter", "states")
"""What is tried unless others are named; with `budget`, `gate`, `lease`, … it takes an hour."""

_CORE = Path("src", "tickwire", "core")
_LEAST_KILLED = 0.9
_WORKERS = 2
_HANG_S = 120.0
_PROGRESS_S = 10.0


@dataclass(frozen=True)
class Mutant:
    """A module with one mistake."""

    module: str
    line: int
    was: str
    becomes: str
    text: str

    def __str__(self) -> str:
        return f"{self.module}:{self.line} `{self.was}` → `{self.becomes}`"

    @property
    def key(self) -> tuple[str, str, str]:
        return self.module, self.was, self.becomes


@dataclass
class Score:
    """What became of the mutants so far."""

    killed: Counter[str]
    survivors: list[Mutant]
    equivalent: set[tuple[str, str, str]]

    @property
    def done(self) -> int:
        return self.killed.total() + len(self.survivors) + len(self.equivalent)

    def share(self, module: str) -> float:
        survivors = sum(mutant.module == module for mutant in self.survivors)
        return self.killed[module] / max(1, self.killed[module] + survivors)


class Copy:
    """A copy of the checkout, in which one mutant at a time is tried."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self.output = ""
        """What pytest said last."""
        for name in ("src", "tests"):
            ignore = shutil.ignore_patterns("__pycache__", "*.egg-info")
            shutil.copytree(ROOT / name, home / name, ignore=ignore)
        shutil.copy(ROOT / "pyproject.toml", home)

    async def is_killed(self, mutant: Mutant) -> bool:
        """Whether the tests notice."""
        path = self._home / _CORE / f"{mutant.module}.py"
        original = path.read_text()
        self._write(path, mutant.text)
        try:
            return not await self.passes(mutant.module)
        finally:
            self._write(path, original)

    async def passes(self, module: str) -> bool:
        """Whether the tests pass; first those of the module itself, where most mutants end."""
        return await self._passes(f"tests/core/test_{module}.py") and await self._passes(
            "tests/core", "tests/test_pending_state.py"
        )

    async def _passes(self, *tests: str) -> bool:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "--hypothesis-seed=0"),
            *tests,
            cwd=self._home,
            env=os.environ | {"PYTHONPATH": str(self._home / "src")},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        try:
            output, _ = await asyncio.wait_for(process.communicate(), _HANG_S)
        except TimeoutError:
            return False
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        self.output = output.decode(errors="replace")
        # 0: all passed; 1: a test failed; 2: a module could not even be imported.
        if process.returncode not in (0, 1, 2):
            raise RuntimeError(f"pytest ended with {process.returncode}: {self.output}")
        return process.returncode == 0

    def _write(self, path: Path, text: str) -> None:
        # A compiled module counts as current if size and second of its source are the same.
        Path(importlib.util.cache_from_source(str(path))).unlink(missing_ok=True)
        path.write_text(text)


async def made(modules: list[str]) -> list[Mutant]:
    """All mutants of these modules."""
    python = environment("mutants", ROOT / "requirements" / "mutants.txt")
    paths = [str(_CORE / f"{module}.py") for module in modules]
    process = await asyncio.create_subprocess_exec(
        *(str(python), "-m", "tests.mutants.mutations", *paths),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate()
    if process.returncode:
        raise RuntimeError("the mutants could not be made")
    lines = [json.loads(line) for line in output.splitlines()]
    return [Mutant(**line | {"module": Path(line["module"]).stem}) for line in lines]


async def judge(mutants: list[Mutant], copies: list[Copy]) -> Score:
    """Try them all."""
    score = Score(Counter(), [], set())
    left = iter(mutants)
    told = time.monotonic()

    async def work(copy: Copy) -> None:
        nonlocal told
        for mutant in left:
            if await copy.is_killed(mutant):
                score.killed[mutant.module] += 1
            elif mutant.key in EQUIVALENT:
                score.equivalent.add(mutant.key)
            else:
                score.survivors.append(mutant)
                print(f"  survived: {mutant}", flush=True)
            if time.monotonic() - told >= _PROGRESS_S:
                told = time.monotonic()
                killed = score.killed.total()
                print(f"  {score.done} of {len(mutants)} tried, {killed} killed", flush=True)

    async with asyncio.TaskGroup() as group:
        for copy in copies:
            group.create_task(work(copy))
    return score


async def check(copy: Copy, modules: list[str]) -> str | None:
    """What is wrong with the tests themselves, before a mutant is tried."""
    if not await copy.passes(modules[0]):
        return f"{copy.output}\nthe tests fail without a mutant"
    broken = Mutant(modules[0], 1, "", "", "raise RuntimeError\n")
    if not await copy.is_killed(broken):
        return "the tests do not read the copy"
    return None


async def main(modules: list[str]) -> int:
    started = time.monotonic()
    mutants = await made(modules)
    print(f"{len(mutants)} mutants of {', '.join(modules)}", flush=True)
    with tempfile.TemporaryDirectory() as home:
        copies = [Copy(Path(home, str(number))) for number in range(_WORKERS)]
        wrong = await check(copies[0], modules)
        if wrong is not None:
            print(f"mutants: {wrong}: NOT OK")
            return 1
        score = await judge(mutants, copies)
    for module in modules:
        print(f"  {module}: {score.killed[module]} killed, {score.share(module):.1%}")
    listed = {key for key in EQUIVALENT if key[0] in modules}
    for module, was, becomes in sorted(listed - score.equivalent):
        print(f"  listed as equivalent, but it is killed or gone: {module} `{was}` → `{becomes}`")
    killed = score.killed.total()
    total = killed + len(score.survivors)
    ok = listed == score.equivalent and all(score.share(m) >= _LEAST_KILLED for m in modules)
    print(
        f"mutants: {total} mutants, {killed} killed ({killed / max(1, total):.1%}) "
        f"in {time.monotonic() - started:.0f} s, {len(score.equivalent)} equivalent, survivors: "
        f"{'; '.join(map(str, score.survivors)) or 'none'}: {'ok' if ok else 'NOT OK'}"
    )
    return 0 if ok else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "modules",
        nargs="*",
        metavar="MODULE",
        help=f"of the core; without any: {', '.join(MODULES)}",
    )
    given = parser.parse_args()
    sys.exit(asyncio.run(main(given.modules or list(MODULES))))
