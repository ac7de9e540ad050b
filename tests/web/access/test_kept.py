"""What the data folder keeps of the login."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from web.access.kept import KeptSessions, keep_sessions, kept_sessions, kept_token
from web.access.tokens import AccessError, refuse_token


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_token_is_made_once_and_is_its_owners_alone(tmp_path: Path) -> None:
    """Whatever the umask; a draft that a crash has left is no hindrance."""
    path = tmp_path / "token"
    (tmp_path / ".token").write_text("half")
    (tmp_path / ".token").chmod(0o666)
    before = os.umask(0)
    try:
        token = kept_token(path)
    finally:
        os.umask(before)
    refuse_token(token, "it")
    assert kept_token(path) == token
    assert mode(path) == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["token"]


def test_a_damaged_token_is_a_sentence(tmp_path: Path) -> None:
    """To make another one would lock everybody out who has the link."""
    (tmp_path / "token").write_text("x")
    with pytest.raises(AccessError, match=r"the token that was made before .* is too short"):
        kept_token(tmp_path / "token")


def test_what_signs_sessions_is_made_once_and_may_be_another(tmp_path: Path) -> None:
    """The name of the instance stays."""
    path = tmp_path / "sessions"
    first = kept_sessions(path)
    assert kept_sessions(path) == first
    assert mode(path) == 0o600
    other = KeptSessions(first.instance, b"x" * len(first.secret))
    keep_sessions(path, other)
    assert kept_sessions(path) == other
    assert kept_sessions(tmp_path / "elsewhere").instance != first.instance


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"x",
        b"[]",
        b'{"instance": "a", "secret": ""}',
        b'{"instance": "0123456789abcdef", "secret": "AAAA"}',
        b'{"instance": "0123456789abcdef; x", "secret": "%b="}' % (b"A" * 43),
        b"[" * 100_000,
    ],
)
def test_what_is_damaged_of_it_is_a_sentence(tmp_path: Path, data: bytes) -> None:
    """It says what to do, and what that costs."""
    path = tmp_path / "sessions"
    path.write_bytes(data)
    with pytest.raises(AccessError, match=f"{path} is damaged: remove it; everybody is then"):
        kept_sessions(path)
    assert path.read_bytes() == data


def test_where_nothing_can_be_kept_nothing_is_left(tmp_path: Path) -> None:
    """A folder stands in the place of the file."""
    (tmp_path / "sessions").mkdir()
    with pytest.raises(OSError, match=r"[Dd]irectory"):
        kept_sessions(tmp_path / "sessions")
    with pytest.raises(OSError, match=r"[Dd]irectory"):
        keep_sessions(tmp_path / "sessions", KeptSessions("0" * 16, b"x" * 32))
    assert [each.name for each in tmp_path.iterdir()] == ["sessions"]
