"""static/elements/uploads: what happens on the way of a file is told, and not ended by accident."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Dialog, FilePayload, Page, Route, expect

from tests.browser.frames import cart, snapshot, upload
from tests.browser.stage import Stage

REFUSED = {"error": {"code": "empty_upload", "message": "the upload is empty"}}


def file(name: str) -> FilePayload:
    return {"name": name, "mimeType": "text/plain", "buffer": b"{}\n"}


def hold(stage: Stage, most: int) -> list[Route]:
    """Let the first uploads wait for the test's answer; the others go to the network."""
    held: list[Route] = []

    def come(route: Route) -> None:
        if len(held) < most:
            held.append(route)
        else:
            route.continue_()

    stage.page.route(f"{stage.server.origin}/api/uploads?*", come)
    return held


def choose(page: Page, files: Any) -> None:
    page.get_by_label("Upload a JSONL file", exact=True).set_input_files(files)


def leave(page: Page) -> None:
    """Go away from all of the page, not from one view of it to another."""
    page.evaluate("() => void setTimeout(() => location.assign('/blank'))")


def drop(page: Page, *paths: Path) -> None:
    """Drop real files and folders, as a person does."""
    devtools = page.context.new_cdp_session(page)
    data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        devtools.send("Input.dispatchDragEvent", {"type": kind, "x": 300, "y": 400, "data": data})
        if kind == "dragEnter":
            page.locator("body[data-dropping]").wait_for()


def test_a_dropped_folder_is_named_as_one(stage: Stage, tmp_path: Path) -> None:
    """The file beside it is sent, and nothing else is."""
    folder, beside = tmp_path / "orders", tmp_path / "a.jsonl"
    folder.mkdir()
    beside.write_text("{}\n")
    page = stage.open()
    stage.answer("/api/uploads?*", upload("u1"), status=201)
    with page.expect_response("**/api/uploads?*"):
        drop(page, folder, beside)
    alert = page.locator("upload-form").get_by_role("alert")
    expect(alert).to_have_text("orders is a folder: drop the files that are in it.")
    assert [call.url.partition("name=")[2] for call in stage.calls] == ["a.jsonl"]


@pytest.mark.parametrize("change", ["grown", "gone"])
def test_a_file_that_changed_while_it_waited_is_named_so(
    stage: Stage, tmp_path: Path, change: str
) -> None:
    """Or that is not there any more: the server is not to blame."""
    stage.refuses = True
    waiting = tmp_path / "waiting.jsonl"
    waiting.write_text("{}\n")
    first = tmp_path / "first.jsonl"
    first.write_text("{}\n")
    page = stage.open()
    held = hold(stage, 1)
    with page.expect_request("**/api/uploads?*"):
        choose(page, [first, waiting])
    if change == "gone":
        waiting.unlink()
    else:
        waiting.write_text("{}\n" * 2)
        os.utime(waiting, (1, 1))
    stage.taken(held, 1).fulfill(status=201, json=upload("u1"))
    alert = page.locator("upload-form").get_by_role("alert")
    words = {"gone": "It is not there any more", "grown": "It changed since it was chosen"}
    expect(alert).to_contain_text(f"waiting.jsonl: {words[change]}")


def test_a_server_that_does_not_answer_is_named_so(stage: Stage) -> None:
    """Where the file can be read, it is the way to the server that failed."""
    stage.refuses = True
    page = stage.open()
    page.route(f"{stage.server.origin}/api/uploads?*", lambda route: route.abort())
    choose(page, [file("a.jsonl")])
    alert = page.locator("upload-form").get_by_role("alert")
    expect(alert).to_contain_text("a.jsonl: The server did not answer")


def test_every_file_that_was_refused_is_told(stage: Stage) -> None:
    """One complaint does not take the place of another; of very many the rest are counted."""
    page = stage.open()
    stage.answer("/api/uploads?*", REFUSED, status=400)
    choose(page, [file(f"{name}.jsonl") for name in "abc"])
    alert = page.locator("upload-form").get_by_role("alert")
    expect(alert).to_have_text(" ".join(f"{name}.jsonl: the upload is empty" for name in "abc"))
    choose(page, [file(f"{name}.jsonl") for name in "abcdefgh"])
    expect(alert).to_contain_text("Not taken in either: 3 more files.")


