"""``cartwatch replay``: a file goes up to a running server, and a bar shows it reach its carts.

A client of the API like any other: one ``POST``, then the upload is asked for until it has ended.
The server may restart meanwhile; only after a minute without an answer is it given up.
"""

import os
import shutil
import stat
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO, Final

from tqdm import tqdm

from web.commands import terminal
from web.commands.server_client import ReplayError, Server, Unreachable, Upload

POLL_S: Final = 0.5
PATIENCE_S: Final = 60.0
_FIRST_POLL_S: Final = 0.05

NOTHING_ACCEPTED: Final = 3
"""The exit status where the upload was processed, and no record of it was one."""


def replay(
    file: str,
    *,
    rate: float | None,
    server: str,
    pause: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> int:
    """Upload a file (``-``: standard input) and wait for it, and say what became of it.

    Gives 0 only once the upload is done with something accepted, and 3 where nothing was.
    ``rate`` is in lines a second, None for as fast as possible. Whatever else happens is one
    sentence on stderr and 1.
    """
    waits = False
    try:
        target = Server(server)
        with _opened(file) as (lines, name, size):
            upload = target.upload(lines, name, size, rate)
        waits = True
        upload = _wait(target, upload, pause, clock)
        print(f"{terminal.printable(upload.name)}: {_outcome(upload)}", flush=True)
        if upload.state != "done":
            because = "was cancelled" if upload.state == "cancelled" else f"failed: {upload.error}"
            raise ReplayError(f"the upload of {upload.name} {because}")
        if upload.accepted == 0:
            hint = f": {upload.looks_like}" if upload.looks_like else ""
            terminal.say(f"nothing of {upload.name} was accepted{hint}")
            return NOTHING_ACCEPTED
        if upload.skipped and upload.looks_like:
            terminal.say(f"{upload.name}: {upload.looks_like}")
    except ReplayError as error:
        terminal.say(str(error))
        return 1
    except KeyboardInterrupt:
        terminal.say(
            "stopped waiting; what was uploaded goes on there"
            if waits
            else "stopped before the whole file was sent"
        )
        return 1
    return 0


def check(file: str, *, server: str) -> int:
    """Say what would become of a file, of which nothing is taken in.

    Gives 0 where something would be accepted, 3 where nothing would, and 1 with a sentence
    otherwise.
    """
    try:
        target = Server(server)
        with _opened(file) as (lines, name, size):
            checked = target.check(lines, name, size)
    except ReplayError as error:
        terminal.say(str(error))
        return 1
    except KeyboardInterrupt:
        terminal.say("stopped before the file was checked")
        return 1
    blank = f", {checked.blank:,} blank" if checked.blank else ""
    print(
        f"{terminal.printable(name)}: {checked.accepted:,} would be accepted,"
        f" {checked.skipped:,} skipped{blank}; nothing was taken in"
    )
    for reason, count in checked.by_reason.items():
        print(f"  {count:,} {terminal.printable(reason)}")
    sys.stdout.flush()
    if checked.looks_like:
        terminal.say(f"{name}: {checked.looks_like}")
    return 0 if checked.accepted else NOTHING_ACCEPTED


def _outcome(upload: Upload) -> str:
    """Say what was accepted and skipped; repeats and blank lines where there are any."""
    repeats = upload.duplicates
    said = f" ({'1 a repeat' if repeats == 1 else f'{repeats:,} repeats'})" if repeats else ""
    blank = f", {upload.blank:,} blank" if upload.blank else ""
    return f"{upload.accepted:,} accepted{said}, {upload.skipped:,} skipped{blank}"


@contextmanager
def _opened(file: str) -> Iterator[tuple[BinaryIO, str, int]]:
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


def _wait(
    target: Server, upload: Upload, pause: Callable[[float], None], clock: Callable[[], float]
) -> Upload:
    """Show how far the upload is, until it has ended; gives it then."""
    told: str | None = None
    heard_at = clock()
    wait = _FIRST_POLL_S
    with tqdm(
        total=upload.lines,
        desc=terminal.printable(upload.name),
        unit=" lines",
        unit_scale=True,
        file=sys.stderr,
    ) as bar:
        while True:
            bar.update(upload.processed - bar.n)
            if upload.state in ("done", "cancelled", "failed"):
                return upload
            news = f"paused: {upload.paused_because}" if upload.state == "paused" else None
            if news is not None and news != told:
                sentence = terminal.printable(f"cartwatch: {news} (waiting; Ctrl-C ends that)")
                bar.write(sentence, file=sys.stderr)
            told = news
            pause(wait)
            wait = min(POLL_S, 2 * wait)
            try:
                upload = target.get(upload.id)
                heard_at = clock()
            except Unreachable as error:
                if clock() - heard_at >= PATIENCE_S:
                    raise ReplayError(
                        f"{target.url} has not answered for {PATIENCE_S:.0f} s: {error}"
                    ) from None
