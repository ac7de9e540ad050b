"""The facts of the workbench of skipped records, with what a test does not care about filled in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from tests.browser.frames import AT, Frame, changes, skipped

ASKED = {"reason": None, "source": None, "upload": None, "state": None, "search": None}
STATES = ("open", "sent", "landed", "aside")


def record(record_id: int, **changes: Any) -> Frame:
    """Make a skipped record with its fate; each has a line number of its own."""
    return {
        **skipped(record_id),
        "line": record_id,
        "message": f"line {record_id} is not JSON: expected a value at column 1",
        "landed_at": None,
        "correction": None,
        **changes,
    }


def landed(record_id: int, outcome: str = "changed", **changes: Any) -> Frame:
    """Make a record whose correction has landed."""
    raw = '{"user_id": "zoe", "type": "order", "order_id": 7}'
    correction = {"line": 1, "raw": raw, "outcome": outcome}
    fate = {"state": "landed", "resubmitted_at": AT, "landed_at": AT, "correction": correction}
    return record(record_id, **fate, **changes)


def facts(
    records: Sequence[Frame],
    chosen: Frame | None = None,
    others: Sequence[Frame] = (),
    **parts: Any,
) -> dict[str, Any]:
    """Make the facts of a page of records, newest first; counts and total are theirs."""
    states = Counter(each["state"] for each in records)
    return {
        "asked": {**ASKED, **parts.pop("asked", {})},
        "cursor": None,
        "records": list(records),
        "others": list(others),
        "total": len(records),
        "following": None,
        "upload_name": None,
        "above": 0,
        "back": None,
        "facets": {
            "by_state": {state: states[state] for state in STATES},
            "by_reason": dict(Counter(each["reason"] for each in records)),
            "by_source": dict(Counter(each["source"] for each in records)),
        },
        "chosen": chosen,
        **parts,
    }


def news(**by_state: int) -> Frame:
    """Make a frame that says that skipped records came, or became something."""
    return changes(
        skipped={"items": [], "order": [], "total": 1, "by_reason": {}, "by_state": by_state}
    )
