"""Who may ask, from where, how many at once."""

import asyncio

import pytest
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Message, Receive, Scope, Send

from web.http.safety import MAX_REQUESTS, Safety, refuse

GOOD = (
    {"host": "127.0.0.1:8000"},
    {"host": "localhost"},
    {"host": "LOCALHOST:1"},
    {"host": "[::1]:8000"},
    {"host": "127.0.0.1:8000", "origin": "http://127.0.0.1:8000"},
    {"host": "localhost:8000", "origin": "http://LOCALHOST:8000"},
    {"host": "[::1]:8000", "origin": "http://[::1]:8000"},
)
WRONG_HOSTS = (
    "",
    "example.com",
    "127.0.0.1.example.com",
    "localhost.example.com:8000",
    "127.0.0.2",
    "0.0.0.0",
    "user@127.0.0.1",
    "127.0.0.1/x",
    "127.0.0.1:x",
    "127.0.0.1:99999",
    "[::1",
    "127.0.0.1 example.com",
)
WRONG_ORIGINS = (
    "",
    "null",
    "http://example.com",
    "http://127.0.0.1",
    "http://127.0.0.1:8001",
    "http://localhost:8000",
    "http://127.0.0.1:8000.example.com",
    "http://127.0.0.1:8000@example.com",
    "http://user@127.0.0.1:8000",
    "http://127.0.0.1:8000/",
    "http://127.0.0.1:8000?x",
    "ftp://127.0.0.1:8000",
    "file://",
    "http://[",
)


@pytest.mark.parametrize("headers", GOOD)
def test_this_machine_by_any_of_its_names_may_ask(headers: dict[str, str]) -> None:
    """Any port; without an ``Origin``, as from a program, or with the host's own."""
    assert refuse(Headers(headers)) is None


@pytest.mark.parametrize("host", WRONG_HOSTS)
def test_a_host_that_this_server_is_not_is_refused(host: str) -> None:
    """A name that an attacker points at this machine reaches nothing."""
    refusal = refuse(Headers({"host": host}))
    assert refusal is not None
    assert (refusal.status, refusal.code) == (403, "wrong_host")


@pytest.mark.parametrize("origin", WRONG_ORIGINS)
def test_a_page_of_another_origin_is_refused(origin: str) -> None:
    """Host and port must be those that the request names."""
    refusal = refuse(Headers({"host": "127.0.0.1:8000", "origin": origin}))
    assert refusal is not None
    assert (refusal.status, refusal.code) == (403, "wrong_origin")


def test_two_origins_or_no_host_are_refused() -> None:
    """What no browser sends is nothing to guess about."""
    twice = [(b"host", b"127.0.0.1"), (b"origin", b"http://127.0.0.1")]
    assert refuse(Headers(raw=[*twice, twice[1]])) is not None
    assert refuse(Headers({})) is not None


async def _nothing() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}


async def ask(app: Safety, host: str = "localhost") -> list[Message]:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [(b"host", host.encode())]
    scope = {"type": "http", "method": "GET", "path": "/", "headers": headers, "query_string": b""}
    await app(scope, _nothing, send)
    return sent


@pytest.mark.anyio
async def test_requests_at_once_are_bounded_and_counted_out_again() -> None:
    """Past the bound the answer is 503 with a sentence; then there is room again."""
    inside = asyncio.Semaphore(0)

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        await inside.acquire()
        await PlainTextResponse("done")(scope, receive, send)

    app = Safety(slow)
    waiting = [asyncio.create_task(ask(app)) for _ in range(MAX_REQUESTS)]
    await asyncio.sleep(0)
    (start, body) = await ask(app)
    assert start["status"] == 503
    assert b'"busy"' in body["body"]
    for _ in range(MAX_REQUESTS + 1):
        inside.release()
    answers = [*await asyncio.gather(*waiting), await ask(app)]
    assert {answer[0]["status"] for answer in answers} == {200}


@pytest.mark.anyio
async def test_an_answer_that_is_refused_carries_the_safety_headers_too() -> None:
    """No answer leaves without them, and a header that the application set is kept."""

    async def framed(scope: Scope, receive: Receive, send: Send) -> None:
        assert Request(scope).headers["host"] == "localhost"
        await PlainTextResponse("x", headers={"referrer-policy": "origin"})(scope, receive, send)

    for host, policy in (("localhost", b"origin"), ("example.com", b"no-referrer")):
        start = (await ask(Safety(framed), host))[0]
        headers = dict(start["headers"])
        assert headers[b"referrer-policy"] == policy
        assert b"default-src 'none'" in headers[b"content-security-policy"]
        assert b"unsafe" not in headers[b"content-security-policy"]
        assert headers[b"x-content-type-options"] == b"nosniff"
