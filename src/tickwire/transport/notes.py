"""Notes that all processes of a user on this host share: one small file for each.

    <temporary directory>/tickwire-<user id>/<hash of the name, this start of the system, its clock>

A file is locked while it is read and written, for some ten microseconds. The lock goes with the
process that holds it, however that ends. Nobody waits for it: a file that somebody else has locked
is told to be in hand. The names do not stand in the files, nor in the names of these.

The times in a note are of a clock that starts with the system, so each start has its own files.
Where there is no such clock (it takes Linux), or no directory that is ours alone, the notes are
those of this process, and it is logged once.
"""

import hashlib
import logging
import os
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

from tickwire.world import MemoryNotes, Notes

with suppress(ImportError):  # on Windows, where no clock is known to be common either
    import fcntl

__all__ = ["FileNotes", "HostNotes", "host_notes"]

_log = logging.getLogger("tickwire.notes")

_KEPT_S = 24 * 3600.0
"""A file that nobody has written to for so long is removed."""

_SIZE = 512
"""Bytes of each file, so that a write is one piece and needs no more room than the last."""

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_CLOCK = Path("/proc/self/ns/time")
"""Which clock a process reads: containers may have one of their own."""


class FileNotes:
    """Notes in the files of a directory that is made if need be.

    `epoch` names the clock that the notes are about; those of another one are not seen. `update`
    raises `OSError` if the directory or a file is not ours alone, or cannot be used.
    """

    def __init__(self, directory: Path, epoch: str) -> None:
        self._directory = directory
        self._epoch = epoch
        self._is_swept = False

    def __repr__(self) -> str:
        return f"<FileNotes {self._directory}>"

    def path(self, name: str) -> Path:
        """The file of a note."""
        digest = hashlib.sha256(f"{self._epoch} {name}".encode()).hexdigest()
        return self._directory / digest[:32]

    def update(self, name: str, edit: Callable[[str | None], str]) -> bool:
        with _opened(self._directory) as directory:
            with _locked(directory, self.path(name).name) as locked:
                if locked is None:
                    return False
                file, is_new = locked
                was = os.pread(file, _SIZE, 0)
                text = None if is_new and not was else was.decode(errors="replace").rstrip()
                if len(was) < _SIZE:
                    # A full disk has to show before a decision is made, not after it.
                    os.pwrite(file, b" " * _SIZE, 0)
                becomes = edit(text).encode().ljust(_SIZE)
                assert len(becomes) == _SIZE, f"a note of {len(becomes)} bytes is too long"
                os.pwrite(file, becomes, 0)
                now_s = os.fstat(file).st_mtime
            if not self._is_swept:
                self._is_swept = True
                _sweep(directory, now_s - _KEPT_S)
        return True


class HostNotes:
    """The notes of this host as long as they can be had, and else those of this process."""

    def __init__(self, files: Notes | None) -> None:
        self._files = files
        self._memory = MemoryNotes()
        self._is_told = False

    def __repr__(self) -> str:
        return f"<HostNotes {self._files!r}>"

    def update(self, name: str, edit: Callable[[str | None], str]) -> bool:
        reason: object = "it takes Linux"
        if self._files is not None:
            try:
                return self._files.update(name, edit)
            except OSError as error:
                reason = error
        if not self._is_told:
            self._is_told = True
            _log.warning(
                "the exchange's limits are shared within this process only, not with others of "
                "this host (%s); see docs/limits.md",
                reason,
            )
        return self._memory.update(name, edit)


@cache
def host_notes() -> HostNotes:
    """The notes of this host, for this process."""
    epoch = _epoch()
    if epoch is None:
        return HostNotes(None)
    directory = Path(tempfile.gettempdir(), f"tickwire-{os.geteuid()}")
    return HostNotes(FileNotes(directory, epoch))


def _epoch() -> str | None:
    """What names the clock that the processes of this host have in common, if there is one."""
    try:
        boot_id = _BOOT_ID.read_text().strip()
    except OSError:
        return None
    clock = ""
    with suppress(OSError):  # an older kernel has one clock for all
        clock = os.readlink(_CLOCK)
    return f"{boot_id} {clock}"


@contextmanager
def _opened(directory: Path) -> Iterator[int]:
    """The directory, which nobody else can write to."""
    with suppress(FileExistsError):
        directory.mkdir(mode=0o700)
    opened = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        _check(directory, os.fstat(opened))
        yield opened
    finally:
        os.close(opened)


@contextmanager
def _locked(directory: int, name: str) -> Iterator[tuple[int, bool] | None]:
    """A file of ours under lock, and whether it is new; `None` if somebody else has it."""
    flags = os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
    try:
        file, is_new = os.open(name, flags, dir_fd=directory), False
    except FileNotFoundError:
        file, is_new = os.open(name, flags | os.O_CREAT, 0o600, dir_fd=directory), True
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield None
            return
        found = os.fstat(file)
        if not found.st_nlink:
            yield None  # it was swept away between the opening and the lock
            return
        _check(name, found)
        try:
            yield file, is_new
        finally:
            # A fork may have taken the open file along, and with it the lock.
            fcntl.flock(file, fcntl.LOCK_UN)
    finally:
        os.close(file)


def _check(what: object, found: os.stat_result) -> None:
    is_ours = found.st_uid == os.geteuid() and not stat.S_IMODE(found.st_mode) & 0o077
    is_plain = stat.S_ISDIR(found.st_mode) or (stat.S_ISREG(found.st_mode) and found.st_nlink == 1)
    if not (is_ours and is_plain):
        raise PermissionError(f"{what} is not this user's alone")


def _sweep(directory: int, before: float) -> None:
    """Remove the files that were last written to before that time."""
    for name in os.listdir(directory):
        with suppress(OSError):
            if os.stat(name, dir_fd=directory, follow_symlinks=False).st_mtime >= before:
                continue
            with _locked(directory, name) as locked:
                if locked is not None and os.fstat(locked[0]).st_mtime < before:
                    os.unlink(name, dir_fd=directory)
