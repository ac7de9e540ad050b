"""``cartwatch worker``: what it needs, what is refused for good, and what it waits for."""

from __future__ import annotations

import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kit.authority import Authority
from tests.kit.far_worker import FarWorker, await_workers
from tests.kit.nursery import run
from tests.kit.proxy import Proxy
from tests.kit.running import Cartwatch, until
from tests.kit.signed_in import CHANGES, bearer, token_files
from web.commands.arguments import listening_place


class Guarded:
    """A server with tokens under TLS, below a path, and the files that an agent has."""

    def __init__(self, folder: Path, server: Cartwatch, authority: Authority) -> None:
        self.folder, self.server, self.authority = folder, server, authority

    def refused(self, *words: str, url: str | None = None, **environment: str) -> str:
        """Be a worker that must be refused; gives the one sentence."""
        server = f"--server={url or self.server.url}"
        done = run("worker", server, *words, environment=environment, within=60)
        assert (done.returncode, done.stdout) == (1, ""), done
        assert done.stderr.startswith("cartwatch: ")
        assert done.stderr.count("\n") == 1, done.stderr
        assert CHANGES not in done.stderr
        return done.stderr

    @property
    def trusted(self) -> str:
        return f"--ca={self.authority.ca}"

    @property
    def key(self) -> list[str]:
        return [self.trusted, f"--token-file={self.folder / 'changes'}"]


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    folder = tmp_path_factory.mktemp("guarded")
    authority = Authority(folder)
    options = [*authority.options, *token_files(folder), "--root-path=/orders"]
    with Cartwatch(folder / "data", *options) as server:
        server.ca = authority.ca
        server.headers = bearer(CHANGES)
        until(lambda: server.call("GET", "/orders/readyz").status == 200)
        yield Guarded(folder, server, authority)


def test_what_the_server_refuses_for_good_is_one_sentence_and_status_1(guarded: Guarded) -> None:
    """A wrong token, a read-only one, none, and a server that proves nothing."""
    reads = f"--token-file={guarded.folder / 'reads'}"
    assert "a worker needs the full token" in guarded.refused(guarded.trusted, reads)
    wrong = guarded.refused(guarded.trusted, CARTWATCH_TOKEN="a-token-of-some-other-server")
    assert "this is not a token of this server" in wrong
    assert "send Authorization: Bearer TOKEN" in guarded.refused(guarded.trusted)
    said = guarded.refused(f"--token-file={guarded.folder / 'changes'}")
    assert "cannot be trusted" in said
    assert "--ca names the certificates" in said
    nowhere = guarded.refused(*guarded.key, url=f"{guarded.server.url}/nowhere")
    assert "there is no Cartwatch that takes in workers" in nowhere


def test_what_it_is_given_wrongly_is_one_sentence_and_status_1(guarded: Guarded) -> None:
    """A file that is not there, an address that is none, a name that leads nowhere."""
    missing = guarded.folder / "missing"
    assert "missing" in guarded.refused(f"--token-file={missing}")
    assert "--ca" in guarded.refused(f"--ca={missing}")
    assert "is not the address of a server" in guarded.refused(url="ftp://example.com")
    assert "leads nowhere" in guarded.refused(*guarded.key, "--listen=nowhere.invalid")


def test_a_server_behind_a_proxy_is_refused_in_a_sentence(tmp_path: Path) -> None:
    """Workers call each other: where a proxy is between they do not find each other."""
    with (
        Cartwatch(tmp_path / "data", *token_files(tmp_path), "--proxy=127.0.0.1") as server,
        FarWorker(server.url, f"--token-file={tmp_path / 'changes'}") as agent,
    ):
        status, said = agent.ends()
    assert status == 1
    assert said.startswith(f"cartwatch: {server.url} refused: this came by a proxy")
    assert said.count("\n") == 1


def test_what_passes_bytes_on_and_says_nothing_of_it_is_no_proxy_to_a_worker(
    tmp_path: Path,
) -> None:
    """Nobody can tell; whether the workers find each other is tried before each start anyhow."""
    with (
        Cartwatch(tmp_path / "data") as server,
        Proxy(server.url, "", strips=True) as proxy,
        FarWorker(proxy.url, "--listen=127.0.0.1") as agent,
    ):
        await_workers(server, 2)
        agent.stop()


