"""TLS for a socket that one thread reads while another writes, as ``websockets.sync`` does.

OpenSSL lets one thread at a time into a connection, and Python does not see to that: a read beside
a write now and then breaks the connection or never returns
(https://github.com/python/cpython/issues/151508).
"""

import select
import ssl
import threading
from pathlib import Path

from typing_extensions import Buffer, override


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
        while True:
            try:
                with self._turn:
                    self.setblocking(False)
                    return super().recv(buflen, flags)
            except (ssl.SSLWantReadError, ssl.SSLWantWriteError) as error:
                self._wait(error)

    @override
    def send(self, data: Buffer, flags: int = 0) -> int:
        while True:
            try:
                with self._turn:
                    self.setblocking(False)
                    return super().send(data, flags)
            except (ssl.SSLWantReadError, ssl.SSLWantWriteError) as error:
                self._wait(error)

    def _wait(self, error: ssl.SSLError) -> None:
        """Wait for what the connection needs to go on: that there is something, or room."""
        poll = select.poll()
        poll.register(
            self, select.POLLIN if isinstance(error, ssl.SSLWantReadError) else select.POLLOUT
        )
        poll.poll()


def duplex_trust(ca: Path | None) -> ssl.SSLContext:
    """Trust the authorities in the file ``ca`` or the system's, with sockets that take turns."""
    trust = ssl.create_default_context(cafile=ca)
    trust.sslsocket_class = DuplexSocket
    return trust
