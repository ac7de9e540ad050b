"""A server, or what stands before it, that answers something else than was asked for."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import FilePayload, Page, Route, expect

from tests.browser.flow_facts import flow_facts
from tests.browser.flow_view import answer
from tests.browser.frames import cart, snapshot, upload
from tests.browser.stage import Stage

FIRST = snapshot([cart("a", 1, unpaid=[1])])
HTML = "<h1>Back in a moment</h1>"


def odd(page: Page, pattern: str, *, status: int, times: int) -> list[str]:
    """Answer calls with HTML, so many times; gives the addresses of all that come."""
    asked: list[str] = []

    def come(route: Route) -> None:
        asked.append(route.request.url)
        if len(asked) <= times:
            route.fulfill(status=status, content_type="text/html", body=HTML)
        else:
            route.fallback()

    page.route(pattern, come)
    return asked


@pytest.mark.parametrize(
    ("status", "kind", "body"),
    [(503, "application/json", "{}"), (429, "text/plain", "later"), (502, "text/html", HTML)],
)
def test_a_view_that_cannot_be_given_leaves_the_one_that_is_shown(
    stage: Stage, status: int, kind: str, body: str
) -> None:
    """With a word; and it is shown once it can be."""
    stage.refuses = True
    page = stage.open(first=FIRST)
    pattern = f"{stage.server.origin}/carts/a"
    page.route(pattern, lambda route: route.fulfill(status=status, content_type=kind, body=body))
    link = page.locator('[data-cart="a"] .cart-user')
    link.click()
    expect(page.locator("view-visit .error")).to_contain_text("The server did not answer")
    expect(page.locator('[data-cart="a"]')).to_be_visible()
    expect(page).to_have_url(f"{stage.server.origin}/")
    page.unroute(pattern)
    link.click()
    expect(page.locator("#view")).to_have_attribute("data-view", "cart")
    expect(page.locator("view-visit .error")).to_be_hidden()


def test_an_upload_that_is_answered_oddly_holds_up_no_other(stage: Stage) -> None:
    """It is told of, and the next one is sent."""
    page = stage.open(first=FIRST)
    stage.answer("/api/uploads?*", upload("u1"), status=201)
    odd(page, "**/api/uploads?*", status=200, times=1)
    field = page.get_by_label("Upload a JSONL file", exact=True)
    files = [
        FilePayload(name=n, mimeType="text/plain", buffer=b"{}") for n in ("y.jsonl", "z.jsonl")
    ]
    field.set_input_files(files)
    expect(page.locator("upload-form .error")).to_contain_text(
        "y.jsonl: The server answered 200 with something else"
    )
    expect(page.locator(".sending")).to_be_hidden()
    assert [call.url.partition("name=")[2] for call in stage.calls] == ["y.jsonl", "z.jsonl"]


def test_what_is_read_again_and_again_goes_on(stage: Stage) -> None:
    """After an odd answer the next one is asked for."""
    facts = flow_facts()
    answer(stage, **facts)
    asked = odd(stage.page, "**/api/dataflow", status=200, times=1)
    stage.open("/flow", first=FIRST, facts=facts)
    for _ in range(400):
        if len(asked) > 1:
            break
        stage.painted()
    assert len(asked) > 1


def test_a_refusal_without_words_says_something(stage: Stage) -> None:
    """However little the server says."""
    page = stage.open(first=snapshot(uploads=[upload("u1")]))
    stage.answer("/api/uploads/u1/replay", {"error": {}}, status=409)
    page.get_by_role("button", name="Replay").click()
    expect(page.locator("[data-upload] .error")).to_have_text(
        "The server answered 409 without a reason."
    )


def test_a_browser_that_keeps_nothing_shows_the_page(stage: Stage) -> None:
    """Pins and the switch of the keys last until the page is left."""
    stage.page.add_init_script(
        """Object.defineProperty(window, "localStorage", {
          get() { throw new DOMException("denied", "SecurityError"); },
        });"""
    )
    page = stage.open(first=snapshot([cart("a"), cart("b")]))
    page.keyboard.press("j")
    page.keyboard.press("p")
    expect(page.locator('[data-cart="a"]')).to_have_attribute("data-pinned", "")
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("button", name="Single keys").click()
    expect(page.get_by_role("button", name="Single keys")).to_have_attribute(
        "aria-pressed", "false"
    )


@pytest.mark.parametrize("kept", ['["' + "x" * 300 + '"]', '["\\ud800"]', "{}", "[7]", "nothing"])
def test_pins_that_somebody_else_has_kept_break_nothing(stage: Stage, kept: str) -> None:
    """What can be no user is not asked for."""
    stage.page.add_init_script(f"localStorage.setItem('cartwatch.pins', {json.dumps(kept)})")
    page = stage.open(first=FIRST)
    page.keyboard.press("3")
    stage.painted()
    assert stage.window()["filter"] == "paid"
    assert stage.window().get("keep", []) == []
