"""TLS for a socket that one thread reads while another writes, as ``websockets.sync`` does.

OpenSSL lets one thread at a time into a connection, and Python does not see to that: a read beside
a write now and then breaks the connection or never returns
(https://github.com/python/cpython/issues/151508).
"""

import select
import ssl
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

from typing_extensions import Buffer, override

T = TypeVar("T")


class DuplexSocket(ssl.SSLSocket):
    """A TLS socket whose ``recv`` and ``send`` take turns; neither waits while it has the turn.

    After its handshake it knows no timeout, as a socket of ``websockets`` has none.
    """

    _turn: threading.Lock

    @override
    def do_handshake(self, block: bool = False) -> None:
        self._turn = threading.Lock()
        super().do_handshake(block)

    @override
    def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
        return self._in_turn(partial(super().recv, buflen, flags))

    @override
    def send(self, data: Buffer, flags: int = 0) -> int:
        return self._in_turn(partial(super().send, data, flags))

    def _in_turn(self, step: Callable[[], T]) -> T:
        """Take a step; while it needs data, or room for some, the other thread has the turn."""
        while True:
            try:
                with self._turn:
                    self.setblocking(False)
                    return step()
            except ssl.SSLWantReadError:
                needed = select.POLLIN
            except ssl.SSLWantWriteError:
                needed = select.POLLOUT
            poll = select.poll()
            poll.register(self, needed)
            poll.poll()


def duplex_trust(ca: Path | None) -> ssl.SSLContext:
    """Trust the authorities in the file ``ca`` or the system's, with sockets that take turns."""
    trust = ssl.create_default_context(cafile=ca)
    trust.sslsocket_class = DuplexSocket
    return trust
