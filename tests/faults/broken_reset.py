"""``cartwatch`` on a disk that fails in a reset, just behind the point of no return.

``python -m tests.faults.broken_reset``, with the variable ``BREAKS``: which step fails.
"""

from __future__ import annotations

import errno
import os
import sqlite3
import sys
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final
from unittest.mock import patch

from web.commands.cli import main
from web.data import files, folder
from web.data.paths import Paths
from web.service import service
from web.service.generation import Generation

VARIABLE: Final = "BREAKS"
STEPS: Final = ("sync", "rename", "open")


def _broken_sync(path: Path) -> None:
    pointer = path / "current"
    if pointer.exists() and pointer.read_text() != "generation-000001\n":
        raise OSError(errno.EIO, os.strerror(errno.EIO))
    _sync(path)


def _broken_rename(path: Path, target: Path) -> Path:
    if target.name == "generation-000002":
        raise OSError(errno.EIO, os.strerror(errno.EIO))
    return _rename(path, target)


class _Unopened(Generation):
    def __init__(self, paths: Paths, *rest: object) -> None:
        if paths.facts.number > 1:
            raise sqlite3.OperationalError("database or disk is full")
        super().__init__(paths, *rest)  # type: ignore[arg-type]


_sync = files.sync
_rename = Path.rename

if __name__ == "__main__":
    broken: dict[str, AbstractContextManager[object]] = {
        "sync": patch.object(folder, "sync", _broken_sync),
        "rename": patch.object(Path, "rename", _broken_rename),
        "open": patch.object(service, "Generation", _Unopened),
    }
    with broken[os.environ[VARIABLE]]:
        sys.exit(main())
