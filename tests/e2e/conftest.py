"""The real program and a real browser; any error on a page fails the test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.kit.chromium import headless
from tests.kit.room import ONE_PROCESS, Room
from tests.kit.running import Cartwatch


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with headless(ONE_PROCESS) as browser:
        yield browser


@pytest.fixture(scope="package")
def room(browser: Browser) -> Iterator[Room]:
    """Keep a context from test to test."""
    with closing(Room(browser)) as room:
        yield room


@pytest.fixture
def page(room: Room) -> Iterator[Page]:
    """A page of its own that fails the test where a script of it does."""
    errors: list[str] = []
    page = room.enter()
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    room.leave(page)
    assert errors == []


@pytest.fixture
def cartwatch(tmp_path: Path) -> Iterator[Cartwatch]:
    with Cartwatch(tmp_path / "data") as running:
        yield running
