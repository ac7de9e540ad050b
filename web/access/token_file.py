"""Files that hold one token: given by a person, or kept in the data folder."""

from pathlib import Path
from typing import Final

from web.access.tokens import MAX_CHARS, AccessError, refuse_token

VARIABLE: Final = "CARTWATCH_TOKEN"
"""Where a token may stand in the environment; on a command line, every user could see it."""

_ENOUGH_BYTES: Final = 4 * MAX_CHARS


def given_token(file: Path | None, text: str | None) -> str | None:
    """Give the token that a person has given: in a file, or else as text in the environment.

    None where neither was. Raises ``AccessError`` where it is none.
    """
    if file is not None:
        return read_token(file, "the token file")
    if text is None:
        return None
    token = text.strip()
    refuse_token(token, VARIABLE)
    return token


def read_token(path: Path, what: str) -> str:
    """Read a token; space and line ends around it do not count.

    Raises ``AccessError`` where the file cannot be read or holds none; ``what`` it is, for the
    sentence.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_ENOUGH_BYTES)
    except (OSError, ValueError) as error:  # a NUL in its name is the latter
        why = getattr(error, "strerror", None) or str(error)
        raise AccessError(f"{what} cannot be read: {path}: {why[:1].lower()}{why[1:]}") from None
    token = data.decode("utf-8-sig", errors="replace").strip()
    refuse_token(token, f"{what} {path}")
    return token
