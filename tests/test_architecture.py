"""The house keeps its shape: dependencies point one way, and nothing forbidden gets in."""

import ast
import dataclasses
import re
import runpy
import subprocess
import sys
import typing
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
RUFF = Path(sys.executable).with_name("ruff")
SOURCE = ROOT / "src" / "tickwire"

# Each room and the rooms that it may use; a room may always use itself.
MAY_USE = {
    "errors": set(),
    "version": set(),
    "checks": {"errors"},
    "world": set(),
    "indicators": {"errors"},
    "symbols": {"errors"},
    "markets": {"errors", "world", "subscription", "control", "symbols", "core"},
    "subscription": {"errors", "symbols", "indicators"},
    "selection": {"errors", "indicators", "subscription", "symbols"},
    "exact": {"errors"},
    "_pure": {"errors", "exact", "subscription"},
    "_hot": {"_pure"},
    "hot": {"_hot", "_pure"},
    "fields": {"errors", "exact", "hot"},
    "events": {"errors", "exact", "hot", "fields", "indicators", "subscription"},
    "control": {"errors", "events", "subscription"},
    "simulator": {"errors", "world"},
    "core": {"errors", "checks", "world", "subscription", "events"},
    "exchanges": {
        "errors",
        "world",
        "exact",
        "hot",
        "fields",
        "indicators",
        "subscription",
        "events",
        "core",
    },
    "transport": {"errors", "world", "subscription", "events", "control", "core"},
    "delivery": {"errors", "subscription", "events", "control", "core"},
    "testing": {"errors", "world", "simulator"},
    "manager": {
        "errors",
        "checks",
        "world",
        "subscription",
        "events",
        "control",
        "core",
        "exchanges",
        "transport",
        "delivery",
        "components",
        "lanes",
        "markets",
        "readiness",
        "silence",
        "snapshots",
        "statistics",
        "tasks",
    },
    "statistics": {"transport", "delivery"},
    "tasks": {"errors"},
    "silence": {
        "errors",
        "subscription",
        "control",
        "transport",
        "delivery",
        "components",
        "markets",
    },
    "snapshots": {
        "errors",
        "checks",
        "world",
        "subscription",
        "events",
        "control",
        "delivery",
        "components",
    },
    "components": {"errors", "subscription", "core", "delivery"},
    "readiness": {"world", "subscription"},
    "participant": {"errors", "core", "delivery", "components", "readiness", "manager"},
    "lanes": {"world", "subscription", "core", "transport"},
    "shared": {"errors", "core", "exchanges", "manager", "tasks"},
    "frames": {"errors", "events"},
    "history": {"errors", "subscription", "events", "control", "frames"},
    "pool": {
        "errors",
        "checks",
        "symbols",
        "subscription",
        "events",
        "control",
        "core",
        "manager",
        "participant",
        "shared",
        "history",
    },
    "background": {"errors", "world"},
    "sync": {
        "errors",
        "checks",
        "events",
        "control",
        "core",
        "exchanges",
        "delivery",
        "client",
        "background",
        "statistics",
    },
    "wishes": {"indicators", "subscription", "events", "delivery"},
    "client": {
        "errors",
        "checks",
        "components",
        "core",
        "indicators",
        "symbols",
        "subscription",
        "events",
        "control",
        "exchanges",
        "delivery",
        "manager",
        "participant",
        "selection",
        "shared",
        "snapshots",
        "wishes",
    },
}


def modules() -> list[Path]:
    return sorted(path for path in SOURCE.rglob("*.py"))


