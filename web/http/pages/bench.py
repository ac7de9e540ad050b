"""Rendering of the workbench of skipped records: its addresses, its caret, what became of one.

The half of `templates/skipped.html` that `static/elements/bench/` says again.
"""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from dataflow.correction import check_line
from dataflow.records import Event
from web.http.foreign import visible

FIELDS: Final = ("reason", "source", "upload", "state", "search")
STATE_WORDS: Final = {"open": "Open", "sent": "Sent", "landed": "Landed", "aside": "Aside"}


def skipped_query(asked: Mapping[str, str | None]) -> str:
    """What narrows the records, as the query of an address."""
    return urlencode({name: value for name in FIELDS if (value := asked[name]) is not None})


def skipped_path(asked: Mapping[str, str | None], **change: str | int | None) -> str:
    """The address of the workbench with another choice, at its first page unless it is of a page.

    To choose a source takes the choice of one upload back.
    """
    query: dict[str, str | int | None] = {name: asked[name] for name in FIELDS}
    if "source" in change:
        query["upload"] = None
    query |= change
    kept = urlencode({name: value for name, value in query.items() if value is not None})
    return f"/skipped?{kept}" if kept else "/skipped"


def caret_pad(record: Mapping[str, Any]) -> str | None:
    """What stands before a record's column, as it is shown: so wide is the gap before the caret.

    None where it has no column, or one that is past what is kept of the line.
    """
    column, raw = record["column"], record["raw"]
    if column is None or column > len(raw) + 1:
        return None
    return visible(raw[: column - 1] + "^")[:-1]


def fate(record: Mapping[str, Any]) -> str:
    """What became of a record, and what of its correction once that landed."""
    if record["state"] != "landed":
        return str(record["state"])
    return str(record["correction"]["outcome"])


def corrected_user(record: Mapping[str, Any]) -> str | None:
    """Whose cart the correction of a record is for; None where too little of it is kept."""
    if record["correction"] is None:
        return None
    event = check_line(record["correction"]["raw"].encode())
    return event.user_id if isinstance(event, Event) else None
