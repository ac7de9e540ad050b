"""The real program and a real browser; any error on a page fails the test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.kit.chromium import headless
from tests.kit.running import Cartwatch


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with headless() as browser:
        yield browser


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of its own that fails the test where a script of it does."""
    errors: list[str] = []
    context = browser.new_context()
    page = context.new_page()
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    context.close()
    assert errors == []


@pytest.fixture
def cartwatch(tmp_path: Path) -> Iterator[Cartwatch]:
    with Cartwatch(tmp_path / "data") as running:
        yield running
