"""What became of an upload, in words, as pages say it; `outcome.js` says it alike. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from web.intake.upload_states import BY_HAND, CANCELLED, DONE, FAILED, PAUSED, RUNNING
from web.words import sentence

Shown = Mapping[str, Any]

_ENDED: Final = (DONE, CANCELLED, FAILED)
_FRESH: Final = timedelta(hours=1)
"""For so long a file of which nothing was accepted stands above others that have ended."""


def has_ended(upload: Shown) -> bool:
    """Whether nothing more comes of it."""
    return upload["state"] in _ENDED


def is_alarming(upload: Shown) -> bool:
    """Whether somebody has to look at it: it paused itself, or all of it was read in vain."""
    return _paused_itself(upload) or _was_in_vain(upload)


def state_word(upload: Shown) -> str:
    """Its state."""
    return "nothing accepted" if _was_in_vain(upload) else str(upload["state"])


def state_time(upload: Shown) -> str:
    """Since when it is in that state; empty where that does not matter."""
    return upload.get("finished_at") or upload.get("paused_at") or ""


def why(upload: Shown) -> str:
    """What is to be said of its state; empty where the state says all."""
    if error := upload.get("error"):
        return str(error)
    if paused := upload.get("paused_because"):
        return "" if paused == BY_HAND else str(paused)
    if not has_ended(upload) or not upload["processed"]:
        return ""
    what = upload.get("looks_like")
    if upload["accepted"]:
        return sentence(what) if what and upload["skipped"] else ""
    if _was_in_vain(upload) and not upload["skipped"]:
        return "It has blank lines only: there is no record in it."
    return f"Nothing in it was accepted; {what}." if what else "Nothing in it was accepted."


def looks(what: str | None) -> str:
    """What its file looks like."""
    return what or "JSON Lines, as far as its first bytes tell"


def by_count(by_reason: Mapping[str, int]) -> list[tuple[str, int]]:
    """Reasons and how many records were skipped for each, the most frequent first."""
    return sorted(by_reason.items(), key=lambda item: (-item[1], item[0]))


def first_to_see(uploads: Sequence[Shown], at: str) -> list[Shown]:
    """Uploads in the order in which they are looked at, as of a time: what goes on, then failures.

    Of what goes on, those that paused themselves come first; otherwise they keep their order.
    """
    return sorted(uploads, key=lambda each: _rank(each, at))


def _rank(upload: Shown, at: str) -> int:
    if _paused_itself(upload):
        return 0
    if upload["state"] in (RUNNING, PAUSED):
        return 1
    return 2 if _failed_just_now(upload, at) else 3


def _failed_just_now(upload: Shown, at: str) -> bool:
    if not _was_in_vain(upload):
        return False
    ended = datetime.fromisoformat(upload["finished_at"])
    return datetime.fromisoformat(at) - ended < _FRESH


def _paused_itself(upload: Shown) -> bool:
    return bool(upload["state"] == PAUSED) and upload.get("paused_because") not in (None, BY_HAND)


def _was_in_vain(upload: Shown) -> bool:
    return upload["state"] == DONE and bool(upload["processed"]) and not upload["accepted"]
