"""The head of a request, before anything is made of it: how long it may be."""

from typing import Final

from starlette.types import Scope

from web.errors import APIError

MAX_HEAD_BYTES: Final = 64 * 1024
MAX_TARGET_BYTES: Final = 16 * 1024
"""Far more than the longest address of a page: a search of 256 characters and a cursor."""


def too_long_head() -> APIError:
    """Refuse a head that is longer than any that a client of ours sends."""
    return APIError(
        431, "head_too_large", f"the head of a request is at most {MAX_HEAD_BYTES:,} bytes"
    )


def refuse_head(scope: Scope) -> APIError | None:
    """Say why a request with such a head is refused; None where it is not."""
    path: bytes = scope.get("raw_path") or b""
    query: bytes = scope.get("query_string") or b""
    if len(path) + len(query) > MAX_TARGET_BYTES:
        return APIError(414, "uri_too_long", f"an address is at most {MAX_TARGET_BYTES:,} bytes")
    if sum(len(name) + len(value) for name, value in scope["headers"]) > MAX_HEAD_BYTES:
        return too_long_head()
    return None
