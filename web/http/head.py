"""The head of a request, before anything is made of it: how long it may be, and that it is text."""

from typing import Final
from urllib.parse import unquote_to_bytes

from starlette.types import Scope

from web.errors import APIError, bad_request

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
    if not (_is_text(path) and _is_text(query)):
        return bad_request(
            "the address is no text: what is not ASCII in it is UTF-8, each byte as % and two"
            " hexadecimal digits"
        )
    return None


def _is_text(part: bytes) -> bool:
    """Whether a part of an address is ASCII that stands for UTF-8."""
    if not part.isascii():
        return False
    try:
        unquote_to_bytes(part).decode()
    except UnicodeDecodeError:
        return False
    return True
