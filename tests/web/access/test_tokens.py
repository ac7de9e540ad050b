"""Tokens: what is one, and what it is good for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.access.tokens import (
    MAX_CHARS,
    MIN_CHARS,
    AccessError,
    Role,
    Tokens,
    make_token,
    refuse_token,
)

CHANGES, READS = "c" * MIN_CHARS, "r" * MIN_CHARS
TEXTS = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=MIN_CHARS)


@given(TEXTS.filter(lambda text: text not in (CHANGES, READS)) | st.text())
def test_a_token_is_good_for_its_role_and_any_other_text_for_none(other: str) -> None:
    """Whatever it is: no text breaks it."""
    tokens = Tokens(CHANGES, READS)
    assert tokens.role_of(CHANGES) is Role.CHANGES
    assert tokens.role_of(READS) is Role.READS
    assert (tokens.role_of(other) is None) == (other not in (CHANGES, READS))
    assert Tokens(CHANGES).role_of(READS) is None


def test_what_is_no_text_of_unicode_is_no_token() -> None:
    """A lone surrogate, as of a header that is no UTF-8."""
    assert Tokens(CHANGES).role_of("\ud800" * MIN_CHARS) is None


def test_one_token_for_both_roles_is_refused() -> None:
    """A reader would be let do everything."""
    with pytest.raises(AccessError, match="are the same"):
        Tokens(CHANGES, CHANGES)


@pytest.mark.parametrize(
    ("token", "words"),
    [
        ("", "is empty"),
        ("c" * (MIN_CHARS - 1), "is too short: it has 15 characters, and a token 16 or more"),
        ("c" * (MAX_CHARS + 1), "is no token"),
        ("two words of a token", "is no token"),
        ("two\nlines-of-a-token", "is no token"),
        ("schöne-token-sind-das", "is no token"),
        ("c" * MIN_CHARS + "\0", "is no token"),
    ],
)
def test_what_is_no_token_is_refused_without_a_word_of_it(token: str, words: str) -> None:
    """The sentence names what was read, and not what it holds."""
    with pytest.raises(AccessError, match=f"^the token file f {words}") as refused:
        refuse_token(token, "the token file f")
    assert not token or token not in str(refused.value)


def test_a_token_that_is_made_is_one_and_never_the_same() -> None:
    """And fits into a link as it is."""
    made = {make_token() for _ in range(100)}
    assert len(made) == 100
    for token in made:
        refuse_token(token, "it")
        assert token.replace("-", "").replace("_", "").isalnum()
