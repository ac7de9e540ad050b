"""static/paint/action.js: a button that changes something does it once."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.flow_facts import flow_facts, proof
from tests.browser.flow_view import answer
from tests.browser.frames import skipped, snapshot, upload
from tests.browser.stage import Stage

KNOWN = upload("u1", duplicates=7)


def menu(page: Page) -> None:
    page.get_by_role("button", name="Menu").click()


def start_over(page: Page) -> None:
    menu(page)
    page.get_by_role("button", name="Start over…").click()


def recovery(page: Page) -> None:
    page.locator("[data-flow]").click()


def flow(page: Page) -> None:
    page.locator('[data-nav="flow"]').click()


def nothing(_: Page) -> None:
    return


BUTTONS: list[tuple[str, str, Callable[[Page], None]]] = [
    (".empty-drop [data-action=sample]", "/cart-join.json", nothing),
    ('[data-upload="u1"] [data-action=replay]', "/api/uploads/u1/replay", nothing),
    ('[data-upload="u2"] [data-action=go-on]', "/api/uploads/u2", nothing),
    ('[data-upload="u2"] [data-action=cancel]', "/api/uploads/u2", nothing),
    ("flow-menu [data-action=restart]", "/api/flow/restart", menu),
    ("recovery-panel [data-action=restart]", "/api/flow/restart", recovery),
    ("[data-action=kill]", "/api/flow/restart", flow),
    ("[data-action=prove]", "/api/prove", flow),
    ("start-over [data-action=confirm]", "/api/reset", start_over),
]
NAMES = [selector for selector, _, _ in BUTTONS]


def opened(stage: Stage, selector: str, reach: Callable[[Page], None]) -> Locator:
    """Open a page on which the button is offered; gives it."""
    uploads = [] if "empty-drop" in selector else [KNOWN, upload("u2", state="paused")]
    records = {"items": [skipped(1)], "total": 9, "by_reason": {"invalid_json": 9}}
    first = snapshot(uploads=uploads, skipped=records)
    page = stage.open(first=first, facts=flow_facts())
    answer(stage, **flow_facts())
    reach(page)
    button = page.locator(selector)
    expect(button).to_be_visible()  # what is not there yet takes no focus, and says nothing
    return button


@pytest.mark.parametrize(("selector", "path", "reach"), BUTTONS, ids=NAMES)
def test_a_double_click_is_one_click(
    stage: Stage, selector: str, path: str, reach: Callable[[Page], None]
) -> None:
    """However soon the server answers, between the two clicks too."""
    button = opened(stage, selector, reach)
    stage.answer(path, {**proof("done"), "items": [], "next": None})
    stage.answer("/api/uploads?*", upload("u3"), status=201)
    # The second click comes when the first is answered and painted.
    button.click(click_count=1)
    stage.painted()
    if button.is_visible():
        button.dispatch_event("click", {"detail": 2})
    stage.painted()
    asked = [call.url for call in stage.calls if call.method != "GET" or path != "/api/prove"]
    assert asked.count(stage.server.origin + path) == 1


@pytest.mark.parametrize(("selector", "path", "reach"), BUTTONS, ids=NAMES)
def test_a_button_is_pressed_once_until_it_is_answered(
    stage: Stage, selector: str, path: str, reach: Callable[[Page], None]
) -> None:
    """It says so to assistive tools, keeps the focus, and can be pressed again after."""
    held: list[Route] = []
    button = opened(stage, selector, reach)
    stage.refuses = True
    stage.page.route(stage.server.origin + path, lambda route: held.append(route))
    button.focus()
    for _ in range(3):
        stage.page.keyboard.press("Enter")
    expect(button).to_have_attribute("aria-disabled", "true")
    route = stage.taken(held)
    stage.painted()
    assert len(held) == 1
    expect(button).to_be_focused()
    route.fulfill(status=503, json={"error": {"code": "busy", "message": "try again"}})
    expect(button).not_to_have_attribute("aria-disabled", "true")
    expect(button).to_be_focused()
    stage.page.keyboard.press("Enter")
    expect(button).to_have_attribute("aria-disabled", "true")


def test_a_key_that_is_held_down_presses_once(stage: Stage) -> None:
    """Each repeat of the key would be another replay."""
    button = opened(stage, '[data-upload="u1"] [data-action=replay]', nothing)
    stage.answer("/api/uploads/u1/replay", upload("u3"), status=201)
    button.focus()
    stage.page.keyboard.down("Enter")
    stage.painted()
    for _ in range(3):
        stage.page.keyboard.down("Enter")  # a second one, without up, is a repeat
        stage.painted()
    stage.page.keyboard.up("Enter")
    stage.painted()
    assert len(stage.calls) == 1
