"""The process of a dry run: ``python -m web.intake.tally_process``, started by the server.

Reads standard input to its end and tells what would come of it, in one line of JSON. It gives way
to whatever else the machine has to do, and ends with the server: its input ends with that.
"""

import gc
import os
import sys
from typing import Final

import msgspec

from dataflow.parent import die_with_parent, tell_parent
from web.intake.tally import Tally

_NICENESS: Final = 10
_PIECE_BYTES: Final = 1024 * 1024


def main() -> int:
    """Make one tally."""
    die_with_parent()
    os.nice(_NICENESS)
    gc.set_threshold(1_000_000, 10, 10)  # what is read here holds no cycles
    tally = Tally()
    while piece := os.read(sys.stdin.fileno(), _PIECE_BYTES):
        tally.feed(piece)
    tell_parent(msgspec.json.encode(tally.outcome()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
