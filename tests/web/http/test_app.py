"""The application of the real program: pages, files, and the safety around everything."""

import socket

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from tests.kit.running import Cartwatch

ROUTES = (
    *("/", "/carts/a", "/static/main.js", "/api/carts", "/api/stats", "/livez", "/readyz"),
    *("/cart-join.json", "/nothing", "/api/carts.jsonl", "/api/carts?limit=0"),
)
FOREIGN = (
    {"Host": "example.com"},
    {"Origin": "http://example.com"},
    {"Origin": "null"},
    {"Host": "localhost:1", "Origin": "http://localhost:2"},
)


@pytest.mark.parametrize("path", ROUTES)
def test_every_answer_carries_the_safety_headers(cartwatch: Cartwatch, path: str) -> None:
    """Pages, files, data and errors alike; no script that is not a file of ours may run."""
    headers = cartwatch.call("GET", path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "server" not in headers


@pytest.mark.parametrize("headers", FOREIGN)
@pytest.mark.parametrize("path", ROUTES)
def test_another_host_or_origin_reads_nothing(
    cartwatch: Cartwatch, path: str, headers: dict[str, str]
) -> None:
    """Not even whether something is there."""
    answer = cartwatch.call("GET", path, headers=headers)
    assert answer.status == 403
    assert answer.json()["error"]["code"] in ("wrong_host", "wrong_origin")


@pytest.mark.parametrize("headers", FOREIGN)
@pytest.mark.parametrize("path", ["/api/events", "/api/uploads", "/api/reset", "/api/flow/restart"])
def test_another_host_or_origin_changes_nothing(
    cartwatch: Cartwatch, path: str, headers: dict[str, str]
) -> None:
    """A page elsewhere cannot send what a page here can."""
    assert cartwatch.call("POST", path, b'{"confirm": "reset"}', headers).status == 403


@pytest.mark.parametrize("path", ["/ws", "/ws/publish"])
@pytest.mark.parametrize("origin", ["http://example.com", "null", "http://127.0.0.1:1"])
def test_a_page_of_another_origin_opens_no_socket(
    cartwatch: Cartwatch, path: str, origin: str
) -> None:
    """Browsers send cookies and addresses along, but the origin too."""
    url = cartwatch.url.replace("http", "ws") + path
    with pytest.raises(InvalidStatus) as refused, connect(url, origin=Origin(origin), proxy=None):
        pass
    assert refused.value.response.status_code == 403


def test_a_socket_to_another_host_name_is_refused(cartwatch: Cartwatch) -> None:
    """A name that was pointed at this machine reaches no socket either."""
    port = int(cartwatch.url.rpartition(":")[2])
    tcp = socket.create_connection(("127.0.0.1", port))
    with (
        pytest.raises(InvalidStatus) as refused,
        connect(f"ws://example.com:{port}/ws", sock=tcp, proxy=None),
    ):
        pass
    assert refused.value.response.status_code == 403


def test_this_page_and_programs_may_open_the_browser_socket(cartwatch: Cartwatch) -> None:
    """With the origin of this server, or with none."""
    url = cartwatch.url.replace("http", "ws") + "/ws"
    for origin in (Origin(cartwatch.url), None):
        with connect(url, origin=origin, proxy=None) as browser:
            assert str(browser.recv(timeout=20)).startswith('{"type":"snapshot"')


def test_the_flows_socket_wants_its_secret(cartwatch: Cartwatch) -> None:
    """From this machine too."""
    url = cartwatch.url.replace("http", "ws") + "/ws/publish?execution=1"
    tried: list[dict[str, str]] = [{}, {"Authorization": "Bearer "}, {"Authorization": "Bearer x"}]
    for headers in tried:
        with (
            pytest.raises(InvalidStatus) as refused,
            connect(url, additional_headers=headers, proxy=None),
        ):
            pass
        assert refused.value.response.status_code == 403


def test_pages_are_html_and_a_bad_link_is_a_page_for_a_person(cartwatch: Cartwatch) -> None:
    """The same path answers a program in JSON."""
    person = {"Accept": "text/html,application/xhtml+xml"}
    for path, status in (("/", 200), ("/carts/a%2Fb", 200), ("/nothing", 404), ("/?sort=x", 400)):
        answer = cartwatch.call("GET", path, headers=person)
        assert answer.status == status
        assert answer.headers["content-type"].startswith("text/html")
    assert cartwatch.call("GET", "/nothing").headers["content-type"] == "application/json"
    api = cartwatch.call("GET", "/api/nothing", headers=person)
    assert api.headers["content-type"] == "application/json"


def test_what_is_in_a_link_is_text_in_the_page(cartwatch: Cartwatch) -> None:
    """Never markup."""
    person = {"Accept": "text/html"}
    for path in ("/carts/%3Cscript%3Ealert(1)%3C%2Fscript%3E", "/?search=%3Cscript%3Ealert(1)"):
        body = cartwatch.call("GET", path, headers=person).body
        assert b"<script>alert" not in body


def test_the_sample_is_served_for_the_button(cartwatch: Cartwatch) -> None:
    """The eight lines of the tutorial."""
    answer = cartwatch.call("GET", "/cart-join.json")
    assert answer.status == 200
    assert len(answer.body.splitlines()) == 8
    assert b"FAIL HERE" in answer.body
