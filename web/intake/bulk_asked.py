"""What a bulk is asked for: which skipped records, and how they are to be mended. Parsing only."""

from typing import Any, Final, NamedTuple

from web.errors import APIError, bad_request
from web.intake.replacement import MAX_FIND, Mending, PatternError
from web.view.skipped_filter import SkippedFilter
from web.view.windows import read_skipped_filter

Chosen = SkippedFilter | list[int]
"""A filter, or ids without repeats, the least first."""

_FILTERS: Final = frozenset(("reason", "source", "upload", "state", "search"))
_MENDING: Final = frozenset(("find", "replace", "regex", "preview", "until"))
_MAX_ID: Final = 2**63


class BulkAsked(NamedTuple):
    """A bulk: what is chosen, how a line is mended (None: as it came), and whether only to look.

    ``until`` is the last record that a filter may choose, None where that is the newest: what was
    looked at is sent, and nothing that came since.
    """

    chosen: Chosen
    mending: Mending | None
    is_preview: bool
    until: int | None

    @property
    def is_pattern(self) -> bool:
        """Whether the mending may turn out to take too long."""
        return self.mending is not None and self.mending.is_pattern


class AsideAsked(NamedTuple):
    """What is to be set aside, or taken back."""

    chosen: Chosen
    aside: bool


def read_bulk(body: object) -> BulkAsked:
    """Read the body of a bulk of corrections; raises ``APIError`` (400)."""
    asked = _object(body, _MENDING)
    is_preview = _flag(asked, "preview", default=True)
    return BulkAsked(_chosen(asked), _mending(asked), is_preview, _until(asked))


def read_aside(body: object) -> AsideAsked:
    """Read what is to be set aside; raises ``APIError`` (400)."""
    asked = _object(body, frozenset(("aside",)))
    if "aside" not in asked:
        raise bad_request("aside is true, or false to take back")
    return AsideAsked(_chosen(asked), _flag(asked, "aside", default=True))


def refused(error: PatternError) -> APIError:
    """Refuse a pattern that cannot be used."""
    return APIError(400, "bad_regex", str(error))


def _object(body: object, others: frozenset[str]) -> dict[str, Any]:
    if not isinstance(body, dict):
        raise bad_request("the body is an object of JSON")
    known = _FILTERS | others | {"ids", "all"}
    if unknown := sorted(body.keys() - known):
        raise bad_request(f"{unknown[0][:40]!r} is none of {', '.join(sorted(known))}")
    return body


def _chosen(asked: dict[str, Any]) -> Chosen:
    """Read which records: by a filter, by their ids, or all."""
    filters = {name: asked[name] for name in _FILTERS if asked.get(name) is not None}
    if filters.get("search") == "":  # it narrows nothing: who means all says so
        del filters["search"]
    ways = bool(filters) + ("ids" in asked) + ("all" in asked)
    if ways != 1:
        raise bad_request(
            "say which records, in one way: by reason, source, upload, state or search;"
            ' by "ids"; or "all": true'
        )
    if "all" in asked:
        if asked["all"] is not True:
            raise bad_request("all is true, or not there")
        return SkippedFilter()
    if "ids" in asked:
        return _ids(asked["ids"])
    for name, value in filters.items():
        if not isinstance(value, str):
            raise bad_request(f"{name} is a text")
    return read_skipped_filter(filters)


def _ids(ids: object) -> list[int]:
    if not isinstance(ids, list) or not all(
        type(each) is int and 0 < each < _MAX_ID for each in ids
    ):
        raise bad_request("ids is a list of the ids of skipped records")
    return sorted(set(ids))


def _until(asked: dict[str, Any]) -> int | None:
    until = asked.get("until")
    if until is not None and (type(until) is not int or not 0 <= until < _MAX_ID):
        raise bad_request("until is the id of the last record that is meant")
    return until


def _mending(asked: dict[str, Any]) -> Mending | None:
    is_pattern = _flag(asked, "regex", default=False)
    find, replace = asked.get("find"), asked.get("replace")
    if find is None and replace is None and not is_pattern:
        return None
    for name, value in ("find", find), ("replace", replace):
        if not isinstance(value, str):
            raise bad_request("find and replace go together, and are texts")
        if len(value) > MAX_FIND:
            raise bad_request(f"{name} is longer than {MAX_FIND:,} characters")
    if not find:
        raise bad_request("find is empty: it would stand everywhere")
    return Mending(str(find), str(replace), is_pattern)


def _flag(asked: dict[str, Any], name: str, *, default: bool) -> bool:
    value = asked.get(name, default)
    if not isinstance(value, bool):
        raise bad_request(f"{name} is true or false")
    return value
