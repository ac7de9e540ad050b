"""The login of a server: whoever comes in shows a token, or the cookie of a session. Pure.

While an address is locked out for its wrong tries, no token of it is looked at, right or wrong:
an answer that told them apart would let it go on. Browsers that are signed in are not concerned,
nor is any other address.
"""

import secrets
import time
from collections.abc import Callable, Sequence
from typing import Final

from web.access.attempts import MOST, Attempts
from web.access.networks import Address, site_of
from web.access.sessions import Session, Sessions, Visitor
from web.access.tokens import Tokens
from web.errors import APIError

SECRET_BYTES: Final = 32


class LockedOut(APIError):  # noqa: N818 (a refusal, as the one that it is)
    """Refuses to look at a token; ``seconds`` until it is looked at again."""

    def __init__(self, seconds: int) -> None:
        super().__init__(
            429,
            "too_many_tries",
            f"{MOST} wrong tokens came from this address within a minute: none is looked at for"
            f" {seconds} s",
        )
        self.seconds = seconds


class Login:
    """Tells who may come in, and as what."""

    def __init__(
        self,
        tokens: Tokens,
        name: str,
        secret: bytes,
        keep: Callable[[bytes], None],
        *,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
    ) -> None:
        """``name`` is that of the cookie; ``keep`` makes another secret of sessions durable."""
        self.cookie: Final = name
        self._tokens = tokens
        self._sessions = Sessions(tokens, secret)
        self._keep = keep
        self._attempts = Attempts(clock)
        self._now = now

    def by_token(self, token: str, client: Address | None) -> Visitor:
        """Let somebody in by a token; raises ``APIError`` (401, 429)."""
        site = site_of(client)
        if seconds := self._attempts.seconds_to_wait(site):
            raise LockedOut(seconds)
        role = self._tokens.role_of(token)
        if role is None:
            self._attempts.failed(site)
            raise APIError(401, "unauthorized", "this is not a token of this server")
        return Visitor(role)

    def by_cookie(self, cookies: Sequence[str]) -> Visitor | None:
        """Let a browser in that is signed in; None where it is not, or not any more."""
        session = self._sessions.find(cookies, self._now())
        return None if session is None else Visitor(session.role, session)

    def seconds_left(self, session: Session) -> float:
        """Tell for how long a session lasts yet."""
        return max(0.0, session.until - self._now())

    def sign_in(self, token: str, client: Address | None) -> str:
        """Begin a session by a token, and give its cookie; raises ``APIError`` (401, 429)."""
        return self._sessions.begin(self.by_token(token, client).role, self._now())

    def end_sessions(self) -> None:
        """End every session: durable when this returns. Raises ``OSError``, and none is ended."""
        secret = secrets.token_bytes(SECRET_BYTES)
        self._keep(secret)
        self._sessions.renew(secret)