def test_a_refused_file_is_told_in_sight(stage: Stage) -> None:
    """However far down its list of files somebody is who drops one anywhere on the page."""
    stage.page.set_viewport_size({"width": 1280, "height": 300})
    page = stage.open(first=snapshot(uploads=[upload(f"u{number}") for number in range(5)]))
    page.locator("[data-upload=u4]").scroll_into_view_if_needed()
    stage.answer("/api/uploads?*", REFUSED, status=400)
    choose(page, [file("a.jsonl")])
    alert = page.locator("upload-form").get_by_role("alert")
    expect(alert).to_be_in_viewport()
    expect(alert).to_have_text("a.jsonl: the upload is empty")


def test_a_complaint_is_dismissed_and_goes_with_the_next_act(stage: Stage) -> None:
    """The keyboard stays where it acted; what was dismissed does not come back with the next."""
    page = stage.open(first=snapshot([cart("a", unpaid=[1])]))
    stage.answer("/api/uploads?*", REFUSED, status=400)
    choose(page, [file("a.jsonl")])
    form = page.locator("upload-form")
    dismiss = form.get_by_role("button", name="Dismiss")
    dismiss.click()
    expect(form.get_by_role("alert")).to_be_hidden()
    expect(page.get_by_role("button", name="Choose files…")).to_be_focused()
    choose(page, [file("b.jsonl")])
    expect(form.get_by_role("alert")).to_have_text("b.jsonl: the upload is empty")
    stage.answer("/api/uploads?*", upload("u1"), status=201)
    choose(page, [file("c.jsonl")])
    expect(form.get_by_role("alert")).to_be_hidden()


@pytest.mark.parametrize("way", ["chosen", "sample"])
def test_leaving_asks_first_while_a_file_is_being_sent(stage: Stage, way: str) -> None:
    """By a link too; who stays keeps the upload, and once it is there nothing is asked."""
    first = snapshot([cart("a", unpaid=[1])] if way == "chosen" else [])
    page = stage.open(first=first)
    held = hold(stage, 2)
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    with page.expect_request("**/api/uploads?*"):
        if way == "chosen":
            choose(page, [file("a.jsonl"), file("b.jsonl")])
        else:
            stage.answer("/cart-join.json", None, text="{}")
            page.get_by_role("button", name="Load the sample").click()
    # A click of its own: the browser asks only on a page that somebody has used.
    page.locator(".panel-count").first.click()
    with page.expect_event("dialog"):
        leave(page)
    assert asked == ["beforeunload"]
    for count in range(1, 3 if way == "chosen" else 2):
        stage.taken(held, count).fulfill(status=201, json=upload(f"u{count}"))
    expect(page.locator(".sending")).to_be_hidden()
    with page.expect_navigation():
        leave(page)
    assert asked == ["beforeunload"]


def test_sending_goes_on_in_another_view(stage: Stage) -> None:
    """Whoever looks at something else meanwhile loses nothing of it, and can still stop it."""
    page = stage.open(first=snapshot([cart("a", unpaid=[1])]))
    held = hold(stage, 2)
    choose(page, [file("a.jsonl"), file("b.jsonl")])
    stage.taken(held, 1)
    with stage.page.expect_response("**/carts/a"):
        page.get_by_role("link", name="a", exact=True).click()
    expect(page.locator("main[data-view=cart]")).to_be_visible()
    expect(page.locator("[data-sending]")).to_have_count(2)
    held[0].fulfill(status=201, json=upload("u1"))
    stage.taken(held, 2)
    expect(page.locator("[data-sending]")).to_have_count(1)
    page.get_by_role("button", name="Stop sending b.jsonl").click()
    expect(page.locator(".sending")).to_be_hidden()
    expect(page.locator("upload-form").get_by_role("alert")).to_contain_text("b.jsonl was stopped")


def test_each_file_that_is_sent_has_its_bar_and_its_stop(stage: Stage) -> None:
    """One that waits is taken out of the queue without a word, as nothing of it was sent."""
    page = stage.open(first=snapshot([cart("a", unpaid=[1])]))
    held = hold(stage, 2)
    choose(page, [file("a.jsonl"), file("b.jsonl")])
    stage.taken(held, 1)
    for name in ("a", "b"):
        bar = page.get_by_role("progressbar", name=f"Received of {name}.jsonl")
        expect(bar).to_have_attribute("aria-valuemax", "100")
    waiting = page.get_by_role("button", name="Stop sending b.jsonl")
    waiting.focus()
    page.keyboard.press("Enter")
    expect(page.locator("[data-sending]")).to_have_count(1)
    expect(page.locator(".sending-list")).to_be_focused()
    held[0].fulfill(status=201, json=upload("u1"))
    expect(page.locator(".sending")).to_be_hidden()
    expect(page.get_by_role("button", name="Choose files…")).to_be_focused()
    expect(page.locator("upload-form").get_by_role("alert")).to_be_hidden()
    assert len(held) == 1
