"""The generation that replaces another: made and opened before it counts, then put in force."""

import contextlib
import time

from dataflow.faults import reach
from dataflow.journal import Journal
from dataflow.upload import Upload
from web.data.files import link, sync
from web.data.folder import DataFolder
from web.data.paths import Paths, remove
from web.view.view import View


def make_generation(folder: DataFolder, again: Upload | None, old: Paths) -> Paths:
    """Make a generation that has been opened once: what could fail, fails before it counts."""
    new = folder.new_generation(supersedes=old.facts.number)
    try:
        if again is not None:
            link(old.uploads / again.file, new.uploads / again.file)
            sync(new.uploads)
        with contextlib.closing(Journal(new.journal)) as journal:
            if again is not None:
                journal.add_upload(
                    again.id,
                    again.name,
                    file=again.file,
                    size=again.bytes,
                    lines=again.lines,
                    rate=again.rate,
                    now=time.time(),
                    looks_like=again.looks_like,
                )
        View(new.view).close()
        sync(new.folder)
    except BaseException:
        remove(new)
        raise
    reach("generation made")
    return new


def switch_to(folder: DataFolder, new: Paths) -> Paths:
    """Put a generation in force: from now on it counts; raises ``SwitchError`` where it may.

    Any other ``OSError`` has left all as it was.
    """
    try:
        switched = folder.switch_to(new)
    except OSError:
        remove(new)
        raise
    reach("generation switched")
    return switched
