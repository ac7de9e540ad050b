"""One and many, paces and queues: what the page says is so, from the server and from the script."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from dataflow.correction import StillBad, check_line
from tests.browser.frames import cart, changes, skipped, snapshot, upload
from tests.browser.stage import Stage
from web.http.pages.filters import REASON_WORDS, pace_words, reason_words

PACES = (None, 1, 7.5, 0.5, 0.125, 1000, 1234.25, 999_999.5, 1_000_000)


def test_a_pace_is_told_to_its_last_digit(stage: Stage) -> None:
    """Alike by the server and by the script: 7.5 is neither 7 nor 8."""
    told = stage.blank().evaluate(
        """async (paces) => {
          const { paceWords } = await import("/static/paint/measures.js");
          return paces.map(paceWords);
        }""",
        PACES,
    )
    assert told == [pace_words(pace) for pace in PACES]
    assert told[2] == "7.5 records a second"
    assert told[6] == "1,234.25 records a second"


def test_a_reason_says_of_a_record_what_is_true(stage: Stage) -> None:
    """Alike by the server and by the script: what is there and bad is not said to be missing."""
    told = stage.blank().evaluate(
        """async (reasons) => {
          const { reasonWords } = await import("/static/paint/record_words.js");
          return reasons.map(reasonWords);
        }""",
        list(REASON_WORDS),
    )
    assert told == list(REASON_WORDS.values())
    for line, words in (
        (b'{"user_id": "", "type": "order", "order_id": 1}', "bad user id"),
        (b'{"user_id": "a", "type": "order", "order_id": 1.5}', "bad order id"),
        (b'{"user_id": "a", "type": "refund", "order_id": 1}', "unknown type"),
        (b'{"user_id": "a", "type": "order"}', "a field is missing"),
    ):
        outcome = check_line(line)
        assert isinstance(outcome, StillBad)
        assert reason_words(outcome.reason) == words


@pytest.mark.parametrize("many", [0, 1, 2])
def test_one_is_not_many(stage: Stage, many: int) -> None:
    """In uploads and what is announced, before the first frame and after it."""
    row = upload("u1", lines=many, processed=many, duplicates=many)
    first = snapshot(uploads=[row])
    stage.silent = True
    page = stage.open(first=first, live=False)

    def check() -> None:
        expect(page.locator(".upload-lines")).to_have_text(
            f"{many} of {many} {'line' if many == 1 else 'lines'}"
        )
        expect(page.locator(".upload-duplicates")).to_have_text(
            f"{many} {'repeat' if many == 1 else 'repeats'}"
        )

    check()
    stage.play({**first, "uploads": {"items": [], "total": 0}, "generation": "other"})
    stage.play({**first, "generation": "again"})
    stage.painted()
    check()


def test_one_skipped_record_is_announced_as_one(stage: Stage) -> None:
    """To those who hear the page."""
    stage.page.clock.install()
    page = stage.open(first=snapshot([cart("a")]))
    stage.play(changes(skipped={"items": [skipped(1)], "order": [1], "total": 1, "by_reason": {}}))
    stage.painted()
    page.clock.fast_forward(5_100)
    expect(page.locator("polite-announcer")).to_contain_text("1 skipped record. The newest")


def test_a_queued_upload_says_what_it_waits_for(stage: Stage) -> None:
    """And one that runs or ended does not."""
    turn = "8 uploads run at once: it is next in line"
    waits = upload("u2", state="queued", queued_because=turn)
    rows = [upload("u1", state="running"), waits, upload("u3")]
    page = stage.open(first=snapshot(uploads=rows))
    turns = page.get_by_text(turn)
    expect(turns.locator("visible=true")).to_have_count(1)
    expect(page.locator('[data-upload="u2"] .upload-turn')).to_be_visible()
    stage.play(
        changes(uploads={"items": [upload("u2", state="running")], "order": ["u1", "u2", "u3"]})
    )
    expect(page.locator('[data-upload="u2"] .upload-turn')).to_be_hidden()


def test_a_time_that_is_not_now_is_never_told_as_now(stage: Stage) -> None:
    """A cart of days ago that comes into sight is not one that changed just now."""
    old = {**cart("old"), "updated_at": "2026-02-20T12:00:00Z"}
    page = stage.open()
    stage.play(changes([old]))
    time = page.locator('[data-cart="old"] .cart-time')
    expect(time).to_have_text("9 d")


def test_a_refusal_goes_with_the_state_that_it_was_about(stage: Stage) -> None:
    """That it ended does not stand at one that is shown as ended."""
    stage.refuses = True
    page = stage.open(first=snapshot(uploads=[upload("u1", state="running")]))
    stage.answer(
        "/api/uploads/u1", {"error": {"code": "ended", "message": "It ended."}}, status=409
    )
    page.get_by_role("button", name="Pause").click()
    alert = page.locator("upload-list").get_by_role("alert")
    expect(alert).to_have_text("It ended.")
    stage.play(changes(uploads={"items": [upload("u1")], "order": ["u1"], "total": 1}))
    expect(alert).to_be_hidden()


def test_a_window_that_is_refused_is_told_until_the_next_act(stage: Stage) -> None:
    """The carts that are shown are those of no search, are not greyed, and the controls say so."""
    page = stage.open("/?filter=zzz", snapshot([cart("a", unpaid=[1])]))
    stage.play({"type": "error", "error": {"code": "bad_request", "message": "filter is one of …"}})
    alert = page.locator("cart-search").get_by_role("alert")
    expect(alert).to_have_text("filter is one of …")
    expect(page.get_by_role("radio", name="All")).to_be_checked()
    expect(page.locator("cart-list")).to_have_attribute("aria-busy", "false")
    stage.play(changes([cart("a", 2, unpaid=[1, 2])]))
    stage.painted()
    expect(alert).to_be_visible()
    page.get_by_role("radio", name="Waiting").check()
    expect(alert).to_be_hidden()
    expect(page).to_have_url(f"{stage.server.origin}/?filter=waiting")
