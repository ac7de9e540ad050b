"""``cartwatch replay``: a file goes up to a running server, and a bar shows it reach its carts.

A client of the API like any other: one ``POST``, then the upload is asked for until it is done.
The server may restart meanwhile; only after a minute without an answer is it given up.
"""

import http.client
import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, suppress
from pathlib import Path
from types import MappingProxyType
from typing import Any, BinaryIO, Final
from urllib.parse import quote, urlencode, urlsplit

from tqdm import tqdm

POLL_S: Final = 0.5
PATIENCE_S: Final = 60.0
_FIRST_POLL_S: Final = 0.05
_POLL_TIMEOUT_S: Final = 10.0
_UPLOAD_TIMEOUT_S: Final = 300.0
"""For one answer: to an upload it comes when the whole file is safe on the server's disk."""

_BLOCK: Final = 256 * 1024


class ReplayError(Exception):
    """The replay cannot end well; the message is the sentence that says why."""


class _Unreachable(Exception):  # noqa: N818 (a state of affairs, not yet an error)
    """No answer, or one that says that the server cannot answer now."""


class Server:
    """A server's API at a URL."""

    def __init__(self, url: str) -> None:
        try:
            parts = urlsplit(url if "://" in url else f"http://{url}")
            port = parts.port
        except ValueError:
            parts, port = urlsplit(""), None
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ReplayError(f"{url!r} is not the address of a server: try http://127.0.0.1:8000")
        self.url = f"{parts.scheme}://{parts.netloc}"
        self._secure = parts.scheme == "https"
        self._host, self._port = parts.hostname, port
        self._path = parts.path.rstrip("/")

    def upload(self, file: BinaryIO, name: str, size: int | None, rate: float | None) -> Any:
        """Send a file, of unknown size in chunks; gives the upload that it became."""
        query = {"name": name} if rate is None else {"name": name, "rate": f"{rate:.15g}"}
        headers = {"Content-Type": "application/x-ndjson"}
        if size is None:
            headers["Transfer-Encoding"] = "chunked"
        else:
            headers["Content-Length"] = str(size)
        path = f"/api/uploads?{urlencode(query, quote_via=quote)}"
        try:
            return self._ask("POST", path, _blocks(file, size), headers)
        except _Unreachable as error:
            raise ReplayError(f"the upload to {self.url} failed: {error}") from None

    def get(self, upload_id: str) -> Any:
        """Ask for an upload; raises ``_Unreachable`` where that may pass."""
        return self._ask("GET", f"/api/uploads/{quote(upload_id, safe='')}")

    def _ask(
        self,
        method: str,
        path: str,
        body: Iterator[bytes] | None = None,
        headers: Mapping[str, str] = MappingProxyType({}),
    ) -> Any:
        kind = http.client.HTTPSConnection if self._secure else http.client.HTTPConnection
        timeout = _POLL_TIMEOUT_S if body is None else _UPLOAD_TIMEOUT_S
        with closing(kind(self._host, self._port, timeout=timeout)) as connection:
            try:
                # It may refuse before it has read everything: then hear why.
                with suppress(BrokenPipeError, ConnectionResetError):
                    connection.request(
                        method,
                        self._path + path,
                        body,
                        headers,
                        encode_chunked="Transfer-Encoding" in headers,
                    )
                response = connection.getresponse()
                text = response.read()
            except (OSError, http.client.HTTPException) as error:
                raise _Unreachable(_reason(error)) from None
        try:
            answer = json.loads(text)
        except ValueError:
            answer = None
        if response.status < 300 and isinstance(answer, dict) and "id" in answer:
            return answer
        sentence = _refusal(answer) or f"it answered with {response.status} {response.reason}"
        if response.status >= 500 and method == "GET":
            raise _Unreachable(sentence)
        raise ReplayError(f"{self.url} refused: {sentence}")


def replay(
    file: str,
    *,
    rate: float | None,
    server: str,
    pause: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> int:
    """Upload a file (``-``: standard input) and wait for it; 0 only once the upload is done.

    ``rate`` is in lines a second, None for as fast as possible. Whatever else happens is one
    sentence on stderr and 1.
    """
    try:
        target = Server(server)
        upload = _send(target, file, rate)
        _wait(target, upload, pause, clock)
    except ReplayError as error:
        print(f"cartwatch: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("cartwatch: stopped waiting; what was uploaded goes on there", file=sys.stderr)
        return 1
    return 0


def _send(target: Server, file: str, rate: float | None) -> Any:
    if file == "-":
        return target.upload(sys.stdin.buffer, "stdin", None, rate)
    path = Path(file)
    try:
        # A pipe or a device has no size to promise.
        size = path.stat().st_size if path.is_file() else None
        with path.open("rb") as lines:
            return target.upload(lines, path.name, size, rate)
    except OSError as error:
        raise ReplayError(f"{file} cannot be read: {error.strerror or error}") from None


def _wait(
    target: Server, upload: Any, pause: Callable[[float], None], clock: Callable[[], float]
) -> None:
    """Show how far the upload is, until it is done; raises ``ReplayError`` if it never will be."""
    told: str | None = None
    heard_at = clock()
    wait = _FIRST_POLL_S
    with tqdm(
        total=upload["lines"], desc=upload["name"], unit=" lines", unit_scale=True, file=sys.stderr
    ) as bar:
        while True:
            bar.update(upload["processed"] - bar.n)
            state = upload["state"]
            if state == "done":
                return
            if state == "cancelled":
                raise ReplayError(f"the upload of {upload['name']} was cancelled")
            if state == "failed":
                raise ReplayError(f"the upload of {upload['name']} failed: {upload.get('error')}")
            news = f"paused: {upload.get('paused_because')}" if state == "paused" else None
            if news is not None and news != told:
                bar.write(f"cartwatch: {news} (waiting; Ctrl-C ends that)", file=sys.stderr)
            told = news
            pause(wait)
            wait = min(POLL_S, 2 * wait)
            try:
                upload = target.get(upload["id"])
                heard_at = clock()
            except _Unreachable as error:
                if clock() - heard_at >= PATIENCE_S:
                    raise ReplayError(
                        f"{target.url} has not answered for {PATIENCE_S:.0f} s: {error}"
                    ) from None


def _blocks(file: BinaryIO, size: int | None) -> Iterator[bytes]:
    """Read a file in pieces: as much as was promised, even where it grows meanwhile."""
    left = size
    while left is None or left > 0:
        try:
            block = file.read(_BLOCK if left is None else min(_BLOCK, left))
        except OSError as error:
            raise ReplayError(f"the file cannot be read: {error.strerror or error}") from None
        if left is not None:
            if not block:
                raise ReplayError("the file became shorter while it was read: try again")
            left -= len(block)
        if not block:
            return
        yield block


def _reason(error: Exception) -> str:
    if isinstance(error, ConnectionRefusedError):
        return "nothing listens there"
    strerror = error.strerror if isinstance(error, OSError) else None
    return strerror or str(error) or type(error).__name__


def _refusal(answer: object) -> str | None:
    """Read the sentence out of the API's answer to what it refuses."""
    error = answer.get("error") if isinstance(answer, dict) else None
    message = error.get("message") if isinstance(error, dict) else None
    return str(message) if message else None
