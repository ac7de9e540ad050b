"""Connections before they are any: taken in by some a turn, and who asks for a socket in its time.

When thousands of browsers come back at once, what is made for each takes five times as long as to
take it in. So what it says first is looked at where the system keeps it: a request is served at
once, and who asks for a socket waits for its turn as nothing but an open file.
"""

import asyncio
import re
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Final, Protocol

from web.http.turnstile import Turnstile

_NO_FILE_S: Final = 0.1
"""How long to wait where the system has no room for a further connection."""

_DEFER: Final = getattr(socket, "TCP_DEFER_ACCEPT", None)
_SILENT_S: Final = 1
"""For so long the system, where it can, keeps to itself who has connected and says nothing."""

_LOOKED_AT_BYTES: Final = 2_048
"""What is looked at of a head: an address, and what browsers say before they ask for a socket."""

_ASKS_FOR_A_SOCKET: Final = re.compile(rb"(?is)GET .*?\r\nupgrade:[ \t]*websocket")

WAITING_ROOM: Final = "waiting_room"
"""Under this name the state of a server has its ``WaitingRoom``."""

Make = Callable[[], asyncio.Protocol]
"""Makes the protocol of a connection."""


class Entry(Protocol):
    """What every connection comes in by."""

    at_once: int
    """How many may come before others have their turn."""

    def take(self, connection: socket.socket) -> None:
        """Take a connection over: it blocks nobody, and is closed by whoever has it."""


class Arrivals:
    """Takes in who connects to some sockets that listen, and hands each connection on."""

    def __init__(self, listening: Sequence[socket.socket], entry: Entry) -> None:
        self._listening = listening
        self._entry = entry
        self._resting: dict[socket.socket, asyncio.TimerHandle] = {}

    def begin(self) -> None:
        """Take in from now on."""
        for each in self._listening:
            each.setblocking(False)
            if _DEFER is not None:
                each.setsockopt(socket.IPPROTO_TCP, _DEFER, _SILENT_S)
            self._listen(each)

    def end(self) -> None:
        """Take nobody in any more."""
        for each in self._listening:
            if each in self._resting:
                self._resting.pop(each).cancel()
            else:
                asyncio.get_running_loop().remove_reader(each)

    def _listen(self, listening: socket.socket) -> None:
        self._resting.pop(listening, None)
        asyncio.get_running_loop().add_reader(listening, self._accept, listening)

    def _accept(self, listening: socket.socket) -> None:
        for _ in range(self._entry.at_once):
            try:
                connection, _ = listening.accept()
            except BlockingIOError:
                return
            except ConnectionError:  # it has gone meanwhile
                continue
            except OSError:  # there is no room
                self._rest(listening)
                return
            connection.setblocking(False)
            self._entry.take(connection)

    def _rest(self, listening: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        loop.remove_reader(listening)
        self._resting[listening] = loop.call_later(_NO_FILE_S, self._listen, listening)


class WaitingRoom:
    """Serves requests at once; who asks for a socket waits for the turnstile.

    Connections are made by ``make``, and those of who has waited by ``make_waited``. Where the room
    ``is_full`` nobody waits in it.
    """

    at_once = 256
    """Some milliseconds of them."""

    def __init__(
        self,
        turnstile: Turnstile,
        make: Make,
        make_waited: Make,
        is_full: Callable[[], bool],
    ) -> None:
        self.turnstile = turnstile
        """For those, too, who are seen to ask for a socket only when all of their head is read."""

        self._make = make
        self._make_waited = make_waited
        self._is_full = is_full
        self._waiting: set[socket.socket] = set()
        self._beginning: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._waiting)

    def take(self, connection: socket.socket) -> None:
        """Let a connection begin, now or in its turn."""
        if not self._is_full() and _asks_for_a_socket(connection):
            self._waiting.add(connection)
            self.turnstile.enter(partial(self._let_through, connection))
        else:
            self._begin(connection, self._make)

    async def end(self) -> None:
        """Let nobody through any more."""
        for each in self._waiting:
            each.close()
        self._waiting.clear()
        await asyncio.gather(*self._beginning, return_exceptions=True)

    def _let_through(self, connection: socket.socket) -> None:
        if connection in self._waiting:
            self._waiting.remove(connection)
            self._begin(connection, self._make_waited)

    def _begin(self, connection: socket.socket, make: Make) -> None:
        beginning = asyncio.create_task(_connect(connection, make))
        self._beginning.add(beginning)
        beginning.add_done_callback(self._beginning.discard)


async def _connect(connection: socket.socket, make: Make) -> None:
    with suppress(OSError):  # it has gone meanwhile
        await asyncio.get_running_loop().connect_accepted_socket(make, connection)


def _asks_for_a_socket(connection: socket.socket) -> bool:
    """Whether a connection begins so; one that has said nothing yet does not."""
    try:
        said = connection.recv(_LOOKED_AT_BYTES, socket.MSG_PEEK)
    except OSError:
        return False
    return _ASKS_FOR_A_SOCKET.match(said) is not None
