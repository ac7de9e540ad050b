"""A dry run in its process: one at a time, bounded, and gone when it is over."""

import asyncio
import gzip
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, suppress

import psutil
import pytest

from tests.web.http.test_receive import request
from web.errors import APIError
from web.http.receive import receive_upload
from web.intake.dry_run import COMMAND, DryRun, DryRuns

pytestmark = pytest.mark.anyio

GOOD = b'{"user_id": "a", "type": "order", "order_id": 1}\n'
MOST = 10**9


@pytest.fixture(autouse=True)
def no_process_is_left() -> Iterator[None]:
    before = set(psutil.Process().children())
    yield
    assert set(psutil.Process().children()) <= before


@asynccontextmanager
async def run_by(command: Sequence[str] = COMMAND) -> AsyncIterator[DryRun]:
    async with DryRuns(command).begin() as run:
        yield run


async def to_its_end(pieces: list[bytes], command: Sequence[str]) -> None:
    async with run_by(command) as run:
        await receive_upload(request(pieces), run.text, MOST, run.hand_on)
        await run.outcome()


async def test_what_is_handed_on_is_counted_to_its_end() -> None:
    """However large it is, and packed."""
    data = GOOD * 200_000 + b"bad"
    async with run_by() as run:
        read = await receive_upload(request([gzip.compress(data)]), run.text, MOST, run.hand_on)
        assert (read.size, read.lines) == (len(data), 200_001)
        told = await run.outcome()
        assert run.text.getbuffer().nbytes == 0, "all of it was handed on"
    assert (told.lines, told.accepted, told.skipped, told.users) == (200_001, 200_000, 1, 1)


async def test_there_is_one_at_a_time() -> None:
    """429; the next one begins when the one before has ended, by whatever."""
    runs = DryRuns()
    with suppress(ZeroDivisionError):
        async with runs.begin():
            with pytest.raises(APIError) as refused:
                await runs.begin().__aenter__()
            assert refused.value.status == 429
            _ = 1 / 0
    async with runs.begin() as run:
        assert (await run.outcome()).lines == 0


async def test_a_client_that_goes_away_leaves_nothing_behind() -> None:
    """The process is ended with it."""
    with pytest.raises(APIError, match="went away"):
        async with run_by() as run:
            await receive_upload(request([GOOD, None]), run.text, MOST, run.hand_on)


async def test_who_is_refused_leaves_nothing_behind() -> None:
    """As an upload is: too large, empty, or no gzip."""
    for pieces, most, status in (([GOOD], 3, 413), ([b""], MOST, 400), ([b"\x1f\x8bx"], MOST, 400)):
        with pytest.raises(APIError) as refused:
            async with run_by() as run:
                await receive_upload(request(pieces), run.text, most, run.hand_on)
        assert refused.value.status == status


async def test_it_waits_for_a_process_that_reads_nothing() -> None:
    """What is not read yet is bounded, and whoever waits can be cancelled."""
    sleeper = (sys.executable, "-c", "import signal; signal.pause()")
    async with run_by(sleeper) as run:
        pieces = [GOOD * 100_000] * 20
        sending = asyncio.create_task(receive_upload(request(pieces), run.text, MOST, run.hand_on))
        done, _ = await asyncio.wait([sending], timeout=0.5)
        assert not done
        sending.cancel()
        await asyncio.wait([sending])


@pytest.mark.parametrize("code", ["raise SystemExit(3)", "import os; os.kill(os.getpid(), 9)"])
async def test_a_process_that_ends_is_told_in_words(code: str) -> None:
    """503, in the middle of the text or behind it."""
    for pieces in ([GOOD], [GOOD * 100_000] * 3):
        with pytest.raises(APIError, match="try it again") as refused:
            await to_its_end(pieces, (sys.executable, "-c", code))
        assert (refused.value.status, refused.value.code) == (503, "check_failed")
