"""Sessions: what a cookie is worth, for how long, and what ends it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.access.sessions import LASTS_S, Session, Sessions
from web.access.tokens import Role, Tokens

CHANGES, READS = "changes-everything", "reads-everything"
NOW = 1_700_000_000.0
ONE, OTHER = b"1" * 32, b"2" * 32


def sessions(secret: bytes = ONE) -> Sessions:
    return Sessions(Tokens(CHANGES, READS), secret)


@pytest.mark.parametrize("role", Role)
def test_a_session_lasts_its_time_and_no_second_longer(role: Role) -> None:
    """Thirty days, counted from when it began."""
    cookie = sessions().begin(role, NOW)
    last = NOW + LASTS_S - 1
    assert sessions().find([cookie], last) == Session(role, NOW + LASTS_S)
    assert sessions().find([cookie], NOW + LASTS_S) is None


@given(st.text(), st.integers(0, 200))
def test_what_was_changed_in_a_cookie_makes_it_worthless(text: str, at: int) -> None:
    """No text, and no change of one character, is a session."""
    kept = sessions()
    cookie = kept.begin(Role.READS, NOW)
    changed = cookie[: at % len(cookie)] + text + cookie[at % len(cookie) + 1 :]
    assert (kept.find([changed], NOW) is None) == (changed != cookie)
    assert kept.find([text], NOW) is None


def test_a_reader_makes_no_other_of_it() -> None:
    """Nor does a later time make it last longer."""
    cookie = sessions().begin(Role.READS, NOW)
    _, since, signature = cookie.split(".")
    for forged in (f"changes.{since}.{signature}", f"reads.{int(since) + 1}.{signature}"):
        assert sessions().find([forged], NOW) is None


def test_another_secret_ends_all_sessions() -> None:
    """Those of before, and not those that begin after it."""
    kept = sessions()
    before = kept.begin(Role.CHANGES, NOW)
    kept.renew(OTHER)
    assert kept.find([before], NOW) is None
    assert kept.find([kept.begin(Role.CHANGES, NOW)], NOW) is not None
    assert sessions(OTHER).find([before], NOW) is None


def test_another_token_ends_the_sessions_of_the_one_before() -> None:
    """And leaves those of the other role: who changes a token that was lost means that."""
    kept = sessions()
    cookies = {role: kept.begin(role, NOW) for role in Role}
    after = Sessions(Tokens("another-token-than-before", READS), ONE)
    assert after.find([cookies[Role.CHANGES]], NOW) is None
    assert after.find([cookies[Role.READS]], NOW) is not None
    assert Sessions(Tokens(CHANGES), ONE).find([cookies[Role.READS]], NOW) is None


def test_of_several_cookies_the_one_that_counts_is_found() -> None:
    """A browser may have one of an older path; but many are not looked at."""
    kept = sessions()
    good = kept.begin(Role.CHANGES, NOW)
    assert kept.find(["", "nonsense", good], NOW) is not None
    assert kept.find(["nonsense"] * 1_000 + [good], NOW) is None
