"""The real program under TLS: everything that it does without, and nobody without a handshake."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from http.cookies import SimpleCookie
from urllib.parse import urlsplit

import pytest
from websockets.exceptions import ConnectionClosed

from tests.kit.authority import Authority
from tests.kit.running import Cartwatch, until
from tests.kit.signed_in import CHANGES, bearer, cookie_of, follow, socket_of, token_files
from web.http.handshakes import MAX_HANDSHAKES

ORDER = b'{"user_id": "%d", "type": "order", "order_id": 1}\n'


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cartwatch]:
    """A server with a certificate and tokens, which is as well at the end as at its begin."""
    folder = tmp_path_factory.mktemp("tls")
    authority = Authority(folder)
    with Cartwatch(folder / "data", *authority.options, *token_files(folder)) as server:
        server.ca = authority.ca
        server.headers = bearer(CHANGES)
        server.settled()
        yield server
        server.settled()
        server.stop()
        assert server.errors() == ""


def place_of(server: Cartwatch) -> tuple[str, int]:
    place = urlsplit(server.url)
    return place.hostname or "", place.port or 0


def under_tls(server: Cartwatch, stack: ExitStack) -> ssl.SSLSocket:
    trust = ssl.create_default_context(cafile=server.ca)
    client = stack.enter_context(socket.create_connection(place_of(server), timeout=20))
    return stack.enter_context(trust.wrap_socket(client, server_hostname="127.0.0.1"))


def test_it_says_https_and_serves_it(server: Cartwatch) -> None:
    """The flow reaches its hub all the same, which stays plain and on loopback."""
    assert server.url.startswith("https://127.0.0.1:")
    server.upload_in(server.upload(b"".join(ORDER % each for each in range(20_000))), "done")
    assert server.settled()["carts"] == 20_000
    exported = server.call("GET", "/api/carts.jsonl")
    assert len(exported.body.splitlines()) == 20_000


def test_the_cookie_is_sent_under_tls_alone(server: Cartwatch) -> None:
    """And a page that came without it may not ask."""
    answer = follow(server, CHANGES, Authorization="")
    (cookie,) = SimpleCookie(answer.headers["set-cookie"]).values()
    assert cookie["secure"] is True
    session = {"Authorization": "", **cookie_of(answer)}
    assert server.call("GET", "/", headers=session).status == 200
    for origin, status in ((server.url, 202), (server.url.replace("https", "http"), 403)):
        told = {**session, "Origin": origin}
        assert server.call("POST", "/api/events", b"\n", told).status == status
    with socket_of(server, {**cookie_of(answer), "Origin": server.url}) as live:
        live.recv(timeout=20)
        assert server.call("POST", "/api/sign-out").status == 204
        with pytest.raises(ConnectionClosed, match="signed out"):
            until(lambda: not live.recv(timeout=20))


def test_who_speaks_without_tls_is_not_answered(server: Cartwatch) -> None:
    """There is nothing to answer by."""
    with socket.create_connection(place_of(server), timeout=20) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert b"HTTP" not in client.recv(4_096)


def test_an_older_tls_than_1_2_is_refused(server: Cartwatch) -> None:
    """Its ciphers can be broken."""
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        old.maximum_version = ssl.TLSVersion.TLSv1_1
    with (
        socket.create_connection(place_of(server), timeout=20) as client,
        pytest.raises(OSError, match=r"(?i)alert|protocol|reset|eof"),
    ):
        old.wrap_socket(client)


def test_what_is_no_request_is_refused_in_words(server: Cartwatch) -> None:
    """A head that is too long, and one that is none, as without TLS."""
    for said, status in ((b"nonsense\r\n\r\n", b"400"), (b"GET / HTTP/1.1\r\na: ", b"431")):
        with ExitStack() as stack:
            client = under_tls(server, stack)
            client.sendall(said + (b"x" * 400_000 if status == b"431" else b""))
            answer = b""
            while b"\r\n\r\n" not in answer:
                answer += client.recv(4_096)
            assert answer.startswith(b"HTTP/1.1 " + status)


def test_a_client_that_takes_nothing_holds_up_nobody(server: Cartwatch) -> None:
    """Sending pauses for it, and goes on when it reads."""
    many = b"".join(
        b'{"user_id": "s", "type": "order", "order_id": %d}\n' % n for n in range(90_000)
    )
    server.upload_in(server.upload(many), "done")
    with ExitStack() as stack:
        client = under_tls(server, stack)
        head = "GET /api/carts.jsonl HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n{}\r\n"
        client.sendall(head.format(f"Authorization: Bearer {CHANGES}\r\n").encode())
        assert client.recv(12) == b"HTTP/1.1 200"
        with socket_of(server, bearer(CHANGES)) as live:
            assert live.recv(timeout=20)
            assert server.call("GET", "/livez").status == 200
        size = 0
        while data := client.recv(1 << 20):
            size += len(data)
        assert size > 500_000


def test_who_opens_many_connections_and_says_nothing_keeps_nobody_out(server: Cartwatch) -> None:
    """The oldest handshake makes room, and none leaves anything behind."""
    with ExitStack() as stack:
        for _ in range(2 * MAX_HANDSHAKES):
            stack.enter_context(socket.create_connection(place_of(server), timeout=20))
        assert server.call("GET", "/livez").status == 200
        done = threading.Event()

        def knock() -> None:
            while not done.wait(0.002):  # which also leaves this process to the other thread
                socket.create_connection(place_of(server), timeout=20).close()

        knocking = threading.Thread(target=knock)
        knocking.start()
        try:
            for _ in range(20):
                assert server.call("GET", "/api/stats").status == 200
        finally:
            done.set()
            knocking.join()
