"""Readers: they see everything and change nothing, over the whole table of routes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.routing import BaseRoute

from tests.kit.running import Cartwatch, until
from tests.kit.signed_in import CHANGES, READS, bearer, sign_in, socket_of, token_files
from tests.web.http.test_methods import path_of
from web.http.addresses import NoText, Repeated
from web.http.app import routes
from web.http.resource import Resource

TABLE = [route for route in routes() if isinstance(route, Resource)]
READING = {"GET", "HEAD"}
CHANGING = [(each, method) for each in TABLE for method in each.allowed if method not in READING]
FOR_READERS = {
    ("/api/check", "POST"),
    ("/api/uploads", "POST"),
    ("/api/skipped/resubmit", "POST"),
    ("/sign-in", "POST"),
}
"""What a reader may call beside reading; each has a test of its own here."""

BAD = b'{"user_id": "a", "type": "order"}\n'


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cartwatch]:
    """A server with one skipped record, asked by a reader."""
    folder = tmp_path_factory.mktemp("readers")
    with Cartwatch(folder / "data", *token_files(folder)) as server:
        server.headers = bearer(CHANGES)
        server.call("POST", "/api/events", BAD)
        server.settled()
        server.headers = bearer(READS)
        yield server
        server.stop()
        assert server.errors() == ""


def facts(server: Cartwatch) -> list[Any]:
    """Give what a change would change."""
    skipped = server.get("/api/skipped")
    stats = {k: v for k, v in server.get("/api/stats").items() if k != "events_per_second"}
    paths = ("/api/uploads", "/api/completed", "/api/stream", "/api/prove")
    starts = server.get("/api/recovery")["total"]
    return [skipped, stats, starts, *(server.get(path) for path in paths)]


def code_of(server: Cartwatch, method: str, path: str, body: object = b"{}") -> tuple[int, str]:
    answer = server.call(method, path, body)
    return answer.status, answer.json().get("error", {}).get("code", "")


def test_every_route_is_one_that_knows_readers() -> None:
    """Another kind of route would let them do anything.

    Workers elsewhere come in by the full token, and publish by the secret of their start: that no
    reader does is tried with them.
    """
    others = [each for each in routes() if not isinstance(each, Resource)]

    def name(route: BaseRoute) -> str:
        return getattr(route, "path", type(route).__name__)

    of_workers = ["/ws/worker", "/ws/publish"]
    known = [NoText.__name__, Repeated.__name__, "/ws", *of_workers]
    assert [name(each) for each in others] == known


@pytest.mark.parametrize(
    ("resource", "method"), CHANGING, ids=[f"{method} {each.path}" for each, method in CHANGING]
)
def test_a_reader_changes_nothing(server: Cartwatch, resource: Resource, method: str) -> None:
    """Whatever is in the table, also what is put there tomorrow; by token and by session."""
    if (resource.path, method) in FOR_READERS:
        return
    before = facts(server)
    session = sign_in(server, READS)
    for headers in (bearer(READS), {"Authorization": "", **session}):
        for body in (b"{}", BAD, b'{"confirm": "reset"}', b'{"all": true, "aside": true}'):
            answer = server.call(method, path_of(resource), body, headers)
            assert answer.status == 403
            assert answer.json()["error"]["code"] == "read_only"
    assert facts(server) == before


@pytest.mark.parametrize("resource", TABLE, ids=lambda each: each.path)
def test_a_reader_sees_everything(server: Cartwatch, resource: Resource) -> None:
    """As who may change it."""
    if "GET" not in resource.allowed:
        return
    path = path_of(resource)
    seen = server.call("GET", path)
    assert seen.status == server.call("GET", path, headers=bearer(CHANGES)).status
    assert seen.status not in (401, 403)


def test_a_reader_tries_a_line_and_a_file(server: Cartwatch) -> None:
    """And takes nothing in by either."""
    before = facts(server)
    assert server.call("POST", "/api/check", BAD).json()["reason"] == "missing_field"
    answer = server.call("POST", "/api/uploads?name=f&check=true", BAD)
    assert (answer.status, answer.json()["skipped"]) == (200, 1)
    for query in ("name=f", "name=f&check=false"):
        assert code_of(server, "POST", f"/api/uploads?{query}", BAD) == (403, "read_only")
    assert code_of(server, "POST", "/api/uploads?name=f&check=yes", BAD) == (400, "bad_request")
    assert code_of(server, "POST", "/api/uploads?check=true&check=false", BAD)[0] == 400
    assert facts(server) == before


def test_a_reader_looks_at_what_a_bulk_would_do(server: Cartwatch) -> None:
    """By every way to say that it is a preview, and by no other."""
    before = facts(server)
    bulk: dict[str, object] = {"all": True, "find": "}", "replace": ', "order_id": 1}'}
    for more in ({}, {"preview": True}):
        answer = server.call("POST", "/api/skipped/resubmit", {**bulk, **more})
        assert (answer.status, answer.json()["valid"]) == (200, 1)
    refused = code_of(server, "POST", "/api/skipped/resubmit", {**bulk, "preview": False})
    assert refused == (403, "read_only")
    odds: tuple[object, ...] = (0, None, "false", [])
    for odd in odds:
        answer = server.call("POST", "/api/skipped/resubmit", {**bulk, "preview": odd})
        assert answer.status == 400
    twice = b'{"all": true, "preview": true, "preview": false}'
    assert code_of(server, "POST", "/api/skipped/resubmit", twice) == (403, "read_only")
    assert facts(server) == before


def test_a_reader_watches(server: Cartwatch, tmp_path: Path) -> None:
    """The socket has nothing that changes anything."""
    with socket_of(server, bearer(READS)) as live:
        assert str(live.recv(timeout=20)).startswith('{"type":"snapshot"')
        live.send('{"type": "window", "search": "a"}')
        until(lambda: '"search":"a"' in str(live.recv(timeout=20)))


def test_a_reader_who_has_the_other_token_as_well_signs_in_with_it(server: Cartwatch) -> None:
    """A form that was refused to readers would leave them readers until their session ends."""
    reader = sign_in(server, READS)
    headers = {
        "Authorization": "",
        "Content-Type": "application/x-www-form-urlencoded",
        **reader,
    }
    answer = server.call("POST", "/sign-in", f"token={CHANGES}", headers)
    assert answer.status == 303
