"""Corrections: the journal counts, and the view takes them in when it can."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from itertools import repeat
from pathlib import Path

import pytest

from dataflow.journal import JournalReader
from tests.kit.entries import placed
from tests.kit.view_rows import PlayedFlow
from web.data.folder import DataFolder
from web.service.generation import Generation
from web.view.outcome import Outcome
from web.view.skipped_filter import ASIDE, OPEN

pytestmark = pytest.mark.anyio
LINE = b'{"user_id": "a", "type": "order", "order_id": %d}'


async def _committed(_: Outcome) -> None:
    return


@pytest.fixture
def changed() -> asyncio.Event:
    return asyncio.Event()


@pytest.fixture
async def generation(tmp_path: Path, changed: asyncio.Event) -> AsyncIterator[Generation]:
    """Give a generation with three skipped records, the ids of which are 1 to 3."""
    folder = DataFolder(tmp_path)
    made = Generation(folder.current(), _committed, changed.set)
    made.journal.append_events(b"bad\n" * 3)
    with closing(JournalReader(made.paths.journal, made.paths.uploads)) as reader:
        batches = PlayedFlow(placed(reader.read(1))).run(2, repeat(9))
    await made.threads.write(made.view.commit, batches)
    yield made
    await made.close()
    folder.release()


async def states(generation: Generation) -> dict[str, int]:
    return {
        state: await generation.threads.read(
            lambda view, state=state: sum(  # type: ignore[misc]
                each.state == state for each in view.skipped_of([1, 2, 3])
            )
        )
        for state in (OPEN, ASIDE, "sent")
    }


async def test_what_is_decided_is_seen_at_once_and_counted_once(generation: Generation) -> None:
    """Each on what the view holds of all before it, also where several come together."""
    corrections = generation.corrections
    aside = [corrections.put([1, 2], OPEN, ASIDE) for _ in range(3)]
    assert sorted(await asyncio.gather(*aside)) == [0, 0, 2]
    sent = [corrections.send([(2, LINE % 1), (3, LINE % 2)]) for _ in range(3)]
    assert sorted(await asyncio.gather(*sent), key=len) == [[], [], [2, 3]]
    assert await states(generation) == {OPEN: 0, ASIDE: 1, "sent": 2}
    assert await corrections.put([1, 2, 3], ASIDE, OPEN) == 1
    assert generation.uploads.released_lines == 2


async def test_what_the_journal_has_is_taken_in_when_the_view_can_be_written_again(
    generation: Generation, changed: asyncio.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It counts from the moment on in which it is durable there."""

    def full(*_: object) -> int:
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(generation.view, "take_marks", full)
        assert await generation.corrections.send([(1, LINE % 1)]) == [1]
        assert generation.corrections.is_behind
        assert not changed.is_set()
    keeping_up = asyncio.create_task(generation.corrections.run())
    await changed.wait()
    assert not generation.corrections.is_behind
    keeping_up.cancel()
    await asyncio.gather(keeping_up, return_exceptions=True)
    assert await states(generation) == {OPEN: 2, ASIDE: 0, "sent": 1}
    assert await generation.corrections.send([(1, LINE % 1)]) == []
