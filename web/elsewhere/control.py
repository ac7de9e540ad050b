"""One agent as the server has it: a control socket, what is asked by it, and its last word.

An answer has a few seconds. An agent that gives none, or says nothing for a while, is let go: it
comes again if it lives.
"""

import asyncio
import re
import time
from contextlib import suppress
from typing import Final

from starlette.websockets import WebSocket, WebSocketDisconnect

from web.elsewhere.far_worker import FarWorker
from web.elsewhere.messages import (
    ALIVE_EVERY_S,
    MAX_BYTES,
    ControlError,
    Ended,
    FromAgent,
    FromServer,
    Hello,
    Prepared,
    Reached,
    Unable,
    Waits,
    decode_from_agent,
    encode,
)
from web.tasks import first_of

Answer = Prepared | Reached | Unable

ANSWER_S: Final = 5.0
"""How long an agent may take for an answer."""

SILENT_S: Final = 3 * ALIVE_EVERY_S
"""How long an agent may say nothing."""

_LOOK_EVERY_S: Final = 1.0
_LONGEST_LOOK_S: Final = 2.0
_POLICY: Final = 1008
_LEFT: Final = (1000, 1001)
_QUEUED: Final = 64
_NO_HOST: Final = re.compile(r"[^A-Za-z0-9._-]+")


class Control:
    """The socket of one agent; ``number`` is its own, ``reached`` where it reaches the server."""

    def __init__(
        self, websocket: WebSocket, hello: Hello, number: int, peer: str, reached: str
    ) -> None:
        self._websocket = websocket
        self.number: Final = number
        self.host: Final = _NO_HOST.sub("-", hello.host)[:64] or "-"
        self.who: Final = f"{self.host} {peer} {hello.listen}"
        self.reached: Final = reached
        self.heard_at = time.time()
        self.is_there = True
        self.trouble: str | None = None
        """Why it could not take part when that was tried last."""
        self.worker: FarWorker | None = None
        """The worker of the flow that runs there, or did last."""
        self.why_it_went = "is gone"
        self.has_left = False
        """Whether it was ended in good order."""

        self._told: str | None = None
        self._silent_s = 0.0
        self._turn = 0
        self._answer: asyncio.Future[Answer | None] | None = None
        self._unsent: asyncio.Queue[FromServer] = asyncio.Queue(_QUEUED)
        self._let_go = asyncio.Event()

    async def serve(self) -> None:
        """Hear and speak until it goes, or is let go."""
        try:
            await first_of(self._listen(), self._speak(), self._watch(), self._until_let_go())
        except (WebSocketDisconnect, RuntimeError):
            return  # so one end hears that the other is closed
        finally:
            self.is_there = False
            if self._answer is not None and not self._answer.done():
                self._answer.set_result(None)
        with suppress(WebSocketDisconnect, RuntimeError):
            await self._websocket.close(_POLICY, f"it {self.why_it_went}"[:120])

    def let_go(self, why: str) -> None:
        """End its socket; ``why`` goes on the sentence that begins with the worker's name."""
        self.why_it_went = why
        self._let_go.set()

    def say(self, message: FromServer) -> None:
        """Send a message, soon; who takes none is let go."""
        try:
            self._unsent.put_nowait(message)
        except asyncio.QueueFull:
            self.let_go("takes in nothing")

    def tell(self, why: str) -> None:
        """Say why it waits, where that is news."""
        if why != self._told:
            self._told = why
            self.say(Waits(why))

    def takes_part(self) -> None:
        """Note that it waits no longer."""
        self._told = None

    async def ask(self, message: FromServer, turn: int) -> Answer | None:
        """Ask it something in a turn, and give its answer.

        One that gives none in time is let go: None.
        """
        if not self.is_there:
            return None
        answer: asyncio.Future[Answer | None] = asyncio.get_running_loop().create_future()
        self._answer = answer
        self._turn = turn
        self.say(message)
        try:
            async with asyncio.timeout(ANSWER_S):
                return await answer
        except TimeoutError:
            self.let_go(f"did not answer within {ANSWER_S:.0f} s")
            return None
        finally:
            self._answer = None

    async def _until_let_go(self) -> None:
        await self._let_go.wait()

    async def _speak(self) -> None:
        while True:
            await self._websocket.send_text(encode(await self._unsent.get()))

    async def _listen(self) -> None:
        while True:
            try:
                message = await read_word(self._websocket)
            except WebSocketDisconnect as gone:
                self.has_left = gone.code in _LEFT
                self.why_it_went = "left" if self.has_left else "is gone"
                return
            except ControlError as error:
                self.why_it_went = f"said what no agent says ({error})"
                return
            self.heard_at = time.time()
            self._silent_s = 0.0
            self._hear(message)

    def _hear(self, message: FromAgent) -> None:
        if isinstance(message, Ended):
            if self.worker is not None and self.worker.turn == message.turn:
                self.worker.ended(message.status)
            return
        answer = self._answer
        if isinstance(message, Answer) and answer is not None and message.turn == self._turn:
            answer.set_result(message)
            self._answer = None

    async def _watch(self) -> None:
        """Wait until it has been silent for too long; only what was looked at counts as silence."""
        looked_at = time.monotonic()
        while self._silent_s < SILENT_S:
            await asyncio.sleep(_LOOK_EVERY_S)
            now = time.monotonic()
            self._silent_s += min(now - looked_at, _LONGEST_LOOK_S)
            looked_at = now
        self.why_it_went = f"said nothing for {SILENT_S:.0f} s"


async def read_word(websocket: WebSocket) -> FromAgent:
    """Wait for a word of an agent; raises ``ControlError`` and ``WebSocketDisconnect``."""
    message = await websocket.receive()
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code") or 1005)
    text = message.get("text")
    if text is None or len(text) > MAX_BYTES:
        raise ControlError("a word is a short text")
    return decode_from_agent(text)
