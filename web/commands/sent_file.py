"""What a client sends: a file, or all that comes from standard input, of a size that is known."""

import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO

from web.commands import terminal
from web.commands.server_key import ReplayError


@contextmanager
def opened(file: str) -> Iterator[tuple[BinaryIO, str, int]]:
    """Open what is to be sent; gives it, its label and its size from here on.

    What has no size, a pipe, is read to its end first: a server waits for no silent client.
    """
    is_input = file == "-"
    what = "standard input" if is_input else terminal.shown(file)
    if is_input and sys.stdin is None:
        raise ReplayError("standard input is closed: name a file, or send one by < or |")
    path = Path(file)
    try:
        source = sys.stdin.buffer if is_input else path.open("rb")
    except OSError as error:
        raise ReplayError(f"{what} cannot be read: {terminal.why(error)}") from None
    # Bytes that are no UTF-8 are marked; what else stands in a name is the server's to show.
    label = path.name.encode(errors="surrogateescape").decode(errors="replace")
    name = "stdin" if is_input else label
    try:
        size = _size(source)
        if size is not None:
            yield source, name, size
            return
        with _kept(source, what) as (kept, kept_size):
            yield kept, name, kept_size
    finally:
        if not is_input:
            source.close()


def _size(source: BinaryIO) -> int | None:
    """How much there is to read from a file; None for a pipe or a device."""
    try:
        status = os.fstat(source.fileno())
        return max(0, status.st_size - source.tell()) if stat.S_ISREG(status.st_mode) else None
    except OSError:  # something in memory has no number, a pipe no place
        return None


@contextmanager
def _kept(source: BinaryIO, what: str) -> Iterator[tuple[BinaryIO, int]]:
    """Keep what comes from a pipe in a file of no name, to its end."""
    with ExitStack() as stack:
        try:
            kept = stack.enter_context(tempfile.TemporaryFile())
            shutil.copyfileobj(source, kept)
            size = kept.tell()
            kept.seek(0)
        except OSError as error:
            raise ReplayError(
                f"{what} cannot be read to its end, into a temporary file: {terminal.why(error)};"
                " TMPDIR names another folder for it"
            ) from None
        yield kept, size
