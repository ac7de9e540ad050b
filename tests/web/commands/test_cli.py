"""The command: every mistake is one sentence and a status."""

import re
import socket
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.kit.nursery import run
from tests.kit.running import Cartwatch
from web.commands.arguments import OWN_PLACES, root_path
from web.commands.cli import DATA_VARIABLE, main
from web.http import assets
from web.http.app import routes


def one_sentence(done: subprocess.CompletedProcess[str], status: int) -> str:
    """Check that it said one thing, on stderr, and nothing like a traceback."""
    assert done.returncode == status, done
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    said = done.stderr.strip().splitlines()
    if status == 1:
        assert len(said) == 1, said
    return said[-1]


OPTIONS = {
    "serve": (
        *("--host", "--port", "--data", "--snapshot-interval", "--max-upload", "--root-path"),
        "--token-file",
        *("--read-only-token-file", "--tls-cert", "--tls-key", "--name", "--proxy"),
        *("--kafka", "--kafka-config", "--completed-topic"),
    ),
    "replay": ("FILE", "--rate", "--check", "--server", "--token-file", "--ca"),
    "generate": ("--events", "--users", "--bad", "--seed"),
    "rebuild": ("DIR", "--generation"),
    "worker": ("--server", "--listen", "--token-file", "--ca", "(pickle)", "private network"),
}


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    """On stdout, with status 0; and it says what is done without one."""
    for word in ("--help", "-h"):
        assert main([word]) == 0
        text = capsys.readouterr().out
        assert text.startswith("Usage: cartwatch")
        assert all(f"\n  {command} " in text for command in OPTIONS)
        assert "Without a command, it serves" in text


