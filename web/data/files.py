"""Files that must survive a power cut, second names for them, and what nobody else may read."""

import os
import shutil
from pathlib import Path


def link(source: Path, target: Path) -> None:
    """Give a file a second name, or copy it where the file system cannot."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
        sync(target)


def write_secret(path: Path, data: bytes) -> None:
    """Write a file that its owner alone may read: all of it or nothing, durable on return."""
    draft = path.with_name(f".{path.name}")
    draft.unlink(missing_ok=True)
    try:
        file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(file, "wb") as opened:
            opened.write(data)
            opened.flush()
            os.fsync(file)
        draft.rename(path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
    sync(path.parent)


def sync(path: Path) -> None:
    """Make a file's content, or a folder's list of names, survive a power cut."""
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def identity(path: Path) -> tuple[int, int] | None:
    """Tell a file from any other that is put in its place; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
