"""A file that holds a token."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from web.access.token_file import read_token
from web.access.tokens import AccessError

TOKEN = "a-token-of-a-server"


@pytest.mark.parametrize("around", ["{}", "{}\n", "  {}\r\n\n"])
def test_space_around_a_token_does_not_count(tmp_path: Path, around: str) -> None:
    """An editor ends a file with a line end."""
    (tmp_path / "f").write_bytes(around.format(TOKEN).encode())
    assert read_token(tmp_path / "f", "the token file") == TOKEN


@pytest.mark.parametrize("data", [b"", b"\n \n", b"short", b"\xff" * 40, b"x" * 10_000, b"a b" * 9])
def test_a_file_without_a_token_is_a_sentence_that_names_it(tmp_path: Path, data: bytes) -> None:
    """Empty, too short, too long, no text, several words."""
    (tmp_path / "f").write_bytes(data)
    with pytest.raises(AccessError, match=f"^the token file {tmp_path / 'f'} is "):
        read_token(tmp_path / "f", "the token file")


def test_a_file_that_cannot_be_read_is_a_sentence_that_says_why(tmp_path: Path) -> None:
    """It is not there, or a folder."""
    for path, why in ((tmp_path / "no", "no such file"), (tmp_path, "is a directory")):
        with pytest.raises(AccessError, match=f"the token file cannot be read: {path}: {why}"):
            read_token(path, "the token file")


def test_a_pipe_is_read_as_a_file(tmp_path: Path) -> None:
    """A shell hands a secret over so: ``--token-file <(pass cartwatch)``."""
    reading, writing = os.pipe()
    os.write(writing, f"{TOKEN}\n".encode())
    os.close(writing)
    try:
        assert read_token(Path(f"/dev/fd/{reading}"), "the token file") == TOKEN
    finally:
        os.close(reading)
