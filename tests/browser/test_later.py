"""static/later.js and static/spare.js: what comes late, and what is pressed before it has come."""

from __future__ import annotations

from playwright.sync_api import FilePayload, expect

from tests.browser.frames import changes, snapshot, upload
from tests.browser.stage import Stage

UNHEARD = "The server did not answer. Try again when the page is live."


def test_what_is_pressed_where_its_code_cannot_come_is_not_done_later(stage: Stage) -> None:
    """It is said at once, where it was pressed; pressed again once it can come, it is done."""
    stage.refuses = True
    page = stage.open(first=snapshot(uploads=[upload("u1")]))
    pattern = f"{stage.server.origin}/static/**/upload_list.js"
    page.route(pattern, lambda route: route.abort())
    stage.answer("/api/uploads/u1/replay", upload("u2"), status=201)
    row = page.locator("[data-upload=u1]")
    row.get_by_role("button", name="Replay").click()
    expect(row.get_by_role("alert")).to_contain_text(UNHEARD)
    page.unroute(pattern)
    moved = upload("u1", state="running")
    stage.play(changes(uploads={"items": [moved], "order": ["u1"], "total": 1}))
    stage.painted()
    stage.play(changes(uploads={"items": [upload("u1")], "order": ["u1"], "total": 1}))
    stage.painted()
    assert stage.calls == []
    row.get_by_role("button", name="Replay").click()
    expect(row).to_be_visible()
    stage.painted()
    assert [call.method for call in stage.calls] == ["POST"]


def test_after_some_seconds_all_is_there_whatever_becomes_of_the_server(stage: Stage) -> None:
    """The dialog, the keys, what takes a file in; before it is needed nothing is begun."""
    stage.refuses = True
    stage.page.clock.install()
    page = stage.open()
    with page.expect_response("**/visit.js"):  # the last of what is asked for in spare time
        page.clock.fast_forward(5_100)
    stage.arrived()
    page.route(f"{stage.server.origin}/**", lambda route: route.abort())
    stage.deaf = True
    stage.sockets[-1].close(code=1001, reason="")
    expect(page.locator("[data-connection]")).to_have_attribute("data-connection", "offline")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("button", name="Start over").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Start over?")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    file: FilePayload = {"name": "f.jsonl", "mimeType": "text/plain", "buffer": b"{}\n"}
    page.locator("upload-form input[type=file]").set_input_files(files=[file])
    expect(page.locator("body")).to_contain_text("f.jsonl")
