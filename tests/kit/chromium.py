"""The browser that the tests drive: one that is installed, else Playwright's own.

Rather one that is headless and nothing else: a page takes it a fifth of the time that it takes the
whole browser, which starts a process for windows that nobody sees.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, expect, sync_playwright

HEADLESS = "chromium-headless-shell"
#: As long as a step may take: a busy machine is slow, not wrong.
PATIENCE_MS = 30_000
INSTALLED = (HEADLESS, "/usr/bin/chromium", "chromium", "google-chrome")
QUIET = (
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@contextmanager
def headless(*options: str) -> Iterator[Browser]:
    """Run a Chromium without a window that talks to nobody but the pages under test."""
    expect.set_options(timeout=PATIENCE_MS)
    sandbox = ("--no-sandbox",) if os.geteuid() == 0 else ()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=installed(), args=[*QUIET, *sandbox, *options]
        )
        yield browser
        browser.close()


def installed() -> str | None:
    return next((path for name in INSTALLED if (path := shutil.which(name))), None)
