"""Whether state and view agree, as a page says it.

Pure; the browser says it alike (`static/elements/recovery/agreement.js`).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from web.words import sentence

_HEADLINES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "unknown": "State and view not compared yet",
        "agree": "State and view agree",
        "agreed": "State and view agreed",
        "differ": "State and view do not agree",
    }
)

Agreement = Mapping[str, Any] | None


def agreement_outcome(recovery: Mapping[str, Any]) -> str:
    """Name the outcome; what was compared before the flow ended says nothing of now."""
    agreement: Agreement = recovery["agreement"]
    if agreement is None:
        return "unknown"
    if not agreement["agree"]:
        return "differ"
    return "agree" if recovery["state"] == "running" else "agreed"


def agreement_words(recovery: Mapping[str, Any]) -> str:
    """Say the outcome."""
    return _HEADLINES[agreement_outcome(recovery)]


def agreement_text(agreement: Agreement) -> str:
    """Say what differs and what to do, or when it is known."""
    if agreement is None:
        return "They are compared when the flow has caught up, and once a minute."
    return sentence(agreement["message"]) if agreement["message"] else ""


def agreement_value(agreement: Agreement, side: str, column: str) -> int | None:
    """Give a figure of one side; `completed` is what the fulfilment feed holds of paid orders."""
    if agreement is None:
        return None
    if side == "completed":
        return int(agreement["view"]["completed"])
    return int(agreement[side][column])


def agreement_differs(agreement: Agreement, column: str) -> bool:
    """Tell whether the sides differ in a figure."""
    if agreement is None:
        return False
    flow = agreement["flow"][column]
    completed = agreement["view"]["completed"] if column == "paid" else flow
    return bool(agreement["view"][column] != flow or completed != flow)
