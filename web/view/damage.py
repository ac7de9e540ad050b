"""Damage of the view: what SQLite finds wrong with it, and rows that are none of ours."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from dataflow.database import is_damage


class DamagedViewError(sqlite3.DatabaseError):
    """The view holds what nobody has written there; the message says what."""

    def __init__(self, why: Exception) -> None:
        super().__init__(str(why))
        self.sqlite_errorcode = sqlite3.SQLITE_CORRUPT


@contextmanager
def telling_damage() -> Iterator[None]:
    """Raise ``DamagedViewError`` for what cannot be made of rows that we have written."""
    try:
        yield
    except sqlite3.Error as error:
        if not is_damage(error):
            raise
        raise DamagedViewError(error) from error
    except (msgspec.MsgspecError, ValueError, TypeError, AttributeError, OverflowError) as error:
        raise DamagedViewError(error) from error
