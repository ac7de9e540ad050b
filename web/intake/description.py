"""An upload in words and figures, as API, frames and pages show it. Pure."""

from typing import Any, Final

from dataflow.times import rfc3339, rfc3339_or_none
from dataflow.upload import Upload
from web.intake.upload_states import AT_ONCE, ENDED, FAILED, PAUSED, QUEUED, shown_state
from web.view.totals import Counts

_TEENS: Final = range(11, 14)
_ENDINGS: Final = {1: "st", 2: "nd", 3: "rd"}


def describe(upload: Upload, counts: Counts, *, has_turn: bool, place: int = 0) -> dict[str, Any]:
    """Give an upload as the API shows it; ``place`` others have their turn before it."""
    state = shown_state(upload, counts, has_turn=has_turn)
    rate = upload.rate
    shown: dict[str, Any] = {
        "id": upload.id,
        "name": upload.name,
        "bytes": upload.bytes,
        "lines": upload.lines,
        "processed": counts.processed,
        "accepted": counts.accepted,
        "skipped": counts.skipped,
        "blank": counts.blank,
        "duplicates": counts.duplicates,
        "rate": int(rate) if rate is not None and rate.is_integer() else rate,
        "state": state,
        "looks_like": upload.looks_like,
        "created_at": rfc3339(upload.created_at),
        "paused_at": rfc3339_or_none(upload.paused_at) if state == PAUSED else None,
        "finished_at": rfc3339_or_none(upload.finished_at) if state in ENDED else None,
    }
    if state == QUEUED:
        shown["queued_because"] = _waits(place)
    if state == PAUSED:
        shown["paused_because"] = upload.paused_because
    if state == FAILED:
        shown["error"] = upload.error
    return shown


def _waits(place: int) -> str:
    """Say what an upload waits for that has ``place`` others before it."""
    turn = "next" if place == 0 else _ordinal(place + 1)
    return f"{AT_ONCE} uploads run at once: it is {turn} in line"


def _ordinal(number: int) -> str:
    ending = "th" if number % 100 in _TEENS else _ENDINGS.get(number % 10, "th")
    return f"{number:,}{ending}"
