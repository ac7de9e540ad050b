"""TLS read by one thread and written by another: all arrives, and nobody waits for ever."""

from __future__ import annotations

import socket
import ssl
import threading
from contextlib import ExitStack
from pathlib import Path

from dataflow.duplex import duplex_trust
from tests.kit.authority import Authority

WITHIN_S = 30
PIECE = 100
SIZE = 3_000 * PIECE


def said(at: int) -> bytes:
    return at.to_bytes(4, "big") * (PIECE // 4)


def echo(listener: socket.socket, tls: ssl.SSLContext) -> None:
    """Give back what one client sends, until it is all."""
    client, _ = listener.accept()
    left = SIZE
    with tls.wrap_socket(client, server_side=True) as connection:
        while left and (data := connection.recv(1 << 16)):
            connection.sendall(data)
            left -= len(data)


def test_a_thread_reads_while_another_writes(tmp_path: Path) -> None:
    """A socket of ``ssl`` breaks by it, or stands still."""
    authority = Authority(tmp_path)
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(authority.cert, authority.key)
    trust = duplex_trust(authority.ca)
    for _ in range(8):
        with ExitStack() as stack:
            listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            server = threading.Thread(target=echo, args=(listener, tls), daemon=True)
            server.start()
            plain = stack.enter_context(socket.create_connection(listener.getsockname()))
            client = stack.enter_context(trust.wrap_socket(plain, server_hostname="127.0.0.1"))
            read = bytearray()

            def hear(client: ssl.SSLSocket = client, read: bytearray = read) -> None:
                while len(read) < SIZE and (data := client.recv(1 << 16)):
                    read.extend(data)

            def say(client: ssl.SSLSocket = client) -> None:
                for at in range(0, SIZE, PIECE):
                    client.sendall(said(at))

            both = [threading.Thread(target=each, daemon=True) for each in (hear, say)]
            for each in both:
                each.start()
            for each in both:
                each.join(WITHIN_S)
                assert not each.is_alive()
            assert bytes(read) == b"".join(map(said, range(0, SIZE, PIECE)))
            server.join(WITHIN_S)
