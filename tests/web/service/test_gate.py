"""The gate before the journal."""

import asyncio

import pytest

from web.service.gate import Gate

pytestmark = pytest.mark.anyio


async def turns(number: int = 20) -> None:
    """Let everybody else run until they wait."""
    for _ in range(number):
        await asyncio.sleep(0)


async def test_writers_are_inside_together() -> None:
    """A writer does not wait for another."""
    gate = Gate()
    async with gate.passing(), gate.passing():
        pass


async def test_who_closes_it_waits_until_all_writers_are_out_and_keeps_others_out() -> None:
    """What a reset replaces, nobody writes to meanwhile."""
    gate = Gate()
    seen: list[str] = []
    may_leave, may_open = asyncio.Event(), asyncio.Event()

    async def write(name: str, leave: asyncio.Event) -> None:
        async with gate.passing():
            seen.append(f"{name} in")
            await leave.wait()
        seen.append(f"{name} out")

    async def start_over() -> None:
        async with gate.closed():
            seen.append("closed")
            await may_open.wait()

    first = asyncio.create_task(write("first", may_leave))
    await turns()
    closing = asyncio.create_task(start_over())
    await turns()
    second = asyncio.create_task(write("second", may_leave))
    await turns()
    assert seen == ["first in"]
    may_leave.set()
    await turns()
    assert seen == ["first in", "first out", "closed"]
    may_open.set()
    await asyncio.gather(first, closing, second)
    assert seen[3:] == ["second in", "second out"]


async def test_an_error_inside_opens_it_again() -> None:
    """A writer or a reset that fails leaves no gate shut behind it."""
    gate = Gate()
    with pytest.raises(OSError, match="full"):
        async with gate.closed():
            raise OSError("full")
    with pytest.raises(OSError, match="full"):
        async with gate.passing():
            raise OSError("full")
    async with gate.closed():
        pass
