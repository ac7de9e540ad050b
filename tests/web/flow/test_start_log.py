"""What is to be written of the starts of the flow: kept with its start, in order, until it is."""

import asyncio

import pytest

from web.flow.start_log import Fact, StartLog

pytestmark = pytest.mark.anyio


class FullError(Exception):
    """There is no room."""


class Rows:
    """A table that can be full."""

    def __init__(self) -> None:
        self.is_full = False
        self.written: list[tuple[int, dict[str, Fact]]] = []
        self.log = StartLog(self._write)

    async def _write(self, execution: int, facts: dict[str, Fact]) -> None:
        await asyncio.sleep(0)
        if self.is_full:
            raise FullError
        self.written.append((execution, facts))


async def test_what_could_not_be_written_stays_with_its_start() -> None:
    """The end of one is never booked on another, and the older comes first."""
    rows = Rows()
    rows.is_full = True
    rows.log.note(1, carts=5)
    with pytest.raises(FullError):
        await rows.log.write()
    rows.log.note(2, carts=7)
    rows.log.note(1, ended_because="killed", carts=6)
    with pytest.raises(FullError):
        await rows.log.write()
    assert rows.log.statistics() == {"starts": 2, "facts": 3}
    rows.is_full = False
    await rows.log.write()
    assert rows.written == [(1, {"carts": 6, "ended_because": "killed"}), (2, {"carts": 7})]
    assert rows.log.is_written


async def test_what_comes_while_something_is_written_is_written_once() -> None:
    """By whoever writes, or by the next one; a failure in between loses neither."""
    rows = Rows()
    rows.log.note(1, carts=5)
    writing = asyncio.gather(rows.log.write(), rows.log.write(), return_exceptions=True)
    await asyncio.sleep(0)
    rows.is_full = True
    rows.log.note(1, line=3)
    assert sorted(map(str, await writing)) == ["", ""]
    rows.is_full = False
    await rows.log.write()
    assert rows.written == [(1, {"carts": 5, "line": 3})]


async def test_a_writing_that_is_called_off_keeps_what_it_had() -> None:
    """It may be in the table already; to write the same thing twice is harmless."""
    rows = Rows()
    rows.log.note(1, carts=5)
    writing = asyncio.create_task(rows.log.write())
    await asyncio.sleep(0)
    writing.cancel()
    await asyncio.gather(writing, return_exceptions=True)
    await rows.log.write()
    assert rows.written == [(1, {"carts": 5})]
