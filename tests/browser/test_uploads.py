"""static/elements/uploads/ and carts/first_steps.js: files in, and what can be done with them."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import FilePayload, Request, expect

from tests.browser.frames import cart, changes, snapshot, upload
from tests.browser.stage import Stage

FILE: FilePayload = {
    "name": "orders & more.jsonl",
    "mimeType": "application/jsonl",
    "buffer": b'{"a":1}\n',
}
SAMPLE = b'{"user_id": "a", "type": "order", "order_id": 1}\nFAIL HERE\n'
DROP = """([type, name]) => {
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File(["{}\\n"], name));
  document.querySelector("footer, main").dispatchEvent(
    new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }));
}"""


def query(request: Request) -> dict[str, list[str]]:
    """Give the parameters of a call."""
    return parse_qs(urlsplit(request.url).query)


def test_a_chosen_file_is_sent_as_it_is(stage: Stage) -> None:
    """The file is the raw body, its name a parameter; no rate means as fast as possible."""
    page = stage.open()
    stage.answer("/api/uploads?*", upload("u1"), status=201)
    with page.expect_response("**/api/uploads?*"):
        page.get_by_label("Upload a JSONL file", exact=True).set_input_files(files=[FILE])
    (call,) = stage.calls
    assert (call.method, stage.server.bodies) == ("POST", [FILE["buffer"]])
    assert query(call) == {"name": ["orders & more.jsonl"]}
    expect(page.locator(".sending")).to_be_hidden()


def test_there_is_one_file_input_so_labelled(stage: Stage) -> None:
    """Scripts and assistive tools find the one way in."""
    page = stage.open()
    expect(page.get_by_label("Upload a JSONL file", exact=True)).to_have_count(1)
    expect(page.locator("input[type=file]")).to_have_count(1)


def test_the_pace_is_sent_with_the_file(stage: Stage) -> None:
    """A chosen pace is records a second."""
    page = stage.open()
    stage.answer("/api/uploads?*", upload("u1"), status=201)
    page.get_by_label("Pace of the next upload").select_option("1000")
    with page.expect_response("**/api/uploads?*"):
        page.get_by_label("Upload a JSONL file").set_input_files(files=[FILE])
    assert query(stage.calls[0])["rate"] == ["1000"]


def test_a_file_dropped_anywhere_is_sent(stage: Stage) -> None:
    """The whole page takes files, and shows that it does while one hovers over it."""
    page = stage.open()
    stage.answer("/api/uploads?*", upload("u1"), status=201)
    page.evaluate(DROP, ["dragenter", "dropped.jsonl"])
    expect(page.get_by_text("Drop to upload")).to_be_visible()
    with page.expect_response("**/api/uploads?*"):
        page.evaluate(DROP, ["drop", "dropped.jsonl"])
    expect(page.get_by_text("Drop to upload")).to_be_hidden()
    assert query(stage.calls[0]) == {"name": ["dropped.jsonl"]}


def test_a_refused_file_is_explained_where_it_was_chosen(stage: Stage) -> None:
    """The server's sentence stands at the file input, until the next file."""
    page = stage.open()
    error = {"error": {"code": "too_large", "message": "The file is over 2 GiB."}}
    stage.answer("/api/uploads?*", error, status=413)
    page.get_by_label("Upload a JSONL file").set_input_files(files=[FILE])
    alert = page.locator("upload-form").get_by_role("alert")
    expect(alert).to_have_text("orders & more.jsonl: The file is over 2 GiB.")


def test_an_empty_page_offers_the_sample(stage: Stage) -> None:
    """*Load the sample* uploads the packaged file, slowly enough to be watched."""
    page = stage.open()
    stage.answer("/cart-join.json", None, text=SAMPLE.decode())
    stage.answer("/api/uploads?*", upload("u1"), status=201)
    with page.expect_response("**/api/uploads?*"):
        page.get_by_role("button", name="Load the sample").click()
    sent = stage.calls[-1]
    assert stage.server.bodies[-1] == SAMPLE
    assert query(sent) == {"name": ["cart-join.json"], "rate": ["2"]}


def test_the_offer_goes_with_the_first_upload_and_stays_away(stage: Stage) -> None:
    """Once something is on its way, the page says what it waits for; then it shows carts."""
    page = stage.open()
    sample = page.get_by_role("button", name="Load the sample")
    expect(sample).to_be_visible()
    running = upload("u1", state="running", processed=0, accepted=0, skipped=0)
    stage.play(changes(uploads={"items": [running], "order": ["u1"], "total": 1}))
    expect(sample).to_be_hidden()
    expect(page.get_by_text("The first valid record makes one")).to_be_visible()
    stage.play(changes([cart("a", unpaid=[1])]))
    expect(page.get_by_text("The first valid record makes one")).to_be_hidden()


