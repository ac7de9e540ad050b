"""Workers elsewhere in the words of a page: which they are and where, or why one waits. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def far_places(places: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Give those of the places of an answer that are on other machines."""
    return [place for place in places if place["host"] is not None]


def far_words(place: Mapping[str, Any]) -> str:
    """Say what is there.

    The browser says it alike: `static/elements/flow/far_workers.js`.
    """
    if place["worker"] is None:
        return f"{place['host']} waits: {place['because']}"
    return f"Worker {place['worker']} on {place['host']}"
