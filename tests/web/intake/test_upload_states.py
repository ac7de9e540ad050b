"""The life of an upload, as a person sees and steers it."""

import pytest

from tests.kit.uploads import UPLOAD
from web.errors import APIError
from web.intake.upload_states import (
    BY_HAND,
    CANCELLED,
    DONE,
    FAILED,
    MAX_RATE,
    PAUSED,
    QUEUED,
    RUNNING,
    Event,
    changes_asked,
    lines_asked,
    mostly_skipped,
    moved,
    read_rate,
    read_rate_text,
    shown_state,
    told,
)
from web.view.totals import Counts

NOW = 9.0


def test_a_pause_shows_when_what_was_released_has_been_processed() -> None:
    """Until then lines still arrive: it is running."""
    upload = UPLOAD._replace(state=PAUSED, released_lines=10, paused_lines=10)
    assert shown_state(upload, Counts(9), has_turn=True) == RUNNING
    assert shown_state(upload, Counts(10), has_turn=False) == PAUSED


def test_a_pause_that_comes_too_late_never_shows() -> None:
    """Not in the instant between the last line of all and the time of its end."""
    upload = UPLOAD._replace(state=PAUSED, released_lines=UPLOAD.lines, paused_lines=UPLOAD.lines)
    assert shown_state(upload, Counts(UPLOAD.lines - 1), has_turn=False) == RUNNING
    assert shown_state(upload, Counts(UPLOAD.lines), has_turn=False) == RUNNING
    assert shown_state(upload._replace(paused_lines=3), Counts(3), has_turn=False) == PAUSED


def test_a_cancel_shows_when_it_has_its_end() -> None:
    """Not in the instant between its last line and the time of its end."""
    upload = UPLOAD._replace(state=CANCELLED, released_lines=10)
    assert shown_state(upload, Counts(10), has_turn=False) == RUNNING
    assert told(upload, Counts(9)) is None
    assert told(upload, Counts(10)) == (Event.DRAINED, None)
    assert moved(upload, Event.DRAINED, now=5.0) == {"finished_at": 5.0}
    ended = upload._replace(finished_at=5.0)
    assert shown_state(ended, Counts(10), has_turn=False) == CANCELLED


def test_an_upload_that_waits_for_its_turn_is_queued() -> None:
    """One of which everything is released has no turn and needs none."""
    assert shown_state(UPLOAD, Counts(), has_turn=False) == QUEUED
    assert shown_state(UPLOAD, Counts(), has_turn=True) == RUNNING
    through = UPLOAD._replace(released_lines=UPLOAD.lines)
    assert shown_state(through, Counts(), has_turn=False) == RUNNING


@pytest.mark.parametrize("value", [0, -1, 0.0, MAX_RATE + 1, 10**400, True, "5", [], {}])
def test_a_bad_rate_is_refused_never_clamped(value: object) -> None:
    """A number over 0 and at most a million; null is as fast as possible."""
    with pytest.raises(APIError) as refused:
        read_rate(value)
    assert refused.value.status == 400


NO_RATES = (
    "",
    "0",
    "-1",
    "nan",
    "inf",
    "-inf",
    "x",
    "1e7",
    "null",
    "1,5",
    "1_0",
    "٣",
    " 5",
    "1e999",
)


@pytest.mark.parametrize("text", NO_RATES)
def test_a_bad_rate_in_a_url_is_refused(text: str) -> None:
    """Numbers that are none among them."""
    with pytest.raises(APIError) as refused:
        read_rate_text(text)
    assert refused.value.status == 400


def test_a_good_rate_is_taken_as_it_is() -> None:
    """Fractions too."""
    assert read_rate(None) is None
    assert read_rate_text(None) is None
    assert read_rate(50) == 50.0
    assert read_rate_text("0.5") == 0.5
    assert read_rate(MAX_RATE) == MAX_RATE


@pytest.mark.parametrize(
    "asked",
    [
        None,
        [],
        {},
        "paused",
        {"state": "done"},
        {"state": "queued"},
        {"state": None},
        {"state": ["paused"]},
        {"name": "x"},
        {"rate": 5, "lines": 1},
        {"rate": "5"},
    ],
)
def test_what_cannot_be_asked_is_refused_whatever_the_state(asked: object) -> None:
    """400 comes before 409: the request itself is wrong."""
    for upload in (UPLOAD, UPLOAD._replace(state=DONE)):
        with pytest.raises(APIError) as refused:
            changes_asked(upload, asked, NOW)
        assert refused.value.status == 400


