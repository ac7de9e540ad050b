"""No view breaks a rule of accessibility: in its states, in both themes, narrow and wide."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Error, Page, expect

from tests.kit.running import Cartwatch, until

NARROW: Final = 360
LOOKS: Final[tuple[tuple[int, Literal["light", "dark"]], ...]] = (
    (NARROW, "light"),
    (1280, "dark"),
)
"""Each width and each theme: what a rule finds in one of them it finds in any."""

ONLY_VIOLATIONS: Final[dict[str, list[str]]] = {"resultTypes": ["violations"]}
"""Of what breaks no rule it need not say where all of it stands."""

BY_LOOKS: Final = {
    "runOnly": [
        *("color-contrast", "link-in-text-block", "scrollable-region-focusable"),
        *("button-name", "link-name", "label", "select-name", "summary-name", "input-button-name"),
        *("aria-command-name", "aria-input-field-name", "aria-toggle-field-name"),
        *("page-has-heading-one", "heading-order", "empty-heading", "landmark-one-main", "bypass"),
        *("region", "css-orientation-lock", "nested-interactive", "aria-hidden-focus"),
    ]
}
"""The rules that depend on colours, on room, or on what is hidden where there is little room."""

FIRST_OF_ITS_KIND = """(calls) => {
  const known = new Set();
  for (const call of calls) {
    const method = call.querySelector(".method")?.dataset.method;
    const parts = [...call.children].map((part) => part.className);
    const section = call.parentElement;
    if (known.has(section) && known.has(`${method} ${parts}`)) call.remove();
    known.add(section).add(`${method} ${parts}`);
  }
}"""
"""One template writes all calls: the first of each section, method and build stand for others."""

PERSON: Final = {"Accept": "text/html"}


def lines() -> bytes:
    """Give records of users with odd names and orders of every status, bad lines among them."""
    records = [
        json.dumps({"user_id": user, "type": kind, "order_id": number})
        for number, user in enumerate(("zoe", "a\nb", "<b>", "x" * 200, "م", "550e8400-e29b-41d4"))
        for kind in ("order", "order", "payment")[number % 3 :]
    ]
    return "\n".join([*records, "FAIL HERE", '{"user_id": "zoe"}', "[1]"]).encode()


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cartwatch]:
    """A server with carts, skipped records, a paused file, one of CSV and a proof."""
    with Cartwatch(tmp_path_factory.mktemp("axe") / "data", "--overdue", "1") as server:
        server.upload_in(server.upload(lines(), "day.jsonl"), "done")
        slow = server.upload(lines(), "slow.jsonl", rate=1)
        server.call("PATCH", f"/api/uploads/{slow}", {"state": "paused"})
        server.upload_in(server.upload(b"user,type\na,order\n" * 30, "table.csv"), "done")
        assert server.call("POST", "/api/prove").status in (200, 202)
        until(lambda: server.get("/api/prove")["state"] == "done" or None)
        yield server


@pytest.fixture(scope="module")
def window(browser: Browser) -> Iterator[Page]:
    """One page for all: each test opens its view there anew."""
    with browser.new_context() as context:
        yield context.new_page()


@pytest.fixture
def page(window: Page) -> Iterator[Page]:
    """It fails the test where a script of it does."""
    errors: list[str] = []

    def note(error: Error) -> None:
        errors.append(str(error))

    window.on("pageerror", note)
    yield window
    window.remove_listener("pageerror", note)
    assert errors == []


def violations(
    page: Page, narrow: dict[str, list[str]], of: str | None = None
) -> list[tuple[str, str, str]]:
    """Name what breaks a rule on the page, or in a part of it: where, and in which of the looks.

    Where it is wide, there is all that is to be seen, and every rule; narrow, those of ``narrow``.
    """
    found = []
    for width, theme in LOOKS:
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=theme)
        rules = narrow if width == NARROW else {}
        broken = Axe().run(page, of, options=ONLY_VIOLATIONS | rules).response["violations"]
        found += [
            (f"{width} {theme}", each["id"], node["html"][:200])
            for each in broken
            for node in each["nodes"]
        ]
    return found


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/?cart=zoe&filter=unpaid&older=1",
        "/?search=nobody",
        "/carts/zoe",
        "/skipped",
        "/files",
        "/completed",
        "/flow",
        "/flow/recovery",
        "/nothing",
        "/api/docs",
    ],
)
def test_no_view_breaks_a_rule(page: Page, filled: Cartwatch, path: str) -> None:
    """As it is when it is live."""
    page.goto(filled.url + path)
    if path not in ("/nothing", "/api/docs"):
        expect(page.locator("[data-connection]")).to_have_attribute("data-connection", "live")
    page.locator(".call").evaluate_all(FIRST_OF_ITS_KIND)
    assert violations(page, BY_LOOKS) == []


def test_no_state_of_the_shell_breaks_a_rule(page: Page, filled: Cartwatch) -> None:
    """The menu, the keys, the question before all is deleted, and a page without its server."""
    page.goto(filled.url)
    expect(page.locator("[data-connection]")).to_have_attribute("data-connection", "live")
    page.get_by_role("button", name="Menu").click()
    assert violations(page, {}) == []
    page.set_viewport_size({"width": 1280, "height": 800})
    page.get_by_role("button", name="Start over…").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert violations(page, {}, "dialog[open]") == []
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    assert violations(page, {}, "dialog[open]") == []


def test_a_page_without_data_or_without_its_server_breaks_no_rule(
    page: Page, cartwatch: Cartwatch
) -> None:
    """What an empty page offers, and what one says that has lost the server."""
    page.goto(cartwatch.url)
    expect(page.locator("[data-connection]")).to_have_attribute("data-connection", "live")
    assert violations(page, BY_LOOKS) == []
    cartwatch.kill()
    expect(page.locator("live-notice")).to_be_visible()
    assert violations(page, BY_LOOKS) == []
