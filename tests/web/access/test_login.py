"""The login: who comes in by a token or a cookie, and who is locked out."""

from __future__ import annotations

import ipaddress

import pytest

from web.access.attempts import MOST, WITHIN_S
from web.access.login import SECRET_BYTES, LockedOut, Login
from web.access.networks import Address
from web.access.sessions import LASTS_S, Visitor
from web.access.tokens import Role, Tokens
from web.errors import APIError

CHANGES, READS = "changes-everything", "reads-everything"
HERE, NEXT, THERE = (
    ipaddress.ip_address(each) for each in ("2001:db8::1", "2001:db8::2", "192.0.2.1")
)


class Played:
    """A login, with time that passes by hand and the secrets that were kept."""

    def __init__(self) -> None:
        self.now = 1_700_000_000.0
        self.kept: list[bytes] = []
        self.fails = False
        self.login = Login(
            Tokens(CHANGES, READS),
            "cartwatch-1",
            b"s" * SECRET_BYTES,
            self._keep,
            clock=lambda: self.now,
            now=lambda: self.now,
        )

    def _keep(self, secret: bytes) -> None:
        if self.fails:
            raise OSError("no room")
        self.kept.append(secret)

    def refused(self, token: str, client: Address = HERE) -> int:
        with pytest.raises(APIError) as refused:
            self.login.by_token(token, client)
        return refused.value.status


@pytest.fixture
def played() -> Played:
    return Played()


def test_a_token_lets_in_as_what_it_is_for(played: Played) -> None:
    """And no other text does."""
    assert played.login.by_token(CHANGES, HERE) == Visitor(Role.CHANGES)
    assert played.login.by_token(READS, None) == Visitor(Role.READS)
    assert played.refused("") == 401


def test_a_cookie_lets_in_until_it_ends(played: Played) -> None:
    """It is not a try where it does not, or those whose session ended would be locked out."""
    cookie = played.login.sign_in(READS, HERE)
    visitor = played.login.by_cookie([cookie])
    assert visitor is not None
    assert visitor.role is Role.READS
    assert visitor.session is not None
    assert played.login.seconds_left(visitor.session) == pytest.approx(LASTS_S, abs=1)
    for _ in range(2 * MOST):
        assert played.login.by_cookie(["changes.1.nonsense"]) is None
    assert played.login.by_token(CHANGES, HERE).role is Role.CHANGES
    played.now += LASTS_S
    assert played.login.by_cookie([cookie]) is None
    assert played.login.seconds_left(visitor.session) == 0


def test_ten_wrong_tokens_lock_an_address_out_and_nobody_else(played: Played) -> None:
    """Also of the right one, or the answer would tell it; but not browsers that are signed in."""
    cookie = played.login.sign_in(CHANGES, HERE)
    for _ in range(MOST):
        assert played.refused("wrong") == 401
    for token, client in (("wrong", HERE), (CHANGES, HERE), (CHANGES, NEXT)):
        with pytest.raises(LockedOut) as refused:
            played.login.by_token(token, client)
        assert (refused.value.status, refused.value.seconds) == (429, WITHIN_S)
    with pytest.raises(LockedOut):
        played.login.sign_in(CHANGES, HERE)
    assert played.login.by_cookie([cookie]) is not None
    assert played.login.by_token(CHANGES, THERE).role is Role.CHANGES
    played.now += WITHIN_S
    assert played.login.by_token(CHANGES, HERE).role is Role.CHANGES


def test_a_sign_out_ends_every_session_once_it_is_kept(played: Played) -> None:
    """Where it cannot be, nothing has ended: after the next start it would all be back."""
    cookies = [played.login.sign_in(token, HERE) for token in (CHANGES, READS)]
    played.fails = True
    with pytest.raises(OSError, match="no room"):
        played.login.end_sessions()
    assert all(played.login.by_cookie([each]) for each in cookies)
    played.fails = False
    played.login.end_sessions()
    assert not any(played.login.by_cookie([each]) for each in cookies)
    assert [len(each) for each in played.kept] == [SECRET_BYTES]
    assert played.login.by_cookie([played.login.sign_in(CHANGES, HERE)]) is not None
