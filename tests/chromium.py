"""The browser that the tests drive: one that is installed, else Playwright's own."""

from __future__ import annotations

import os
import shutil

from playwright.sync_api import Browser, Playwright

INSTALLED = ("/usr/bin/chromium", "chromium", "google-chrome")
QUIET = (
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def launch(playwright: Playwright) -> Browser:
    """Start a headless Chromium that talks to nobody but the pages under test."""
    sandbox = ("--no-sandbox",) if os.geteuid() == 0 else ()
    return playwright.chromium.launch(executable_path=installed(), args=[*QUIET, *sandbox])


def installed() -> str | None:
    return next((path for name in INSTALLED if (path := shutil.which(name))), None)
