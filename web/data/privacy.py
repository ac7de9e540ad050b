"""What is kept is its owner's alone: 0700 for folders, 0600 for files, whatever the umask is."""

import logging
import os
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import Final

OTHERS: Final = 0o077
_log = logging.getLogger(__name__)


def keep_private() -> None:
    """Have all that this process makes from now on, and those that it starts, be its owner's."""
    os.umask(OTHERS)


def is_private(folder: Path) -> bool:
    """Whether others may do nothing with a folder; True where there is none."""
    try:
        return not folder.lstat().st_mode & OTHERS
    except OSError:
        return True


def tighten(paths: Iterable[Path]) -> None:
    """Take from others what they may do with files and folders of ours that are there.

    What is no file or folder itself, as a link, is left alone. Where the system does not allow it,
    that is said, once: the data can be used all the same.
    """
    refused: list[Path] = []
    for path in paths:
        try:
            status = path.lstat()
        except OSError:
            continue
        is_plain = stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)
        if is_plain and status.st_mode & OTHERS:
            try:
                path.chmod(stat.S_IMODE(status.st_mode) & ~OTHERS)
            except OSError:
                refused.append(path)
    if refused:
        _log.warning(
            "Others may read %s: the system does not let Cartwatch change that%s.",
            refused[0],
            "" if len(refused) == 1 else f", nor of {len(refused) - 1} more",
        )
