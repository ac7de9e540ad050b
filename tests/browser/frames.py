"""Frames as the server sends them, with what a test does not care about filled in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Frame = dict[str, Any]
AT = "2026-03-01T12:00:00Z"
STATS = {
    "carts": 2,
    "unpaid": 1,
    "paid": 3,
    "waiting": 0,
    "skipped": 1,
    "duplicates": 0,
    "events": 7,
    "lag": 0,
    "events_per_second": 1.8,
    "viewers": 1,
}
WINDOW = {
    "search": "",
    "filter": "all",
    "older": None,
    "sort": "recent",
    "cursor": None,
    "user": None,
    "limit": None,
}
ATTENTION = {
    "older": 1800,
    "unpaid": {"carts": 0, "oldest_at": None},
    "waiting": {"carts": 0, "oldest_at": None},
    "recoveries_today": 0,
    "skipped_open": 0,
    "uploads_paused": 0,
    "uploads_failed": 0,
}


def cart(
    user_id: str,
    version: int = 1,
    *,
    paid: Sequence[int | str] = (),
    unpaid: Sequence[int | str] = (),
    waiting: Sequence[int | str] = (),
    **counts: int,
) -> Frame:
    """Make a summary; its ids stand oldest first, and its counts are theirs unless given."""
    ids = {"paid": list(paid), "unpaid": list(unpaid), "waiting": list(waiting)}
    return {
        "user_id": user_id,
        "version": version,
        "paid_order_ids": ids["paid"],
        "unpaid_order_ids": ids["unpaid"],
        "waiting_payment_ids": ids["waiting"],
        **{status: len(listed) for status, listed in ids.items()},
        **counts,
        "oldest_unpaid_at": AT if unpaid else None,
        "oldest_waiting_at": AT if waiting else None,
        "updated_at": AT,
    }


def order(order_id: int | str, status: str = "unpaid", **changes: Any) -> Frame:
    """Make an order of a cart, with its causes: lines 1 and 2 of a file, a minute apart."""
    cause = {"upload": "u1", "source": "a.jsonl"}
    return {
        "order_id": order_id,
        "status": status,
        "ordered_at": None if status == "waiting" else "2026-03-01T11:46:00.000Z",
        "paid_at": None if status == "unpaid" else "2026-03-01T11:47:00.000Z",
        "order": None if status == "waiting" else {**cause, "line": 1},
        "payment": None if status == "unpaid" else {**cause, "line": 2},
        **changes,
    }


def orders_page(items: Sequence[Frame] = (), **changes: Any) -> Frame:
    """Make a page of the orders of a cart, of its version 1: all that there are, unless told."""
    page = {"items": list(items), "total": len(items), "next": None, "version": 1}
    return {**page, "first": 1, "back": None, **changes}


def completed(seq: int, user_id: str = "a", order_id: int | str = 1) -> Frame:
    """Make an order of the fulfilment feed."""
    return {"seq": seq, "user_id": user_id, "order_id": order_id, "completed_at": AT}


def completed_page(items: Sequence[Frame] = (), **changes: Any) -> Frame:
    """Make a page of the feed as its view has it: all that there is, unless told."""
    page = {"items": list(items), "total": len(items), "after": 0, "back": None, "more": False}
    return {**page, **changes}


def upload(upload_id: str, name: str = "orders.jsonl", **changes: Any) -> Frame:
    """Make an upload of eight lines, all processed."""
    return {
        "id": upload_id,
        "name": name,
        "bytes": 420,
        "lines": 8,
        "processed": 8,
        "accepted": 7,
        "skipped": 1,
        "blank": 0,
        "duplicates": 0,
        "looks_like": None,
        "rate": None,
        "state": "done",
        "created_at": AT,
        "finished_at": AT,
        **changes,
    }


def skipped(record_id: int, **changes: Any) -> Frame:
    """Make a skipped record: the bad line of the sample."""
    return {
        "id": record_id,
        "upload": "u1",
        "source": "cart-join.json",
        "line": 6,
        "reason": "invalid_json",
        "message": "line 6 is not JSON: expected a value at column 1",
        "column": 1,
        "raw": "FAIL HERE",
        "raw_cut": False,
        "state": "open",
        "skipped_at": AT,
        "resubmitted_at": None,
        **changes,
    }


def snapshot(
    carts: Sequence[Frame] = (),
    *,
    uploads: Sequence[Frame] = (),
    records: Sequence[Frame] = (),
    following: str | None = None,
    window: Mapping[str, Any] = WINDOW,
    **parts: Any,
) -> Frame:
    """Make a snapshot frame; `following` is the cursor of the next page of carts."""
    return {
        "type": "snapshot",
        "at": AT,
        "generation": "first",
        "window": {**WINDOW, **window},
        "carts": {"items": list(carts), "total": len(carts), "next": following},
        "stats": STATS,
        "flow": {"state": "running", "since": AT, "message": None},
        "uploads": {"items": list(uploads), "total": len(uploads)},
        "skipped": {
            "items": list(records),
            "total": len(records),
            "by_reason": {"invalid_json": len(records)} if records else {},
            "by_state": {"open": len(records), "sent": 0, "landed": 0, "aside": 0},
        },
        "kept": {"items": [], "total": 0},
        "attention": {**ATTENTION, "skipped_open": len(records)},
        **parts,
    }


def changes(carts: Sequence[Frame] = (), order: Sequence[str] | None = None, **parts: Any) -> Frame:
    """Make a change of carts, in the order given or their own, and of any other part."""
    frame: Frame = {"type": "changes", "at": AT, **parts}
    if carts or order is not None:
        ids = [item["user_id"] for item in carts] if order is None else list(order)
        frame["carts"] = {"items": list(carts), "order": ids, "total": len(ids), "next": None}
    return frame


def start(execution: int, **changes: Any) -> Frame:
    """Make a start of the flow that runs and has caught up."""
    return {
        "execution": execution,
        "workers": 1,
        "reason": "the server was started",
        "started_at": AT,
        "restored_at": AT,
        "seconds_to_restored": 0.31,
        "carts_restored": 2,
        "resumed_at": {"offset": 40, "source": "cart-join.json", "line": 6},
        "records_replayed": 3,
        "first_new_at": None,
        "seconds_to_first_new": None,
        "caught_up_at": AT,
        "seconds": 0.412,
        "ended_at": None,
        "ended_because": None,
        **changes,
    }


def agreement(**view: int) -> Frame:
    """Make the outcome of a comparison; `view` gives the figures that differ from the flow's."""
    flow = {"carts": 2, "unpaid": 1, "paid": 3, "waiting": 0}
    return {
        "agree": not view,
        "message": "state and view differ: do this" if view else None,
        "checked_at": AT,
        "flow": flow,
        "view": {**flow, "completed": 3, **view},
        "differing_key_groups": [3, 17] if view.keys() & flow.keys() else [],
    }


def recovery(history: Sequence[Frame] = (), **parts: Any) -> Frame:
    """Make an answer of `/api/recovery`; the starts stand newest first."""
    return {
        "state": "running",
        "since": AT,
        "message": None,
        "alarm": None,
        "current": history[0] if history and history[0]["ended_at"] is None else None,
        "history": list(history),
        "next": None,
        "total": history[0]["execution"] if history else 0,
        "snapshot": {"taken_at": AT, "bytes": 319_488},
        "places": [],
        "agreement": agreement(),
        **parts,
    }
