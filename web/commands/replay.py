"""``cartwatch replay``: a file goes up to a running server, and a bar shows it reach its carts.

A client of the API like any other: one ``POST``, then the upload is asked for until it has ended.
The server may restart meanwhile; only after a minute without an answer is it given up.
"""

import sys
import time
from collections.abc import Callable
from typing import Final

from tqdm import tqdm

from web.commands import terminal
from web.commands.sent_file import opened
from web.commands.server_client import Server, Unreachable, Upload
from web.commands.server_key import NO_KEY, ReplayError, ServerKey

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
    key: ServerKey = NO_KEY,
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
        target = Server(server, key)
        with opened(file) as (lines, name, size):
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


def _outcome(upload: Upload) -> str:
    """Say what was accepted and skipped; repeats and blank lines where there are any."""
    repeats = upload.duplicates
    said = f" ({'1 a repeat' if repeats == 1 else f'{repeats:,} repeats'})" if repeats else ""
    blank = f", {upload.blank:,} blank" if upload.blank else ""
    return f"{upload.accepted:,} accepted{said}, {upload.skipped:,} skipped{blank}"


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
        bar_format=f"{{desc}}: {terminal.BAR}",
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
