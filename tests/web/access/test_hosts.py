"""Who may be asked by which name, and for whom."""

from __future__ import annotations

import pytest

from web.access.hosts import Asked, Hosts
from web.errors import APIError

HERE = Hosts(["vm", "Orders.Example.com"])
HOST = "127.0.0.1:8000"
OURS = (
    *("127.0.0.1:8000", "localhost", "LOCALHOST:1", "[::1]:8000", "192.0.2.1", "0.0.0.0:1"),
    *("[2001:db8::1]:8000", "vm:8000", "orders.example.com", "ORDERS.example.com:443"),
)
NOT_OURS = (
    *("", "example.com", "127.0.0.1.example.com", "localhost.example.com:8000", "vm.example.com"),
    *("user@127.0.0.1", "127.0.0.1/x", "127.0.0.1:x", "127.0.0.1:99999", "[::1", "2130706433"),
    *("127.0.0.1 example.com", "127.1", "[fe80::1%eth0]", "orders.example.com.", "192.0.2.1,vm"),
)
OTHER_ORIGINS = (
    *("", "null", "http://example.com", "http://127.0.0.1", "http://127.0.0.1:8001"),
    *("http://localhost:8000", "http://127.0.0.1:8000.example.com", "ftp://127.0.0.1:8000"),
    *("http://127.0.0.1:8000@example.com", "http://user@127.0.0.1:8000", "http://["),
    *("http://127.0.0.1:8000/", "http://127.0.0.1:8000?x", "file://", "127.0.0.1:8000"),
)


def refusal(method: str = "GET", host: str = HOST, **more: object) -> str | None:
    """Ask, and give the code of the refusal."""
    lines = {name: [value] for name, value in more.items() if isinstance(value, str)}
    flags = {name: value for name, value in more.items() if isinstance(value, bool)}
    error = HERE.refuse(Asked(method, [host], **lines, **flags))  # type: ignore[arg-type]
    return None if error is None else error.code


@pytest.mark.parametrize("host", OURS)
def test_this_server_by_any_of_its_names_may_be_asked(host: str) -> None:
    """Loopback, every address, what the machine calls itself and what it was told; at any port."""
    assert refusal(host=host) is None
    assert refusal("POST", host, origins=f"http://{host}", sites="same-origin") is None


@pytest.mark.parametrize("host", NOT_OURS)
def test_a_name_that_this_server_has_not_is_refused(host: str) -> None:
    """A name that an attacker points at this machine reaches nothing."""
    assert refusal(host=host) == "wrong_host"


@pytest.mark.parametrize("origin", OTHER_ORIGINS)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_page_of_another_origin_is_refused(method: str, origin: str) -> None:
    """Host and port must be those that the request names."""
    assert refusal(method, origins=origin) == "wrong_origin"


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("orders.example.com", "https://orders.example.com"),
        ("orders.example.com:443", "https://orders.example.com"),
        ("orders.example.com", "https://orders.example.com:443"),
        ("orders.example.com:80", "http://ORDERS.example.com"),
        ("[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_the_usual_port_may_be_said_or_left_out(host: str, origin: str) -> None:
    """Browsers leave it out; some proxies say it."""
    assert refusal("POST", host, origins=origin) is None


def test_where_a_proxy_leaves_the_port_out_the_name_is_enough() -> None:
    """It must be a named one, and the name still the same."""
    asked = {"host": "orders.example.com", "origins": "https://orders.example.com:8443"}
    assert refusal("POST", **asked) == "wrong_origin"
    assert refusal("POST", **asked, forwarded=True) is None
    assert refusal("POST", host="vm", origins=asked["origins"], forwarded=True) == "wrong_origin"
    assert refusal("POST", host="vm:1", origins="http://vm:2", forwarded=True) == "wrong_origin"


def test_a_page_that_came_without_tls_may_not_ask_with_it() -> None:
    """Whoever is between could have written that page."""
    assert refusal("POST", "vm", origins="http://vm", is_secure=True) == "wrong_origin"
    assert refusal("POST", "vm", origins="https://vm", is_secure=True) is None
    assert refusal("POST", "vm", origins="https://vm") is None  # a proxy that nobody has named


@pytest.mark.parametrize("site", ["cross-site", "same-site", "", "nonsense"])
def test_without_an_origin_a_browser_says_that_a_page_is_from_elsewhere(site: str) -> None:
    """It may then still follow a link here, and change nothing."""
    assert refusal("POST", sites=site) == "wrong_origin"
    assert refusal("DELETE", sites=site) == "wrong_origin"
    assert refusal("GET", sites=site) is None
    assert refusal("POST") is None  # a program


def test_two_hosts_or_origins_or_none_are_refused() -> None:
    """What no client sends is nothing to guess about."""
    cases: list[tuple[Asked, int]] = [
        (Asked("GET", ["vm", "vm"]), 400),
        (Asked("GET", []), 403),
        (Asked("GET", [HOST], [f"http://{HOST}"] * 2), 403),
        (Asked("POST", [HOST], [], ["same-origin", "cross-site"]), 403),
    ]
    for asked, status in cases:
        error = HERE.refuse(asked)
        assert isinstance(error, APIError)
        assert error.status == status


def test_a_name_that_is_learnt_later_counts_from_then_on() -> None:
    """The full name of a machine may take long to be found."""
    hosts = Hosts()
    asked = Asked("GET", ["vm.example.com"])
    assert hosts.refuse(asked) is not None
    hosts.add("VM.example.com")
    assert hosts.refuse(asked) is None
