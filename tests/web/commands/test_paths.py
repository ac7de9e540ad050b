"""Paths on the command line: the home folder, blank ones, and names that no store can have."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.folders import refusal
from tests.kit import nursery
from tests.kit.running import Cartwatch
from web.commands.cli import DATA_VARIABLE

LINE = b'{"user_id": "paths", "type": "order", "order_id": 1}\n'


def run(
    *words: str | bytes, folder: Path, **variables: str | bytes
) -> subprocess.CompletedProcess[bytes]:
    """Run the command in a folder that is also the home folder.

    Where its words or its environment are no text, or there is none of them, it is a real start.
    """
    text = [word for word in words if isinstance(word, str)]
    given = {name: value for name, value in variables.items() if isinstance(value, str)}
    if text and (len(text), len(given)) == (len(words), len(variables)):
        done = nursery.run(*text, folder=folder, environment={"HOME": str(folder), **given})
        said = done.stdout.encode(), done.stderr.encode()
        return subprocess.CompletedProcess(done.args, done.returncode, *said)
    return subprocess.run(
        [sys.executable, "-m", "web", *words],
        capture_output=True,
        timeout=60,
        cwd=folder,
        env={**os.environ, "HOME": str(folder), **variables},
    )


def sentence(done: subprocess.CompletedProcess[bytes], status: int) -> str:
    assert (done.returncode, done.stdout) == (status, b""), done
    assert done.stderr.count(b"\n") == 1, done.stderr
    assert done.stderr.startswith(b"cartwatch")
    assert len(done.stderr) < 1_000
    return done.stderr.decode()


@pytest.mark.parametrize("path", ["", " \t"])
def test_a_blank_path_is_refused_wherever_it_comes_from(tmp_path: Path, path: str) -> None:
    """An unset variable in a script must not mean the current folder."""
    given = sentence(run("--data", path, folder=tmp_path), 2)
    assert "'--data': the path is blank" in given
    assert DATA_VARIABLE not in given
    blank = sentence(run(folder=tmp_path, **{DATA_VARIABLE: path}), 2)
    assert f"{DATA_VARIABLE}: the path is blank" in blank
    assert "blank" in sentence(run("rebuild", path, folder=tmp_path), 2)
    assert "blank" in sentence(run("replay", path, folder=tmp_path), 2)
    assert list(tmp_path.iterdir()) == []


def test_an_option_counts_before_the_variable(tmp_path: Path) -> None:
    """Even before one that would be refused."""
    (tmp_path / "file").touch()
    said = sentence(run("--port=0", "--data=file", folder=tmp_path, **{DATA_VARIABLE: ""}), 1)
    assert "file" in said


def test_a_tilde_is_the_home_folder_in_every_path(
    tmp_path: Path, cartwatch: Cartwatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where no shell has put it in: in a variable, behind a ``=``, in quotes."""
    monkeypatch.setenv("HOME", str(tmp_path))
    for name, options, variable in (("one", ["--data=~/one"], None), ("two", [], "~/two")):
        (tmp_path / name).touch()  # a file in its place: it is refused, by its whole name
        variables = {} if variable is None else {DATA_VARIABLE: variable}
        said = sentence(run("--port=0", *options, folder=tmp_path, **variables), 1)
        assert str(tmp_path / name) in said
    assert str(tmp_path / "three") in sentence(run("rebuild", "~/three", folder=tmp_path), 1)
    (tmp_path / "f.jsonl").write_bytes(LINE)
    done = run("replay", "~/f.jsonl", "--server", cartwatch.url, folder=tmp_path)
    assert done.returncode == 0, done
    assert not (tmp_path / "~").exists()


def test_a_dot_before_it_makes_a_tilde_and_a_dash_names_of_files(
    tmp_path: Path, cartwatch: Cartwatch
) -> None:
    """As everywhere: ``./~`` and ``./-`` are files in this folder."""
    for name in ("~", "-", "~nobody-of-this-name"):
        (tmp_path / name).write_bytes(LINE)
        done = run("replay", f"./{name}", "--server", cartwatch.url, folder=tmp_path)
        assert done.returncode == 0, done
        assert (
            done.stdout.decode() == f"{name}: 1 accepted (1 a repeat), 0 skipped\n" or name == "~"
        )


def test_a_path_over_a_limit_is_a_sentence_and_status_1(tmp_path: Path) -> None:
    """Of a name, of SQLite's files, of the system; and nothing is made on the way."""
    name, files, system = "x" * 256, "/".join(["x" * 100] * 4), "/".join(["x" * 100] * 50)
    for path in (name, files, system):
        assert "xxx" in sentence(run("--port", "0", "--data", path, folder=tmp_path), 1)
    for command in ("rebuild", "replay"):
        assert "xxx" in sentence(run(command, system, folder=tmp_path), 1)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("below", ["", "data"])
@pytest.mark.parametrize("target", ["nothing", "link"])
def test_a_link_that_leads_to_nothing_is_called_one(
    tmp_path: Path, target: str, below: str
) -> None:
    """Also where it leads to itself, and where the folder is to be made below it."""
    link = tmp_path / "link"
    link.symlink_to(tmp_path / target)
    said = refusal("serve", "--port", "0", "--data", str(link / below))
    assert f"{link} is a symbolic link that leads to nothing" in said


def test_a_name_that_is_no_utf_8_is_told_with_a_mark(tmp_path: Path, cartwatch: Cartwatch) -> None:
    """As a folder it is refused, as the engine cannot use it; as a file it is sent."""
    as_bytes = b"caf\xe9"
    name = os.fsdecode(as_bytes)
    assert "caf�" in sentence(run("--port", "0", "--data", as_bytes, folder=tmp_path), 1)
    assert "caf�" in sentence(run("--port=0", folder=tmp_path, **{DATA_VARIABLE: name}), 1)
    assert "caf�" in sentence(run("rebuild", name, folder=tmp_path), 1)
    assert "caf�" in sentence(run("replay", name, folder=tmp_path), 1)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / name).write_bytes(LINE)
    done = run("replay", as_bytes, "--server", cartwatch.url, folder=tmp_path)
    assert (done.returncode, done.stdout.decode()[:6]) == (0, "caf�: "), done


def test_bytes_that_are_no_utf_8_are_refused_like_any_other_bad_word(tmp_path: Path) -> None:
    """In a number, an address, an option, a command, a server."""
    assert "error: " in sentence(run(b"--port=\xff", folder=tmp_path), 2)
    bad = os.fsdecode(b"\xff")
    for words in ((f"--host={bad}",), (f"--{bad}",), (bad,), ("generate", f"--seed={bad}")):
        assert "error: " in sentence(run(*words, folder=tmp_path), 2)
    (tmp_path / "f").write_bytes(LINE)
    for server in (f"http://{bad}", f"http://127.0.0.1:1/{bad}"):
        sentence(run("replay", "f", f"--server={server}", folder=tmp_path), 1)


def test_the_terminal_of_a_region_without_utf_8_gets_sentences_too(tmp_path: Path) -> None:
    """Whatever cannot be written there is spelled out."""
    done = run("replay", "n\u00e9�".encode(), folder=tmp_path, PYTHONIOENCODING="ascii")
    assert done.stderr.isascii()
    sentence(done, 1)
