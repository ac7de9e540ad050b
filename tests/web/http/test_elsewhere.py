"""web/http/elsewhere.py: who may not come in by the sockets of other machines, and why."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.kit.running import Cartwatch
from tests.kit.signed_in import CHANGES, READS, bearer, sign_in, socket_of, token_files

AGENT, HUB = "/ws/worker", "/ws/publish?execution=1&worker=1"


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cartwatch]:
    """A server that takes everybody on this machine for its proxy."""
    folder = tmp_path_factory.mktemp("behind")
    with Cartwatch(folder / "data", *token_files(folder), "--proxy=127.0.0.1") as server:
        yield server


def refusal(server: Cartwatch, headers: dict[str, str], path: str = AGENT) -> tuple[int, Any, str]:
    """Try to open a socket that must be refused; gives status, code and sentence."""
    with pytest.raises(InvalidStatus) as refused, socket_of(server, headers, path):
        pass
    answer = refused.value.response
    if not answer.body:
        return answer.status_code, None, ""
    error = msgspec.json.decode(answer.body)["error"]
    return answer.status_code, error["code"], error["message"]


def test_an_agent_needs_the_full_token(guarded: Cartwatch) -> None:
    """Whoever starts a worker sees everything and may say what becomes of it."""
    assert refusal(guarded, {})[:2] == (401, "unauthorized")
    assert refusal(guarded, bearer("wrong"))[:2] == (401, "unauthorized")
    status, code, words = refusal(guarded, bearer(READS))
    assert (status, code) == (403, "read_only")
    assert words.startswith("a worker needs the full token")
    assert refusal(guarded, sign_in(guarded, READS))[:2] == (403, "read_only")


@pytest.mark.parametrize(
    "header",
    ["Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Port", "X-Real-IP"],
)
@pytest.mark.parametrize("path", [AGENT, HUB])
def test_what_has_come_by_a_proxy_is_refused_in_a_sentence(
    guarded: Cartwatch, header: str, path: str
) -> None:
    """By the headers that one adds, though nobody has named it."""
    status, code, words = refusal(guarded, {**bearer(CHANGES), header: "1.1 caddy"}, path)
    assert (status, code) == (403, "by_proxy")
    assert "give --server the address of the server, where no proxy is between" in words


@pytest.mark.parametrize("path", [AGENT, HUB])
def test_what_a_named_proxy_brings_is_refused_whatever_it_says(
    behind: Cartwatch, path: str
) -> None:
    """By its address alone."""
    assert refusal(behind, bearer(CHANGES), path)[:2] == (403, "by_proxy")


@pytest.mark.parametrize("path", [AGENT, HUB])
def test_no_page_is_a_worker(guarded: Cartwatch, path: str) -> None:
    """Of our own or from elsewhere, with the cookie of who looks at it or with a token."""
    for shown in (bearer(CHANGES), sign_in(guarded)):
        for origin in (guarded.url, "https://evil.example", "null"):
            assert refusal(guarded, {**shown, "Origin": origin}, path)[0] in (401, 403)
            assert refusal(guarded, {**shown, "Origin": origin}, path)[1] != "by_proxy"


@pytest.mark.parametrize("path", [AGENT, HUB])
def test_a_name_that_is_not_the_servers_leads_to_no_socket(guarded: Cartwatch, path: str) -> None:
    """As everywhere, and in words."""
    place = urlsplit(guarded.url)
    connection = socket.create_connection((place.hostname or "", place.port or 0))
    with (
        pytest.raises(InvalidStatus) as refused,
        connect(
            f"ws://evil.example:{place.port}{path}",
            additional_headers=bearer(CHANGES),
            sock=connection,
            proxy=None,
        ),
    ):
        pass
    answer = refused.value.response
    assert answer.status_code == 403
    assert b"--name" in (answer.body or b"")


def test_without_agents_nobody_publishes_here(guarded: Cartwatch, cartwatch: Cartwatch) -> None:
    """With a login or without; and what is tried there is no try of a token."""
    for worker in ("0", "1", "x", ""):
        path = f"/ws/publish?execution=1&worker={worker}"
        for _ in range(4):
            assert refusal(guarded, bearer("guessed"), path)[0] == 403
        assert refusal(cartwatch, {}, path)[0] == 403
    assert refusal(guarded, {}, HUB)[:2] == (401, "unauthorized")
    assert guarded.call("GET", "/api/stats", headers=bearer(CHANGES)).status == 200
    assert guarded.call("GET", "/ws/publish", headers=bearer("guessed")).status == 401


def test_a_folder_path_is_a_part_of_both_addresses(tmp_path: Path) -> None:
    """Where the server is mounted at one."""
    with Cartwatch(tmp_path / "data", "--root-path=/orders") as server:
        host = server.url.removesuffix("/orders")
        assert server.url.endswith("/orders")
        for path in (AGENT, HUB):
            assert refusal(server, {"Via": "x"}, f"/orders{path}")[1] == "by_proxy", host
