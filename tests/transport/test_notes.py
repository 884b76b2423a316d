"""Notes in files: shared, locked for a moment, and only where nobody else can meddle."""

import fcntl
import logging
import multiprocessing
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tickwire.transport import notes as module
from tickwire.transport.notes import FileNotes, HostNotes, host_notes
from tickwire.world import MemoryNotes

NAME = "wss://exchange and a key"


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "notes"


@pytest.fixture
def notes(directory: Path) -> FileNotes:
    return FileNotes(directory, "this start")


def read(notes: FileNotes | HostNotes, name: str = NAME) -> str | None:
    """What stands there; it is left as it is, and nothing is written where nothing was."""
    found: list[str | None] = []

    def look(text: str | None) -> str:
        found.append(text)
        return text or ""

    assert notes.update(name, look)
    return found[0]


def write(notes: FileNotes | HostNotes | MemoryNotes, text: str, name: str = NAME) -> bool:
    return notes.update(name, lambda _: text)


def test_what_one_writes_another_reads(directory: Path, notes: FileNotes) -> None:
    """By its name, and nothing at first."""
    seen: list[str | None] = []

    def first(text: str | None) -> str:
        seen.append(text)
        return "a long text"

    assert notes.update(NAME, first)
    assert seen == [None]
    assert write(notes, "short")
    assert read(FileNotes(directory, "this start")) == "short"
    assert repr(notes) == f"<FileNotes {directory}>"


def test_names_and_starts_of_the_system_are_apart(directory: Path, notes: FileNotes) -> None:
    """The times of before mean nothing after a restart."""
    assert write(notes, "mine")
    assert read(notes, "another name") is None
    assert read(FileNotes(directory, "another start")) is None
    assert read(notes) == "mine"


def test_no_name_stands_in_a_file(directory: Path, notes: FileNotes) -> None:
    """Nor in the name of one; and only its owner may read it."""
    assert write(notes, "text")
    [file] = directory.iterdir()
    assert file == notes.path(NAME)
    assert "exchange" not in file.name
    assert b"exchange" not in file.read_bytes()
    assert file.stat().st_mode & 0o777 == 0o600
    assert directory.stat().st_mode & 0o777 == 0o700


def test_a_file_that_was_cut_is_not_a_new_one(notes: FileNotes) -> None:
    """Nobody takes it for a note that has never been written."""
    assert write(notes, "text")
    os.truncate(notes.path(NAME), 0)
    assert read(notes) == ""
    notes.path(NAME).write_bytes(b"\xff\xfe")
    assert read(notes) == "\ufffd\ufffd"


