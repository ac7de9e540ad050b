"""Who may only read: every view, live and whole, without a control that would be refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Request, expect

from tests.kit.running import Cartwatch
from tests.kit.signed_in import CHANGES, READS, bearer, token_files
from tests.web.http.pages.test_visitor import HARMLESS

VIEWS = ("/", "/?cart=a", "/carts/a", "/skipped", "/files", "/completed", "/flow", "/flow/recovery")
#: Fields that ask for another page, choose what is looked at, or say what a preview looks for.
READING_FIELDS = (
    "[type=search], [type=range], [type=checkbox], [name=which], [name=filter], .bulk *"
)
BAD = b'{"user_id": "a", "type": "order", "order_id": 1}\n{"user_id"\n' + b"x" * 9_000 + b"\n"
LATER = '{"user_id": "a", "type": "payment", "order_id": 1}'


@pytest.fixture
def cartwatch(tmp_path: Path) -> Iterator[Cartwatch]:
    with Cartwatch(tmp_path / "data", *token_files(tmp_path)) as running:
        running.headers = bearer(CHANGES)
        yield running


def comes(page: Page, running: Cartwatch, token: str = READS) -> list[Request]:
    """Let the page sign in; gives every request that changes something from then on."""
    page.goto(f"{running.url}/sign-in?token={token}")
    changes: list[Request] = []

    def note(request: Request) -> None:
        if request.method not in ("GET", "HEAD"):
            changes.append(request)

    page.on("request", note)
    return changes


def open_view(page: Page, running: Cartwatch, path: str) -> None:
    page.goto(f"{running.url}{path}")
    expect(page.locator("[data-connection=live]")).to_be_visible()


def press_all(page: Page) -> None:
    """Press all that can be pressed on a view, and its menu, and look at each control."""
    main = page.locator("#view, .header")
    for control in main.locator("[data-action]:visible").all():
        assert control.get_attribute("data-action") in HARMLESS
    for field in main.locator("input:visible, textarea:visible, select:visible").all():
        assert field.evaluate("(f, known) => f.matches(known + ', [name=sort]')", READING_FIELDS)
    for key in ("x", "e", "p", "p", "h", "h", "j", "k", "Enter", "Escape", "?", "Escape"):
        page.keyboard.press(key)
    page.locator("#view button:visible").evaluate_all("(all) => all.forEach((it) => it.click())")
    page.wait_for_load_state("networkidle")


def test_no_view_has_a_control_that_would_be_refused(page: Page, cartwatch: Cartwatch) -> None:
    """Whatever is pressed there, nothing is asked for that changes anything; no script breaks."""
    upload = cartwatch.upload_in(cartwatch.upload(BAD), "done")["id"]
    cartwatch.call("POST", "/api/stream", {"rate": 5, "users": 3, "bad": 0.1})
    changes = comes(page, cartwatch)
    record = cartwatch.get("/api/skipped?search=user_id")["items"][0]["id"]
    for path in (*VIEWS, f"/files/{upload}", f"/skipped?id={record}"):
        open_view(page, cartwatch, path)
        expect(page.get_by_text("Read only", exact=True)).to_be_visible()
        page.get_by_label("Upload a JSONL file").wait_for(state="detached")
        press_all(page)
    allowed = {"/api/check", "/api/skipped/resubmit"}
    assert [
        each.url for each in changes if each.url.removeprefix(cartwatch.url) not in allowed
    ] == []


def test_what_happens_is_seen_as_it_happens(page: Page, cartwatch: Cartwatch) -> None:
    """Rows that the browser clones lack the controls, too; states, paces and kills are told."""
    comes(page, cartwatch)
    open_view(page, cartwatch, "/")
    expect(page.get_by_text("They appear here as soon as")).to_be_visible()
    slow = cartwatch.upload(b"".join([BAD] * 30), rate=10)
    row = page.locator(f'[data-upload="{slow}"]')
    expect(row).to_have_attribute("data-state", "running")
    expect(page.locator('[data-cart="a"]')).to_be_visible()
    expect(row.locator("[data-action]")).to_have_count(0)
    cartwatch.call("PATCH", f"/api/uploads/{slow}", {"state": "paused"})
    expect(row).to_have_attribute("data-state", "paused")
    page.locator("[data-nav=files]").click()
    expect(page.locator("#view")).to_have_attribute("data-view", "files")
    another = cartwatch.upload(LATER.encode(), "later.jsonl")
    cartwatch.call("PATCH", f"/api/uploads/{slow}", {"state": "cancelled"})
    expect(row).to_have_attribute("data-state", "cancelled")
    expect(page.locator(f'[data-upload="{another}"]')).to_have_attribute("data-state", "done")
    expect(page.locator("#view button:visible")).to_have_count(0)
    expect(page.locator(".stream-running")).to_be_hidden()
    cartwatch.call("POST", "/api/stream", {"rate": 50})
    expect(page.locator(".stream-running")).to_be_visible()
    cartwatch.call("DELETE", "/api/stream")
    expect(page.locator(".stream-running")).to_be_hidden()

    page.locator("[data-nav=flow]").click()
    expect(page.locator("#view")).to_have_attribute("data-view", "flow")
    cartwatch.call("POST", "/api/flow/restart")
    expect(page.locator("[data-mark=up][data-reached]")).to_be_visible()
    cartwatch.call("POST", "/api/prove")
    page.reload()
    expect(page.locator("[data-prove=lost]")).to_have_attribute("data-value", "0")


def test_a_preview_shows_what_would_become_of_records(page: Page, cartwatch: Cartwatch) -> None:
    """It is a reading: but there is no button that sends them."""
    cartwatch.upload_in(cartwatch.upload(BAD), "done")
    changes = comes(page, cartwatch)
    open_view(page, cartwatch, "/skipped")
    page.locator(".row-check").first.check()
    page.get_by_label("Find", exact=True).fill("x")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator(".bulk-words")).to_contain_text("stay")
    expect(page.get_by_role("button", name="Resubmit")).to_have_count(0)
    assert all('"preview":true' in (each.post_data or "") for each in changes)
    page.locator(".row-link").first.click()
    expect(page.locator(".record-title")).to_be_visible()
    expect(page.locator(".record textarea")).to_have_count(0)
    page.get_by_role("link", name="Whole line").focus()
    page.keyboard.press("Control+Enter")


def test_who_signs_out_is_led_to_sign_in_and_sees_the_last_facts_until_then(
    page: Page, cartwatch: Cartwatch
) -> None:
    """A session that ended elsewhere is no server that is away: the page says so."""
    cartwatch.upload_in(cartwatch.upload(BAD), "done")
    comes(page, cartwatch, CHANGES)
    open_view(page, cartwatch, "/")
    there = page.context.new_page()
    open_view(there, cartwatch, "/files")
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("button", name="Sign out everywhere").click()
    expect(page.get_by_label("Token")).to_be_visible()  # the page, loaded anew
    there.get_by_role("button", name="Load the sample").click()
    notice = there.get_by_role("alert").filter(has_text="You are signed out")
    expect(notice).to_be_visible()
    expect(there.locator("[data-connection=offline]")).to_have_text("Signed out")
    expect(there.get_by_role("button", name="Try now")).to_be_hidden()
    expect(there.locator("[data-upload]")).to_have_count(1)
    notice.get_by_role("link", name="Sign in").click()
    there.get_by_label("Token").fill(CHANGES)
    there.get_by_label("Token").press("Enter")
    expect(there.locator("[data-connection=live]")).to_be_visible()
    expect(there).to_have_url(f"{cartwatch.url}/files")  # where one was
    expect(notice).to_be_hidden()
