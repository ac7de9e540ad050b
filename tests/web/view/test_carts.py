"""The carts of a view: how their rows get to their table beside a load."""

from collections.abc import AsyncIterator
from itertools import repeat
from pathlib import Path
from unittest.mock import Mock, patch

import pytest

from dataflow.records import Event
from tests.kit.view_rows import PlayedFlow, journal_of, rows_of
from web.data.folder import DataFolder
from web.service.generation import Generation
from web.view.cart_table import CartTable
from web.view.outcome import Outcome

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
    await opened.threads.write(opened.view.commit, flow.run(2, repeat(9)))
    yield opened
    await opened.close()
    folder.release()


@pytest.mark.parametrize(
    ("most_unmoved", "is_quiet", "moves", "rest"),
    [
        (150, False, False, 0.25),
        (149, False, True, 0.25),
        (100, False, True, 0.0625),
        (75, False, True, 0.0),
        (150, True, True, 0.0625),
    ],
    ids=["few-wait", "some-wait", "more-wait", "too-many-wait", "it-is-quiet"],
)
async def test_moving_takes_the_more_of_the_time_the_more_rows_wait(
    generation: Generation, *, most_unmoved: int, is_quiet: bool, moves: bool, rest: float
) -> None:
    """None until they are as many as may wait, all of it at twice as many, half in a quiet time."""
    with (
        patch("web.view.cart_table.MOST_UNMOVED", most_unmoved),
        patch("web.view.carts.time", Mock(monotonic=Mock(side_effect=[7.0, 7.0625]))),
        patch.object(CartTable, "move", autospec=True) as move,
    ):
        rested = await generation.carts.tidy(is_quiet=is_quiet)
    assert bool(move.call_count) == moves
    assert rested == rest


async def test_moving_ends_when_few_wait_and_in_a_quiet_time_when_none_do(
    generation: Generation,
) -> None:
    """Then it is looked at again a while later; and the log is cut."""
    with patch("web.view.cart_table.MOST_UNMOVED", 100), patch("web.view.cart_table.SLICE", 32):
        while await generation.carts.tidy(is_quiet=False) < 0.25:
            pass
        assert await generation.carts.count_unmoved() <= 100
        while await generation.carts.tidy(is_quiet=True) < 0.25:
            pass
    assert generation.view.carts.pressure == 0
    assert list(rows_of(generation.paths.view)["carts"]) == USERS


async def test_who_waits_for_all_rows_gets_them_at_once(generation: Generation) -> None:
    """However few may wait otherwise."""
    await generation.carts.move_all()
    assert await generation.carts.count_unmoved() == 0
    assert list(rows_of(generation.paths.view)["carts"]) == USERS
