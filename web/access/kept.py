"""What the data folder keeps of the login: a token that was made, and the secret of sessions.

Two files beside the generations, which a reset leaves alone. Each is written whole or not at all
and is its owner's alone to read. The token stands in a file of its own, so that it can be given to
``cartwatch replay --token-file``.
"""

import secrets
from pathlib import Path
from typing import Annotated

import msgspec

from web.access.login import SECRET_BYTES
from web.access.token_file import read_token
from web.access.tokens import AccessError, make_token
from web.data.files import write_secret


class KeptSessions(msgspec.Struct, frozen=True):
    """The name by which browsers know this instance from others, and what signs its sessions."""

    instance: Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{16}\Z")]
    secret: Annotated[bytes, msgspec.Meta(min_length=SECRET_BYTES, max_length=SECRET_BYTES)]


def kept_token(path: Path) -> str:
    """Give the token that was made before; makes it where there is none.

    Raises ``AccessError`` for one that is damaged, and ``OSError`` where it cannot be kept.
    """
    if path.exists():
        return read_token(path, "the token that was made before")
    token = make_token()
    write_secret(path, f"{token}\n".encode())
    return token


def kept_sessions(path: Path) -> KeptSessions:
    """Give what signs sessions; makes it where there is none.

    Raises ``AccessError`` for what is damaged, and ``OSError`` where it cannot be kept.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=KeptSessions)
    except FileNotFoundError:
        made = KeptSessions(secrets.token_hex(8), secrets.token_bytes(SECRET_BYTES))
        keep_sessions(path, made)
        return made
    except (msgspec.MsgspecError, RecursionError):
        raise AccessError(
            f"{path} is damaged: remove it; everybody is then signed out, and nothing else is lost"
        ) from None


def keep_sessions(path: Path, kept: KeptSessions) -> None:
    """Keep it instead of what was kept; durable on return."""
    write_secret(path, msgspec.json.encode(kept))
