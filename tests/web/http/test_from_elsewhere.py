"""Pages from elsewhere, in the browser of somebody who is signed in: they read and change nothing.

As somebody who wants in would try it, with a cookie that is right.
"""

from __future__ import annotations

import json
import socket
from urllib.parse import urlsplit

import pytest

from tests.kit.running import Cartwatch
from tests.kit.signed_in import refused_socket, sign_in, socket_of

FOREIGN_ORIGINS = ("https://evil.example", "null", "http://127.0.0.1", "http://localhost:{port}")
FORMS = ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x")
CHANGES = (
    ("/api/events", b'{"user_id": "evil", "type": "order", "order_id": 1}\n'),
    ("/api/uploads?name=evil", b'{"user_id": "evil", "type": "order", "order_id": 1}\n'),
    ("/api/reset", b'{"confirm": "reset"}'),
    ("/api/flow/restart", b""),
    ("/api/prove", b""),
    ("/api/stream", b"{}"),
    ("/api/skipped/aside", b'{"all": true, "aside": true}'),
    ("/api/sign-out", b""),
    ("/sign-in", b"token=x"),
)


@pytest.fixture(scope="module")
def session(guarded: Cartwatch) -> dict[str, str]:
    return sign_in(guarded)


def port_of(server: Cartwatch) -> int:
    return urlsplit(server.url).port or 0


@pytest.mark.parametrize("origin", FOREIGN_ORIGINS)
@pytest.mark.parametrize("path", ["/ws", "/ws?search=a"])
def test_a_page_from_elsewhere_opens_no_socket_with_the_cookie_of_who_looks_at_it(
    guarded: Cartwatch, session: dict[str, str], origin: str, path: str
) -> None:
    """Cross-site websocket hijacking: browsers send the cookie along, and where it comes from."""
    headers = {**session, "Origin": origin.format(port=port_of(guarded))}
    assert refused_socket(guarded, headers, path) == 403
    with socket_of(guarded, {**session, "Origin": guarded.url}, path) as live:
        assert live.recv(timeout=20)


@pytest.mark.parametrize("kind", FORMS)
@pytest.mark.parametrize(("path", "body"), CHANGES, ids=[path for path, _ in CHANGES])
def test_a_form_from_elsewhere_changes_nothing(
    guarded: Cartwatch, session: dict[str, str], path: str, body: bytes, kind: str
) -> None:
    """Such a request is sent without being asked about: by its origin, or by what tells of it."""
    tell = [{"Origin": origin.format(port=port_of(guarded))} for origin in FOREIGN_ORIGINS]
    tell += [{"Sec-Fetch-Site": site} for site in ("cross-site", "same-site")]
    for told in tell:
        headers = {**session, **told, "Content-Type": kind}
        answer = guarded.call("POST", path, body, headers)
        assert (answer.status, answer.json()["error"]["code"]) == (403, "wrong_origin")
    assert guarded.call("GET", "/", headers=session).status == 200
    assert guarded.call("GET", "/api/carts/evil", headers=session).status == 404


@pytest.mark.parametrize("name", ["evil.example", "evil.example:{port}", "127.0.0.1.evil.example"])
def test_a_name_that_was_pointed_at_this_server_reaches_nothing(
    guarded: Cartwatch, session: dict[str, str], name: str
) -> None:
    """DNS rebinding: such a page is of the same origin, as its browser sees it."""
    host = name.format(port=port_of(guarded))
    forwarded = {"X-Forwarded-Host": "127.0.0.1", "Forwarded": "host=127.0.0.1"}
    for told in ({}, {"Origin": f"http://{host}"}, forwarded):
        for path in ("/", "/api/carts", "/sign-in", "/livez", "/static/main.js"):
            answer = guarded.call("GET", path, headers={**session, "Host": host, **told})
            assert (answer.status, answer.json()["error"]["code"]) == (403, "wrong_host")
        answer = guarded.call("POST", "/api/flow/restart", headers={"Host": host, **told})
        assert answer.status == 403
    assert raw_status(guarded, host, session) == 403


def raw_status(server: Cartwatch, host: str, headers: dict[str, str]) -> int:
    """Shake hands for a socket with another ``Host``; gives the status."""
    head = {
        "Host": host,
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
        **headers,
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
    with socket.create_connection(("127.0.0.1", port_of(server)), timeout=20) as client:
        client.sendall(f"GET /ws HTTP/1.1\r\n{lines}\r\n".encode())
        return int(client.recv(12).split()[1])


def test_a_page_from_elsewhere_cannot_read_an_answer(
    guarded: Cartwatch, session: dict[str, str]
) -> None:
    """No answer allows it, nor a question whether it would be allowed."""
    asked = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    for method in ("OPTIONS", "GET"):
        answer = guarded.call(method, "/api/carts", headers={**session, **asked})
        assert answer.status == 403
        assert not [name for name in answer.headers if name.startswith("access-control")]
    answer = guarded.call("GET", "/api/carts", headers=session)
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert not [name for name in answer.headers if name.startswith("access-control")]


def test_a_link_from_elsewhere_leads_to_the_page(
    guarded: Cartwatch, session: dict[str, str]
) -> None:
    """To follow one changes nothing, and the cookie comes with it."""
    headers = {**session, "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    assert guarded.call("GET", "/skipped", headers=headers).status == 200
    assert json.loads(guarded.call("GET", "/api/stats", headers=headers).body)["carts"] >= 0
