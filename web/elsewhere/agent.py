"""The agent: a process without state on another machine, which runs a worker as its server says.

Its worker lives no longer than the control socket to the server. Where that breaks off, it comes
again by itself, and for ever; it gives up only what the server has refused for good.
"""

import asyncio
import os
import random
import socket
import ssl
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import (
    ConnectionClosed,
    InvalidHandshake,
    InvalidStatus,
    WebSocketException,
)
from websockets.frames import CloseCode
from websockets.http11 import Response

from dataflow.peers import address_of, listen, split_address
from web.elsewhere.addresses import plain_address
from web.elsewhere.child import Child
from web.elsewhere.messages import (
    ALIVE_EVERY_S,
    HUB_PATH,
    MAX_BYTES,
    WORKER_PATH,
    Alive,
    ControlError,
    Ended,
    FromAgent,
    FromServer,
    Hello,
    Prepare,
    Prepared,
    Reach,
    Reached,
    Refused,
    Start,
    Unable,
    Waits,
    decode_from_server,
    encode,
)
from web.tasks import first_of
from web.version import version

_FIRST_PAUSE_S: Final = 0.5
_LONGEST_PAUSE_S: Final = 5.0
_STEADY_S: Final = 10.0
_PING_S: Final = 20.0
_CALL_S: Final = 3.0
_OPEN_S: Final = 10.0
_CLOSE_S: Final = 1.0
_PASSING: Final = (408, 425, 429)


class AgentRefusedError(Exception):
    """The server will never have this agent as it is; the message is a sentence."""


class FarServer(NamedTuple):
    """The server: its address as a person gave it, with its path, and that of its sockets.

    ``headers`` let in, ``trust`` is what it is verified by; None where it is asked without TLS.
    """

    url: str
    sockets: str
    headers: Mapping[str, str]
    trust: ssl.SSLContext | None = None
    ca: Path | None = None


