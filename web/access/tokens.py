"""The two tokens of a server: one that may change everything, one that may only look. Pure."""

import hmac
import re
import secrets
from enum import StrEnum
from typing import Final

MIN_CHARS: Final = 16
"""Fewer may be guessed: ten tries a minute are five million a year, of each address."""

MAX_CHARS: Final = 1_024
_NOTHING_ELSE: Final = re.compile(r"[!-~]+")
"""What stands in a header as it is, and is told apart from what is around it."""


class AccessError(Exception):
    """Nobody could come in as is asked for, or too many; the message is the sentence to print."""


class Role(StrEnum):
    """What somebody may do here."""

    CHANGES = "changes"
    """See everything and change everything."""

    READS = "reads"
    """See everything and change nothing."""


class Tokens:
    """The tokens that are in force."""

    def __init__(self, changes: str, reads: str | None = None) -> None:
        """Both are checked by ``refuse_token``; raises ``AccessError`` where they are the same."""
        if changes == reads:
            raise AccessError(
                "the token that may change everything and the one that may only read are the same:"
                " nobody could be kept from changes; use another one for readers"
            )
        self._known = {Role.CHANGES: changes}
        if reads is not None:
            self._known[Role.READS] = reads

    def items(self) -> list[tuple[Role, str]]:
        """Give each role that somebody may have, and its token."""
        return list(self._known.items())

    def role_of(self, given: str) -> Role | None:
        """Tell what a token is good for; how long that takes says nothing of how right it is."""
        encoded = given.encode(errors="surrogatepass")
        found = None
        for role, token in self._known.items():
            if hmac.compare_digest(token.encode(), encoded):
                found = role
        return found


def make_token() -> str:
    """Make a token that nobody guesses."""
    return secrets.token_urlsafe(32)


def refuse_token(token: str, what: str) -> None:
    """Raise ``AccessError`` where a token is none; ``what`` it is, to begin the sentence with.

    It says nothing of what the token holds.
    """
    if not token:
        raise AccessError(f"{what} is empty: a token has {MIN_CHARS} characters or more")
    if len(token) < MIN_CHARS:
        raise AccessError(
            f"{what} is too short: it has {len(token)} characters, and a token {MIN_CHARS} or more"
        )
    if len(token) > MAX_CHARS or not _NOTHING_ELSE.fullmatch(token):
        raise AccessError(
            f"{what} is no token: one is a single line of at most {MAX_CHARS:,} letters, digits and"
            " signs of ASCII, without a space"
        )
