"""One server and one browser for the folder; for each test a page in which nothing may go wrong."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing
from threading import Thread

import pytest
import uvicorn
from playwright.sync_api import Browser

from tests.browser.stage import Server, Stage
from tests.kit.chromium import headless
from tests.kit.room import ONE_PROCESS, Room


@pytest.fixture(scope="package")
def server() -> Iterator[Server]:
    """Serve the page on a free port; connections queue in the listening socket until it runs."""
    server = Server()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server.origin = f"http://127.0.0.1:{listening.getsockname()[1]}"
        config = uvicorn.Config(server.app(), log_level="warning", lifespan="off", ws="none")
        running = uvicorn.Server(config)
        thread = Thread(target=running.run, kwargs={"sockets": [listening]})
        thread.start()
        yield server
        running.should_exit = True
        thread.join()


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Run one browser; for this folder only, as its event loop is in the way of others."""
    with headless(ONE_PROCESS) as browser:
        yield browser


@pytest.fixture(scope="package")
def room(browser: Browser) -> Iterator[Room]:
    """Keep a context from test to test."""
    with closing(Room(browser, locale="en-GB", timezone_id="UTC")) as room:
        yield room


@pytest.fixture
def stage(room: Room, server: Server) -> Iterator[Stage]:
    """Set up a page; an error in its console fails the test."""
    page = room.enter()
    stage = Stage(page, server)
    yield stage
    room.leave(page)
    assert stage.errors == []
