"""Locks on files: one owner, for as long as it lives."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from dataflow.locks import FileLock, FolderLockedError

HOLDER = """
import sys, pathlib
from dataflow.locks import FileLock
lock = FileLock(pathlib.Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


def test_a_second_owner_is_refused_with_the_folder_and_the_pid_of_the_first(
    tmp_path: Path,
) -> None:
    """Within one process too; after a release anybody may have it."""
    path = tmp_path / "server.lock"
    first = FileLock(path)
    with pytest.raises(FolderLockedError) as refused:
        FileLock(path)
    assert str(refused.value) == f"{tmp_path} is in use by process {os.getpid()}"
    assert refused.value.pid == os.getpid()
    first.release()
    FileLock(path).release()


def test_a_lock_goes_with_its_process_however_it_dies(tmp_path: Path) -> None:
    """After a SIGKILL the file is still there, and the next start needs no clean-up."""
    path = tmp_path / "flow.lock"
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(FolderLockedError) as refused:
            FileLock(path)
        assert refused.value.pid == holder.pid
        holder.kill()
        holder.wait(10)
    FileLock(path).release()


def test_a_lock_file_with_anything_in_it_can_be_taken(tmp_path: Path) -> None:
    """What stands in the file is a hint for a sentence, never a decision."""
    path = tmp_path / "flow.lock"
    path.write_bytes(b"\xff" * 100)
    lock = FileLock(path)
    assert path.read_text() == f"{os.getpid()}\n"
    path.write_text("garbage")
    with pytest.raises(FolderLockedError, match="another process"):
        FileLock(path)
    lock.release()
