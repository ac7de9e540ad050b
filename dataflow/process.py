"""The process of the flow: ``python -m dataflow.process``, started and watched by the server.

Takes the flow's lock, so that no second flow runs on the folder, and ends at once when the
server does: standard input is a pipe that the server holds open and never writes to.
"""

import gc
import os
import sys
from datetime import timedelta
from functools import partial

from bytewax.recovery import RecoveryConfig
from bytewax.run import cli_main

from dataflow import faults
from dataflow.flow import build_flow
from dataflow.hub_sink import HubPartition, HubSink
from dataflow.journal_source import JournalSource
from dataflow.launch import read_launch
from dataflow.locks import FileLock, FolderLockedError
from dataflow.logs import begin
from dataflow.parent import end_with_parent
from dataflow.steps import Restored
from dataflow.stopwatch import Stopwatch


def main() -> int:
    """Run the flow until it is killed; 1 where another flow runs on the folder."""
    options = read_launch(sys.argv[1:], os.environ)
    begin("cartwatch flow", options.logs)
    end_with_parent()
    faults.arm(f"flow {options.execution}")
    try:
        lock = FileLock(options.lock)
    except FolderLockedError as error:
        print(f"cartwatch: {error}: no second flow can run on it", file=sys.stderr)
        return 1
    # Events, carts and messages hold no cycles, and there are millions of them: the collector
    # took a fifteenth of the time to walk them for nothing.
    gc.set_threshold(5_000_000, 10, 10)
    restored, stopwatch = Restored(), Stopwatch()
    generation = options.generation
    source = JournalSource(
        generation / "journal.db", generation / "uploads", restored, stopwatch, options.groups
    )
    publish = partial(
        HubPartition,
        options.hub,
        options.secret,
        options.execution,
        stopwatch,
        meanwhile=source.read_ahead,
    )
    flow = build_flow(
        source,
        HubSink(publish),
        groups=options.groups,
        restored=restored,
        stopwatch=stopwatch,
    )
    cli_main(  # type: ignore[no-untyped-call]
        flow,
        epoch_interval=timedelta(seconds=options.snapshot_interval),
        recovery_config=RecoveryConfig(  # type: ignore[no-untyped-call]
            str(generation / "recovery")
        ),
    )
    lock.release()
    return 0


if __name__ == "__main__":
    sys.exit(main())
