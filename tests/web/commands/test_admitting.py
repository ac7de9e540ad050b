"""What decides who may come in, at a start: every mistake is one sentence and status 1."""

from __future__ import annotations

import socket
import ssl
from pathlib import Path
from typing import Any

import pytest
from typing_extensions import override

from tests.faults.folders import refusal
from tests.kit.authority import Authority
from web.commands.admitting import Admitted, Given, admit, live_lines, nobody, read_given
from web.commands.opening import StartError
from web.data.folder import DataFolder
from web.errors import APIError
from web.settings import Admission, Settings

TOKEN = "a-token-of-this-server"
NOTHING = Given(None, None, None)


def file(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text)
    return path


def reason(asked: Admission) -> str:
    with pytest.raises(StartError) as refused:
        read_given(asked)
    sentence = str(refused.value)
    assert "\n" not in sentence
    assert TOKEN not in sentence
    return sentence


def test_tokens_that_are_none_are_sentences(tmp_path: Path) -> None:
    """Each names where it was read, and says nothing of what it holds."""
    short, good = file(tmp_path, "short", "x" * 15), file(tmp_path, "good", TOKEN)
    assert f"the token file {short} is too short" in reason(Admission(token_file=short))
    assert f"token file cannot be read: {tmp_path}: is a" in reason(Admission(token_file=tmp_path))
    assert reason(Admission(token="")).startswith("CARTWATCH_TOKEN is empty")
    assert reason(Admission(token="short")).startswith("CARTWATCH_TOKEN is too short")
    read_only = reason(Admission(read_only_token_file=tmp_path / "no"))
    assert (
        f"the file of the read-only token cannot be read: {tmp_path / 'no'}: no such" in read_only
    )
    for asked in (
        Admission(token_file=good, read_only_token_file=good),
        Admission(token=TOKEN, read_only_token_file=good),
    ):
        assert "are the same" in reason(asked)


def test_the_file_comes_before_the_environment(tmp_path: Path) -> None:
    """What is named on the command line is meant."""
    asked = Admission(token_file=file(tmp_path, "f", f"{TOKEN}\n"), token="another-token-of-it")
    assert read_given(asked).changes == TOKEN
    assert read_given(Admission(token=f" {TOKEN} ")).changes == TOKEN


def test_certificates_that_are_none_are_sentences(tmp_path: Path) -> None:
    """Missing, damaged, of another key, or behind a password that nobody is asked for."""
    folder = tmp_path / "other"
    folder.mkdir()
    good, other = Authority(tmp_path), Authority(folder)
    bad = file(tmp_path, "bad", "x")

    def told(cert: Path, key: Path) -> str:
        return reason(Admission(tls_cert=cert, tls_key=key))

    assert f"--tls-cert {tmp_path / 'no'} cannot be read: no such file" in told(
        tmp_path / "no", good.key
    )
    assert f"--tls-key {tmp_path} cannot be read: is a directory" in told(good.cert, tmp_path)
    for cert, key in ((bad, good.key), (good.cert, bad), (good.cert, other.key)):
        assert told(cert, key).startswith(f"{cert} and {key} are no certificate and its key")
    assert "key values mismatch" in told(good.cert, other.key)
    assert told(bad, bad).endswith(" without a password: pem lib")
    endless = Path("/dev/zero")
    assert f"--tls-key {endless} is longer than 1 MiB" in told(good.cert, endless)
    assert f"--tls-cert {endless} is longer than 1 MiB" in told(endless, endless)
    assert read_given(Admission(tls_cert=good.cert, tls_key=good.key)).tls is not None


def test_a_key_with_a_password_asks_nobody(tmp_path: Path) -> None:
    """A server has no terminal."""
    from cryptography.hazmat.primitives import serialization

    good = Authority(tmp_path)
    key = serialization.load_pem_private_key(good.key.read_bytes(), None)
    good.key.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"a password"),
        )
    )
    words = reason(Admission(tls_cert=good.cert, tls_key=good.key))
    assert "are no certificate and its key, in PEM and without a password" in words


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_loopback_without_a_token_or_a_proxy_has_no_login(tmp_path: Path, host: str) -> None:
    """And every other address has one."""
    folder = DataFolder(tmp_path / "data")
    alone = admit(Settings(folder.path, host), NOTHING, folder)
    assert (alone.access.login, alone.made) == (None, None)
    for elsewhere in ("0.0.0.0", "::", "127.0.0.2", "192.0.2.1", "vm"):
        admitted = admit(Settings(folder.path, elsewhere), NOTHING, folder)
        assert admitted.access.login is not None
        assert admitted.made == folder.token.read_text().strip()
    folder.release()