def test_a_file_that_somebody_has_locked_is_in_hand(notes: FileNotes) -> None:
    """Nobody waits for it, and nothing is written."""
    assert write(notes, "before")
    with notes.path(NAME).open("r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert not write(notes, "meanwhile")
        fcntl.flock(file, fcntl.LOCK_UN)
        assert read(notes) == "before"


def test_a_file_that_was_swept_away_meanwhile_is_in_hand(
    notes: FileNotes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What were written into it would be lost; the next one makes another."""
    assert write(notes, "before")
    lock = fcntl.flock

    def swept(file: int, how: int) -> None:
        notes.path(NAME).unlink()
        lock(file, how)

    with monkeypatch.context() as patch:
        patch.setattr(fcntl, "flock", swept)
        assert not write(notes, "lost")
    assert read(notes) is None


def test_a_failing_edit_leaves_the_note(notes: FileNotes) -> None:
    """And the lock is gone, with no file left open."""
    assert write(notes, "before")
    files = len(os.listdir("/proc/self/fd"))

    def fail(text: str | None) -> str:
        raise RuntimeError("out of order")

    with pytest.raises(RuntimeError, match="out of order"):
        notes.update(NAME, fail)
    assert len(os.listdir("/proc/self/fd")) == files
    assert read(notes) == "before"


def test_files_of_yesterday_are_removed(directory: Path, notes: FileNotes) -> None:
    """By the first who comes; what is in use stays."""
    for name in ("old", "held", "young"):
        assert write(notes, "text", name)
    day_ago = time.time() - 25 * 3600
    for name in ("old", "held"):
        os.utime(notes.path(name), (day_ago, day_ago))
    (directory / "link").symlink_to(notes.path("young"))
    with notes.path("held").open("r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert write(FileNotes(directory, "this start"), "text")
    left = {notes.path(name).name for name in ("held", "young", NAME)}
    assert {file.name for file in directory.iterdir()} == left | {"link"}


def _replace_by_link(path: Path) -> None:
    target = path.with_name("target")
    target.write_text("somebody's")
    target.chmod(0o600)
    path.unlink()
    path.symlink_to(target)


def _link_twice(path: Path) -> None:
    path.with_name("again").hardlink_to(path)


def _open_to_all(path: Path) -> None:
    path.chmod(0o666)


def _replace_by_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path, 0o600)


@pytest.mark.parametrize("meddle", [_replace_by_link, _link_twice, _open_to_all, _replace_by_pipe])
def test_a_file_that_is_not_ours_alone_is_not_touched(
    notes: FileNotes, meddle: Callable[[Path], None]
) -> None:
    """Not followed, not read, not written, and not waited for."""
    assert write(notes, "ours")
    meddle(notes.path(NAME))
    with pytest.raises(OSError):
        write(notes, "theirs")
    target = notes.path(NAME).with_name("target")
    assert not target.exists() or target.read_text() == "somebody's"


def test_a_directory_that_is_not_ours_alone_is_not_used(directory: Path, tmp_path: Path) -> None:
    """One that others may write to, and one that is a link."""
    directory.mkdir(mode=0o700)
    directory.chmod(0o777)
    with pytest.raises(PermissionError, match="alone"):
        write(FileNotes(directory, ""), "text")
    (tmp_path / "own").mkdir(mode=0o700)
    (tmp_path / "link").symlink_to(tmp_path / "own")
    with pytest.raises(OSError):
        write(FileNotes(tmp_path / "link", ""), "text")


def test_somebody_elses_file_is_not_used(notes: FileNotes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever its rights say."""
    assert write(notes, "theirs")
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    with pytest.raises(PermissionError, match="alone"):
        write(notes, "ours")


def test_where_there_are_no_files_the_process_has_its_own(
    directory: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It says so once; and they are used again as soon as they can be."""
    directory.write_text("in the way")
    notes = HostNotes(FileNotes(directory, ""))
    with caplog.at_level(logging.WARNING, "tickwire"):
        assert write(notes, "here")
        assert read(notes) == "here"
    [said] = caplog.messages
    assert "within this process only" in said
    assert "docs/limits.md" in said
    directory.unlink()
    assert read(notes) is None
    assert repr(notes) == f"<HostNotes <FileNotes {directory}>>"


def test_a_full_disk_shows_before_the_decision(
    notes: FileNotes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that no slot is taken for nothing."""
    decided: list[str | None] = []

    def full(file: int, text: bytes, at: int) -> int:
        raise OSError(28, "no space left on device")

    def decide(text: str | None) -> str:
        decided.append(text)
        return "text"

    monkeypatch.setattr(os, "pwrite", full)
    with pytest.raises(OSError, match="no space"):
        notes.update(NAME, decide)
    assert decided == []


def test_a_host_without_a_common_clock_has_no_common_notes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Its processes each keep to the limits for themselves."""
    monkeypatch.setattr(module, "_BOOT_ID", tmp_path / "none")
    alone = host_notes.__wrapped__()
    assert write(alone, "here")
    assert read(alone) == "here"
    assert "it takes Linux" in caplog.text


def test_an_older_kernel_has_one_clock(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Which every process reads."""
    monkeypatch.setattr(module, "_CLOCK", tmp_path / "none")
    notes = host_notes.__wrapped__()
    assert write(notes, "here")
    assert read(host_notes.__wrapped__()) == "here"


def test_the_clock_is_common_to_all_processes() -> None:
    """What another process reads lies between two looks at our own."""
    program = "from tickwire.world import SystemClock; print(repr(SystemClock().now()))"
    before = time.monotonic()
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert before < float(said.stdout) < time.monotonic()


def _count(directory: Path, times: int) -> None:
    notes = FileNotes(directory, "")
    while times:
        times -= notes.update(NAME, lambda text: str(int(text or 0) + 1))


def test_processes_do_not_lose_what_others_write(directory: Path) -> None:
    """Four count to a thousand together."""
    directory.mkdir(mode=0o700)
    assert write(FileNotes(directory, ""), "0")
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_count, args=(directory, 250)) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert read(FileNotes(directory, "")) == "1000"