class Agent:
    """One agent; ``say`` tells a person something, in a sentence."""

    def __init__(
        self, server: FarServer, listen_at: tuple[str, int] | None, say: Callable[[str], None]
    ) -> None:
        """Its worker listens at an address, and a port or 0 for any free one.

        Without an address at the one by which the server is reached.
        """
        self._server = server
        self._listen_at = listen_at
        self._say = say
        self._said = ""
        self._child = Child(f"{server.sockets}{HUB_PATH}", server.ca)
        self._listening: socket.socket | None = None
        self._waiting: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Serve the server until cancelled; raises ``AgentRefusedError``."""
        pause = _FIRST_PAUSE_S
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            try:
                told = await self._connect()
                why = f"has closed the connection{f' ({told})' if told else ''}"
            except InvalidStatus as error:
                why = self._read_answer(error.response)
            except ssl.SSLCertVerificationError as error:
                raise AgentRefusedError(
                    f"{self._server.url} cannot be trusted: {error.verify_message.rstrip('.')};"
                    " --ca names the certificates of the authorities to trust"
                ) from None
            except (OSError, WebSocketException, ControlError) as error:
                why = _why(error)
            finally:
                await self._let_go()
            self._tell(f"{self._server.url} {why}: trying again")
            pause = _FIRST_PAUSE_S if loop.time() - began > _STEADY_S else pause
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 (no secret)
            pause = min(2 * pause, _LONGEST_PAUSE_S)

    async def _connect(self) -> str | None:
        """Be connected until the socket ends; gives why that was, where it was told."""
        async with connect(
            f"{self._server.sockets}{WORKER_PATH}",
            additional_headers=self._server.headers,
            compression=None,
            open_timeout=_OPEN_S,
            close_timeout=_CLOSE_S,
            ping_interval=_PING_S,
            ping_timeout=_PING_S,
            max_size=MAX_BYTES,
            proxy=None,  # of the environment: the server is to be reached itself
            ssl=self._server.trust,
        ) as control:
            own = str(control.local_address[0])
            host, port = self._listen_at or (own, 0)
            where = plain_address(host)
            if where is None:
                raise AgentRefusedError(
                    f"no other worker can call {host}: give --listen an address"
                )
            await _send(control, Hello(version(), socket.gethostname(), where))
            try:
                await first_of(self._hear(control, where, port), _live(control))
            finally:
                self._child.kill()  # before the end of the socket is waited for
                with suppress(OSError):
                    await control.close(CloseCode.GOING_AWAY)
            return control.close_reason

    async def _hear(self, control: ClientConnection, host: str, port: int) -> None:
        with suppress(ConnectionClosed):
            async for text in control:
                answer = await self._obey(control, decode_from_server(text), host, port)
                if answer is not None:
                    await _send(control, answer)

    async def _obey(
        self, control: ClientConnection, word: FromServer, host: str, port: int
    ) -> FromAgent | None:
        """Do what the server says; gives what is to be answered."""
        match word:
            case Refused(why):
                raise AgentRefusedError(f"{self._server.url} refused: {why}")
            case Waits(why):
                self._tell(f"connected to {self._server.url}, and waiting: {why}")
            case Prepare(turn):
                await self._let_go()
                try:
                    self._listening = listen(host, port)
                except OSError as error:
                    return Unable(
                        turn, f"it cannot listen at {host} port {port} ({_reason(error)})"
                    )
                return Prepared(turn, address_of(self._listening))
            case Reach(turn, addresses):
                calls = await asyncio.gather(*map(_can_call, addresses))
                failed = [each for each, ok in zip(addresses, calls, strict=True) if not ok]
                return Reached(turn, tuple(failed))
            case Start():
                return await self._start(control, word)
            case _:
                await self._let_go()
        return None

    async def _start(self, control: ClientConnection, word: Start) -> FromAgent | None:
        await self._let_go()
        try:
            process = await self._child.start(word)
        except OSError as error:
            self._tell(f"a worker cannot be started: {_reason(error)}")
            return Ended(word.turn, 1)
        workers = len(word.addresses)
        self._tell(f"worker {word.worker} of {workers} of the flow at {self._server.url}")

        async def wait() -> None:
            status = await process.wait()
            with suppress(ConnectionClosed):
                await _send(control, Ended(word.turn, status))

        self._waiting = asyncio.create_task(wait())
        return None

    async def _let_go(self) -> None:
        """End the worker, and the listening for the next one."""
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None
        if self._listening is not None:
            self._listening.close()
            self._listening = None
        await self._child.end()

    def _tell(self, sentence: str) -> None:
        """Say something, where it is news."""
        if sentence != self._said:
            self._said = sentence
            self._say(sentence)

    def _read_answer(self, response: Response) -> str:
        """Say what an answer in place of a socket means; raises where it stays that way."""
        status = response.status_code
        told = _message(response.body)
        words = told or f"it answered with {status} {response.reason_phrase}"
        if status in _PASSING or status >= 500:
            return f"cannot take it in now ({words})"
        if told is None:
            words = f"there is no Cartwatch that takes in workers ({words})"
        raise AgentRefusedError(f"{self._server.url} refused: {words}")


async def _live(control: ClientConnection) -> None:
    """Say that one is there, again and again."""
    with suppress(ConnectionClosed):
        while True:
            await asyncio.sleep(ALIVE_EVERY_S)
            await _send(control, Alive())


async def _send(control: ClientConnection, message: FromAgent) -> None:
    await control.send(encode(message))


async def _can_call(address: str) -> bool:
    """Tell whether somebody listens at an address and can be reached."""
    try:
        async with asyncio.timeout(_CALL_S):
            _, writer = await asyncio.open_connection(*split_address(address))
    except (OSError, ValueError):
        return False
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
    return True


def _message(body: bytes | bytearray) -> str | None:
    """Read the sentence out of an answer of the API."""
    try:
        answer = msgspec.json.decode(body, type=dict[str, dict[str, str]])
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None
    return answer.get("error", {}).get("message")


def _why(error: Exception) -> str:
    if isinstance(error, ConnectionRefusedError):
        return "is not there (nothing listens there)"
    if isinstance(error, TimeoutError):
        return "does not answer"
    if isinstance(error, InvalidHandshake):
        return f"does not answer as a server does ({error})"
    if isinstance(error, ssl.SSLError):
        said = (error.reason or str(error)).lower().replace("_", " ")
        return f"does not speak TLS as it should ({said}): http:// is for servers without TLS"
    return f"cannot be reached ({_reason(error)})"


def _reason(error: Exception) -> str:
    known = ""
    if isinstance(error, socket.gaierror):  # its numbers are not the system's
        known = error.strerror or ""
    elif isinstance(error, OSError) and error.errno:
        known = os.strerror(error.errno)
    text = known or str(error) or type(error).__name__
    return f"{text[:1].lower()}{text[1:]}"
