"""Opening a data folder: everything that can be wrong with it is one sentence."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dataflow.journal import JournalError
from dataflow.locks import FolderLockedError
from dataflow.recovery import is_damage
from web.folder import DataFolder, FolderError
from web.view import ViewError


class StartError(Exception):
    """The server cannot start; the message is the sentence to print."""


def open_folder(data: Path) -> DataFolder:
    """Take a data folder; raises ``StartError`` where another process has it or it is unusable."""
    try:
        return DataFolder(data)
    except FolderLockedError as error:
        raise StartError(f"{error}: stop it, or give another --data folder") from error
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise StartError(f"cannot use the data folder {data}: {why}") from error


@contextmanager
def opening_as_sentence(data: Path) -> Iterator[None]:
    """Raise ``StartError`` for everything that can be wrong with the data when they are opened."""
    try:
        with damage_as_sentence(data):
            yield
    except (FolderError, JournalError, ViewError) as error:
        raise StartError(str(error)) from error
    except (sqlite3.Error, OSError) as error:
        raise StartError(f"cannot open the data in {data}: {error}") from error


@contextmanager
def damage_as_sentence(data: Path) -> Iterator[None]:
    """Raise ``StartError``, with what to do, where a file of the data is damaged."""
    try:
        yield
    except sqlite3.Error as error:
        if not is_damage(error):
            raise
        raise StartError(
            f"the data in {data} are damaged ({error}): cartwatch rebuild {data}"
            " makes view and state anew from the journal"
        ) from error