def test_progress_is_the_percent_of_lines_processed(stage: Stage) -> None:
    """Whole percents, rounded down: 100 means every line."""
    first = upload("u1", state="running", lines=1000, processed=0, accepted=0, skipped=0)
    page = stage.open(first=snapshot(uploads=[first]))
    bar = page.get_by_role("progressbar")
    expect(bar).to_have_attribute("aria-valuenow", "0")
    later = {**first, "processed": 999, "accepted": 990, "skipped": 9, "duplicates": 5}
    stage.play(changes(uploads={"items": [later], "order": ["u1"], "total": 1}))
    expect(bar).to_have_attribute("aria-valuenow", "99")
    row = page.locator('[data-upload="u1"]')
    expect(row).to_contain_text("990 accepted")
    expect(row).to_contain_text("9 skipped")
    expect(row).to_contain_text("5 repeats")
    done = {**later, "processed": 1000, "accepted": 991, "state": "done"}
    stage.play(changes(uploads={"items": [done], "order": ["u1"], "total": 1}))
    expect(bar).to_have_attribute("aria-valuenow", "100")
    expect(row).to_have_attribute("data-state", "done")


@pytest.mark.parametrize("rendered", [True, False], ids=["by the server", "by the page"])
def test_an_upload_of_which_nothing_was_accepted_says_what_its_file_looks_like(
    stage: Stage, rendered: bool
) -> None:
    """However it ended; also where some lines were skipped; not where nothing was processed."""
    said = "it looks like a JSON array: write one record a line"
    array = upload("u1", accepted=0, skipped=8, looks_like=said)
    others = [
        upload("u2", skipped=0, looks_like=said),
        upload("u3", accepted=0, skipped=8, state="cancelled"),
        upload("u4", accepted=0, skipped=0, processed=0, state="cancelled", looks_like=said),
        upload("u5", looks_like=said),
    ]
    uploads = [array, *others]
    page = stage.open(first=snapshot(uploads=uploads if rendered else []))
    if not rendered:
        order = [each["id"] for each in uploads]
        stage.play(changes(uploads={"items": uploads, "order": order, "total": 5}))
    why = page.locator('[data-upload="u1"] .upload-why')
    expect(why).to_have_text(f"Nothing in it was accepted; {said}.")
    for other in ("u2", "u4"):
        expect(page.locator(f'[data-upload="{other}"] .upload-why')).to_be_hidden()
    some = page.locator('[data-upload="u5"] .upload-why')
    expect(some).to_have_text("It looks like a JSON array: write one record a line.")
    unknown = page.locator('[data-upload="u3"] .upload-why')
    expect(unknown).to_have_text("Nothing in it was accepted.")


@pytest.mark.parametrize("rendered", [True, False], ids=["by the server", "by the page"])
def test_a_file_of_blank_lines_says_so_and_leads_to_no_examples(
    stage: Stage, rendered: bool
) -> None:
    """Nothing was accepted and nothing skipped; one that was cancelled may hold more."""
    blank = upload("u1", accepted=0, skipped=0, blank=8)
    uploads = [blank, {**blank, "id": "u2", "state": "cancelled"}]
    page = stage.open(first=snapshot(uploads=uploads if rendered else []))
    stage.play(changes(uploads={"items": uploads, "order": ["u1", "u2"], "total": 2}))
    words = "It has blank lines only: there is no record in it."
    expect(page.locator('[data-upload="u1"] .upload-why')).to_have_text(words)
    expect(page.locator('[data-upload="u1"] .upload-examples')).to_be_hidden()
    words = "Nothing in it was accepted."
    expect(page.locator('[data-upload="u2"] .upload-why')).to_have_text(words)


@pytest.mark.parametrize("path", ["/", "/files"])
def test_all_that_a_row_can_do_names_its_file(stage: Stage, path: str) -> None:
    """Rows are told apart by the names of what is in them, whoever made them."""
    states = ("running", "paused", "done")
    rows = [upload(f"u{at}", f"{state}.jsonl", state=state) for at, state in enumerate(states)]
    stage.answer("/api/stream", None)
    facts: dict[str, Any] = {"stream": None, "cursor": None, "files": [], "back": None}
    names = []
    for rendered in (rows, []):
        page = stage.open(path, snapshot(uploads=rendered), facts={**facts, "next": None})
        order = [each["id"] for each in rows]
        stage.play(changes(uploads={"items": rows, "order": order, "total": 3}))
        stage.painted()
        expect(page.locator("[data-upload]")).to_have_count(3)
        names.append(
            page.locator("[data-upload]").evaluate_all(
                """(rows) => rows.map((row) =>
                  [...row.querySelectorAll("[aria-label]:not([data-dismiss]), legend")]
                    .map((each) => each.ariaLabel ?? each.textContent))"""
            )
        )
    assert names[0] == names[1]
    for row, name in zip(names[0], states, strict=True):
        assert len(row) > 3
        assert [each for each in row if f"{name}.jsonl" not in each] == []