def test_it_works_under_tls_at_a_path_with_the_token_of_the_environment(guarded: Guarded) -> None:
    """And its child verifies the server by the same authorities."""
    environment = {"CARTWATCH_TOKEN": CHANGES}
    with FarWorker(guarded.server.url, guarded.trusted, environment=environment) as agent:
        agent.says("worker 1 of 2 of the flow at https://127.0.0.1", 60)
        until(lambda: guarded.server.call("GET", "/orders/readyz").status == 200, 60)
        agent.stop()


def test_what_a_killed_agent_leaves_the_next_one_removes(guarded: Guarded, tmp_path: Path) -> None:
    """Not what a living one has; and nothing is left of one that is ended in good order.

    Others may write to that folder, too: a name with a number that no process has stops nobody.
    """
    environment = {"CARTWATCH_TOKEN": CHANGES, "TMPDIR": str(tmp_path)}
    (tmp_path / f"cartwatch-worker-{2**70}-left").mkdir()
    left: set[Path] = set()
    for _ in range(2):
        with FarWorker(guarded.server.url, guarded.trusted, environment=environment) as agent:
            agent.running()
            (made,) = set(tmp_path.iterdir())
            assert made not in left
            left = {made}
            agent.process.kill()
            agent.process.wait(10)
    with FarWorker(guarded.server.url, guarded.trusted, environment=environment) as agent:
        agent.running()
        with FarWorker(guarded.server.url, guarded.trusted, environment=environment) as other:
            other.running()
            until(lambda: len(set(tmp_path.iterdir()) - left) == 2)
            other.stop()
        agent.stop()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_waits_for_a_server_that_is_not_there_until_a_signal(number: signal.Signals) -> None:
    """It says so once, and not at every try; a signal ends it with status 0."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with FarWorker(f"http://127.0.0.1:{port}") as agent:
        agent.says("nothing listens there): trying again")
        said = agent.errors()
        assert said.count("\n") == 1
        agent.stop(number)
        assert agent.errors() == said


def test_why_a_server_is_not_reached_is_told_in_words(cartwatch: Cartwatch) -> None:
    """Not by the number of an error, whoever counts these: the resolver of names, TLS."""
    with FarWorker("http://nobody.invalid") as agent:
        agent.says("http://nobody.invalid cannot be reached (")
        assert "nknown error" not in agent.errors()
    with FarWorker(cartwatch.url.replace("http://", "https://")) as agent:
        agent.says("http:// is for servers without TLS: trying again")


def test_an_answer_that_is_no_servers_is_tried_again() -> None:
    """What listens there may be on its way to be another thing."""
    with (
        socket.create_server(("127.0.0.1", 0)) as listening,
        FarWorker(f"http://127.0.0.1:{listening.getsockname()[1]}") as agent,
    ):
        listening.settimeout(30)
        for _ in range(2):
            connection, _ = listening.accept()
            with connection:
                connection.recv(65_536)
                connection.sendall(b"220 mail.example.com ESMTP\r\n")
        agent.says("trying again")
        agent.stop()


def test_where_its_port_is_taken_it_waits_and_says_so(cartwatch: Cartwatch) -> None:
    """The flow goes on without it."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with FarWorker(cartwatch.url, f"--listen=127.0.0.1:{port}") as agent:
            agent.says(f"waiting: it cannot listen at 127.0.0.1 port {port}")
            cartwatch.settled()
            agent.stop()


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("10.0.0.7", ("10.0.0.7", 0)),
        ("10.0.0.7:7000", ("10.0.0.7", 7000)),
        ("[2001:db8::7]:7000", ("2001:db8::7", 7000)),
        ("[2001:db8::7]", ("2001:db8::7", 0)),
        ("2001:db8::7", ("2001:db8::7", 0)),
        ("Barn.example:0", ("barn.example", 0)),
    ],
)
def test_where_it_listens_is_an_address_or_a_name_and_maybe_a_port(
    text: str, place: tuple[str, int]
) -> None:
    """An address of IPv6 stands in brackets where a port follows."""
    assert listening_place(text) == place


@pytest.mark.parametrize(
    "text", ["", ":7000", "10.0.0.7:", "a:b", "10.0.0.7:65536", "[::1", "[::1]x", "0.0.0.0", "::"]
)
def test_what_is_no_place_to_listen_at_is_one_sentence_and_status_2(text: str) -> None:
    """Nor is everywhere: the others have to know where."""
    done = run("worker", "--server=http://x", f"--listen={text}")
    assert done.returncode == 2
    assert done.stdout == ""
    assert "Invalid value for '--listen'" in done.stderr
    assert done.stderr.count("\n") == 1
