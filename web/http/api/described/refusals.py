"""What the API refuses, by its statuses: those that every call gives, and those of some."""

from collections.abc import Mapping
from typing import Final

from web.http.api.described.call import Description

_WORDS: Final[Mapping[int, str]] = {
    400: "A parameter or the body is not what it must be; the sentence says what is",
    401: "A token is needed, and none or a wrong one was sent",
    403: "A Host or an Origin that is not this server's, or a token that only reads",
    404: "There is no such thing",
    408: "The body has stopped coming",
    409: "It cannot be done as things stand",
    413: "The body is too large",
    414: "The address is too long",
    415: "The body is of a kind, or packed in a way, that is not taken",
    422: "What was sent is understood, and cannot be taken",
    429: "Too many at once, or too many wrong tokens: try again later",
    431: "The head is too large",
    503: "Busy, not ready, ending, or the data folder cannot be used",
    507: "The disk is full: nothing was changed",
}
_ALWAYS: Final = (400, 401, 403, 414, 429, 431, 503)
_WITH_A_BODY: Final = (408, 413)
_WRITING: Final = (507,)
_ALIVE: Final = (400, 403, 414, 431)


def refusals(method: str, description: Description) -> dict[int, str]:
    """Give every status that a call may refuse by, in order, with its words."""
    statuses = set(_ALIVE if description.is_always_answered else _ALWAYS)
    if method != "get":
        statuses |= {*_WRITING}
    if description.body is not None:
        statuses |= {*_WITH_A_BODY}
    words = {status: _WORDS[status] for status in statuses} | dict(description.refusals)
    return dict(sorted(words.items()))
