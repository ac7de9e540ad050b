"""web/intake/uploads.py: of many uploads, those that can be steered are within reach."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.kit.upload_stage import GOOD, Stage, staged
from web.intake.upload_states import AT_ONCE

pytestmark = pytest.mark.anyio
SLOW = 1.0
MOST = 20


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with staged(tmp_path) as stage:
        yield stage


def states(stage: Stage) -> list[str]:
    """Name the states of what a page shows, in order."""
    found, _ = stage.uploads.shown(MOST)
    return [stage.shown(upload.id)["state"] for upload in found]


async def test_of_thirty_those_that_run_come_first(stage: Stage) -> None:
    """However many came after them and wait; the next in turn stands before the others."""
    ids = [await stage.add(GOOD * 100, rate=SLOW) for _ in range(30)]
    found, total = stage.uploads.shown(MOST)
    assert total == 30
    assert states(stage) == ["running"] * AT_ONCE + ["queued"] * (MOST - AT_ONCE)
    assert {upload.id for upload in found[:AT_ONCE]} == set(ids[:AT_ONCE])
    assert [upload.id for upload in found[AT_ONCE:]] == ids[AT_ONCE:MOST]


async def test_what_is_paused_stands_between_what_runs_and_what_waits(stage: Stage) -> None:
    """So that it can be resumed, however old it is."""
    paused = await stage.add(GOOD * 100, rate=SLOW)
    await stage.uploads.change(paused, {"state": "paused"})
    while await stage.process():
        pass
    for _ in range(30):
        await stage.add(GOOD * 100, rate=SLOW)
    shown = states(stage)
    assert shown[: AT_ONCE + 2] == ["running"] * AT_ONCE + ["paused", "queued"]
    assert len(shown) == MOST


async def test_many_that_are_paused_hide_neither_what_runs_nor_what_ended(stage: Stage) -> None:
    """The list is bounded, and has a few of each kind that there is."""
    ended = [await stage.add(GOOD * 100, rate=SLOW) for _ in range(6)]
    for upload in ended:
        await stage.uploads.change(upload, {"state": "cancelled"})
    while await stage.process():
        pass
    running = [await stage.add(GOOD * 100, rate=SLOW) for _ in range(AT_ONCE)]
    for _ in range(30):
        upload = await stage.add(GOOD * 100, rate=SLOW)
        await stage.uploads.change(upload, {"state": "paused"})
    waiting = [await stage.add(GOOD * 100, rate=SLOW) for _ in range(9)]
    shown = states(stage)
    found, total = stage.uploads.shown(MOST)
    assert total == 6 + AT_ONCE + 30 + 9
    assert {upload.id for upload in found[:AT_ONCE]} == set(running)
    assert shown.count("paused") == MOST - AT_ONCE
    assert [upload.id for upload in found[:AT_ONCE]] == running[::-1]
    assert [upload.id for upload in found if upload.id in waiting] == waiting[:4]
    assert [upload.id for upload in found if upload.id in ended] == ended[:1:-1]
    assert len(found) < 30


async def test_the_past_is_shown_newest_first_and_costs_nothing(stage: Stage) -> None:
    """Where all have ended, the list is that of the newest."""
    for _ in range(25):
        upload = await stage.add(GOOD, rate=None)
        await stage.uploads.change(upload, {"state": "cancelled"})
        while await stage.process():
            pass
    found, total = stage.uploads.shown(MOST)
    assert total == 25
    assert found == stage.uploads.newest(MOST)[0]


async def test_one_that_waits_says_what_for(stage: Stage) -> None:
    """How many run at once, and how many turns come before its own."""
    for _ in range(AT_ONCE):
        await stage.add(GOOD * 50, rate=SLOW)
    queued = [await stage.add(GOOD * 50, rate=SLOW) for _ in range(3)]
    assert [stage.shown(upload).get("queued_because") for upload in queued] == [
        "8 uploads run at once: it is next in line",
        "8 uploads run at once: it is 2nd in line",
        "8 uploads run at once: it is 3rd in line",
    ]
