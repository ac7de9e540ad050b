"""The starts of the flow in sentences. Pure.

The browser says them alike: `static/elements/flow/start_row.js`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from web.http.pages.filters import count, number, place_word

ASKED: Final = "a person killed it"
"""The reason of a start that a person's kill has led to."""

_REASONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "a person restarted it": ASKED,  # as it was written before
        "killed by SIGKILL": "it was killed (SIGKILL)",
    }
)
_UNSEEN: Final = "it ended together with its server"
_UNITS: Final = ("KiB", "MiB", "GiB", "TiB")


def start_phase(start: Mapping[str, Any], newest: int) -> str:
    """Tell whether a start is over, catches up or runs: only the newest can be alive."""
    if start["ended_at"] is not None or start["execution"] != newest:
        return "ended"
    return "catching-up" if start["caught_up_at"] is None else "running"


def start_reason(start: Mapping[str, Any]) -> str:
    """Why it was started."""
    reason: str = start["reason"]
    return _REASONS.get(reason, reason)


def start_restored(start: Mapping[str, Any]) -> str:
    """How many carts it restored."""
    carts = start["carts_restored"]
    return count(carts, "cart") if carts else "nothing to restore"


def start_resumed(start: Mapping[str, Any]) -> str:
    """Where it went on; of which source stands behind it, where there is one."""
    at = start["resumed_at"]
    if at is None or at["source"] is None:
        return "from the end of the input"
    return f"from {place_word(at['source'])} {number(at['line'])} of"


def start_source(start: Mapping[str, Any]) -> str:
    """The source of the record at which it went on; empty where none stands there."""
    at = start["resumed_at"]
    return "" if at is None or at["source"] is None else str(at["source"])


def start_outcome(start: Mapping[str, Any], newest: int) -> str:
    """How long it took to catch up."""
    if start["caught_up_at"] is not None and start["seconds"] is not None:
        return duration(start["seconds"])
    is_alive = start_phase(start, newest) != "ended"
    return "catching up…" if is_alive else "never caught up"


def start_end(start: Mapping[str, Any], newest: int) -> str:
    """Why it ended; empty while it has not."""
    if start_phase(start, newest) != "ended":
        return ""
    because = start["ended_because"] or _UNSEEN
    return f"ended: {_REASONS.get(because, because)}"


def duration(seconds: float) -> str:
    """A time that something took: hundredths below ten seconds, tenths below a minute."""
    if seconds < 60:
        return f"{seconds:.2f} s" if seconds < 9.995 else f"{seconds:.1f} s"
    minutes, rest = divmod(int(seconds + 0.5), 60)
    return f"{number(minutes)} min {rest} s"


def size(size_bytes: int) -> str:
    """A size in the unit that fits."""
    if size_bytes < 1024:
        return count(size_bytes, "byte")
    value, unit = size_bytes / 1024, 0
    while value >= 1024 and unit < len(_UNITS) - 1:
        value, unit = value / 1024, unit + 1
    return f"{value:.1f} {_UNITS[unit]}" if value < 10 else f"{value:,.0f} {_UNITS[unit]}"
