"""The refusal of a socket, in words: by an answer to its handshake, where there can be one."""

from typing import Final

from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

_POLICY: Final = 1008
_LENGTH: Final = b"content-length"


async def deny(scope: Scope, receive: Receive, send: Send, response: Response, why: str) -> None:
    """Answer a handshake by a response, so that it becomes no socket; or close it, saying why."""
    if "websocket.http.response" in scope.get("extensions", {}):
        await response({**scope, "type": "http", "method": "GET"}, receive, _as_socket(send))
    else:
        await send(closing(why))


def closing(why: str) -> Message:
    """Give the message that closes a socket for something that is not allowed."""
    return {"type": "websocket.close", "code": _POLICY, "reason": why}


def _as_socket(send: Send) -> Send:
    """Send an answer to a handshake that becomes no socket; uvicorn counts its length itself."""

    async def send_answer(message: Message) -> None:
        answer = {**message, "type": message["type"].replace("http", "websocket.http")}
        if "headers" in answer:
            answer["headers"] = [each for each in answer["headers"] if each[0] != _LENGTH]
        await send(answer)

    return send_answer
