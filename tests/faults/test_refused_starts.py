"""What cannot be started: one sentence that says why and what to do, and status 1."""

from __future__ import annotations

import json
import os
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from dataflow.journal import Journal
from dataflow.launch import SECRET_VARIABLE
from tests.faults.folders import generation_of, refusal
from tests.kit.running import Cartwatch
from web.data.folder import DataFolder
from web.view.view import View


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder that nobody uses."""
    folder = DataFolder(tmp_path / "data")
    paths = folder.current()
    Journal(paths.journal).close()
    View(paths.view).close()
    folder.release()
    return folder.path


def serve(data: Path, port: int = 0) -> str:
    return refusal("serve", "--port", str(port), "--data", str(data))


@pytest.mark.parametrize(("below", "why"), [("", "it is a file"), ("below/it", "not a directory")])
def test_a_folder_that_cannot_be_one_is_refused(tmp_path: Path, below: str, why: str) -> None:
    """A file stands where the data folder or one above it should be: as little use as read-only."""
    (tmp_path / "file").write_bytes(b"mine")
    wanted = tmp_path / "file" / below
    assert f"cannot use the data folder {wanted}: {why}\n" in serve(wanted)
    assert (tmp_path / "file").read_bytes() == b"mine"


def test_a_port_that_is_taken_is_refused(tmp_path: Path) -> None:
    """Before the data folder is touched."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        sentence = serve(tmp_path / "data", port)
    assert f"cannot listen on 127.0.0.1 port {port}: address already in use" in sentence
    assert "--port 0" in sentence
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("file", ["journal.db", "view.db"])
def test_a_file_of_a_newer_version_is_refused_and_left_alone(data: Path, file: str) -> None:
    """An older Cartwatch says which format it reads, and does not guess at another."""
    path = generation_of(data) / file
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("PRAGMA user_version = 99")
    before = path.read_bytes()
    assert "has the format 99, and this Cartwatch reads" in serve(data)
    assert path.read_bytes() == before


def test_a_generation_of_a_newer_version_is_refused(data: Path) -> None:
    """By serve and by rebuild, which would else throw away what it does not know."""
    facts = generation_of(data) / "generation.json"
    facts.write_text(json.dumps(json.loads(facts.read_text()) | {"format": 99}))
    assert "has the format 99" in serve(data)
    assert "has the format 99" in refusal("rebuild", str(data))


def test_a_journal_of_a_newer_version_is_not_rebuilt_from(data: Path) -> None:
    """The folder stays as it is: no new generation, no half of one."""
    with closing(sqlite3.connect(generation_of(data) / "journal.db")) as db, db:
        db.execute("PRAGMA user_version = 99")
    generations = list(data.glob("*generation*"))
    assert "has the format 99" in refusal("rebuild", str(data))
    assert list(data.glob("*generation*")) == generations


def test_a_generation_without_its_facts_is_refused(data: Path) -> None:
    """How many key groups it was made with cannot be guessed."""
    (generation_of(data) / "generation.json").unlink()
    assert "is not a generation of Cartwatch's data" in serve(data)


def test_one_folder_has_one_server_and_one_flow(tmp_path: Path) -> None:
    """A second server, a rebuild and a flow that is started by hand name who holds the folder.

    The first ones go on.
    """
    with Cartwatch(tmp_path / "data") as server:
        server.settled()
        flow = server.flow_pid()
        holder = f"{server.data} is in use by process {server.pid}"
        assert f"{holder}: stop it, or give another --data folder\n" in serve(server.data)
        assert refusal("rebuild", str(server.data)).endswith(f"{holder}: stop it\n")
        with subprocess.Popen(
            [
                *(sys.executable, "-m", "dataflow.process", "--groups=256", "--execution=9"),
                *("--snapshot-interval=1", "--hub=ws://127.0.0.1:1/ws/publish"),
                f"--generation={generation_of(server.data)}",
                f"--lock={server.data / 'flow.lock'}",
            ],
            env={**os.environ, SECRET_VARIABLE: "x"},
            stdin=subprocess.PIPE,  # held open: a flow ends with its standard input
            stderr=subprocess.PIPE,
            text=True,
        ) as by_hand:
            assert by_hand.stderr is not None
            sentence = by_hand.stderr.read()
            assert by_hand.wait(30) == 1
        assert f"{server.data} is in use by process {flow}" in sentence
        assert sentence.count("\n") == 1
        assert server.call("POST", "/api/events", b"{}").status == 202
        assert server.settled()["skipped"] == 1
        assert server.flow_pid() == flow
        server.stop()
