"""Behind a proxy, with the real program: what it forwards is believed of those that were named."""

from __future__ import annotations

from collections.abc import Iterator
from http.cookies import SimpleCookie
from pathlib import Path

import pytest

from tests.kit.running import Answer, Cartwatch
from tests.kit.signed_in import (
    CHANGES,
    bearer,
    cookie_of,
    follow,
    refused_socket,
    sign_in,
    socket_of,
    token_files,
)
from web.access.attempts import MOST

NAME = "orders.example.com"
FORWARDED = {
    "X-Forwarded-For": "203.0.113.7",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": NAME,
}


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cartwatch]:
    """A server behind a proxy on this machine, by a name of its own."""
    folder = tmp_path_factory.mktemp("behind")
    options = [*token_files(folder), "--proxy=127.0.0.1,::1", f"--name={NAME}"]
    with Cartwatch(folder / "data", *options) as server:
        yield server
        server.stop()
        assert server.errors() == ""


def wrong(server: Cartwatch, address: str) -> int:
    """Try a wrong token from an address; gives the status."""
    told = {"X-Forwarded-For": address, **bearer("wrong")}
    return server.call("GET", "/api/stats", headers=told).status


def code_of(answer: Answer) -> str:
    return str(answer.json()["error"]["code"])


def test_the_address_that_tries_is_the_one_that_the_proxy_has_seen(behind: Cartwatch) -> None:
    """Each has its own tries; what a client writes before it changes nothing."""
    tries = [wrong(behind, f"{each}, 203.0.113.1") for each in range(MOST + 1)]
    assert tries == [401] * MOST + [429]
    assert wrong(behind, "203.0.113.2") == 401
    network = [wrong(behind, f"2001:db8:0:1::{each}") for each in range(1, MOST + 2)]
    assert network == [401] * MOST + [429]
    assert wrong(behind, "2001:db8:0:2::1") == 401
    right = {"X-Forwarded-For": "203.0.113.1", **bearer(CHANGES)}
    assert behind.call("GET", "/api/stats", headers=right).status == 429
    assert behind.call("GET", "/api/stats", headers=bearer(CHANGES)).status == 200


def test_the_scheme_of_the_client_is_the_one_that_the_proxy_tells(behind: Cartwatch) -> None:
    """The cookie is then for TLS alone."""
    for told, secure in ((FORWARDED, True), ({"X-Forwarded-Proto": "http"}, ""), ({}, "")):
        (cookie,) = SimpleCookie(follow(behind, CHANGES, **told).headers["set-cookie"]).values()
        assert cookie["secure"] == secure


@pytest.mark.parametrize(
    "told",
    [
        {"Host": NAME, "Origin": f"https://{NAME}"},
        {"Host": NAME, "Origin": f"https://{NAME}:8443"},  # it has dropped the port
        {"Host": f"{NAME}:8443", "Origin": f"https://{NAME}:8443"},
        {"X-Forwarded-Host": f"{NAME}:8443", "Origin": f"https://{NAME}:8443"},
        {**FORWARDED, "Host": "upstream-of-the-proxy", "Origin": f"https://{NAME}"},
    ],
)
def test_pages_of_the_name_that_the_proxy_tells_may_ask(
    behind: Cartwatch, told: dict[str, str]
) -> None:
    """By requests that change something, and by a socket."""
    session = sign_in(behind)
    assert behind.call("POST", "/api/events", b"\n", {**session, **told}).status == 202
    if "Host" not in told:  # a client here would send its own as well
        with socket_of(behind, {**session, **told}) as live:
            assert live.recv(timeout=20)


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ({"Host": "evil.example", "Origin": "https://evil.example"}, "wrong_host"),
        ({"X-Forwarded-Host": "evil.example"}, "wrong_host"),
        ({**FORWARDED, "Origin": "https://evil.example"}, "wrong_origin"),
        ({**FORWARDED, "Origin": f"http://{NAME}"}, "wrong_origin"),
        ({"Host": f"{NAME}:1", "Origin": f"https://{NAME}:2"}, "wrong_origin"),
    ],
)
def test_other_names_and_pages_are_refused_as_everywhere(
    behind: Cartwatch, told: dict[str, str], code: str
) -> None:
    """A proxy that passes on whatever comes opens nothing by it."""
    answer = behind.call("POST", "/api/events", b"\n", {**sign_in(behind), **told})
    assert (answer.status, code_of(answer)) == (403, code)


def test_of_a_proxy_that_was_not_named_nothing_is_believed(tmp_path: Path) -> None:
    """Anybody could write it: neither name nor scheme nor address is another by it."""
    options = [*token_files(tmp_path), "--proxy=10.0.0.0/8", f"--name={NAME}"]
    with Cartwatch(tmp_path / "data", *options) as server:
        answer = follow(server, CHANGES, **FORWARDED)
        (cookie,) = SimpleCookie(answer.headers["set-cookie"]).values()
        assert cookie["secure"] == ""
        for told, code in (
            ({"Host": "evil.example", "X-Forwarded-Host": NAME}, "wrong_host"),
            ({"X-Forwarded-Host": NAME, "Origin": f"https://{NAME}"}, "wrong_origin"),
            ({"Host": NAME, "Origin": f"https://{NAME}:8443"}, "wrong_origin"),
        ):
            session = cookie_of(answer)
            refused = server.call("POST", "/api/events", b"\n", {**session, **told})
            assert (refused.status, code_of(refused)) == (403, code)
        tries = [wrong(server, f"203.0.113.{each}") for each in range(MOST + 1)]
        assert tries == [401] * MOST + [429]
        server.stop()


def test_what_is_the_flows_is_not_reached_through_a_proxy(behind: Cartwatch) -> None:
    """It is at an address of its own: with no token, path or header is it here."""
    session = sign_in(behind)
    for told in (bearer(CHANGES), session, {**session, **FORWARDED}):
        for path in ("/ws/publish?execution=1", "/ws/%70ublish?execution=1", "//ws/publish"):
            assert refused_socket(behind, told, path) in (403, 404)
    assert refused_socket(behind, FORWARDED, "/ws/publish?execution=1") == 401
