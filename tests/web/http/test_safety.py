"""Who may ask, from where, how many at once."""

import asyncio

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Message, Receive, Scope, Send

from web.http.safety import MAX_REQUESTS, Safety


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
