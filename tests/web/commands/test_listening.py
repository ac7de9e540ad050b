"""The sockets of a server: where people come in, and where its own flow does."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from typing_extensions import override

from web.commands.listening import listen, listen_for_flow, url_of
from web.commands.opening import StartError


@pytest.fixture
def opened() -> Iterator[ExitStack]:
    """Close whatever listens."""
    with ExitStack() as stack:
        yield stack


def without(family: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make this a machine that has no addresses of a kind."""
    real = socket.socket.bind

    class Machine(socket.socket):
        @override
        def bind(self, address: Any, /) -> None:
            if self.family == family:
                raise OSError(errno.EADDRNOTAVAIL, "Cannot assign requested address")
            real(self, address)

    monkeypatch.setattr(socket, "socket", Machine)


@pytest.mark.parametrize(
    ("host", "url"), [("127.0.0.1", "http://127.0.0.1:{}"), ("::1", "http://[::1]:{}")]
)
def test_an_address_is_listened_on_and_named_as_a_url(
    opened: ExitStack, host: str, url: str
) -> None:
    """A browser can open what is printed."""
    (one,) = listen(host, 0)
    opened.enter_context(one)
    port = one.getsockname()[1]
    assert url_of(one, "http") == url.format(port)
    opened.enter_context(socket.create_connection((host, port)))


def test_localhost_is_both_loopback_addresses_at_one_port(opened: ExitStack) -> None:
    """What the name leads to is this server, whichever of the two a program tries first."""
    both = [opened.enter_context(each) for each in listen("localhost", 0)]
    assert [each.getsockname()[0] for each in both] == ["127.0.0.1", "::1"]
    assert len({each.getsockname()[1] for each in both}) == 1


def test_a_port_that_is_taken_on_one_of_both_is_refused(opened: ExitStack) -> None:
    """Else the name might lead to that other program; and nothing is left open."""
    other = opened.enter_context(socket.create_server(("::1", 0), family=socket.AF_INET6))
    port = other.getsockname()[1]
    with pytest.raises(StartError, match=rf"on ::1 port {port}: .* in use; --port 0 "):
        listen("localhost", port)
    (alone,) = listen("127.0.0.1", port)
    opened.enter_context(alone)


@pytest.mark.parametrize(
    ("missing", "left"), [(socket.AF_INET6, "127.0.0.1"), (socket.AF_INET, "::1")]
)
def test_a_machine_may_be_without_one_kind_of_address(
    opened: ExitStack, missing: int, left: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name and the flow take what there is."""
    without(missing, monkeypatch)
    (one,) = listen("localhost", 0)
    opened.enter_context(one)
    flow = opened.enter_context(listen_for_flow())
    assert one.getsockname()[0] == flow.getsockname()[0] == left


def test_a_name_is_all_of_its_addresses_here_at_one_port(
    opened: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those of another machine are passed over; one alone of another machine is refused."""
    leads = {"vm": ["192.0.2.1", "127.0.0.1", "127.0.0.1", "::1"], "elsewhere": ["192.0.2.1"]}

    def found(host: str, *_: object, **__: object) -> list[Any]:
        return [(0, 0, 0, "", (address, 0)) for address in leads[host]]

    monkeypatch.setattr(socket, "getaddrinfo", found)
    both = [opened.enter_context(each) for each in listen("vm", 0)]
    assert [each.getsockname()[0] for each in both] == ["127.0.0.1", "::1"]
    assert len({each.getsockname()[1] for each in both}) == 1
    with pytest.raises(StartError, match=r"on 192\.0\.2\.1 port 0: cannot assign .* this machine$"):
        listen("elsewhere", 0)


def test_a_name_that_leads_nowhere_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a sentence that names it."""

    def nothing(*_: object, **__: object) -> list[Any]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nothing)
    with pytest.raises(
        StartError, match=r"cannot listen on no\.example: it leads nowhere .name or"
    ):
        listen("no.example", 0)


@pytest.mark.parametrize(
    ("host", "name", "url"),
    [
        ("0.0.0.0", None, "https://127.0.0.1:8000"),
        ("::", None, "https://[::1]:8000"),
        ("192.0.2.1", None, "https://192.0.2.1:8000"),
        ("192.0.2.1", "vm", "https://vm:8000"),
    ],
)
def test_what_listens_everywhere_is_named_by_an_address_that_a_browser_can_use(
    host: str, name: str | None, url: str
) -> None:
    """A name where there is one, as a certificate is for names."""

    class Listening(socket.socket):
        @override
        def getsockname(self) -> Any:
            return (host, 8000)

    with Listening() as listening:
        assert url_of(listening, "https", name) == url


def test_an_address_that_this_machine_has_not_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a sentence that names it."""
    without(socket.AF_INET6, monkeypatch)
    with pytest.raises(StartError, match="cannot listen on ::1 port 0: cannot assign"):
        listen("::1", 0)


def test_the_flow_comes_in_at_an_address_of_its_own(opened: ExitStack) -> None:
    """On loopback, at any free port."""
    one = opened.enter_context(listen_for_flow())
    two = opened.enter_context(listen_for_flow())
    assert one.getsockname()[0] == "127.0.0.1"
    assert one.getsockname()[1] != two.getsockname()[1]
