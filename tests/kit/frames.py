"""What a browser shows, kept up to date by the frames of ``/ws`` as the README has it."""

from __future__ import annotations

from typing import Any, Final

Frame = dict[str, Any]
KEYS: Final = {"carts": "user_id", "kept": "user_id", "uploads": "id", "skipped": "id"}
"""The lists of a frame, and what their rows are known by."""


def applied(shown: Frame, frame: Frame) -> Frame:
    """Bring what a browser shows up to date by a frame."""
    if frame["type"] == "snapshot":
        return frame
    if frame["type"] != "changes":
        return shown
    shown = {**shown, "at": frame["at"], "version": frame["version"]}
    for name, key in KEYS.items():
        if name in frame:
            change = dict(frame[name])
            known = {row[key]: row for row in shown[name]["items"]}
            order = change.pop("order", [*known])
            for item in change.pop("items"):
                known[item[key]] = merged(known.get(item[key], {}), item)
            shown[name] = {**shown[name], **change, "items": [known[each] for each in order]}
    return shown | {name: frame[name] for name in ("stats", "flow", "attention") if name in frame}


def merged(row: Frame, item: Frame) -> Frame:
    """Give a row with what changed in it."""
    if "was" in item:
        assert row.get("version") == item["was"]
    edited = {
        name: edit_of(row[name], value) if isinstance(value, dict) and "out" in value else value
        for name, value in item.items()
        if name != "was"
    }
    return {**row, **edited}


def edit_of(ids: list[Any], edit: Frame) -> list[Any]:
    """Give a list without what went out, and with what came in, at its places."""
    edited = [each for place, each in enumerate(ids) if place not in edit["out"]]
    for place, each in edit["in"]:
        edited.insert(place, each)
    return edited
