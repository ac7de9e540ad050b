"""Signing in, with the real program: by a link, a form or a header; and out again, everywhere."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from contextlib import ExitStack
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

from tests.kit.running import Answer, Cartwatch, until
from tests.kit.signed_in import (
    CHANGES,
    PERSON,
    READS,
    bearer,
    cookie_of,
    follow,
    refused_socket,
    sign_in,
    socket_of,
    token_files,
)
from web.access.attempts import MOST
from web.http.sign_in import MAX_OF_ONE

ORDER = b'{"user_id": "a", "type": "order", "order_id": 1}\n'
FORM = {**PERSON, "Content-Type": "application/x-www-form-urlencoded"}
elsewhere_than_loopback = pytest.mark.skipif(
    sys.platform != "linux", reason="127.0.0.2 is an address on Linux alone"
)


def code_of(answer: Answer) -> str:
    return str(answer.json()["error"]["code"])


def end_of(live: ClientConnection) -> tuple[int, str] | None:
    """Read to the end of a socket, and give why it was closed."""
    try:
        while True:
            live.recv(timeout=20)
    except ConnectionClosed as closed:
        return None if closed.rcvd is None else (closed.rcvd.code, closed.rcvd.reason)


def send_form(server: Cartwatch, **fields: str) -> Answer:
    headers = {**FORM, "Origin": server.url, "Sec-Fetch-Site": "same-origin"}
    return server.call("POST", "/sign-in", urlencode(fields), headers)


@elsewhere_than_loopback
def test_a_network_is_served_with_a_token_that_was_made(tmp_path: Path) -> None:
    """Printed as a link behind the live line, the same one after every start, in a file of ours."""
    links = []
    for _ in range(2):
        with Cartwatch(tmp_path / "data", "--host", "127.0.0.2") as server:
            assert server.url.startswith("http://127.0.0.2:")
            link = urlsplit(server.link())
            links.append(link.query)
            path = f"{link.path}?{link.query}"
            session = cookie_of(server.call("GET", path, headers=PERSON))
            assert server.call("GET", "/", headers=session).status == 200
            assert server.call("GET", "/").status == 401
            server.stop()
    assert links[0] == links[1]
    kept = (tmp_path / "data" / "cartwatch-token.txt").read_text()
    assert f"token={kept.strip()}" == links[0]


@pytest.mark.parametrize("place", ["/orders", ""], ids=["passed on", "stripped"])
def test_below_a_mount_all_of_the_login_is_below_it(tmp_path: Path, place: str) -> None:
    """Whether a proxy passes it on or strips it: link, form, cookie, and what is described."""
    options = ["--root-path=/orders", *token_files(tmp_path)]
    with Cartwatch(tmp_path / "data", *options) as server:
        link = server.call("GET", f"{place}/sign-in?token={CHANGES}", headers=PERSON)
        assert (link.status, link.headers["location"]) == (303, "/orders/")
        assert "Path=/orders;" in f"{link.headers['set-cookie']};"
        form = server.call("GET", f"{place}/carts/a?show=unpaid", headers=PERSON)
        assert form.status == 401
        assert 'action="/orders/sign-in"' in form.body.decode()
        assert 'value="/carts/a?show=unpaid"' in form.body.decode()
        refused = server.call("GET", f"{place}/api/carts")
        assert "sign in at /orders/sign-in" in refused.json()["error"]["message"]
        session = cookie_of(link)
        told = server.call("GET", f"{place}/api/openapi.json", headers=session).json()
        assert told["servers"] == [{"url": "/orders"}]
        name = told["components"]["securitySchemes"]["session"]["name"]
        assert session["Cookie"].startswith(f"{name}=")
        docs = server.call("GET", f"{place}/api/docs", headers={**session, **PERSON}).body.decode()
        assert f"{server.url}/api/carts" in docs
        assert 'href="/api/' not in docs
        server.stop()


def test_loopback_needs_no_login_unless_it_is_asked_for(tmp_path: Path) -> None:
    """Nothing of a login is made or kept; and there is nothing to sign in at."""
    with Cartwatch(tmp_path / "data") as server:
        assert server.call("GET", "/", headers=PERSON).status == 200
        assert server.call("POST", "/api/sign-out").status == 204
        answer = server.call("GET", "/sign-in?token=x", headers=PERSON)
        assert (answer.status, answer.headers["location"]) == (303, "/")
        assert "set-cookie" not in answer.headers
        server.stop()
    assert not list((tmp_path / "data").glob("cartwatch-*"))


def test_a_proxy_before_loopback_does_not_open_it(tmp_path: Path) -> None:
    """Where one is named, everybody who comes may come from anywhere."""
    with Cartwatch(tmp_path / "data", "--proxy", "127.0.0.1,10.0.0.0/8") as server:
        assert server.call("GET", "/api/stats").status == 401
        server.headers = bearer(server.link().partition("token=")[2])
        assert server.call("GET", "/api/stats").status == 200
        server.stop()


def test_the_token_may_come_from_the_environment(tmp_path: Path) -> None:
    """It is not printed, and no process that the server starts can read it."""
    with Cartwatch(tmp_path / "data", environment={"CARTWATCH_TOKEN": f" {CHANGES}\n"}) as server:
        assert server.call("GET", "/api/stats").status == 401
        server.headers = bearer(CHANGES)
        server.settled()
        flow = Path(f"/proc/{server.flow_pid()}/environ")
        if flow.exists():
            assert b"CARTWATCH_TOKEN" not in flow.read_bytes()
        server.stop()
        assert server.process.stdout is not None
        assert server.process.stdout.read() == b""


def test_the_link_signs_a_browser_in(guarded: Cartwatch) -> None:
    """By a cookie that no script reads and no other site sends; the token is gone from the bar."""
    answer = follow(guarded, CHANGES, **{"Sec-Fetch-Site": "cross-site"})
    assert (answer.status, answer.headers["location"], answer.body) == (303, "/", b"")
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"
    (cookie,) = SimpleCookie(answer.headers["set-cookie"]).values()
    assert re.fullmatch(r"cartwatch-[0-9a-f]{16}", cookie.key)
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "lax", "/")
    assert (cookie["secure"], cookie["max-age"]) == ("", str(30 * 24 * 3600))
    assert CHANGES not in cookie.value
    session = cookie_of(answer)
    assert guarded.call("GET", "/", headers={**PERSON, **session}).status == 200
    assert guarded.call("POST", "/api/events", ORDER, session).status == 202
    with socket_of(guarded, session) as live:
        assert str(live.recv(timeout=20)).startswith('{"type":"snapshot"')


@pytest.mark.parametrize("token", [CHANGES, READS])
def test_a_program_sends_its_token_with_every_request(guarded: Cartwatch, token: str) -> None:
    """And with the handshake of a socket; the word before it in any case."""
    for headers in (bearer(token), {"authorization": f"bearer   {token}"}):
        assert guarded.call("GET", "/metrics", headers=headers).status == 200
        with socket_of(guarded, headers) as live:
            assert str(live.recv(timeout=20)).startswith('{"type":"snapshot"')


@pytest.mark.parametrize(
    "path",
    ["/", "/api/stats", "/metrics", "/nothing", "/cart-join.json", "/api/nothing", "/carts/a"],
)
def test_a_stranger_reads_nothing_and_does_not_learn_what_there_is(
    guarded: Cartwatch, path: str
) -> None:
    """401 for a program, with how to come in."""
    answer = guarded.call("GET", path)
    assert (answer.status, code_of(answer)) == (401, "unauthorized")
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert "Authorization: Bearer TOKEN" in answer.json()["error"]["message"]
    assert guarded.call("HEAD", path).status == 401
    for method in ("POST", "PATCH", "DELETE"):
        assert guarded.call(method, path, b"{}").status == 401


def test_a_stranger_opens_no_socket(guarded: Cartwatch) -> None:
    """Nor with the credentials of something else."""
    assert refused_socket(guarded) == 401
    assert refused_socket(guarded, {"Cookie": "cartwatch=1; session=x"}) == 401
    assert refused_socket(guarded, {"Authorization": "Basic dXNlcjpwYXNz"}) == 401
    assert refused_socket(guarded, path="/ws/publish?execution=1") == 401


def test_alive_and_ready_are_told_to_all_and_why_not_to_those_who_may_know(
    tmp_path: Path,
) -> None:
    """What looks after processes has no token."""
    options = token_files(tmp_path)
    with Cartwatch(tmp_path / "data", *options, "--snapshot-interval=60") as server:
        assert server.call("GET", "/livez").json() == {"status": "alive"}
        server.headers = bearer(CHANGES)
        server.settled()

        def told() -> tuple[str, str] | None:
            server.headers = {}
            stranger = server.call("GET", "/readyz")
            server.headers = bearer(READS)
            reader = server.call("GET", "/readyz")
            if stranger.status == reader.status == 503:
                words = [each.json()["error"]["message"] for each in (stranger, reader)]
                return words[0], words[1]
            server.call("POST", "/api/flow/restart", headers=bearer(CHANGES))
            return None

        to_stranger, to_reader = until(told)
        assert to_stranger == "not ready: the reason is told who has a token"
        assert "flow" in to_reader
        server.headers = bearer(CHANGES)
        server.settled()
        server.headers = {}
        assert server.call("GET", "/readyz").json() == {"status": "ready"}
        server.stop()


def test_a_person_gets_a_form_and_goes_on_to_where_they_wanted(guarded: Cartwatch) -> None:
    """It needs no script, and its sheets can be loaded."""
    wanted = "/skipped?state=open&search=%22%3E%3Cscript%3E"
    page = guarded.call("GET", wanted, headers=PERSON)
    assert page.status == 401
    text = page.body.decode()
    assert '<form class="sign-in" method="post" action="/sign-in">' in text
    assert 'value="/skipped?state=open&amp;search=%22%3E%3Cscript%3E"' in text
    assert "<script" not in text
    assert page.headers["referrer-policy"] == "strict-origin"  # else its Origin would be null
    for path in re.findall(r'(?:href|src)="(/static/[^"]+)"', text):
        assert guarded.call("GET", path).status == 200
    answer = send_form(guarded, token=f" {READS} ", then=wanted)
    assert (answer.status, answer.headers["location"]) == (303, wanted)
    assert guarded.call("GET", wanted, headers={**PERSON, **cookie_of(answer)}).status == 200


@pytest.mark.parametrize(
    "then",
    [
        *("//evil.example", "/\\evil.example", "https://evil.example", "evil", "", "/\tx", "/ä"),
        "javascript:alert(1)",
    ],
)
def test_a_form_leads_nowhere_else(guarded: Cartwatch, then: str) -> None:
    """What is no address below this server is its first page."""
    answer = send_form(guarded, token=CHANGES, then=then)
    assert (answer.status, answer.headers["location"]) == (303, "/")


def test_who_was_signed_out_goes_on_where_they_were(guarded: Cartwatch) -> None:
    """The address of the form may say it; the link, too, and neither leads elsewhere."""
    there = "/skipped?reason=invalid_json"
    form = guarded.call("GET", f"/sign-in?then={quote(there, safe='')}", headers=PERSON)
    assert f'value="{there}"' in form.body.decode()
    for then, place in ((there, there), ("//example.com", "/"), ("https://example.com/", "/")):
        path = f"/sign-in?token={CHANGES}&then={quote(then, safe='')}"
        assert guarded.call("GET", path, headers=PERSON).headers["location"] == place


@pytest.mark.parametrize(
    "loaded",
    [
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"},
    ],
)
def test_what_a_page_elsewhere_loads_uses_up_nobodys_tries(
    guarded: Cartwatch, loaded: dict[str, str]
) -> None:
    """As an image, by a script, in a frame; a link that somebody opens is another thing."""
    for _ in range(MOST + 1):
        answer = guarded.call("GET", "/sign-in?token=not-the-token-of-it", headers=loaded)
        assert (answer.status, code_of(answer)) == (403, "wrong_origin")
    opened = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    link = follow(guarded, CHANGES, **opened, **{"Sec-Fetch-Dest": "document"})
    assert link.status == 303


@elsewhere_than_loopback
def test_forms_that_do_not_come_keep_nobody_else_out(tmp_path: Path) -> None:
    """Of one address a few may be on their way, for a few seconds; others sign in meanwhile."""
    begun = (
        b"POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 3000\r\n"
        b"Content-Type: application/x-www-form-urlencoded\r\n\r\nx"
    )
    with Cartwatch(tmp_path / "data", *token_files(tmp_path)) as server, ExitStack() as clients:
        port = urlsplit(server.url).port
        slow = [
            clients.enter_context(
                socket.create_connection(("127.0.0.1", port), 20, ("127.0.0.2", 0))
            )
            for _ in range(3 * MAX_OF_ONE)
        ]
        for each in slow:
            each.sendall(begun)
        assert send_form(server, token=CHANGES).status == 303
        statuses = sorted(each.recv(12)[-3:] for each in slow)
        assert statuses == [b"408"] * MAX_OF_ONE + [b"503"] * 2 * MAX_OF_ONE


def test_a_form_that_is_none_is_refused(guarded: Cartwatch) -> None:
    """In words, whatever is in it."""
    cases: list[tuple[dict[str, str], bytes, int]] = [
        ({"Content-Type": "text/plain"}, b"token=x", 415),
        ({"Content-Type": "multipart/form-data; boundary=x"}, b"--x--", 415),
        (FORM, b"token=\xff", 400),
        (FORM, b"&".join([b"a=1"] * 100), 400),
        (FORM, b"x" * 100_000, 413),
    ]
    for headers, body, status in cases:
        assert guarded.call("POST", "/sign-in", body, headers).status == status


@pytest.mark.parametrize("headers", [PERSON, {}])
def test_a_wrong_token_is_told(tmp_path: Path, headers: dict[str, str]) -> None:
    """By link, form and header alike; ten of them a minute, and then none is looked at."""
    with Cartwatch(tmp_path / "data", *token_files(tmp_path)) as server:
        session = sign_in(server)
        path = f"/sign-in?token={quote('wrong&<b>')}"
        wrong = [server.call("GET", path, headers=headers) for _ in range(4)]
        wrong += [send_form(server, token="wrong") for _ in range(3)]
        wrong += [server.call("GET", "/", headers=bearer("wrong")) for _ in range(2)]
        assert {each.status for each in wrong} == {401}
        if headers:
            assert b"This is not a token of this server." in wrong[0].body
            assert b'value="/"' in wrong[0].body
            assert b"wrong" not in wrong[0].body
        assert refused_socket(server, bearer("wrong")) == 401
        tries = [
            follow(server, CHANGES),
            send_form(server, token=CHANGES),
            server.call("GET", "/api/stats", headers=bearer(CHANGES)),
        ]
        for answer in tries:
            assert answer.status == 429
            assert 0 < int(answer.headers["retry-after"]) <= 60
        assert b"None is looked at" in tries[0].body or b"none is looked at" in tries[0].body
        assert refused_socket(server, bearer(CHANGES)) == 429
        assert server.call("GET", "/api/stats", headers=session).status == 200
        assert server.call("GET", "/livez").status == 200
        server.stop()


def test_signing_out_everywhere_ends_all_sessions_and_their_sockets(tmp_path: Path) -> None:
    """Also after a restart; programs, which have a token, go on."""
    options = token_files(tmp_path)
    with Cartwatch(tmp_path / "data", *options) as server, ExitStack() as stack:
        sessions = [sign_in(server, token) for token in (CHANGES, READS, CHANGES)]
        sockets = [stack.enter_context(socket_of(server, session)) for session in sessions]
        program = stack.enter_context(socket_of(server, bearer(READS)))
        for live in (*sockets, program):
            live.recv(timeout=20)
        assert server.call("POST", "/api/sign-out", headers=sessions[1]).status == 403
        out = server.call("POST", "/api/sign-out", headers=sessions[0])
        assert (out.status, out.body) == (204, b"")
        assert "Max-Age=0" in out.headers["set-cookie"]
        for live in sockets:
            assert end_of(live) == (1008, "signed out: sign in again")
        assert [server.call("GET", "/", headers=each).status for each in sessions] == [401] * 3
        assert refused_socket(server, sessions[0]) == 401
        server.headers = bearer(CHANGES)
        until(lambda: server.get("/api/stats")["viewers"] == 1)
        program.close()
        again = sign_in(server)
        server.headers = {}
        server.stop()
        assert server.errors() == ""
    with Cartwatch(tmp_path / "data", *options) as server:
        assert server.call("GET", "/", headers=sessions[0]).status == 401
        assert server.call("GET", "/", headers=again).status == 200
        server.stop()


def test_two_servers_of_one_host_keep_their_cookies_apart(tmp_path: Path) -> None:
    """A browser sends both to both, as it knows no ports of cookies."""
    options = token_files(tmp_path)
    with (
        Cartwatch(tmp_path / "one", *options) as one,
        Cartwatch(tmp_path / "two", *options) as two,
    ):
        sessions = [sign_in(server)["Cookie"] for server in (one, two)]
        both = {"Cookie": "; ".join(sessions)}
        for server, other in ((one, sessions[1]), (two, sessions[0])):
            assert server.call("GET", "/", headers=both).status == 200
            assert server.call("GET", "/", headers={"Cookie": other}).status == 401
            name, _, value = other.partition("=")
            renamed = {"Cookie": f"{sessions[server is two].partition('=')[0]}={value}"}
            assert server.call("GET", "/", headers=renamed).status == 401, name
            server.stop()


def test_no_token_and_no_session_is_told_anywhere(tmp_path: Path) -> None:
    """Not in a line of the log at its chattiest, nor in an answer; whatever is tried."""
    options = (*token_files(tmp_path), "--log-level=debug", "--log-format=json")
    with Cartwatch(tmp_path / "data", *options) as server:
        server.headers = bearer(CHANGES)
        server.settled()
        server.headers = {}
        session = sign_in(server)
        wrong = "almost-the-right-token"
        secrets = [CHANGES, READS, session["Cookie"].partition("=")[2], wrong]
        said = []
        for token in (CHANGES, wrong):
            said += [follow(server, token).body, send_form(server, token=token).body]
            for path in ("/", "/metrics", "/nothing", f"/api/carts?token={token}"):
                said.append(server.call("GET", path, headers=bearer(token)).body)
        assert refused_socket(server, bearer(wrong)) == 401
        with socket_of(server, session) as live:
            live.recv(timeout=20)
            live.send(f'{{"type": "window", "token": "{CHANGES}"}}')
            said.append(str(live.recv(timeout=20)).encode())
        server.call("POST", "/api/sign-out", headers=session)
        said.append(server.call("GET", "/metrics", headers=bearer(CHANGES)).body)
        server.stop()
        told = b"".join(said).decode(errors="replace") + server.errors()
        assert server.errors()
        for secret in secrets:
            assert secret not in told


def test_a_process_list_shows_no_token(tmp_path: Path) -> None:
    """There is no option that takes one."""
    ended = subprocess.run(
        [sys.executable, "-m", "web", "serve", "--token", CHANGES, "--data", str(tmp_path / "d")],
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert ended.returncode == 2
    assert not (tmp_path / "d").exists()
