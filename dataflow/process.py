"""The process of the flow: ``python -m dataflow.process``, started and watched by the server.

It is one worker, alone or of several, which the engine connects. The first one takes the flow's
lock, so that no second flow runs on the folder; the others hold nothing of it. Where there is more
than one core, a process beside it sorts for it (``dataflow.sorter``). Each ends at once when the
server does: standard input is a pipe that the server holds open and never writes to. On another
machine an agent of the server starts it, in an empty folder, and holds the pipe.
"""

import logging
import os
import re
import sys
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Final

from bytewax.recovery import RecoveryConfig
from bytewax.run import cli_main

from dataflow import faults
from dataflow.flow import build_flow
from dataflow.hub_sink import HubPartition, HubSink
from dataflow.journal_source import JournalSource
from dataflow.launch import read_launch
from dataflow.locks import FileLock, FolderLockedError
from dataflow.logs import begin
from dataflow.memory import collect_seldom
from dataflow.order_log import ORDER_FILE
from dataflow.ordered_source import OrderedSource
from dataflow.parent import end_with_parent
from dataflow.peers import await_listening
from dataflow.recovery import NO_RECOVERY
from dataflow.steps import Restored
from dataflow.stopwatch import Stopwatch
from dataflow.workers import cores

_A_PEER_HAS_ENDED: Final = ("Send thread panic", "communication/src/")
"""How the engine panics in a worker whose connection to another one is cut."""

_STORE: Final = re.compile(r'SqliteFailure\(.*Some\("(.+)"\)')
"""How the engine quotes SQLite, which it uses for its recovery store alone."""

_log = logging.getLogger(__name__)


def main() -> int:
    """Run the flow until it is killed; 1 where another flow runs on the folder."""
    options = read_launch(sys.argv[1:], os.environ)
    begin("cartwatch flow", options.logs)
    end_with_parent()
    worker, workers = options.worker, max(1, len(options.addresses))
    faults.arm(f"flow {options.execution} {worker}")
    try:
        lock = None if worker else FileLock(options.lock)
    except FolderLockedError as error:
        print(f"cartwatch: {error}: no second flow can run on it", file=sys.stderr)
        return 1
    collect_seldom()
    restored, stopwatch = Restored(), Stopwatch()
    generation = options.generation
    has_sorter = cores() > 1
    source: JournalSource | OrderedSource
    if (generation / ORDER_FILE).exists():  # it has read Kafka: its log says in which order
        source = OrderedSource(
            generation, options.topics, stopwatch, options.groups, worker, has_sorter=has_sorter
        )
    else:
        source = JournalSource(
            generation / "journal.db",
            generation / "uploads",
            stopwatch,
            options.groups,
            worker,
            has_sorter=has_sorter,
        )
    publish = partial(
        HubPartition,
        options.hub,
        options.secret,
        options.execution,
        stopwatch,
        meanwhile=source.read_ahead,
        restored=restored,
        worker=worker,
        ca=options.hub_ca,
    )
    flow = build_flow(
        source,
        HubSink(publish, worker, workers),
        groups=options.groups,
        restored=restored,
        stopwatch=stopwatch,
        worker=worker,
        workers=workers,
    )
    await_listening(options.addresses[:worker])
    try:
        cli_main(  # type: ignore[no-untyped-call]
            flow,
            process_id=worker if options.addresses else None,
            addresses=[*options.addresses] or None,
            epoch_interval=timedelta(seconds=options.snapshot_interval),
            recovery_config=RecoveryConfig(  # type: ignore[no-untyped-call]
                str(_recovery(generation, worker))
            ),
        )
    except BaseException as error:  # what the engine panics by is no Exception
        if any(words in str(error) for words in _A_PEER_HAS_ENDED):
            _log.info("Another worker has ended, and so does worker %d.", worker)
            os._exit(1)
        if isinstance(error, KeyboardInterrupt | SystemExit):
            raise
        _tell(error)
        return 1
    if lock is not None:
        lock.release()
    return 0


def _tell(error: BaseException) -> None:
    """Say in one event why the flow ends: in a sentence where the recovery store is the reason."""
    store = _STORE.search(str(error))
    if store is None:
        _log.error("The flow ends by an error.", exc_info=error)
    else:
        _log.error("The flow ends: its recovery store cannot be used: %s.", store[1])


def _recovery(generation: Path, worker: int) -> Path:
    """Give the folder of a worker's part of the recovery store: all of it is with the first one."""
    if not worker:
        return generation / "recovery"
    nothing = generation / NO_RECOVERY
    nothing.mkdir(exist_ok=True)
    return nothing


if __name__ == "__main__":
    sys.exit(main())
