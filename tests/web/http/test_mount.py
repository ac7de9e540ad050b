"""web/http/mount.py: what stands before every address is taken off, whether it came or not."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import quote, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.types import Receive, Scope, Send

from tests.kit.running import Cartwatch
from web.http.mount import mounted, unmounted

ROOT = "/orders"


def scope_of(came: str, kind: str = "http") -> dict[str, Any]:
    return {"type": kind, "path": unquote(came), "raw_path": came.encode(), "query_string": b"a=1"}


def below(came: str, root: str = ROOT) -> tuple[str, bytes]:
    """Give path and raw path as the application sees them."""
    scope = unmounted(scope_of(came), root)
    return scope["path"], scope["raw_path"]


@pytest.mark.parametrize(
    ("came", "path", "raw"),
    [
        ("/orders", "/", b"/"),
        ("/orders/", "/", b"/"),
        ("/orders/api/carts", "/api/carts", b"/api/carts"),
        ("/api/carts", "/api/carts", b"/api/carts"),
        ("/orders/orders", "/orders", b"/orders"),
        ("/carts/orders", "/carts/orders", b"/carts/orders"),
        ("/orders/carts/orders", "/carts/orders", b"/carts/orders"),
        ("/orders/carts/%2Forders%2F", "/carts//orders/", b"/carts/%2Forders%2F"),
        ("/orders%2Fapi/carts", "/orders/api/carts", b"/orders%2Fapi/carts"),
        ("/orders-of-today", "/orders-of-today", b"/orders-of-today"),
        ("/ORDERS/api", "/ORDERS/api", b"/ORDERS/api"),
        ("//orders/api", "//orders/api", b"//orders/api"),
        ("/", "/", b"/"),
    ],
)
def test_the_root_is_taken_off_at_the_border_of_a_segment(came: str, path: str, raw: bytes) -> None:
    """Where it is there, as it came; an id of that name is an id."""
    assert below(came) == (path, raw)


@given(st.lists(st.text(min_size=1, max_size=8), max_size=4), st.booleans())
def test_with_the_root_or_without_is_the_same_address(ids: list[str], slash: bool) -> None:
    """Whatever is behind it, to its last character; one that begins with another name is kept."""
    path = "".join(f"/{quote(id_, safe='')}" for id_ in ["carts", *ids]) + "/" * slash
    assert below(path) == (unquote(path), path.encode())
    assert below(f"{ROOT}{path}") == below(path)
    assert below(f"/a/b{path}", "/a/b") == below(path)


@pytest.mark.parametrize("kind", ["http", "websocket", "lifespan"])
def test_sockets_are_mounted_too_and_nothing_else_of_a_request_changes(kind: str) -> None:
    """What has no address is passed on as it is, and the scope of who called is left alone."""
    seen: list[Scope] = []

    async def app(scope: Scope, _: Receive, __: Send) -> None:
        seen.append(scope)

    async def nothing(*_: object) -> Any:
        raise AssertionError

    came: dict[str, Any] = {"type": kind} if kind == "lifespan" else scope_of("/orders/ws", kind)

    async def call() -> None:
        await mounted(app, ROOT)(dict(came), nothing, nothing)

    asyncio.run(call())
    known = {} if kind == "lifespan" else {"path": "/ws", "raw_path": b"/ws"}
    assert seen == [{**came, **known}]
    assert mounted(app, "") is app


def test_a_server_without_a_raw_path_is_mounted_by_the_path() -> None:
    """The raw path is an optional part of a scope."""
    scope = {"type": "http", "path": "/orders/api"}
    assert unmounted(scope, ROOT) == {"type": "http", "path": "/api"}


def test_the_program_answers_below_its_root_and_without_it(tmp_path: Any) -> None:
    """Pages, data, files, health and refusals; an address of the page carries the root in both."""
    with Cartwatch(tmp_path / "data", "--root-path", ROOT) as running:
        for path in ("/api/stats", "/livez", "/static/main.js", "/cart-join.json", "/metrics"):
            assert running.call("GET", path).status == 200
            assert running.call("GET", f"{ROOT}{path}").status == 200
        for path in ("", ROOT, f"{ROOT}/"):
            html = running.call("GET", path or "/").body.decode()
            assert 'href="/orders/files"' in html
            assert 'href="/files"' not in html
        refused = running.call("GET", f"{ROOT}/api/uploads/")
        assert refused.json()["error"]["message"] == (
            "there is nothing at /orders/api/uploads/, but there is at /orders/api/uploads:"
            " ask without the slash at the end"
        )
        assert running.call("POST", f"{ROOT}/api/stats").headers["allow"] == "GET, HEAD"
        assert running.call("GET", "/ordersx/api/stats").status == 404
