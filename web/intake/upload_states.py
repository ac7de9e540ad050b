"""The life of an upload: its states, and which a person may ask for. Pure.

The journal keeps what was decided; what is *shown* also depends on how far the flow is: a pause or
a cancel shows when everything that was released has been processed.
"""

from typing import Any, Final

from dataflow.upload import Upload
from web.errors import APIError, bad_request
from web.numbers import decimal_number
from web.times import rfc3339, rfc3339_or_none
from web.view.totals import Counts

QUEUED: Final = "queued"
RUNNING: Final = "running"
PAUSED: Final = "paused"
CANCELLED: Final = "cancelled"
DONE: Final = "done"
FAILED: Final = "failed"

MAX_RATE: Final = 1_000_000.0
CHECKED_AFTER: Final = 10_000
"""Lines after which an upload of which more than half is skipped pauses itself."""

BY_HAND: Final = "paused by hand"


def has_ended(upload: Upload) -> bool:
    """Whether nothing can be asked of it any more."""
    return upload.state in (CANCELLED, DONE, FAILED)


def shown_state(upload: Upload, counts: Counts, *, has_turn: bool) -> str:
    """Say what state a person sees."""
    if upload.state in (PAUSED, CANCELLED) and counts.processed < upload.released_lines:
        return RUNNING
    if upload.state == RUNNING and not has_turn and upload.released_lines < upload.lines:
        return QUEUED
    return upload.state


def describe(upload: Upload, counts: Counts, *, has_turn: bool) -> dict[str, Any]:
    """Give an upload as the API shows it."""
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
        "finished_at": rfc3339_or_none(upload.finished_at),
    }
    if state == PAUSED:
        shown["paused_because"] = upload.paused_because
    if state == FAILED:
        shown["error"] = upload.error
    return shown


def read_rate(value: object) -> float | None:
    """Read a rate in lines a second; None is as fast as possible. Refuses anything else."""
    if value is None:
        return None
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= MAX_RATE:
        return float(value)
    raise bad_request(
        f"rate is a number of lines a second, over 0 and at most {MAX_RATE:,.0f}, or null"
    )


def read_rate_text(text: str | None) -> float | None:
    """Read a rate from a parameter of a URL; absent is as fast as possible."""
    if text is None:
        return None
    number = decimal_number(text)
    if number is None:
        raise bad_request(f"rate is a number of lines a second, not {text[:40]!r}")
    return read_rate(number)


def changes_asked(upload: Upload, asked: object) -> dict[str, str | float | None]:
    """Turn what ``PATCH`` asks for into columns of the journal; refuses what cannot be."""
    if not isinstance(asked, dict) or not asked or asked.keys() - {"rate", "state"}:
        raise bad_request('the body is {"rate": number or null} or {"state": …}, or both')
    changes: dict[str, str | float | None] = {}
    if "rate" in asked:
        changes["rate"] = read_rate(asked["rate"])
    if "state" in asked:
        changes |= _state_asked(upload, asked["state"])
    if changes and has_ended(upload):
        raise APIError(409, "ended", f"this upload is {upload.state}: replay it to run it again")
    return changes


def _state_asked(upload: Upload, state: object) -> dict[str, str | float | None]:
    match state:
        case "running":
            resumed = upload.state == PAUSED and upload.paused_because != BY_HAND
            return {
                "state": RUNNING,
                "paused_because": None,
                "checked": 1 if resumed else upload.checked,
            }
        case "paused":
            if upload.state == PAUSED:
                return {}
            return {"state": PAUSED, "paused_because": BY_HAND}
        case "cancelled":
            if upload.state == CANCELLED and upload.finished_at is None:
                return {}  # it is being cancelled: who did not hear the answer asks again
            return {"state": CANCELLED, "paused_because": None}
        case _:
            raise bad_request("state is one of running, paused, cancelled")


def mostly_skipped(upload: Upload, counts: Counts) -> str | None:
    """Say why an upload pauses itself; None where it does not."""
    if upload.state != RUNNING or upload.checked or counts.processed < CHECKED_AFTER:
        return None
    if counts.skipped * 2 <= counts.processed or counts.processed >= upload.lines:
        return None
    what = upload.looks_like or "is this the right file?"
    return f"{counts.skipped:,} of the first {counts.processed:,} lines were skipped: {what}"
