"""Tasks that belong together: one end takes the others along."""

import asyncio

import pytest

from web.tasks import first_of, to_its_end

pytestmark = pytest.mark.anyio


class Endless:
    """A work that never ends by itself."""

    def __init__(self) -> None:
        self.is_over = False

    async def run(self) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            self.is_over = True


async def fail() -> None:
    raise ValueError("unforeseen")


async def test_the_end_of_one_ends_the_others() -> None:
    """By its return as by its error, which is raised; none runs on."""
    works = [Endless(), Endless()]
    await first_of(works[0].run(), asyncio.sleep(0))
    with pytest.raises(ValueError, match="unforeseen"):
        await first_of(works[1].run(), fail())
    assert all(work.is_over for work in works)


async def test_who_is_cancelled_ends_all() -> None:
    """A server that stops leaves none behind."""
    works = [Endless(), Endless()]
    together = asyncio.create_task(first_of(*(work.run() for work in works)))
    for _ in range(2):
        await asyncio.sleep(0)
    together.cancel()
    await asyncio.wait([together])
    assert together.cancelled()
    assert all(work.is_over for work in works)


async def test_a_work_is_brought_to_its_end_where_who_asked_for_it_goes_away() -> None:
    """What it gives or is ended by is that of who is still there; else nobody is told."""

    async def work(go_on: asyncio.Event, ended: asyncio.Event) -> int:
        await go_on.wait()
        ended.set()
        return 7

    go_on, ended = asyncio.Event(), asyncio.Event()
    asking = asyncio.create_task(to_its_end(work(go_on, ended)))
    await asyncio.sleep(0)
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    assert asking.cancelled()
    go_on.set()
    await ended.wait()
    assert await to_its_end(work(go_on, ended)) == 7
    with pytest.raises(ValueError, match="unforeseen"):
        await to_its_end(fail())
