"""The server as the parent of its processes: none outlives it, and each says why it ends."""

import ctypes
import logging
import os
import signal
import sys
import threading
from typing import Final, NoReturn

SORTER_ENDED: Final = 5
"""The status of a flow that ends as the process has that parses for it."""

CHANGED: Final = 6
"""The status of a flow that has met records which were changed: started again, it would again."""

_PR_SET_PDEATHSIG: Final = 1
_log = logging.getLogger(__name__)


def die_with_parent() -> None:
    """Die when the server does, on Linux, also while stopped."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def end_with_parent() -> None:
    """Die when the server does: by the end of the pipe that it holds, and on Linux by signal."""
    die_with_parent()

    def watch() -> None:
        while os.read(sys.stdin.fileno(), 1):
            pass
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=watch, name="watch-server", daemon=True).start()


def tell_parent(data: bytes) -> None:
    """Write to the process that started this one; end without a word where it is gone.

    Its end of a pipe is closed before the system ends those that are to die with it.
    """
    try:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        os._exit(1)


def end_at_once(why: str, status: int = 1) -> NoReturn:
    """End this process as a kill would, by a sentence instead of a traceback through the engine."""
    _log.error(why)
    os._exit(status)
