"""A server's API at a URL, as ``cartwatch replay`` asks it."""

import http.client
import json
import ssl
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from types import MappingProxyType
from typing import Any, BinaryIO, Final, TypeVar
from urllib.parse import quote, urlencode, urlsplit

import msgspec

from web.access.token_file import VARIABLE
from web.commands import terminal
from web.commands.server_key import NO_KEY, ReplayError, ServerKey

_POLL_TIMEOUT_S: Final = 10.0
_UPLOAD_TIMEOUT_S: Final = 300.0
"""For one answer: to an upload it comes when the whole file is safe on the server's disk."""

_UNAUTHORIZED: Final = 401
_LOCKED_OUT: Final = 429
_BLOCK: Final = 256 * 1024


class Unreachable(Exception):  # noqa: N818 (a state of affairs, not yet an error)
    """No answer, or one that says that the server cannot answer now."""


class Upload(msgspec.Struct, frozen=True):
    """An upload, as far as a replay looks at it."""

    id: str
    name: str
    lines: int
    processed: int
    accepted: int
    skipped: int
    duplicates: int
    state: str
    looks_like: str | None = None
    paused_because: str | None = None
    error: str | None = None
    blank: int = 0


class Example(msgspec.Struct, frozen=True):
    """A record that would be skipped, as far as it is shown."""

    message: str


class Check(msgspec.Struct, frozen=True):
    """What a dry run tells of a file; ``users`` is None where there are too many to count."""

    accepted: int
    skipped: int
    blank: int
    by_reason: dict[str, int]
    users: int | None
    orders: int
    payments: int
    examples: list[Example]
    looks_like: str | None = None


_Told = TypeVar("_Told", Upload, Check)


class Server:
    """A server's API at a URL, also below a path; raises ``ReplayError`` where it is none."""

    def __init__(self, url: str, key: ServerKey = NO_KEY) -> None:
        """``key`` is what it asks of who comes in, and what proves that it is that server."""
        try:
            parts = urlsplit(url if "://" in url else f"http://{url}")
            port = parts.port
            host = (parts.hostname or "").encode("idna").decode()
            http.client.HTTPConnection(host, port)  # refuses what is no host
        except (ValueError, http.client.InvalidURL):  # also an IDNA label that is none
            parts, port, host = urlsplit(""), None, ""
        if parts.scheme not in ("http", "https") or not host:
            raise ReplayError(f"{url!r} is not the address of a server: try http://127.0.0.1:8000")
        self._secure = parts.scheme == "https"
        self._host, self._port = host, port
        self.headers: Final = key.headers()
        self.trust: Final = key.trust() if self._secure else None
        self._path = quote(parts.path.rstrip("/"), safe="/%", errors="replace")
        self.url = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{self._path}"

    @property
    def sockets(self) -> str:
        """The address below which it has its sockets."""
        return f"ws{self.url.removeprefix('http')}"

    def upload(self, file: BinaryIO, name: str, size: int, rate: float | None) -> Upload:
        """Send ``size`` bytes of a file; gives the upload that it became."""
        query = {"name": name} if rate is None else {"name": name, "rate": f"{rate:.15g}"}
        return self._send(file, size, query, Upload)

    def check(self, file: BinaryIO, name: str, size: int) -> Check:
        """Send ``size`` bytes of a file for a dry run; gives what would come of it."""
        return self._send(file, size, {"name": name, "check": "true"}, Check)

    def get(self, upload_id: str) -> Upload:
        """Ask for an upload; raises ``Unreachable`` where that may pass."""
        return self._ask("GET", f"/api/uploads/{quote(upload_id, safe='')}", Upload)

    def _send(
        self, file: BinaryIO, size: int, query: Mapping[str, str], kind: type[_Told]
    ) -> _Told:
        headers = {"Content-Type": "application/x-ndjson", "Content-Length": str(size)}
        path = f"/api/uploads?{urlencode(query, quote_via=quote)}"
        try:
            return self._ask("POST", path, kind, _blocks(file, size), headers)
        except Unreachable as error:
            raise ReplayError(f"the upload to {self.url} failed: {error}") from None

    def _ask(
        self,
        method: str,
        path: str,
        kind: type[_Told],
        body: Iterator[bytes] | None = None,
        headers: Mapping[str, str] = MappingProxyType({}),
    ) -> _Told:
        timeout = _POLL_TIMEOUT_S if body is None else _UPLOAD_TIMEOUT_S
        with closing(self._connection(timeout)) as connection:
            try:
                # It may refuse before it has read everything: then hear why.
                with suppress(BrokenPipeError, ConnectionResetError):
                    connection.request(method, self._path + path, body, {**headers, **self.headers})
                response = connection.getresponse()
                text = response.read()
            except ssl.SSLCertVerificationError as error:
                raise ReplayError(
                    f"{self.url} cannot be trusted: {error.verify_message.rstrip('.')}; --ca names"
                    " the certificates of the authorities to trust"
                ) from None
            except (OSError, http.client.HTTPException) as error:
                raise Unreachable(_reason(error)) from None
        if response.status < 300:
            try:
                return msgspec.json.decode(text, type=kind)
            except (msgspec.MsgspecError, RecursionError):
                what = "an upload: is it" if kind is Upload else "a dry run: is it so new"
                raise ReplayError(
                    f"{self.url} answered {response.status}, but not with {what} a Cartwatch?"
                ) from None
        code, message = _refusal(text)
        sentence = message or f"it answered with {response.status} {response.reason}"
        if method == "GET" and (response.status >= 500 or response.status == _LOCKED_OUT):
            raise Unreachable(sentence)
        if response.status == _UNAUTHORIZED:
            sentence += f"; --token-file or {VARIABLE} gives a token to send"
        if code == "started_over" or (response.status == 404 and method == "GET"):
            raise ReplayError(
                f"everything was started over at {self.url} meanwhile, and nothing of this upload"
                " is left: send it once more"
            )
        raise ReplayError(f"{self.url} refused: {sentence}")

    def _connection(self, timeout: float) -> http.client.HTTPConnection:
        if self.trust is None:
            return http.client.HTTPConnection(self._host, self._port, timeout=timeout)
        return http.client.HTTPSConnection(
            self._host, self._port, timeout=timeout, context=self.trust
        )


def _blocks(file: BinaryIO, size: int) -> Iterator[bytes]:
    """Read a file in pieces: as much as was promised, even where it grows meanwhile."""
    left = size
    while left > 0:
        try:
            block = file.read(min(_BLOCK, left))
        except OSError as error:
            raise ReplayError(f"the file cannot be read: {terminal.why(error)}") from None
        if not block:
            raise ReplayError("the file became shorter while it was read: try again")
        left -= len(block)
        yield block


def _reason(error: Exception) -> str:
    if isinstance(error, ConnectionRefusedError):
        return "nothing listens there"
    return terminal.why(error) if isinstance(error, OSError) else str(error) or type(error).__name__


def _refusal(text: bytes) -> tuple[str | None, str | None]:
    """Read code and sentence out of the API's answer to what it refuses."""
    try:
        answer: Any = json.loads(text)
    except (ValueError, RecursionError):
        return None, None
    error = answer.get("error") if isinstance(answer, dict) else None
    if not isinstance(error, dict):
        return None, None
    code, message = error.get("code"), error.get("message")
    return str(code) if code else None, str(message) if message else None