@pytest.mark.parametrize(
    "asked",
    [
        *(None, [], {}, 5, {"lines": None}, {"lines": 0}, {"lines": -1}, {"lines": 10_001}),
        *({"lines": 1.0}, {"lines": True}, {"lines": "1"}, {"lines": 1, "rate": 5}, {"line": 1}),
    ],
)
def test_a_step_of_an_odd_size_is_refused_whatever_the_state(asked: object) -> None:
    """A whole number from 1 to 10,000, never clamped; 400 comes before 409."""
    for upload in (UPLOAD, UPLOAD._replace(state=PAUSED)):
        with pytest.raises(APIError) as refused:
            lines_asked(upload, asked)
        assert refused.value.status == 400


@pytest.mark.parametrize("state", [DONE, CANCELLED, FAILED])
@pytest.mark.parametrize(
    "asked", [{"rate": 5}, {"state": "paused"}, {"state": "running"}, {"state": "cancelled"}]
)
def test_nothing_can_be_asked_of_an_upload_that_has_ended(
    state: str, asked: dict[str, object]
) -> None:
    """409, with the way out in the sentence."""
    upload = UPLOAD._replace(state=state, finished_at=1.0)
    with pytest.raises(APIError, match="replay") as refused:
        changes_asked(upload, asked, NOW)
    assert refused.value.status == 409


def test_a_cancel_that_is_under_way_can_be_asked_for_again_and_not_taken_back() -> None:
    """Whose answer was lost asks once more, and the upload still shows as running by then."""
    upload = UPLOAD._replace(state=CANCELLED, released_lines=10)
    assert shown_state(upload, Counts(), has_turn=True) == RUNNING
    assert changes_asked(upload, {"state": "cancelled"}, NOW) == {}
    for asked in ({"state": "running"}, {"state": "paused"}, {"state": "cancelled", "rate": 5}):
        with pytest.raises(APIError, match="replay") as refused:
            changes_asked(upload, asked, NOW)
        assert refused.value.status == 409


def test_what_is_asked_becomes_columns() -> None:
    """Rate and state in one request; a pause that stands is left as it is."""
    assert changes_asked(UPLOAD, {"rate": None}, NOW) == {"rate": None}
    assert changes_asked(UPLOAD, {"rate": 5, "state": "paused"}, NOW) == {
        "rate": 5.0,
        "state": PAUSED,
        "paused_because": BY_HAND,
        "paused_at": NOW,
        "paused_lines": 0,
    }
    assert changes_asked(UPLOAD._replace(state=PAUSED), {"state": "paused"}, NOW) == {}
    assert changes_asked(UPLOAD, {"state": "cancelled"}, NOW)["state"] == CANCELLED


def test_running_resumes_an_upload_that_paused_itself_for_good_and_no_other() -> None:
    """A person who paused by hand has not yet said that a bad file is the right one."""
    itself = UPLOAD._replace(state=PAUSED, paused_because="6,000 of the first 10,000 …")
    assert changes_asked(itself, {"state": "running"}, NOW)["checked"] == 1
    by_hand = UPLOAD._replace(state=PAUSED, paused_because=BY_HAND)
    assert changes_asked(by_hand, {"state": "running"}, NOW)["checked"] == 0
    known = by_hand._replace(checked=1)
    assert changes_asked(known, {"state": "running"}, NOW)["checked"] == 1


def test_it_pauses_itself_when_more_than_half_is_skipped_after_ten_thousand_lines() -> None:
    """Not before, not at exactly half, not where it is through or was let go on."""
    bad = Counts(accepted=4_999, skipped=5_001)
    why = mostly_skipped(UPLOAD, bad)
    assert why is not None
    assert why == "5,001 of the first 10,000 lines were skipped: is this the right file?"
    named = mostly_skipped(UPLOAD._replace(looks_like="it looks like CSV: write …"), bad)
    assert named == "5,001 of the first 10,000 lines were skipped: it looks like CSV: write …"
    assert mostly_skipped(UPLOAD, Counts(5_000, 0, 5_000)) is None
    assert mostly_skipped(UPLOAD, Counts(0, 0, 9_999)) is None
    assert mostly_skipped(UPLOAD._replace(checked=1), bad) is None
    assert mostly_skipped(UPLOAD._replace(state=PAUSED), bad) is None
    assert mostly_skipped(UPLOAD._replace(lines=10_000), bad) is None


@pytest.mark.parametrize("state", [DONE, CANCELLED])
def test_an_upload_that_has_ended_is_that_again_when_a_view_made_anew_has_all_of_it(
    state: str,
) -> None:
    """Until then it runs: ``done`` means that every effect is visible."""
    upload = UPLOAD._replace(state=state, finished_at=1.0, released_lines=UPLOAD.lines)
    part, whole = Counts(accepted=UPLOAD.lines - 1), Counts(accepted=UPLOAD.lines)
    assert shown_state(upload, part, has_turn=False) == RUNNING
    assert shown_state(upload, whole, has_turn=False) == state
