"""The command ``cartwatch``, which ``python -m web`` is too: ready to be ended before it has begun.

What it is takes a good part of a second to load, in which somebody may think better of it.
"""

import sys
from typing import Final

from web.commands.early import end_at_interrupts, end_at_signals

_PASSING: Final = frozenset({"generate", "rebuild", "replay"})
"""The commands that come to an end by themselves: to be interrupted is no success of theirs."""


def main() -> int:
    """Run the command that this process was started with; gives its exit status."""
    if _PASSING.intersection(sys.argv[1:2]):
        end_at_interrupts()
    else:
        end_at_signals()
    from web.commands.cli import main as run

    return run()


if __name__ == "__main__":
    sys.exit(main())
