"""The room in the browser that tests use one after the other, each with a page of its own.

In a context of its own a page takes half as much again of a processor, most of it for a process to
run its scripts: so the context is kept, and a page in it, which keeps the process.
"""

from __future__ import annotations

from playwright.sync_api import Browser, BrowserContext, Error, Page

ONE_PROCESS = "--renderer-process-limit=1"
#: Playwright's clock, which stays with a context when it is there once.
IS_TIMED = "'__pwClock' in globalThis"


class Room:
    """A context, and what a test leaves there is cleared for the next one."""

    def __init__(self, browser: Browser, origin: str) -> None:
        self._browser = browser
        self._origin = origin
        self._context: BrowserContext | None = None

    def enter(self) -> Page:
        """Give a new page."""
        if self._context is None:
            self._context = self._browser.new_context(locale="en-GB", timezone_id="UTC")
            self._context.new_page().goto(f"{self._origin}/blank")
        return self._context.new_page()

    def leave(self, page: Page) -> None:
        """Close a page; where its test has left what cannot be cleared, the context with it."""
        context = page.context
        try:
            is_timed = page.evaluate(IS_TIMED)
            page.close()
            context.pages[0].evaluate("localStorage.clear()")
            context.clear_cookies()
            context.clear_permissions()
        except Error:
            is_timed = True
        if is_timed or len(context.pages) > 1:
            self.close()

    def close(self) -> None:
        """Give the context up."""
        if self._context is not None:
            self._context.close()
            self._context = None
