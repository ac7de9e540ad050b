"""Sessions of browsers: what a cookie holds, made and checked by a secret. Pure.

Nothing is kept of a session but in the cookie itself: what it may do and since when, signed. The
signature is made with the secret and the token of the role: so another secret ends all sessions,
and another token those that were begun with the one before.
"""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from typing import Final, NamedTuple

from web.access.tokens import Role, Tokens

LASTS_S: Final = 30 * 24 * 3600
"""How long a session lasts."""

_MOST_TRIED: Final = 4
"""Cookies of one name that are looked at; a browser sends one for each path that it knows."""


class Session(NamedTuple):
    """A browser that is signed in: what it may do, and until when in seconds since the epoch."""

    role: Role
    until: float


class Visitor(NamedTuple):
    """Somebody who may come in; ``session`` is None who has shown a token."""

    role: Role
    session: Session | None = None


class Sessions:
    """What begins sessions and knows them again."""

    def __init__(self, tokens: Tokens, secret: bytes) -> None:
        self._tokens = tokens
        self._keys: dict[Role, bytes] = {}
        self.renew(secret)

    def renew(self, secret: bytes) -> None:
        """End all sessions, by another secret."""
        self._keys = {
            role: hmac.digest(secret, f"{role} {token}".encode(), "sha256")
            for role, token in self._tokens.items()
        }

    def begin(self, role: Role, now: float) -> str:
        """Give what the cookie of a new session holds."""
        return self._signed(role, str(int(now)))

    def find(self, cookies: Sequence[str], now: float) -> Session | None:
        """Give the session of the first of some cookies that holds one; None where none does."""
        for cookie in cookies[:_MOST_TRIED]:
            session = self._read(cookie, now)
            if session is not None:
                return session
        return None

    def _read(self, cookie: str, now: float) -> Session | None:
        role, _, rest = cookie.partition(".")
        since, _, _ = rest.partition(".")
        known = next((each for each in self._keys if each == role), None)
        if known is None or not (since.isascii() and since.isdigit()):
            return None
        given = cookie.encode(errors="surrogatepass")
        if not hmac.compare_digest(self._signed(known, since).encode(), given):
            return None
        until = float(since) + LASTS_S  # signed: it is a time of ours
        return Session(known, until) if now < until else None

    def _signed(self, role: Role, since: str) -> str:
        signature = hmac.digest(self._keys[role], f"{role}.{since}".encode(), hashlib.sha256)
        return f"{role}.{since}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"
