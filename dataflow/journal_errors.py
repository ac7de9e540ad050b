"""What can be wrong with a journal, and what its rows are read as."""

from collections.abc import Sequence
from typing import TypeVar

import msgspec

T = TypeVar("T")


class JournalError(Exception):
    """The journal cannot be used as it is; the message says why."""


class ChangedError(JournalError):
    """What was written is not there any more as it was; the message says what, and where."""


def read_row(row: Sequence[object], kind: type[T], what: str) -> T:
    """Read a row as what it was written as; raises ``ChangedError``, which says of what it is."""
    try:
        return msgspec.convert(row, kind)
    except msgspec.ValidationError as error:
        raise ChangedError(f"the row of {what} is none ({error})") from error
