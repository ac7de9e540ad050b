"""The browser that the tests drive: one that is installed, else Playwright's own."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

INSTALLED = ("/usr/bin/chromium", "chromium", "google-chrome")
QUIET = (
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@contextmanager
def headless() -> Iterator[Browser]:
    """Run a Chromium without a window that talks to nobody but the pages under test."""
    sandbox = ("--no-sandbox",) if os.geteuid() == 0 else ()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=installed(), args=[*QUIET, *sandbox])
        yield browser
        browser.close()


def installed() -> str | None:
    return next((path for name in INSTALLED if (path := shutil.which(name))), None)
