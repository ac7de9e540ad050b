"""``cartwatch rebuild``: view and flow state made anew from the journal.

For a folder whose view or recovery store is damaged. The journal holds every record that was
ever accepted, in order, so the flow reads it from its beginning into an empty view. Interrupted,
it goes on at the next start. Places and times are those of the journal: nothing changes.
"""

import asyncio
import sqlite3
import sys
from contextlib import closing
from functools import partial
from pathlib import Path
from shutil import copyfile

from tqdm import tqdm

from dataflow import faults
from dataflow.order_log import OrderLog
from dataflow.topics import Topics
from web.commands.opening import StartError, open_folder, opening_as_sentence
from web.commands.terminal import BAR, say
from web.commands.topics_again import topics_again
from web.data.files import sync
from web.data.folder import DataFolder
from web.data.journal_file import open_journal, refuse_change
from web.data.order import open_order
from web.data.paths import Paths
from web.data.privacy import keep_private
from web.flow.state import DOWN, RUNNING
from web.flow.supervisor import FlowStuckError, claim
from web.history.history_file import DamageError, UnusableError, carry
from web.service.service import Service
from web.view.anew import Anew, write_anew
from web.view.view import copy_recoveries, position_in
from web.words import count

_POLL_S = 0.1
_STORED_S = 0.5
"""The engine writes its store right behind the end of an epoch, and tells nobody."""


def renew(data: Path, generation: int | None = None, topics: Topics | None = None) -> Topics | None:
    """Put a new generation in force, with the journal of another and nothing made of it yet.

    Of the one in force, or of that of a number. Where that has read topics, these are read again by
    the brokers of ``topics``; gives which they are. Raises ``StartError`` where it cannot: then
    nothing was changed.
    """
    keep_private()
    faults.arm("rebuild")
    folder = open_folder(data, to_rebuild=True)
    try:
        with opening_as_sentence(data):
            return asyncio.run(_renew(folder, generation, topics))
    finally:
        folder.release()


async def _renew(
    folder: DataFolder, generation: int | None, topics: Topics | None
) -> Topics | None:
    try:
        lock = await claim(folder.flow_lock)  # a flow whose server was killed still reads
    except FlowStuckError as error:
        raise StartError(str(error)) from error
    try:
        old = folder.current() if generation is None else folder.generation(generation)
        refuse_change(old.journal, old.uploads)
        again = topics_again(old.order, topics)
        folder.renew(partial(_carry_history, folder), generation)
    finally:
        lock.release()
    return again


def _carry_history(folder: DataFolder, old: Paths, new: Paths) -> None:
    if old.order.exists():
        OrderLog(old.order).close()  # folds its write-ahead log in, as the last one to close it
        copyfile(old.order, new.order)  # no second name for it: the flow writes into it
        sync(new.order)
    with (
        closing(open_journal(new.journal)) as journal,
        closing(open_order(new, journal, position_in(old.view), reads_topics=False)) as order,
    ):
        end = order.settled_end()
        anew = Anew(end, order.records_between(1, end))
    if not copy_recoveries(old.view, new.view):
        say("the history of the flow's starts could not be read")
    write_anew(new.view, anew)
    try:
        carry(folder.history, old.facts.number, new.facts.number)
    except (DamageError, UnusableError, sqlite3.Error, OSError) as error:
        say(f"what the figures over time tell up to could not be read ({error})")


async def _until_kept(service: Service) -> None:
    """Wait until the flow has a snapshot of all that: topics need not hold it any more then."""
    end = service.generation.order.settled_end()
    while service.kept_to < end:
        if service.flow.state == DOWN:
            raise StartError(service.flow.message or "the flow cannot be started")
        await asyncio.sleep(_POLL_S)
    await asyncio.sleep(_STORED_S)


async def until_processed(service: Service) -> None:
    """Wait until the flow has read the whole journal, with a progress bar.

    Raises ``StartError`` where it cannot, or where state and view then differ.
    """
    released = service.generation.uploads.released_lines
    with tqdm(total=released, unit=" lines", bar_format=BAR, file=sys.stderr) as bar:
        while True:
            processed = service.generation.totals.of_journal
            bar.update(processed - bar.n)
            is_all_there = processed >= released and not service.generation.corrections.is_behind
            if is_all_there and service.flow.state == RUNNING:
                break
            if service.flow.state == DOWN:
                raise StartError(service.flow.message or "the flow cannot be started")
            await asyncio.sleep(_POLL_S)
    await _until_kept(service)
    if (alarm := await service.upkeep.check()) is not None:
        raise StartError(alarm)
    lines = count(service.generation.totals.all.processed, "line")  # those of topics among them
    print(f"Rebuilt {lines}; state and view agree.", flush=True)
