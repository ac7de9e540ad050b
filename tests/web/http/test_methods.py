"""What may be asked of a path, over the whole table of routes: methods, ``HEAD``, a last slash."""

from http import HTTPMethod

import pytest

from tests.kit.running import Cartwatch
from tests.web.http.test_api import ORDER, refused
from web.http.app import routes
from web.http.resource import Resource

RESOURCES = [route for route in routes() if isinstance(route, Resource)]
GETTABLE = [each for each in RESOURCES if "GET" in each.allowed]
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def path_of(resource: Resource) -> str:
    path = resource.path.replace("{user_id}", "methods").replace("{path:path}", "main.js")
    return path.replace("{upload_id}", "unknown").replace("{record_id}", "0")


@pytest.fixture(scope="module", autouse=True)
def _a_cart(cartwatch: Cartwatch) -> None:
    cartwatch.call("POST", "/api/events", ORDER % (b"methods", b"1"))
    cartwatch.settled()


def test_the_table_is_whole() -> None:
    """No path stands in it twice: what a method gets would depend on the order."""
    listed = [resource.path for resource in RESOURCES]
    assert len(listed) == len(set(listed)) >= 20


@pytest.mark.parametrize("resource", RESOURCES, ids=lambda each: each.path)
def test_a_wrong_method_is_told_every_right_one(cartwatch: Cartwatch, resource: Resource) -> None:
    """405, and ``Allow`` names all methods of the path, however many calls they go to."""
    for method in {*METHODS} - {*resource.allowed}:
        answer = cartwatch.call(method, path_of(resource))
        assert answer.headers["allow"] == ", ".join(resource.allowed)
        assert answer.status == 405
        if method != "HEAD":
            assert refused(answer, 405) == "method_not_allowed"
    assert ("GET" in resource.allowed) == ("HEAD" in resource.allowed)
    assert {*resource.allowed} <= {*HTTPMethod}


@pytest.mark.parametrize("resource", GETTABLE, ids=lambda each: each.path)
def test_every_get_answers_head(cartwatch: Cartwatch, resource: Resource) -> None:
    """The same status and headers, but for a length that would have to be worked for."""
    for query in ("", "?limit=0&filter=x&cursor=%C3%A9"):
        got = cartwatch.call("GET", path_of(resource) + query)
        head = cartwatch.call("HEAD", path_of(resource) + query)
        assert head.status == got.status
        assert head.body == b""
        free = {"content-length", "transfer-encoding", "date", "etag", "last-modified"}
        assert {k: v for k, v in head.headers.items() if k not in free} == {
            k: v for k, v in got.headers.items() if k not in free
        }
        if "content-length" in head.headers:
            assert int(head.headers["content-length"]) == len(got.body)


@pytest.mark.parametrize("resource", RESOURCES, ids=lambda each: each.path)
def test_a_slash_too_many_is_told_in_words(cartwatch: Cartwatch, resource: Resource) -> None:
    """404 and no redirect, which curl does not follow and which loses a body."""
    path = path_of(resource)
    if resource.path.endswith((":path}", "/")):  # there it belongs to the id; or is the path
        return
    for method in ("GET", "POST"):
        answer = cartwatch.call(method, f"{path}/", b"{}" if method == "POST" else None)
        assert refused(answer, 404) == "not_found"
        assert "without the slash" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    "path", ["//", "/api", "/api/", "//api/carts", "/carts", "/carts/", "/ws/"]
)
def test_a_path_that_is_none_is_404(cartwatch: Cartwatch, path: str) -> None:
    """In words, for a program and for a person."""
    assert refused(cartwatch.call("GET", path), 404) == "not_found"
    page = cartwatch.call("GET", path, headers={"Accept": "text/html"})
    assert page.status == 404


@pytest.mark.parametrize("path", ["/api/stats%0A", "/livez%0A", "/api/carts%0A", "/api/uploads%0A"])
def test_a_path_is_matched_to_its_last_character(cartwatch: Cartwatch, path: str) -> None:
    """A line end behind it makes it another one."""
    assert refused(cartwatch.call("GET", path), 404) == "not_found"


def test_the_cart_of_a_user_whose_id_ends_in_a_line_end_is_its_own(cartwatch: Cartwatch) -> None:
    """``a`` and ``a`` with a line end are two users."""
    cartwatch.call("POST", "/api/events", ORDER % (b"methods\\n", b"2"))
    cartwatch.settled()
    assert cartwatch.get("/api/carts/methods")["unpaid_order_ids"] == [1]
    assert cartwatch.get("/api/carts/methods%0A")["unpaid_order_ids"] == [2]
    assert cartwatch.get("/api/carts/methods%0A")["user_id"] == "methods\n"