@pytest.mark.parametrize(
    ("state", "button", "body"),
    [
        ("running", "Pause", {"state": "paused"}),
        ("paused", "Go on", {"state": "running"}),
        ("queued", "Cancel", {"state": "cancelled"}),
    ],
)
def test_an_upload_is_steered(stage: Stage, state: str, button: str, body: dict[str, str]) -> None:
    """Each button says what it does and asks the server for exactly that."""
    page = stage.open(first=snapshot(uploads=[upload("u/1", state=state)]))
    stage.answer("/api/uploads/u%2F1", upload("u/1"))
    with page.expect_response("**/api/uploads/*"):
        page.get_by_role("button", name=button).click()
    (call,) = stage.calls
    assert (call.method, json.loads(call.post_data or "")) == ("PATCH", body)


def test_an_upload_is_steered_before_the_first_frame(stage: Stage) -> None:
    """The row that the server wrote does what it says, although the socket has told nothing yet."""
    stage.silent = True
    page = stage.open(first=snapshot(uploads=[upload("u1", state="running")]), live=False)
    stage.answer("/api/uploads/u1", upload("u1"))
    with page.expect_response("**/api/uploads/*"):
        page.get_by_role("button", name="Pause").click()
    assert json.loads(stage.calls[0].post_data or "") == {"state": "paused"}


def test_a_refusal_is_shown_at_its_upload(stage: Stage) -> None:
    """What the server did not do is said in the row where it was asked."""
    page = stage.open(
        first=snapshot(uploads=[upload("u1", state="running"), upload("u2", state="running")])
    )
    error = {"error": {"code": "ended", "message": "The upload has ended."}}
    stage.answer("/api/uploads/u2", error, status=409)
    page.locator('[data-upload="u2"]').get_by_role("button", name="Pause").click()
    expect(page.locator('[data-upload="u2"]').get_by_role("alert")).to_have_text(
        "The upload has ended."
    )
    expect(page.locator('[data-upload="u1"]').get_by_role("alert")).to_be_hidden()


def test_a_silent_server_is_said_too(stage: Stage) -> None:
    """No answer at all is explained like any other refusal."""
    page = stage.open(first=snapshot(uploads=[upload("u1")]))
    stage.refuses = True
    page.route("**/replay", lambda route: route.abort())
    page.get_by_role("button", name="Replay").click()
    alert = page.locator('[data-upload="u1"]').get_by_role("alert")
    expect(alert).to_contain_text("The server did not answer")


def test_replay_sends_the_file_once_more(stage: Stage) -> None:
    """An upload that ended can be replayed, and only one that ended."""
    page = stage.open(first=snapshot(uploads=[upload("u1", accepted=7, duplicates=0)]))
    stage.answer("/api/uploads/u1/replay", upload("u2"), status=201)
    expect(page.get_by_role("button", name="Start over and replay")).to_be_hidden()
    with page.expect_response("**/replay"):
        page.get_by_role("button", name="Replay orders.jsonl", exact=True).click()
    assert stage.calls[0].method == "POST"


def test_a_file_of_known_orders_offers_to_start_over_with_it(stage: Stage) -> None:
    """All repeats: the page says why nothing moved, asks, and starts over with that very file."""
    page = stage.open(first=snapshot(uploads=[upload("u1", "again.jsonl", duplicates=7)]))
    stage.answer("/api/reset", {}, status=202)
    expect(page.get_by_text("was known already")).to_be_visible()
    page.get_by_role("button", name="Start over and replay").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("again.jsonl")
    expect(dialog.get_by_role("button", name="Keep everything")).to_be_focused()
    with page.expect_response("**/api/reset"):
        dialog.get_by_role("button", name="Start over").click()
    assert json.loads(stage.calls[0].post_data or "") == {"confirm": "reset", "replay": "u1"}
    expect(dialog).to_be_hidden()


def test_the_keyboard_keeps_its_place_when_a_button_goes(stage: Stage) -> None:
    """When an upload ends under the focus, the focus goes to what can be done now."""
    running = upload("u1", state="running")
    page = stage.open(first=snapshot(uploads=[running]))
    page.get_by_role("button", name="Cancel").focus()
    cancelled = {**running, "state": "cancelled"}
    stage.play(changes(uploads={"items": [cancelled], "order": ["u1"], "total": 1}))
    expect(page.get_by_role("button", name="Replay orders.jsonl", exact=True)).to_be_focused()


def test_why_an_upload_paused_or_failed_is_said(stage: Stage) -> None:
    """The reasons of the server stand at the upload."""
    page = stage.open(
        first=snapshot(
            uploads=[
                upload("u1", state="paused", paused_because="Half of it was skipped."),
                upload("u2", state="failed", error="Its file is gone."),
            ]
        )
    )
    expect(page.locator('[data-upload="u1"]')).to_contain_text("Half of it was skipped.")
    expect(page.locator('[data-upload="u2"]')).to_contain_text("Its file is gone.")
