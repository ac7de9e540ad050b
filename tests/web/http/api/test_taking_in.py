"""Taking a file in: each step of it may fail or be cancelled, and what is left is known."""

import asyncio
import errno
import os
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from starlette.requests import Request
from starlette.types import Message

from dataflow.journal import Journal
from web.errors import APIError
from web.http.api.uploads import post_upload
from web.http.receive import ReceivedFile
from web.intake.run_ahead import RunAhead
from web.intake.uploads import Uploads
from web.view.totals import Totals

pytestmark = pytest.mark.anyio


class Service:
    """As much of the service as an upload needs; a test may start everything over."""

    def __init__(self, folder: Path, journal: Journal) -> None:
        self.files = folder
        self.uploads = Uploads(journal, folder, Totals(), RunAhead(), lambda: None)
        self.generation = self.another()
        self.settings = SimpleNamespace(max_upload=1_000)
        self.live = SimpleNamespace(changed=lambda: None)

    def another(self) -> SimpleNamespace:
        return SimpleNamespace(paths=SimpleNamespace(uploads=self.files), uploads=self.uploads)

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[SimpleNamespace]:
        yield self.generation

    def request(self, body: bytes = b"x\n") -> Request:
        async def receive() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        app = SimpleNamespace(state=SimpleNamespace(service=self, receiving=0))
        scope = {"type": "http", "method": "POST", "path": "/", "query_string": b"rate=0.001"}
        return Request({**scope, "headers": [], "app": app}, receive)

    def assert_known(self, uploads: int) -> None:
        """Each file is of an upload, and each upload has its file."""
        found, total = self.uploads.newest(9)
        assert len(found) == total == uploads
        assert sorted(path.name for path in self.files.iterdir()) == sorted(
            upload.file for upload in found
        )


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[Service]:
    (tmp_path / "files").mkdir()
    with closing(Journal(tmp_path / "journal.db")) as journal:
        made = Service(tmp_path / "files", journal)
        yield made
        await made.uploads.stop()


def fails(error: Exception) -> Callable[..., Any]:
    def failing(*_: object, **__: object) -> None:
        raise error

    return failing


FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize(
    ("owner", "step", "error"),
    [
        ("web.http.receive", "_sync", FULL),
        ("web.http.receive.ReceivedFile", "place", FULL),
        ("dataflow.journal.Journal", "add_upload", sqlite3.OperationalError("disk I/O error")),
    ],
)
async def test_a_step_that_fails_leaves_nothing(
    service: Service, monkeypatch: pytest.MonkeyPatch, owner: str, step: str, error: Exception
) -> None:
    """Neither a file nor an upload, and the next one is taken in."""
    with monkeypatch.context() as patched:
        patched.setattr(f"{owner}.{step}", fails(error))
        with pytest.raises((APIError, OSError, sqlite3.Error)):
            await post_upload(service.request())
    service.assert_known(0)
    assert (await post_upload(service.request())).status_code == 201
    service.assert_known(1)


async def test_a_file_that_was_placed_and_cannot_be_known_to_last_is_removed(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its name may be gone after a power cut: so it is not taken in."""
    monkeypatch.setattr("web.http.receive.sync", fails(FULL))
    with pytest.raises(OSError, match="No space"):
        await post_upload(service.request())
    service.assert_known(0)


@pytest.mark.parametrize(
    ("owner", "step"), [(ReceivedFile, "place"), (Journal, "add_upload")], ids=["placed", "added"]
)
async def test_what_is_being_taken_in_is_taken_in_where_who_sent_it_goes_away(
    service: Service, monkeypatch: pytest.MonkeyPatch, owner: type, step: str
) -> None:
    """From the moment when all of it is there: a file is never without its upload."""
    begun, go_on, kept = threading.Event(), threading.Event(), asyncio.Event()
    call = getattr(owner, step)

    def waiting(*args: object, **kwargs: object) -> object:
        begun.set()
        assert go_on.wait(30)
        return call(*args, **kwargs)

    monkeypatch.setattr(owner, step, waiting)
    monkeypatch.setattr("web.intake.uploads.reach", lambda _: kept.set())
    task = asyncio.create_task(cast(Any, post_upload(service.request())))
    assert await asyncio.to_thread(begun.wait, 30)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert task.cancelled()
    go_on.set()
    await kept.wait()
    service.assert_known(1)


async def test_what_is_caught_by_a_reset_says_so_whatever_failed_by_it(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where its folder is gone that is why it could not be written: 409, and not 503."""

    def caught(*_: object) -> None:
        service.generation = service.another()
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))

    monkeypatch.setattr("web.http.receive._sync", caught)
    with pytest.raises(APIError) as refused:
        await post_upload(service.request())
    assert (refused.value.status, refused.value.code) == (409, "started_over")
    service.assert_known(0)
