"""The life of an upload: its states, what moves it, and what is shown of it. Pure.

The journal keeps what was decided. What is *shown* also depends on how far the flow is: a pause
shows when everything that had been released by then has been processed, and so does a cancel, which
is an end only from then on. A paused upload may be stepped: it stays paused.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from dataflow.upload import Changes, Upload
from web.errors import APIError, bad_request
from web.numbers import decimal_number
from web.view.totals import Counts

QUEUED: Final = "queued"
RUNNING: Final = "running"
PAUSED: Final = "paused"
CANCELLED: Final = "cancelled"
DONE: Final = "done"
FAILED: Final = "failed"

ENDED: Final = frozenset({CANCELLED, DONE, FAILED})

AT_ONCE: Final = 8
"""Uploads that run at the same time; further ones wait for their turn."""

MAX_RATE: Final = 1_000_000.0
CHECKED_AFTER: Final = 10_000
"""Lines after which an upload of which more than half is skipped pauses itself."""

BY_HAND: Final = "paused by hand"
MAX_STEP: Final = 10_000
"""The most lines that one step releases."""


class State(StrEnum):
    """Where an upload stands by what was decided; one that runs may still wait for its turn."""

    RUNNING = "running"
    PAUSED = "paused"
    CANCELLING = "being cancelled"
    CANCELLED = "cancelled"
    DONE = "done"
    FAILED = "failed"


class Event(StrEnum):
    """What can happen to an upload."""

    RUN = "running was asked for"
    PAUSE = "a pause was asked for"
    CANCEL = "a cancel was asked for"
    PACE = "another pace was asked for"
    STEP = "some further lines were asked for"
    MOSTLY_SKIPPED = "most of its first lines were skipped"
    DRAINED = "all that was released of it is processed"
    PROCESSED = "all of it is processed"
    UNREADABLE = "its file cannot be read"


MOVES: Final[Mapping[State, Mapping[Event, State]]] = {
    State.RUNNING: {
        Event.RUN: State.RUNNING,
        Event.PAUSE: State.PAUSED,
        Event.CANCEL: State.CANCELLING,
        Event.PACE: State.RUNNING,
        Event.MOSTLY_SKIPPED: State.PAUSED,
        Event.PROCESSED: State.DONE,
        Event.UNREADABLE: State.FAILED,
    },
    State.PAUSED: {
        Event.RUN: State.RUNNING,
        Event.PAUSE: State.PAUSED,
        Event.CANCEL: State.CANCELLING,
        Event.PACE: State.PAUSED,
        Event.STEP: State.PAUSED,
        Event.PROCESSED: State.DONE,
        Event.UNREADABLE: State.FAILED,
    },
    State.CANCELLING: {
        # Who did not hear the answer asks again.
        Event.CANCEL: State.CANCELLING,
        Event.DRAINED: State.CANCELLED,
        Event.PROCESSED: State.CANCELLED,
    },
    State.CANCELLED: {},
    State.DONE: {},
    State.FAILED: {},
}
"""Every state and what moves it: what is not named changes nothing, and is refused if asked for."""

_NO_PAUSE: Final[Changes] = {"paused_because": None, "paused_at": None, "paused_lines": None}

ASKED: Final = {RUNNING: Event.RUN, PAUSED: Event.PAUSE, CANCELLED: Event.CANCEL}
"""What a person may ask for, by its word."""


def state_of(upload: Upload) -> State:
    """Give where an upload stands; one that is to be cancelled is that only with its end."""
    if upload.state == CANCELLED and upload.finished_at is None:
        return State.CANCELLING
    return State(upload.state)


def moved(
    upload: Upload, event: Event, *, now: float | None = None, why: str | None = None
) -> Changes:
    """Give what an event changes of an upload, nothing where it does not move it.

    ``now`` is the time of what may end or pause it; ``why`` explains a pause of its own, or a
    failure.
    """
    state = state_of(upload)
    target = MOVES[state].get(event, state)
    if target is state:
        return {}
    match target:
        case State.RUNNING:
            itself = upload.paused_because != BY_HAND
            checked = 1 if itself else upload.checked
            return {"state": RUNNING, "checked": checked, **_NO_PAUSE}
        case State.PAUSED:
            return {
                "state": PAUSED,
                "paused_because": why or BY_HAND,
                "paused_at": now,
                "paused_lines": upload.released_lines,
            }
        case State.CANCELLING:
            return {"state": CANCELLED, **_NO_PAUSE}
        case State.CANCELLED:
            return {"finished_at": now}
        case State.DONE:
            return {"state": DONE, "finished_at": now, **_NO_PAUSE}
        case State.FAILED:
            return {"state": FAILED, "error": why, "finished_at": now, **_NO_PAUSE}


def told(upload: Upload, counts: Counts) -> tuple[Event, str | None] | None:
    """Say what the counts of an upload mean for it, and why; None where they mean nothing."""
    if counts.processed >= upload.lines:
        return Event.PROCESSED, None
    if state_of(upload) is State.CANCELLING and counts.processed >= upload.released_lines:
        return Event.DRAINED, None
    if (why := mostly_skipped(upload, counts)) is not None:
        return Event.MOSTLY_SKIPPED, why
    return None


def changes_asked(upload: Upload, asked: object, now: float) -> Changes:
    """Turn what ``PATCH`` asks for at ``now`` into columns of the journal; refuses what cannot be.

    What is no request at all is 400, whatever the upload; what comes too late for it is 409.
    """
    if not isinstance(asked, dict) or not asked or asked.keys() - {"rate", "state"}:
        raise bad_request('the body is {"rate": number or null} or {"state": …}, or both')
    events: list[Event] = []
    changes: Changes = {}
    if "rate" in asked:
        events.append(Event.PACE)
        changes["rate"] = read_rate(asked["rate"])
    if "state" in asked:
        word = asked["state"]
        if not isinstance(word, str) or word not in ASKED:
            raise bad_request("state is one of running, paused, cancelled")
        events.append(ASKED[word])
    for event in events:
        state = state_of(upload)
        if event not in MOVES[state]:
            raise APIError(409, "ended", f"this upload is {state}: replay it to run it again")
        changes |= moved(upload, event, now=now)
    return changes


def lines_asked(upload: Upload, asked: object) -> int:
    """Say how many lines a step releases, 0 where all are; refuses what cannot be, as above."""
    lines = asked.get("lines") if isinstance(asked, dict) and len(asked) == 1 else None
    if type(lines) is not int or not 1 <= lines <= MAX_STEP:
        raise bad_request(f'the body is {{"lines": n}}, a whole number from 1 to {MAX_STEP:,}')
    state = state_of(upload)
    if Event.STEP not in MOVES[state]:
        what = "pause it to step through it" if state is State.RUNNING else "replay it to step"
        raise APIError(409, "not_paused", f"this upload is {state}: {what}")
    return min(lines, upload.lines - upload.released_lines)


def shown_state(upload: Upload, counts: Counts, *, has_turn: bool) -> str:
    """Say what state a person sees: one that has ended has the time of its end."""
    state = state_of(upload)
    if state is State.CANCELLING:
        return RUNNING
    if state is State.PAUSED and not (upload.paused_lines or 0) <= counts.processed < upload.lines:
        return RUNNING  # what was released still arrives, or all of it has and the end is written
    if _was_through(upload) and counts.processed < upload.released_lines:
        return RUNNING  # the view is made anew, and does not have all of it again
    if state is State.RUNNING and not has_turn and upload.released_lines < upload.lines:
        return QUEUED
    return upload.state


def _was_through(upload: Upload) -> bool:
    """Whether an upload has ended with the effect of its last released line."""
    return upload.finished_at is not None and upload.state != FAILED


def mostly_skipped(upload: Upload, counts: Counts) -> str | None:
    """Say why an upload pauses itself; None where it does not."""
    if upload.state != RUNNING or upload.checked or counts.processed < CHECKED_AFTER:
        return None
    if counts.skipped * 2 <= counts.processed or counts.processed >= upload.lines:
        return None
    what = upload.looks_like or "is this the right file?"
    return f"{counts.skipped:,} of the first {counts.processed:,} lines were skipped: {what}"


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
