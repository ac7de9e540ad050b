"""An upload in words and figures."""

import pytest

from tests.kit.uploads import UPLOAD
from web.intake.description import describe
from web.intake.upload_states import BY_HAND, FAILED, PAUSED
from web.view.totals import Counts


def test_it_is_described_as_the_contract_says() -> None:
    """The names of the contract, and the reason only where there is one."""
    shown = describe(UPLOAD._replace(rate=50.0), Counts(5, 1, 2, 3), has_turn=True)
    assert shown == {
        "id": "u1",
        "name": "f.jsonl",
        "bytes": 100,
        "lines": 20_000,
        "processed": 10,
        "accepted": 5,
        "skipped": 2,
        "blank": 3,
        "duplicates": 1,
        "rate": 50,
        "state": "running",
        "looks_like": None,
        "created_at": "1970-01-01T00:00:00.000Z",
        "paused_at": None,
        "finished_at": None,
    }
    paused = UPLOAD._replace(state=PAUSED, paused_because=BY_HAND, paused_at=60.0, paused_lines=9)
    draining, shown = (describe(paused, Counts(many), has_turn=False) for many in (8, 9))
    assert (draining["state"], draining["paused_at"]) == ("running", None)
    assert (shown["paused_because"], shown["paused_at"]) == (BY_HAND, "1970-01-01T00:01:00.000Z")
    failed = UPLOAD._replace(state=FAILED, error="gone", rate=0.5)
    shown = describe(failed, Counts(), has_turn=False)
    assert (shown["error"], shown["rate"]) == ("gone", 0.5)


@pytest.mark.parametrize(
    ("place", "turn"),
    [
        *((0, "next"), (1, "2nd"), (2, "3rd"), (3, "4th"), (10, "11th"), (11, "12th")),
        *((20, "21st"), (110, "111th"), (1_000, "1,001st"), (1_011, "1,012th")),
    ],
)
def test_a_queued_upload_says_what_it_waits_for(place: int, turn: str) -> None:
    """Its place among those that wait; one that has its turn says nothing of it."""
    shown = describe(UPLOAD, Counts(), has_turn=False, place=place)
    assert shown["state"] == "queued"
    assert shown["queued_because"] == f"8 uploads run at once: it is {turn} in line"
    assert "queued_because" not in describe(UPLOAD, Counts(), has_turn=True, place=place)
