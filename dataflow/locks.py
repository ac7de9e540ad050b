"""Locks on files: one owner of a data folder, and one flow on it, for as long as they live.

``flock`` goes with the process however it dies, so a start after a crash needs no clean-up. The
file keeps the pid of its last holder, for the sentence that refuses a second one.
"""

import fcntl
import os
from pathlib import Path


class FolderLockedError(Exception):
    """Another process holds the lock; ``pid`` where it could be read."""

    def __init__(self, path: Path, pid: int | None) -> None:
        holder = "another process" if pid is None else f"process {pid}"
        super().__init__(f"{path.parent} is in use by {holder}")
        self.pid = pid


class FileLock:
    """An exclusive lock on a file, held until it is released or the process ends."""

    def __init__(self, path: Path) -> None:
        """Take the lock at once; raises ``FolderLockedError`` where it is held."""
        self._path = path
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            text = os.read(self._file, 20).strip()
            os.close(self._file)
            raise FolderLockedError(path, int(text) if text.isdigit() else None) from None
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, b"%d\n" % os.getpid(), 0)

    @property
    def is_in_place(self) -> bool:
        """Whether the file that is locked is still the one at its path, and not moved or gone."""
        try:
            return os.path.samestat(self._path.stat(), os.fstat(self._file))
        except OSError:
            return False

    def release(self) -> None:
        """Let it go."""
        os.close(self._file)
