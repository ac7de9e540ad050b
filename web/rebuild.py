"""``cartwatch rebuild``: view and flow state made anew from the journal.

For a folder whose view or recovery store is damaged. The journal holds every record that was
ever accepted, in order, so the flow reads it from its beginning into an empty view. Interrupted,
it goes on at the next start. Only times are new: when a cart changed, a record was skipped, an
order completed.
"""

import asyncio
import sys
from contextlib import closing
from pathlib import Path

from tqdm import tqdm

from dataflow import faults
from web.data.folder import DataFolder, is_ours
from web.data.journal_file import open_journal, refuse_gap
from web.data.paths import Paths
from web.flow.state import DOWN, RUNNING
from web.flow.supervisor import FlowStuckError, claim
from web.server import StartError, open_folder, opening_as_sentence, run
from web.service.service import Service
from web.settings import Settings
from web.view.view import copy_recoveries, position_in

_POLL_S = 0.1


def rebuild(data: Path, generation: int | None = None) -> int:
    """Rebuild a data folder; gives the exit status. Raises ``StartError`` where it cannot.

    From the generation in force, or from that of a number, which is then put in force.
    """
    if not is_ours(data):
        raise StartError(f"{data} is not a data folder of Cartwatch: there is nothing to rebuild")
    faults.arm("rebuild")
    folder = open_folder(data)
    try:
        with opening_as_sentence(data):
            asyncio.run(_renew(folder, generation))
    finally:
        folder.release()
    run(Settings(data=data, port=0), _until_processed)
    return 0


async def _renew(folder: DataFolder, generation: int | None) -> None:
    try:
        lock = await claim(folder.flow_lock)  # a flow whose server was killed still reads
    except FlowStuckError as error:
        raise StartError(str(error)) from error
    try:
        folder.renew(_carry_history, generation)
    finally:
        lock.release()


def _carry_history(old: Paths, new: Paths) -> None:
    with closing(open_journal(new.journal)) as journal:
        refuse_gap(old.journal, journal.end(), position_in(old.view))
    if not copy_recoveries(old.view, new.view):
        print("cartwatch: the history of the flow's starts could not be read", file=sys.stderr)


async def _until_processed(service: Service) -> None:
    """Wait until the flow has read the whole journal, with a progress bar."""
    released = service.generation.uploads.released_lines
    with tqdm(total=released, unit=" lines", file=sys.stderr) as bar:
        while True:
            processed = service.generation.totals.all.processed
            bar.update(processed - bar.n)
            if processed >= released and service.flow.state == RUNNING:
                break
            if service.flow.state == DOWN:
                raise StartError(service.flow.message or "the flow cannot be started")
            await asyncio.sleep(_POLL_S)
    if (alarm := await service.upkeep.check()) is not None:
        raise StartError(alarm)
    print(f"Rebuilt {released:,} lines; state and view agree.")
