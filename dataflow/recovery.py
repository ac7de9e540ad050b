"""The recovery store of the engine: made whole or not at all, and purged before every start.

A killed run leaves snapshots of its unfinished epoch behind, and a later resume can load them
beside an older offset: events would count twice. The purge takes them out. It must run while
nothing else has the store open, and not in the process in which the flow then runs, because two
copies of SQLite in one process drop each other's locks.
"""

import errno
import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from typing import Final

from bytewax.errors import BytewaxRuntimeError
from bytewax.recovery import init_db_dir

from dataflow.database import is_damage

REMEDY: Final = "stop the server, and cartwatch rebuild makes it anew from the journal"
PART: Final = "part-0.sqlite3"
"""The one partition that a store is made of, for ever."""

NO_RECOVERY: Final = "no-recovery"
"""The folder beside it, an empty one, that the other workers have in its stead."""

ROOM: Final = "room"
"""What is made to see whether there is room, and removed at once."""

_READ_BY_ENGINE: Final = "*.sqlite3"
_PAGE_BYTES: Final = 65_536
_ROOM_BYTES: Final = 20 * _PAGE_BYTES
"""What making a store takes at most: less than half of it stays."""


class RecoveryStoreError(Exception):
    """The recovery store cannot be read; the message says why."""


def make_recovery_store(folder: Path) -> None:
    """Make an empty store of one partition in a new folder.

    Snapshots of key groups are large values, and SQLite keeps such a value as a chain of pages:
    with the largest pages an epoch costs the store less than half of what it costs with small ones.
    Raises ``OSError`` where there is no room.
    """
    folder.mkdir()
    _refuse_without_room(folder)
    try:
        init_db_dir(folder, 1)  # type: ignore[no-untyped-call]
    except BytewaxRuntimeError as error:
        raise OSError(errno.EIO, f"the recovery store cannot be made ({error})") from error
    except (Exception, KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # without room the engine panics, which is no Exception
        code = errno.ENOSPC if "DiskFull" in str(error) else errno.EIO
        raise OSError(code, f"the recovery store cannot be made ({os.strerror(code)})") from error
    with closing(sqlite3.connect(folder / PART, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode = DELETE")  # the size of a page cannot change under a WAL
        db.execute(f"PRAGMA page_size = {_PAGE_BYTES}")
        db.execute("VACUUM")
        db.execute("PRAGMA journal_mode = WAL")


def _refuse_without_room(folder: Path) -> None:
    """Raise ``OSError`` where a store has no room: the engine would panic on the terminal."""
    room = folder / ROOM
    try:
        with room.open("wb") as file:
            file.write(bytes(_ROOM_BYTES))
            file.flush()
            os.fsync(file.fileno())
    finally:
        room.unlink(missing_ok=True)


def store_bytes(folder: Path) -> int:
    """Sum the sizes of the store's files, which may change meanwhile; 0 where there are none."""
    size = 0
    for path in folder.glob("*"):
        with suppress(FileNotFoundError):
            size += path.stat().st_size
    return size


def purge(folder: Path) -> int:
    """Take out the snapshots of epochs that never finished; gives how many there were.

    The epoch to resume at is that of the newest execution: over its workers, the least of the
    frontiers that they wrote, or the epoch that it began with where one wrote none. Raises
    ``RecoveryStoreError`` where it cannot be read, or where the engine would read more than it.
    """
    part = folder / PART
    if not part.is_file():
        raise RecoveryStoreError(f"{folder} holds no recovery store: {REMEDY}")
    others = sorted(each.name for each in folder.glob(_READ_BY_ENGINE) if each != part)
    if others:
        raise RecoveryStoreError(
            f"{folder} holds {', '.join(others)[:200]}, which is not of the recovery store and"
            " would be read as a part of it: move it elsewhere"
        )
    try:
        return _purge_part(part, _resume_epoch(part))
    except sqlite3.Error as error:
        # Without its tables it is as useless as a damaged one; a full disk is another matter.
        damaged = is_damage(error) or error.sqlite_errorcode == sqlite3.SQLITE_ERROR
        remedy = f": {REMEDY}" if damaged else ""
        raise RecoveryStoreError(
            f"the recovery store {folder} cannot be used ({error}){remedy}"
        ) from error


def _resume_epoch(part: Path) -> int:
    executions: dict[int, tuple[int, int]] = {}
    frontiers: dict[tuple[int, int], int] = {}
    with closing(sqlite3.connect(part)) as db:
        for number, workers, epoch in db.execute(
            "SELECT ex_num, worker_count, resume_epoch FROM exs"
        ):
            executions[number] = (workers, epoch)
        for number, worker, frontier in db.execute(
            "SELECT ex_num, worker_index, worker_frontier FROM fronts"
        ):
            at = (number, worker)
            frontiers[at] = max(frontier, frontiers.get(at, frontier))
    if not executions:
        return 1
    newest = max(executions)
    workers, epoch = executions[newest]
    return min(max(epoch, frontiers.get((newest, worker), epoch)) for worker in range(workers))


def _purge_part(part: Path, resume_at: int) -> int:
    with closing(sqlite3.connect(part)) as db, db:
        return db.execute("DELETE FROM snaps WHERE snap_epoch >= ?", (resume_at,)).rowcount
