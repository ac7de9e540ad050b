"""``cartwatch replay`` to a server that wants to know who asks, and that proves who it is."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kit.authority import Authority
from tests.kit.nursery import run
from tests.kit.running import Cartwatch
from tests.kit.signed_in import CHANGES, READS, bearer, token_files
from web.access.attempts import MOST

LINES = b'{"user_id": "a", "type": "order", "order_id": 1}\n' * 5


class Guarded:
    """A server with tokens under TLS, and the files that a client has."""

    def __init__(self, folder: Path, server: Cartwatch, authority: Authority) -> None:
        self.folder, self.server, self.authority = folder, server, authority
        self.lines = folder / "in.jsonl"
        self.lines.write_bytes(LINES)

    def replay(self, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return run("replay", str(self.lines), *words, environment=environment, within=60)

    def refused(self, *words: str, **environment: str) -> str:
        """Replay what must be refused; gives the one sentence."""
        done = self.replay(f"--server={self.server.url}", *words, **environment)
        assert (done.returncode, done.stdout) == (1, ""), done
        assert done.stderr.startswith("cartwatch: ")
        assert done.stderr.count("\n") == 1, done.stderr
        assert CHANGES not in done.stderr
        return done.stderr

    @property
    def trusted(self) -> str:
        return f"--ca={self.authority.ca}"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    folder = tmp_path_factory.mktemp("guarded")
    authority = Authority(folder)
    options = [*authority.options, *token_files(folder), "--proxy=10.0.0.1"]
    with Cartwatch(folder / "data", *options) as server:
        server.ca = authority.ca
        server.headers = bearer(CHANGES)
        server.settled()
        yield Guarded(folder, server, authority)
        server.stop()


def test_a_file_goes_up_by_a_token_in_a_file_or_in_the_environment(guarded: Guarded) -> None:
    """Under TLS, to its end; the file comes before the environment."""
    url, file = f"--server={guarded.server.url}", f"--token-file={guarded.folder / 'changes'}"
    for words, environment in (
        ([file], {}),
        ([file], {"CARTWATCH_TOKEN": "a-token-of-some-other-server"}),
        ([], {"CARTWATCH_TOKEN": CHANGES}),
    ):
        done = guarded.replay(url, guarded.trusted, *words, **environment)
        assert (done.returncode, done.stdout.split(":")[0]) == (0, "in.jsonl"), done.stderr
        assert "5 accepted" in done.stdout


def test_a_dry_run_is_for_readers_too_and_an_upload_is_not(guarded: Guarded) -> None:
    """Each in a sentence."""
    reads = f"--token-file={guarded.folder / 'reads'}"
    url = f"--server={guarded.server.url}"
    done = guarded.replay(url, guarded.trusted, reads, "--check")
    assert (done.returncode, "5 would be accepted" in done.stdout) == (0, True), done.stderr
    said = guarded.refused(guarded.trusted, reads)
    assert "refused: you may read everything here, and change nothing" in said


def test_a_server_that_proves_nothing_gets_no_token(guarded: Guarded) -> None:
    """One that nobody vouches for; at once, and in words that say what to do."""
    for words in ([], ["--check"]):
        said = guarded.refused(*words, CARTWATCH_TOKEN=CHANGES)
        assert f"{guarded.server.url} cannot be trusted:" in said
        assert "--ca names the certificates of the authorities to trust" in said


def test_a_certificate_of_another_name_is_not_trusted(tmp_path: Path, guarded: Guarded) -> None:
    """However good its authority."""
    authority = Authority(tmp_path, "other.example")
    with Cartwatch(tmp_path / "data", *authority.options) as server:
        words = (f"--server={server.url}", f"--ca={authority.ca}")
        done = guarded.replay(*words)
        assert done.returncode == 1
        assert f"{server.url} cannot be trusted: IP address mismatch" in done.stderr
        server.stop()


def test_files_of_a_client_that_are_none_are_sentences(guarded: Guarded) -> None:
    """Of the token and of the authorities, missing or damaged."""
    no = guarded.folder / "no"
    assert f"the token file cannot be read: {no}: no such file" in guarded.refused(
        guarded.trusted, f"--token-file={no}"
    )
    assert "CARTWATCH_TOKEN is empty" in guarded.refused(guarded.trusted, CARTWATCH_TOKEN="")
    assert f"--ca {no} cannot be read: no such file" in guarded.refused(f"--ca={no}")
    said = guarded.refused(f"--ca={guarded.lines}")
    assert f"{guarded.lines} holds no certificates in PEM" in said


def test_a_wrong_token_and_too_many_of_them_are_sentences(guarded: Guarded) -> None:
    """With none, it says how to give one."""
    said = guarded.refused(guarded.trusted)
    assert "refused: this server wants to know who asks" in said
    assert "--token-file or CARTWATCH_TOKEN gives a token to send" in said
    wrong = {"CARTWATCH_TOKEN": "a-token-of-some-other-server"}
    assert "refused: this is not a token of this server" in guarded.refused(
        guarded.trusted, **wrong
    )
    for _ in range(MOST):
        guarded.server.call("GET", "/api/stats", headers=bearer("wrong"))
    said = guarded.refused(guarded.trusted, CARTWATCH_TOKEN=CHANGES)
    assert "refused: 10 wrong tokens came from this address within a minute" in said
    assert READS not in said