def test_a_token_of_a_person_is_not_printed_and_none_is_made(tmp_path: Path) -> None:
    """With a read-only one alone, the other is made: somebody has to be able to change things."""
    folder = DataFolder(tmp_path / "data")
    settings = Settings(folder.path)
    given = admit(settings, Given(TOKEN, None, None), folder)
    assert given.access.login is not None
    assert given.made is None
    assert not folder.token.exists()
    assert admit(settings, Given(None, TOKEN, None), folder).made is not None
    folder.release()


@pytest.mark.parametrize("name", ["cartwatch-token.txt", "cartwatch-sessions.json"])
def test_what_the_folder_keeps_of_the_login_may_be_damaged(tmp_path: Path, name: str) -> None:
    """One sentence and status 1; it is left as it is."""
    file(tmp_path, "token", TOKEN)
    folder = DataFolder(tmp_path / "data")
    folder.release()
    damaged = file(folder.path, name, "x")
    options = [] if "token" in name else [f"--token-file={tmp_path / 'token'}"]
    sentence = refusal("serve", "--port=0", f"--data={folder.path}", "--proxy=10.0.0.1", *options)
    assert str(damaged) in sentence
    assert damaged.read_text() == "x"


def test_a_token_that_is_none_is_told_before_anything_is_made(tmp_path: Path) -> None:
    """The data folder, too, is not there yet."""
    options = ("--port=0", f"--data={tmp_path / 'data'}")
    sentence = refusal("serve", *options, f"--token-file={tmp_path / 'no'}")
    assert str(tmp_path / "no") in sentence
    assert not (tmp_path / "data").exists()


def test_the_live_line_is_the_first_one_and_the_link_the_second(tmp_path: Path) -> None:
    """With the scheme, and by a name where it listens on one."""

    class Listening(socket.socket):
        @override
        def getsockname(self) -> Any:
            return ("192.0.2.1", 8000)

    with Listening() as listening:
        for host, cert, url in (
            ("192.0.2.1", None, "http://192.0.2.1:8000"),
            ("vm", tmp_path, "https://vm:8000"),
        ):
            settings = Settings(tmp_path, host, admission=Admission(tls_cert=cert))
            for made, link in ((None, ""), (TOKEN, f"\nSign in with {url}/sign-in?token={TOKEN}")):
                said = live_lines(settings, listening, Admitted(nobody(), made))
                assert said == f"Cartwatch is live at {url}{link}"


def test_nobody_is_let_in_by_no_token() -> None:
    """What a rebuild serves meanwhile is for nobody."""
    login = nobody().login
    assert login is not None
    with pytest.raises(APIError):
        login.by_token("", None)
    assert login.by_cookie([""]) is None


def test_the_name_that_is_listened_on_and_those_that_were_given_are_ours(tmp_path: Path) -> None:
    """Beside what the machine calls itself."""
    from web.access.hosts import Asked

    folder = DataFolder(tmp_path / "data")
    settings = Settings(folder.path, "vm.example", admission=Admission(names=("orders.example",)))
    hosts = admit(settings, NOTHING, folder).access.hosts
    for name in ("vm.example", "orders.example", socket.gethostname()):
        assert hosts.refuse(Asked("GET", [f"{name}:8000"])) is None
    assert hosts.refuse(Asked("GET", ["evil.example"])) is not None
    folder.release()


def test_no_word_of_a_context_is_left_to_chance(tmp_path: Path) -> None:
    """TLS 1.2 or newer, and HTTP/1.1 alone."""
    good = Authority(tmp_path)
    context = read_given(Admission(tls_cert=good.cert, tls_key=good.key)).tls
    assert context is not None
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2
    assert context.verify_mode is ssl.CERT_NONE  # clients have tokens, and no certificates
