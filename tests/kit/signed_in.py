"""A browser that signs in, as far as a test needs one: it follows no link by itself."""

from __future__ import annotations

from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import quote, urlsplit

from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from dataflow.duplex import duplex_trust
from tests.kit.running import START_S, Answer, Cartwatch

CHANGES = "a-token-that-changes-everything"
READS = "a-token-that-reads-everything"
PERSON = {"Accept": "text/html,application/xhtml+xml"}


def token_files(folder: Path) -> list[str]:
    """Write both tokens down, and give the options that name the files."""
    for name, token in (("changes", CHANGES), ("reads", READS)):
        (folder / name).write_text(f"{token}\n")
    return [f"--token-file={folder / 'changes'}", f"--read-only-token-file={folder / 'reads'}"]


def bearer(token: str) -> dict[str, str]:
    """Give the header of a program."""
    return {"Authorization": f"Bearer {token}"}


def follow(server: Cartwatch, token: str, **headers: str) -> Answer:
    """Open the link that signs in."""
    path = f"/sign-in?token={quote(token)}"
    return server.call("GET", path, headers={**PERSON, **headers})


def cookie_of(answer: Answer) -> dict[str, str]:
    """Give the header by which a browser shows the cookie that it was given."""
    (cookie,) = SimpleCookie(answer.headers["set-cookie"]).values()
    return {"Cookie": f"{cookie.key}={cookie.value}"}


def sign_in(server: Cartwatch, token: str = CHANGES) -> dict[str, str]:
    """Sign in, and give the header of the session."""
    answer = follow(server, token)
    assert answer.status == 303, answer
    return cookie_of(answer)


def socket_of(
    server: Cartwatch, headers: dict[str, str] | None = None, path: str = "/ws"
) -> ClientConnection:
    """Open the live socket."""
    place = urlsplit(server.url)
    return connect(
        f"{place.scheme.replace('http', 'ws')}://{place.netloc}{path}",
        additional_headers=headers or {},
        ssl=None if server.ca is None else duplex_trust(server.ca),
        proxy=None,
        open_timeout=START_S,
    )


def refused_socket(
    server: Cartwatch, headers: dict[str, str] | None = None, path: str = "/ws"
) -> int:
    """Try to open a socket that must be refused; gives the status."""
    try:
        socket_of(server, headers, path).close()
    except InvalidStatus as refused:
        return refused.response.status_code
    raise AssertionError(f"{path} was opened")
