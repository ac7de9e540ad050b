"""A generation: how its cart rows get to their table beside a load."""

from collections.abc import AsyncIterator
from itertools import repeat
from pathlib import Path
from unittest.mock import patch

import pytest

from dataflow.records import Event
from tests.view_rows import PlayedFlow, journal_of, rows_of
from web.cart_table import CartTable
from web.folder import DataFolder
from web.generation import Generation
from web.view import Outcome

pytestmark = pytest.mark.anyio
USERS = [f"user-{number:03}" for number in range(150)]


async def committed(outcome: Outcome) -> None:
    """Nobody listens."""


@pytest.fixture
async def generation(tmp_path: Path) -> AsyncIterator[Generation]:
    """Give a view that all of the carts are in, and none of them in its table."""
    folder = DataFolder(tmp_path)
    opened = Generation(folder.current(), committed, lambda: None)
    flow = PlayedFlow(journal_of([Event(user, 1, False) for user in USERS]))
    await opened.write(opened.view.commit, flow.run(2, repeat(9)))
    yield opened
    await opened.close()
    folder.release()


@pytest.mark.parametrize(
    ("most_behind", "pressure", "left", "moves", "rests"),
    [(100, 1.0, 100, 2, 2), (60, 1.0, 60, 3, 2), (100, 0.0, 0, 5, 0)],
    ids=["few-wait", "many-wait", "somebody-waits-for-them"],
)
async def test_rows_are_moved_with_rests_while_there_is_leisure(
    generation: Generation, *, most_behind: int, pressure: float, left: int, moves: int, rests: int
) -> None:
    """None until less than twice as many as may rest are behind, and none for who waits for all."""
    with (
        patch("web.cart_table.MOST_BEHIND", most_behind),
        patch("web.cart_table.SLICE", 32),
        patch("web.generation.asyncio.sleep") as sleep,
        patch.object(CartTable, "move", autospec=True, side_effect=CartTable.move) as move,
    ):
        behind = await generation.catch_table_up(pressure)
    assert behind <= left < behind + 32
    assert (move.call_count, sleep.call_count) == (moves, rests)
    assert all(0 < call.args[0] < 1 for call in sleep.call_args_list)
    await generation.catch_table_up()
    assert list(rows_of(generation.paths.view)["carts"]) == USERS
