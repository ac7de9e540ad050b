"""The first moment of a command, in which there is nothing to end in good order yet."""

import os
import signal
from typing import Any, Final, NoReturn

INTERRUPTED: Final = 130
"""The status of a command that was interrupted before it had come to its end."""


def end_at_signals() -> None:
    """Let Ctrl-C and SIGTERM end this process in silence, until whoever begins something says how.

    At once: an exception would come in the middle of anything, a callback that loses it too.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _end)


def _end(_: int, __: Any) -> NoReturn:
    os._exit(0)
