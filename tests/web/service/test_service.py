"""The service: what passes through all of its parts is brought to its end."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.kit.running import until
from web.data.folder import DataFolder
from web.errors import APIError
from web.flow.state import RESTARTING
from web.service.service import Service
from web.settings import Settings

pytestmark = pytest.mark.anyio
NO_HUB = "ws://127.0.0.1:9/ws/publish"


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[Service]:
    """Give a service whose flow finds no hub."""
    folder = DataFolder(tmp_path)
    service = Service(Settings(tmp_path), folder)
    service.start(NO_HUB)
    yield service
    await service.stop()
    folder.release()


async def test_a_reset_goes_on_where_whoever_asked_for_it_goes_away(service: Service) -> None:
    """Wherever it is cut off: the pointer and the flow that is started are of one generation."""
    for number in range(2, 8):
        asking = asyncio.create_task(service.reset(None))
        for _ in range(number):
            await asyncio.sleep(0)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        await asyncio.to_thread(until, lambda number=number: service.generation.name == str(number))
    async with service.writing():
        await asyncio.to_thread(until, lambda: service.supervisor.pids)
        assert service.folder.current().facts.number == 7
        assert not service.crashed.done()


async def test_a_stop_waits_for_a_reset_that_has_begun(service: Service) -> None:
    """Else the new generation would be opened behind its back, and never closed."""
    asking = asyncio.create_task(service.reset(None))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    await service.stop()
    assert asking.done()
    await asking
    with pytest.raises(APIError, match="about to end"):
        await service.reset(None)
    assert service.generation.name == "2"


async def test_a_reset_that_fails_goes_on_with_what_there_was(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever fails before the pointer is moved, the flow is started again."""

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(service.folder, "new_generation", full)
    with pytest.raises(OSError, match="No space left"):
        await service.reset(None)
    assert service.generation.name == "1"
    assert service.flow.message != "Everything is being started over."
    assert service.flow.state in (RESTARTING, "recovering")
    await asyncio.to_thread(until, lambda: service.supervisor.pids)