def room_of(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def imported(text: str) -> Iterator[str]:
    """The modules that a text imports from, by their whole names."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def used_rooms(path: Path) -> Iterator[str]:
    for name in imported(path.read_text()):
        parts = name.split(".")
        if parts[0] == "tickwire" and len(parts) > 1:
            yield parts[1]


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(SOURCE)))
def test_dependencies_point_one_way(path: Path) -> None:
    """A room uses only the rooms beneath it; the simulator stands on the bottom row alone."""
    room = room_of(path)
    if room in ("__init__", "__main__", "apps"):
        return
    assert set(used_rooms(path)) - {room} <= MAY_USE[room]


def io_in(text: str) -> set[str]:
    """What of sockets, tasks and the log a text imports, in whatever way."""
    packages = {name.partition(".")[0] for name in imported(text)}
    return packages & {"asyncio", "socket", "threading", "logging"}


def test_core_does_no_io() -> None:
    """Decisions import neither sockets nor tasks."""
    for path in (SOURCE / "core").rglob("*.py"):
        assert not io_in(path.read_text()), path


@pytest.mark.parametrize(
    "line",
    [
        "import asyncio",
        "import asyncio.events as events",
        "from asyncio import Task",
        "from logging.handlers import QueueHandler",
        "def later():\n    from socket import socket",
    ],
)
def test_every_way_to_import_io_is_seen(line: str) -> None:
    """So the test above can fail."""
    assert io_in(line)


@pytest.mark.parametrize(
    "line",
    [
        "import time",
        "from time import monotonic",
        "import random",
        "import uuid",
        "import asyncio\nasyncio.sleep(1)",
        "import asyncio\nasyncio.wait_for(None, 1)",
    ],
)
def test_ambient_clocks_and_chance_are_banned(line: str) -> None:
    """The lint rule catches each of them, wherever it would stand in the package."""
    checked = subprocess.run(
        [
            RUFF,
            "check",
            "--select",
            "TID251",
            "--stdin-filename",
            "src/tickwire/core/new.py",
            "-",
        ],
        input=line,
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert "TID251" in checked.stdout


def test_every_module_says_what_it_is() -> None:
    """The first line of each file is a sentence about the room."""
    for path in modules():
        text = path.read_text()
        assert ast.get_docstring(ast.parse(text)), path


def test_the_public_names_are_sorted_and_exist() -> None:
    """Reading `__init__` is reading the API."""
    import tickwire

    assert list(tickwire.__all__) == sorted(tickwire.__all__)
    assert all(hasattr(tickwire, name) for name in tickwire.__all__)


def test_the_version_is_the_installed_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """From a source that is not installed tickwire can be imported all the same."""
    import tickwire

    assert tickwire.__version__ == metadata.version("tickwire")

    def missing(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", missing)
    found = runpy.run_path(str(SOURCE / "version.py"))
    assert found["__version__"] == "unknown"


def test_what_public_values_hold_is_public() -> None:
    """Whoever is given a value can name the types of its parts."""
    import tickwire

    values = (
        tickwire.Explanation,
        tickwire.StreamExplanation,
        tickwire.Carried,
        tickwire.Wait,
        tickwire.Conflict,
        tickwire.Verification,
        tickwire.Timing,
    )
    for value in values:
        for field in dataclasses.fields(value):
            for part in _classes(typing.get_type_hints(value)[field.name]):
                if part.__module__.startswith("tickwire"):
                    assert part.__name__ in tickwire.__all__, field


def _classes(hint: object) -> Iterator[type]:
    if isinstance(hint, type) and not typing.get_args(hint):
        yield hint
    for part in typing.get_args(hint):
        yield from _classes(part)


def test_the_project_names_no_machine_and_no_index() -> None:
    """No absolute home, no package index, no lock file with addresses."""
    listed = subprocess.run(
        ["git", "ls-files"], capture_output=True, text=True, cwd=ROOT, check=True
    ).stdout.split()
    forbidden = re.compile(r"--(extra-)?index|--find-links|files\.pythonhosted|/home/\w|/root/")
    for name in listed:
        path = ROOT / name
        if path.suffix in (".py", ".md", ".txt", ".in", ".toml", "") and path.is_file():
            if path == Path(__file__):
                continue
            assert not forbidden.search(path.read_text()), name