@pytest.mark.parametrize("command", OPTIONS)
def test_help_of_a_command_explains_every_option(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each has its line, and what it is without being given."""
    assert main([command, "--help"]) == 0
    text = capsys.readouterr().out
    assert text.startswith(f"Usage: cartwatch {command}")
    assert all(option in text for option in OPTIONS[command])
    if command == "serve":
        assert "127.0.0.1]" in text
        assert DATA_VARIABLE in text


def test_the_version_is_that_of_the_package(capsys: pytest.CaptureFixture[str]) -> None:
    """One line on stdout."""
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"cartwatch {version('cartwatch')}\n"


NO_NUMBERS = (
    "",
    " ",
    "x",
    "1_0",
    "٣",
    "१",
    "0x10",
    "1e",
    "nan",
    "inf",
    "-inf",
    "1e999",
    "--",
    "1 2",
)
NO_WHOLE_NUMBERS = (*NO_NUMBERS, "1.5", "1.0", "1e3", " 5", "5 ", "+5", "1" * 19, "1" * 5_000)
GENERATE = ("generate", "--events=5", "--users=1")
BAD_VALUES = {
    ("serve", "--port"): (*NO_WHOLE_NUMBERS, "-1", "65536"),
    ("serve", "--max-upload"): (*NO_WHOLE_NUMBERS, "0", "-5"),
    ("serve", "--snapshot-interval"): (*NO_NUMBERS, "0", "0.049", "60.1", "-1"),
    ("serve", "--root-path"): (
        *("", " ", "orders", "//", "/a//b", "/a?b", "/a#b", "/..", "/a/../b", "/./a", "/a b", "/ä"),
        *("/a%2Fb", "/a\n", "/a\\b", "http://x/a", "/<b>", '/"', "/api", "/carts/", "/static/x"),
    ),
    ("serve", "--host"): (
        *("", " ", "a b", "127.1", "256.0.0.1", "::1%lo", "[::1]", "127.0.0.1:80", "http://x"),
        *("example.com:80", "-x", "a..b", "x" * 64, "a\nb"),
    ),
    ("serve", "--name"): (
        "",
        ",",
        "a,,b",
        "a b",
        "http://a",
        "a:80",
        "*.a.example",
        "1.2.3.4",
        "a/",
    ),
    ("serve", "--proxy"): ("", "x", "10.0.0.1,", "10.0.0.0/33", "0.0.0.0/0", "::/0", "10.0.0.1:80"),
    ("serve", "--kafka"): (
        *(
            "",
            ",",
            "k",
            "k:",
            ":9092",
            "k:0",
            "k:65536",
            "k:x",
            "k:9092,",
            "a b:9092",
            "http://k:1",
        ),
        *("[::1]", "::1:9092", "[k]:9092", "PLAINTEXT://k:9092", "k:9092/x"),
    ),
    ("serve", "--kafka-config"): ("", " ", "a\0b"),
    ("serve", "--completed-topic"): ("", " ", ".", "..", "a b", "a/b", "ä", "x" * 250),
    ("serve", "--token-file"): ("", " ", "a\0b"),
    ("serve", "--read-only-token-file"): ("", " "),
    ("serve", "--tls-cert"): ("", " "),
    ("serve", "--tls-key"): ("", " "),
    ("replay", "f", "--token-file"): ("", " "),
    ("replay", "f", "--ca"): ("", " "),
    ("serve", "--data"): ("", " ", "\t\n", "a\0b", "~nobody-of-this-name/x"),
    ("replay", "f", "--rate"): (*NO_NUMBERS, "0", "-1", "1000001"),
    (*GENERATE, "--events"): (*NO_WHOLE_NUMBERS, "0", "-1"),
    (*GENERATE, "--users"): (*NO_WHOLE_NUMBERS, "0", "-1"),
    (*GENERATE, "--bad"): (*NO_NUMBERS, "1.5", "-0.1"),
    (*GENERATE, "--seed"): NO_WHOLE_NUMBERS,
    ("rebuild", "d", "--generation"): (*NO_WHOLE_NUMBERS, "0", "-1"),
}


@pytest.mark.parametrize(
    ("text", "root"),
    [("/", ""), ("/orders", "/orders"), ("/orders/", "/orders"), ("/a/B-1._~/", "/a/B-1._~")],
)
def test_a_root_path_is_whole_segments_without_a_slash_at_the_end(text: str, root: str) -> None:
    """One that is nothing stands before no address."""
    assert root_path(text) == root


def test_no_root_path_can_be_taken_for_an_address_of_our_own() -> None:
    """A proxy may strip it or not, and both must be told apart from what it stands before."""
    own = {getattr(route, "path", "/").split("/")[1] for route in routes()}
    assert own - {""} <= OWN_PLACES
    assert assets.ROOT.removeprefix("/") in OWN_PLACES


def refused(words: Sequence[str], capsys: pytest.CaptureFixture[str]) -> str:
    """Check that these words are refused in one sentence, with status 2; gives it."""
    assert main(words) == 2, words
    said = capsys.readouterr()
    assert said.out == ""
    (sentence,) = said.err.splitlines()
    assert re.match(r"cartwatch( \w+)?: error: .* --help says what it takes\)$", sentence), sentence
    return sentence


@pytest.mark.parametrize("words", BAD_VALUES, ids=lambda words: f"{words[0]} {words[-1]}")
def test_a_bad_value_is_one_sentence_and_status_2(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    """Before anything is started or made; it names the command and the option."""
    for value in BAD_VALUES[words]:
        sentence = refused([*words[:-1], f"{words[-1]}={value}"], capsys)
        assert sentence.startswith(f"cartwatch {words[0]}: error: ")
        assert words[-1] in sentence
        assert len(sentence) < 300


@pytest.mark.parametrize(
    "words",
    [
        *(["--nothing"], ["serve", "--port"], ["serve", "extra"], ["--port", "1", "extra"]),
        *(["replay"], ["replay", "f", "g"], ["replay", "f", "--rates", "1"], ["replay", ""]),
        *(["generate"], ["generate", "--events", "5"], ["generate", "--users", "5"]),
        *(["--tls-cert", "c"], ["--tls-key", "k"], ["--token", "t"]),
        *(["--kafka", "k:9092"], ["--completed-topic", "t"], ["--kafka-config", "f"]),
        *(["rebuild"], ["rebuild", "a", "b"], ["rebuild", " "], ["serv"], [""], ["-x"]),
    ],
)
def test_words_that_are_none_of_its_own_are_one_sentence_and_status_2(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Missing, left over, mistyped."""
    refused(words, capsys)


def test_a_mistyped_command_is_told_apart_from_an_option(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Only what begins with a dash, or nothing at all, is for the server."""
    assert "'rebuidl'" in refused(["rebuidl", "d"], capsys)
    assert refused(["--prot", "1"], capsys).startswith("cartwatch serve: ")


def test_a_used_port_is_one_sentence_and_status_1(tmp_path: Path) -> None:
    """It names the port and the way out."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = one_sentence(run("--port", str(port), "--data", str(tmp_path / "data")), 1)
    assert str(port) in said
    assert "--port 0" in said


@pytest.mark.parametrize("line", ["acks=0", "no.such.property=s3cr3t", "s3cr3t"])
def test_a_bad_file_of_kafka_is_one_sentence_and_status_1(tmp_path: Path, line: str) -> None:
    """It names file and line, and no value; nothing is made."""
    pytest.importorskip("confluent_kafka", reason="the extra kafka is not installed")
    path = tmp_path / "kafka.properties"
    path.write_text(f"# ours\n{line}\n")
    kafka = ("--kafka", "127.0.0.1:9", "--completed-topic", "t", "--kafka-config", str(path))
    said = one_sentence(run("--port", "0", "--data", str(tmp_path / "data"), *kafka), 1)
    assert f"{path}, line 2" in said
    assert "s3cr3t" not in said
    assert not (tmp_path / "data").exists()


def test_a_folder_that_cannot_be_used_is_one_sentence_and_status_1(tmp_path: Path) -> None:
    """A file in its place, or a folder that nothing can be made in."""
    (tmp_path / "file").write_text("x")
    for path in (tmp_path / "file", tmp_path / "file" / "deeper", Path("/proc/nothing")):
        said = one_sentence(run("--port", "0", "--data", str(path)), 1)
        assert str(path) in said


@pytest.mark.parametrize("name", ["journal.db", "view.db", "generation.json"])
def test_corrupt_data_are_one_sentence_and_status_1(tmp_path: Path, name: str) -> None:
    """They are left as they are."""
    data = tmp_path / "data"
    with Cartwatch(data) as server:
        server.stop()
    path = data / "generation-000001" / name
    for other in path.parent.glob(f"{name}-*"):
        other.unlink()
    path.write_bytes(b"garbage" * 2_000)
    said = one_sentence(run("--port", "0", "--data", str(data)), 1)
    assert "generation-000001" in said or str(data) in said
    assert path.read_bytes() == b"garbage" * 2_000


def test_a_second_server_on_the_folder_refuses_and_names_the_first(tmp_path: Path) -> None:
    """Status 1, the folder and the pid; the first one is not disturbed."""
    with Cartwatch(tmp_path / "data") as first:
        first.settled()
        said = one_sentence(run("--port", "0", "--data", str(tmp_path / "data")), 1)
        assert str(tmp_path / "data") in said
        assert str(first.pid) in said
        assert first.call("GET", "/readyz").status == 200
        first.stop()


def test_generate_writes_the_same_records_for_the_same_seed() -> None:
    """As many lines as asked for; another seed, other lines."""
    words = ("generate", "--events", "500", "--users", "20", "--bad", "0.1")
    first, again, other = run(*words), run(*words, "--seed", "0"), run(*words, "--seed", "1")
    assert (first.returncode, first.stderr) == (0, "")
    assert len(first.stdout.splitlines()) == 500
    assert first.stdout == again.stdout != other.stdout


def test_a_reader_that_goes_away_ends_generate_in_silence() -> None:
    """``generate | head`` is no error."""
    with subprocess.Popen(
        [sys.executable, "-m", "web", "generate", "--events", "1000000", "--users", "10"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
        process.wait(20)


def test_a_replay_to_nobody_is_one_sentence_and_status_1(tmp_path: Path) -> None:
    """And so is a file that is not there."""
    (tmp_path / "f.jsonl").write_text("x\n")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    assert url in one_sentence(run("replay", str(tmp_path / "f.jsonl"), "--server", url), 1)
    assert "nothing.jsonl" in one_sentence(run("replay", "nothing.jsonl", "--server", url), 1)


def test_a_replay_ends_when_the_last_record_is_in_its_cart(tmp_path: Path) -> None:
    """Status 0 only then; the data folder may come from the environment."""
    (tmp_path / "f.jsonl").write_text('{"user_id": "a", "type": "order", "order_id": 1}\n' * 9)
    with Cartwatch(tmp_path / "data") as server:
        done = run("replay", str(tmp_path / "f.jsonl"), "--server", server.url)
        assert done.returncode == 0, done
        assert server.get("/api/stats")["events"] == 9
        server.stop()


def test_the_live_line_names_the_address(tmp_path: Path) -> None:
    """As the contract spells it, whatever port was free."""
    with Cartwatch(tmp_path / "data") as server:
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+", server.url)
        server.stop()
