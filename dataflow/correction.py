r"""A correction: one line that stands for a skipped record, held to the very rules of the flow.

It is checked before it is taken in: a line that is still bad never reaches the journal. Pure.
"""

from typing import NamedTuple

from dataflow.records import BOM, INVALID_JSON, Event, Reason, Skipped, parse_line


class StillBad(NamedTuple):
    """Why a line would be skipped; ``column`` where there is one, in characters from 1."""

    reason: Reason
    message: str
    column: int | None


def line_of(body: bytes) -> bytes:
    """Take the one line out of a body: without a byte-order mark and the end of the line."""
    body = body.removeprefix(BOM)
    return body[:-1].removesuffix(b"\r") if body.endswith(b"\n") else body


def check_line(line: bytes) -> Event | StillBad:
    """Read a line; what the flow would pass over, or take for several lines, is bad here."""
    ends = line.count(b"\n")
    if ends:
        return StillBad(INVALID_JSON, f"these are {ends + 1} lines: a record is one line", None)
    outcome = parse_line(line, 1)
    if isinstance(outcome, Skipped):
        return StillBad(outcome.reason, outcome.message, outcome.column)
    if outcome is None:
        return StillBad(INVALID_JSON, "line 1 is blank: it holds no record", None)
    return outcome


def described(event: Event) -> dict[str, str | int]:
    """Give an event as a record has it."""
    kind = "payment" if event.is_payment else "order"
    return {"user_id": event.user_id, "type": kind, "order_id": event.order_id}
