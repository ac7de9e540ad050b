"""The process of a proof: ``python -m web.proof.process``, started by the server and ended with it.

It tells how far it is, and its outcome, on standard output. It gives way to whatever else the
machine has to do, and what it keeps is in memory of a bounded size and in files without a name.
"""

import gc
import os
import sqlite3
import sys
from typing import Final

from dataflow import faults
from dataflow.kafka_config import KafkaConfigError
from dataflow.order_log import OrderLogError
from dataflow.parent import end_with_parent, tell_parent
from web.data.paths import FolderError
from web.proof.in_order import UncountableError
from web.proof.inquiry import DamagedError, prove
from web.proof.launch import read_launch
from web.proof.report import Failed, Outcome, Progress, Report, encode_report

_NICENESS: Final = 10
"""A tenth of the processor where others want all of it: no more, and so much that it ends."""

_STEP: Final = 0.01


def main() -> int:
    """Make one proof; 1 where it cannot be brought to its end."""
    end_with_parent()
    faults.arm("proof")
    os.nice(_NICENESS)
    gc.set_threshold(5_000_000, 10, 10)  # millions of rows, none of which holds a cycle
    told = 0.0

    def tell(share: float) -> None:
        nonlocal told
        if share >= told + _STEP:
            told = share
            _say(Progress(share))

    try:
        verdict = prove(*read_launch(sys.argv[1:]), tell)
    except (
        *(sqlite3.Error, OSError, FolderError, DamagedError),
        *(KafkaConfigError, OrderLogError, UncountableError),
    ) as error:
        words = f"the proof could not be brought to its end: {_in_words(error)}"
        _say(Failed(words, str(error) if isinstance(error, DamagedError) else None))
        return 1
    _say(
        Outcome(
            verdict.journal.figures(),
            verdict.view.figures(),
            verdict.lost,
            verdict.twice,
            verdict.examples,
            verdict.uncounted,
            verdict.uncounted_ranges,
        )
    )
    return 0


def _in_words(error: Exception) -> str:
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_OK) & 0xFF
    if code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
        return f"{error}; it takes as much room as the data themselves while it runs"
    return str(error)


def _say(report: Report) -> None:
    tell_parent(encode_report(report))


if __name__ == "__main__":
    sys.exit(main())
