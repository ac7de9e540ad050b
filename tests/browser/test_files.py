"""static/views/files.js: all files, their pace and steps, the dry run and the endless stream."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from playwright.sync_api import FilePayload, Page, Request, Route, expect

from tests.browser.frames import AT, Frame, changes, snapshot, upload
from tests.browser.stage import Stage
from web.http.pages.visitor import Visitor

FACTS: dict[str, Any] = {"stream": None, "cursor": None, "files": [], "back": None, "next": None}
HINT = "10,000 of the first 10,000 lines were skipped: it looks like CSV with a header"
REPORT = {
    "lines": 10,
    "accepted": 7,
    "skipped": 2,
    "blank": 1,
    "by_reason": {"invalid_json": 1, "unknown_type": 1},
    "users": 1,
    "orders": 4,
    "payments": 3,
    "looks_like": None,
    "examples": [
        {
            "line": 2,
            "reason": "invalid_json",
            "message": "line 2 is not JSON",
            "column": 1,
            "raw": "FAIL HERE",
            "raw_cut": False,
        },
    ],
}
STREAM = {"rate": 50, "users": 1000, "bad": 0.02, "lines": 1, "started_at": AT}


def running(upload_id: str = "u1", **more: Any) -> Frame:
    fresh = {"state": "running", "lines": 1000, "processed": 0, "accepted": 0, "skipped": 0}
    return upload(upload_id, **{**fresh, **more})


def opened(stage: Stage, *uploads: Frame, **facts: Any) -> Page:
    stage.answer("/api/stream", facts.get("stream"))
    return stage.open("/files", snapshot(uploads=uploads), facts={**FACTS, **facts})


def played(stage: Stage, *uploads: Frame) -> None:
    order = [each["id"] for each in uploads]
    stage.play(changes(uploads={"items": uploads, "order": order, "total": len(order)}))
    stage.painted()


def newest(stage: Stage) -> Request:
    """Give the newest call that is about an upload."""
    return [call for call in stage.calls if "/api/uploads" in call.url][-1]


def test_an_upload_tells_its_speed_and_the_time_left(stage: Stage) -> None:
    """In the browser, from what it hears; and no more once it has ended."""
    stage.page.clock.install()
    page = opened(stage, running())
    for processed in (100, 200, 300):
        page.clock.run_for(1_000)
        played(stage, running(processed=processed, accepted=processed))
    page.clock.run_for(1_000)
    row = page.locator("[data-upload=u1]")
    expect(row.locator(".upload-rate")).to_have_text(re.compile(r"^\d+(\.\d)?/s$"))
    expect(row.locator(".upload-left")).to_contain_text("s left")
    expect(row.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "30")
    played(stage, upload("u1", lines=1000, processed=1000, accepted=1000))
    for name in ("rate", "left"):
        expect(row.locator(f".upload-{name}")).to_have_text("")


@pytest.mark.parametrize(("choice", "rate"), [("100", 100), ("max", None)])
def test_the_pace_is_a_row_of_choices(stage: Stage, choice: str, rate: int | None) -> None:
    """A pace is a number, no limit is null; the one in force is chosen, an odd one too."""
    page = opened(stage, running(rate=7.5))
    pace = page.get_by_role("group", name="Records a second of orders.jsonl")
    expect(pace.get_by_role("radio", name="7.5")).to_be_checked()
    stage.answer("/api/uploads/u1", running(rate=rate))
    with page.expect_response("**/api/uploads/u1"):
        pace.get_by_role("radio", name=choice, exact=True).check()
    assert json.loads(newest(stage).post_data or "") == {"rate": rate}
    played(stage, running(rate=rate))
    expect(pace.get_by_role("radio", name=choice, exact=True)).to_be_checked()
    expect(pace.get_by_role("radio", name="7.5")).to_be_hidden()


def test_a_pace_that_is_refused_is_not_shown_as_chosen(stage: Stage) -> None:
    """The one in force is, with the reason at the file."""
    page = opened(stage, running(rate=10))
    error = {"error": {"code": "ended", "message": "It ended."}}
    stage.answer("/api/uploads/u1", error, status=409)
    page.get_by_role("radio", name="1k").click()
    row = page.locator("[data-upload=u1]")
    expect(row.get_by_role("alert")).to_have_text("It ended.")
    played(stage, running(rate=10, processed=5))
    expect(row.get_by_role("radio", name="10", exact=True)).to_be_checked()


def test_a_paused_file_is_stepped(stage: Stage) -> None:
    """By 1, 10 or 100 lines; a file that runs has no steps, and each button names its file."""
    paused = running("u1", state="paused", paused_because="paused by hand", paused_at=AT)
    page = opened(stage, paused, running("u2", name="b.jsonl"))
    expect(page.get_by_role("button", name="Step 10 lines of b.jsonl")).to_be_hidden()
    stage.answer("/api/uploads/u1/step", {**paused, "processed": 10, "accepted": 10})
    with page.expect_response("**/step"):
        page.get_by_role("button", name="Step 10 lines of orders.jsonl").click()
    call = newest(stage)
    assert (call.method, json.loads(call.post_data or "")) == ("POST", {"lines": 10})


def test_the_last_step_hands_the_keyboard_on(stage: Stage) -> None:
    """When nothing is left to step through, what can be done now has the focus."""
    paused = running("u1", state="paused", paused_because="paused by hand", paused_at=AT)
    page = opened(stage, paused)
    page.get_by_role("button", name="Step 100 lines").focus()
    played(stage, upload("u1", lines=1000, processed=1000, accepted=1000))
    expect(page.get_by_role("button", name="Replay orders.jsonl")).to_be_focused()


@pytest.mark.parametrize("rendered", [True, False], ids=["by the server", "by the page"])
@pytest.mark.parametrize("path", ["/files", "/"])
def test_what_goes_on_stands_above_what_failed(stage: Stage, rendered: bool, path: str) -> None:
    """What paused itself, what runs or was paused by hand, what failed within the hour, others."""
    array = upload("array", name="array.json", accepted=0, skipped=8, looks_like="it is an array")
    uploads = [
        {**array, "id": "old", "finished_at": "2026-03-01T10:59:00Z"},
        array,
        running("run"),
        running("hand", state="paused", paused_because="paused by hand", paused_at=AT),
        running("csv", state="paused", paused_because=HINT, paused_at=AT, skipped=8),
    ]
    stage.answer("/api/stream", None)
    stage.silent = rendered
    first = snapshot(uploads=uploads if rendered else [])
    page = stage.open(path, first, live=not rendered, facts=FACTS)
    if not rendered:
        played(stage, *uploads)
    expect(page.locator("[data-upload]")).to_have_count(5)  # what shows them comes with them
    shown = [row.get_attribute("data-upload") for row in page.locator("[data-upload]").all()]
    assert shown == ["csv", "run", "hand", "array", "old"]
    csv = page.locator("[data-upload=csv]")
    expect(csv.locator(".upload-why")).to_have_text(HINT)
    expect(csv.get_by_role("link", name="See examples of")).to_have_attribute(
        "href", "/skipped?upload=csv"
    )
    for name in ("Go on with", "Cancel"):
        expect(csv.get_by_role("button", name=name)).to_be_visible()
    expect(page.locator("[data-upload=array] .upload-word")).to_have_text("nothing accepted")
    expect(page.locator("[data-upload=hand] .upload-why")).to_be_hidden()


def test_a_phone_says_what_went_wrong_above_the_page(stage: Stage) -> None:
    """Where the list of files is far below; it is dismissed for good, and leads to the file."""
    stage.page.set_viewport_size({"width": 360, "height": 740})
    csv = running("csv", name="orders.csv", state="paused", paused_because=HINT, paused_at=AT)
    page = stage.open(first=snapshot(uploads=[csv]))
    notice = page.locator("trouble-notice")
    expect(notice).to_be_in_viewport()
    expect(notice).to_contain_text(f"orders.csv paused itself {HINT}")
    expect(notice.get_by_role("link", name="orders.csv")).to_have_attribute("href", "/files/csv")
    notice.get_by_role("button", name="Dismiss what is said of orders.csv").click()
    expect(notice).to_be_hidden()
    expect(page.locator("#view")).to_be_focused()
    played(stage, {**csv, "processed": 3})
    expect(notice).to_be_hidden()


def test_a_file_that_is_only_checked_is_reported_and_not_taken_in(stage: Stage) -> None:
    """What would be accepted and skipped, in words; then it can be taken in after all."""
    page = opened(stage)
    stage.answer("/api/uploads?*", REPORT)
    file: FilePayload = {"name": "try.jsonl", "mimeType": "text/plain", "buffer": b"{}\n"}
    page.get_by_role("checkbox", name="only check").check()
    page.get_by_label("Upload a JSONL file", exact=True).set_input_files(files=[file])
    report = page.locator("[data-report]")
    for words in (
        "try.jsonl",
        "nothing was taken in",
        "10 lines, 1 blank",
        "1 not JSON, 1 unknown type",
        "1 user",
    ):
        expect(report).to_contain_text(words)
    assert newest(stage).url.endswith("?name=try.jsonl&check=true")
    report.get_by_text("The first 1 record that would be skipped").click()
    expect(report.get_by_role("cell", name="FAIL HERE")).to_be_visible()
    stage.answer("/api/uploads?*", upload("u1"), status=201)
    with page.expect_response("**/api/uploads?*"):
        report.get_by_role("button", name="Take in try.jsonl").click()
    assert newest(stage).url.endswith("?name=try.jsonl")
    expect(report).to_have_count(0)
    expect(page.get_by_role("button", name="Choose files…")).to_be_focused()


def test_a_report_waits_for_who_looked_at_something_else(stage: Stage) -> None:
    """It is there again with its view, until it is dismissed; the choice to check is not."""
    page = opened(stage)
    stage.answer("/api/uploads?*", {**REPORT, "users": None})
    file: FilePayload = {"name": "try.jsonl", "mimeType": "text/plain", "buffer": b"{}\n"}
    page.get_by_role("checkbox", name="only check").check()
    page.get_by_label("Upload a JSONL file", exact=True).set_input_files(files=[file])
    report = page.locator("[data-report]")
    expect(report).to_contain_text("more than a million users")
    page.locator("a.brand").click()
    expect(page.locator("main[data-view=carts]")).to_be_visible()
    page.locator('[data-nav="files"]').click()
    expect(report).to_be_visible()
    expect(page.get_by_role("checkbox", name="only check")).not_to_be_checked()
    report.get_by_role("button", name="Dismiss the report of try.jsonl").click()
    expect(report).to_have_count(0)


def test_a_stream_is_begun_told_of_and_stopped(stage: Stage) -> None:
    """Its button says how fast; it tells how far it is; the keyboard goes with the buttons."""
    page = opened(stage)
    asked: list[Any] = []
    runs: list[Frame] = []

    def come(route: Route) -> None:
        method = route.request.method
        if method == "POST":
            asked.append(json.loads(route.request.post_data or ""))
            runs.append(STREAM)
        answer = runs[-1] if runs else None
        if method == "DELETE":
            runs.clear()
        status = 201 if method == "POST" else 200
        route.fulfill(status=status, content_type="application/json", body=json.dumps(answer))

    page.route(f"{stage.server.origin}/api/stream", come)
    page.get_by_label("Records a second of the stream").fill("1500")
    page.get_by_label("Percent of bad records").fill("2")
    page.get_by_role("button", name="Stream 1,500/s").click()
    words = page.locator(".stream-words")
    expect(words).to_contain_text("1 record so far")
    expect(words).to_contain_text("2.0 % bad")
    expect(page.get_by_role("button", name="Stop the stream")).to_be_focused()
    assert asked == [{"rate": 1500, "users": 1000, "bad": 0.02}]
    runs[-1] = {**STREAM, "lines": 1234}
    expect(words).to_contain_text("1,234 records so far")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Stream 1,500/s")).to_be_focused()
    expect(words).to_be_hidden()


def test_a_stream_that_is_not_heard_of_is_not_told_as_one_that_runs(stage: Stage) -> None:
    """It was streaming; it can be stopped again once the server is heard."""
    page = opened(stage, stream=STREAM)
    words = page.locator(".stream-words strong")
    expect(words).to_have_text("Streaming")
    stage.deaf = True
    stage.sockets[-1].close(code=1001, reason="")
    expect(words).to_have_text("Was streaming")
    stop = page.get_by_role("button", name="Stop the stream")
    expect(stop).to_have_attribute("aria-disabled", "true")
    stage.deaf = False
    expect(words).to_have_text("Streaming")
    expect(stop).to_have_attribute("aria-disabled", "false")


def test_all_rows_begin_at_one_edge(stage: Stage) -> None:
    """Who may only read finds what was skipped where all else stands; no state breaks."""
    page = stage.page
    page.set_viewport_size({"width": 360, "height": 740})
    vain = upload("v", accepted=0, finished_at="2026-03-01T11:49:00Z")
    uploads = [running("r", skipped=3), vain, upload("d")]
    reader = Visitor(may_change=False)
    stage.answer("/api/stream", None)
    stage.open("/files", snapshot(uploads=uploads), facts=FACTS, visitor=reader)
    lefts = "all => all.map(each => Math.round(each.getBoundingClientRect().left))"
    names = page.locator(".upload-name").evaluate_all(lefts)
    for row in ("r", "d"):
        skips = page.locator(f"[data-upload={row}] .upload-skips").evaluate_all(lefts)
        assert skips == names[:1]
    page.set_viewport_size({"width": 1280, "height": 740})
    lines = "node => node.getClientRects().length && node.offsetHeight"
    state, plain = (page.locator(f"[data-upload={row}] .upload-state") for row in ("v", "r"))
    assert state.evaluate(lines) == plain.evaluate(lines)


def test_a_stream_that_is_refused_says_why(stage: Stage) -> None:
    """At its panel, until somebody acts again; a number that cannot be is not even asked for."""
    page = opened(stage)
    page.get_by_label("Records a second of the stream").fill("0")
    page.get_by_role("button", name="Stream 0/s").click()
    page.get_by_label("Records a second of the stream").fill("10")
    error = {"error": {"code": "stream_runs", "message": "A stream runs."}}
    stage.answer("/api/stream", error, status=409)
    page.get_by_role("button", name="Stream 10/s").click()
    expect(page.locator("stream-panel").get_by_role("alert")).to_have_text("A stream runs.")
    assert [call.method for call in stage.calls].count("POST") == 1


def test_no_file_yet_is_said_in_words(stage: Stage) -> None:
    """With what can be done; and a file that comes takes its place."""
    page = opened(stage)
    expect(page.get_by_text("No file yet.")).to_be_visible()
    expect(page.get_by_role("button", name="Load the sample")).to_be_visible()
    played(stage, running())
    expect(page.get_by_text("No file yet.")).to_be_hidden()
    expect(page.locator("[data-upload=u1]")).to_be_visible()


def test_a_page_of_older_files_keeps_its_rows(stage: Stage) -> None:
    """What runs there is read, as the frames do not tell of it; what ended there stays."""
    rows = [running("r1"), upload("d1", name="b.jsonl")]
    read = {"items": [{**rows[0], "processed": 500}, rows[1]], "next": None, "total": 9}
    stage.answer("/api/uploads?*", read)
    stage.answer("/api/stream", None)
    facts = {**FACTS, "cursor": "40", "files": rows, "next": "12"}
    page = stage.open("/files?cursor=rest", snapshot(uploads=[upload("u9")]), facts=facts)
    shown = [row.get_attribute("data-upload") for row in page.locator("[data-upload]").all()]
    assert shown == ["r1", "d1"]
    bar = page.locator("[data-upload=r1]").get_by_role("progressbar")
    expect(bar).to_have_attribute("aria-valuenow", "50")
    asked = [call.url for call in stage.calls if "/api/uploads?" in call.url]
    assert asked[0].endswith("?cursor=40&limit=2")
    expect(page.get_by_role("link", name="Older")).to_have_attribute("href", "/files?cursor=12")
    expect(page.get_by_role("link", name="Newest")).to_have_attribute("href", "/files")


@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_scrolls_sideways(stage: Stage, width: int) -> None:
    """However long the names and the reasons are."""
    stage.page.set_viewport_size({"width": width, "height": 740})
    long = "x" * 256
    page = opened(
        stage,
        running("u1", name=long, state="paused", paused_because=long, rate=999_999.5, paused_at=AT),
        running("u2", name=long, lines=10**9, processed=10**8, accepted=10**8, duplicates=10**8),
        upload("u3", name=long, duplicates=7),
        stream={**STREAM, "lines": 10**9},
    )
    over = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(over) <= 0
