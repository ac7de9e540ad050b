"""An agent that a test plays: it says and does what the test wants, which a real one would not."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from types import TracebackType
from typing import TypeVar

from dataflow.peers import address_of, listen
from tests.kit.running import Cartwatch
from tests.kit.signed_in import socket_of
from web.elsewhere.messages import (
    WORKER_PATH,
    Alive,
    FromAgent,
    FromServer,
    Hello,
    Prepare,
    Prepared,
    Reach,
    Reached,
    Start,
    Waits,
    decode_from_server,
    encode,
)
from web.version import version

M = TypeVar("M", bound=FromServer)
WITHIN_S = 30


class PlayedAgent:
    """One on this machine, under a name; it obeys only when the test lets it."""

    def __init__(
        self,
        server: Cartwatch,
        host: str = "barn",
        headers: dict[str, str] | None = None,
        *,
        says: str | None = None,
    ) -> None:
        """Come in and say hello, or what the test ``says``."""
        self._opened = ExitStack()
        self._socket = self._opened.enter_context(socket_of(server, headers, WORKER_PATH))
        self._listening: socket.socket | None = None
        self.send(says or encode(Hello(version(), host, "127.0.0.1")))

    def send(self, message: FromAgent | str | bytes) -> None:
        self._socket.send(message if isinstance(message, str | bytes) else encode(message))

    def hear(self) -> FromServer:
        return decode_from_server(self._socket.recv(timeout=WITHIN_S))

    def until(self, kind: type[M]) -> M:
        """Hear until such a word comes; gives it."""
        while True:
            word = self.hear()
            if isinstance(word, kind):
                return word
            if self._listening is not None:
                self._answer(word)

    def obey(self, kind: type[M]) -> M:
        """Answer as a real one does until such a word comes; gives it."""
        while not isinstance(word := self.hear(), kind):
            self._answer(word)
        return word

    def until_waits(self, words: str) -> str:
        """Hear until it is told to wait for a reason with these words; gives that."""
        while words not in (why := self.until(Waits).why):
            self.send(Alive())
        return why

    def prepare(self, port: int = 0) -> Prepare:
        """Answer as a real one does that listens."""
        word = self.until(Prepare)
        self._listen(word, port)
        return word

    def reach(self, *failed: str) -> Reach:
        word = self.until(Reach)
        self.send(Reached(word.turn, failed))
        return word

    def start(self) -> Start:
        """Take part in a start up to where a worker would be started; none is."""
        self.prepare()
        self.reach()
        word = self.until(Start)
        self._close()
        return word

    def close(self) -> None:
        self._close()
        self._opened.close()

    def _answer(self, word: FromServer) -> None:
        """Answer one that has answered: it is asked whether it could, then in every start.

        A start may fail by a stranger who calls a worker, as tests beside this one may.
        """
        if isinstance(word, Prepare):
            self._listen(word, 0)
        elif isinstance(word, Reach):
            self.send(Reached(word.turn, ()))

    def _listen(self, word: Prepare, port: int) -> None:
        self._close()
        self._listening = listen("127.0.0.1", port)
        self.send(Prepared(word.turn, address_of(self._listening)))

    def _close(self) -> None:
        if self._listening is not None:
            self._listening.close()
            self._listening = None

    def __enter__(self) -> PlayedAgent:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
