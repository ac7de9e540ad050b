"""Times as the outside reads them: RFC 3339 in UTC, to the millisecond."""

from datetime import UTC, datetime


def rfc3339(seconds: float) -> str:
    """Write seconds since 1970, as in ``2026-01-31T12:00:00.000Z``."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def rfc3339_or_none(seconds: float | None) -> str | None:
    """Write a time that may not have come yet."""
    return None if seconds is None else rfc3339(seconds)
