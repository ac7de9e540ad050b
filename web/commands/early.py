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


def end_at_interrupts() -> None:
    """Let Ctrl-C end a command that comes to its end by itself, until ``raise_interrupts``.

    In silence, too; only the status says that it has not come there. Who has it ignored keeps that.
    """
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _break_off)


def raise_interrupts() -> None:
    """Let Ctrl-C be an exception again: from here on there is something to end in good order."""
    if signal.getsignal(signal.SIGINT) is _break_off:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _end(_: int, __: Any) -> NoReturn:
    os._exit(0)


def _break_off(_: int, __: Any) -> NoReturn:
    os._exit(INTERRUPTED)
