"""The bound on what is on its way to the view."""

import pytest

from dataflow.chunks import MAX_CHUNK_LINES
from web.intake.run_ahead import LIVE_CHUNK_LINES, LIVE_LINES, LIVE_S, RunAhead

pytestmark = pytest.mark.anyio


async def test_there_is_room_until_one_of_the_bounds_is_reached() -> None:
    """Bytes and lines count alike; the chunk that reaches a bound is the last to go."""
    for size, lines in ((50, 1), (1, 5)):
        ahead = RunAhead(most_bytes=100, most_lines=10)
        ahead.released(1, size, lines)
        assert await ahead.room(5)
        ahead.released(2, size, lines)
        assert not await ahead.room(0)


async def test_what_arrived_makes_room() -> None:
    """A position is the offset *before* which everything is in the view."""
    ahead = RunAhead(most_bytes=100)
    for offset in (1, 2, 3):
        ahead.released(offset, 60, 1)
    ahead.arrived(1)
    assert ahead.statistics() == {"chunks": 3, "bytes": 180, "lines": 3}
    ahead.arrived(3)
    assert ahead.statistics() == {"chunks": 1, "bytes": 60, "lines": 1}
    assert await ahead.room(5)


async def test_an_older_position_changes_nothing() -> None:
    """A flow that recovers tells positions again; what is in flight stays counted."""
    ahead = RunAhead(most_bytes=100)
    ahead.released(7, 200, 3)
    ahead.arrived(2)
    assert not await ahead.room(0)
    ahead.arrived(8)
    assert ahead.statistics() == {"chunks": 0, "bytes": 0, "lines": 0}


async def test_what_arrived_before_it_was_counted_as_released_takes_no_room() -> None:
    """A commit may be heard of before the release that it is of: it would take room for ever."""
    ahead = RunAhead(most_lines=10)
    ahead.arrived(3)
    ahead.released(2, 60, 10)
    assert ahead.statistics() == {"chunks": 0, "bytes": 0, "lines": 0}
    ahead.released(3, 60, 10)
    assert not await ahead.room(0)


async def test_before_a_live_record_stands_less_for_a_while() -> None:
    """What is on its way already is not called back; smaller chunks follow when there is room."""
    now = 100.0
    ahead = RunAhead(now=lambda: now)
    assert ahead.most_at_once == MAX_CHUNK_LINES
    ahead.released(1, 60, LIVE_LINES)
    ahead.released(2, 60, 1)
    assert await ahead.room(5)
    ahead.has_live()
    assert not await ahead.room(0)
    assert ahead.most_at_once == LIVE_CHUNK_LINES
    ahead.arrived(2)
    assert await ahead.room(5)
    now += LIVE_S
    assert ahead.most_at_once == MAX_CHUNK_LINES
    ahead.released(3, 60, LIVE_LINES)
    assert await ahead.room(5)


async def test_each_live_record_lets_others_be_expected() -> None:
    """The while begins anew with each."""
    now = 100.0
    ahead = RunAhead(now=lambda: now)
    ahead.has_live()
    now += LIVE_S - 1
    ahead.has_live()
    now += LIVE_S - 1
    assert ahead.most_at_once == LIVE_CHUNK_LINES


async def test_a_bound_below_that_of_live_records_stays() -> None:
    """It is the narrower of the two that counts."""
    ahead = RunAhead(most_lines=10)
    ahead.has_live()
    ahead.released(1, 60, 10)
    assert not await ahead.room(0)
