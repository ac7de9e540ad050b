"""Damaged files: told with the command that repairs them, which then gives everything back."""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from dataflow.journal import Journal
from dataflow.order_log import ORDER_FILE, make_order_log
from tests.e2e.comparison import assert_holds
from tests.faults.folders import (
    NAME,
    end_two_epochs,
    generation_of,
    readiness,
    rebuild,
    refusal,
    stream_of,
)
from tests.kit.oracle import Oracle
from tests.kit.running import Cartwatch, until

RECORDS = 2_000
#: The lines that end two epochs.
BLANK = 2
#: A record that a cart of the stream has already.
TWICE = next(line for line in stream_of(RECORDS, 8)[0].splitlines(keepends=True) if b"user" in line)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Oracle]:
    """A folder whose whole stream is in its snapshots, and what it holds."""
    stream, oracle = stream_of(RECORDS, 8)
    data = tmp_path_factory.mktemp("damage") / "data"
    with Cartwatch(data, "--snapshot-interval", "0.1") as server:
        upload = server.upload(stream, NAME)
        server.upload_in(upload, "done")
        server.settled()
        end_two_epochs(server)
        server.stop()
    return data, oracle


@pytest.fixture
def data(filled: tuple[Path, Oracle], tmp_path: Path) -> Path:
    return Path(shutil.copytree(filled[0], tmp_path / "data"))


@pytest.fixture
def oracle(filled: tuple[Path, Oracle]) -> Oracle:
    return filled[1]


def garbage(store: Path) -> None:
    (store / "part-0.sqlite3").write_bytes(b"no database" * 1_000)


def emptied(store: Path) -> None:
    (store / "part-0.sqlite3").write_bytes(b"")


def removed(store: Path) -> None:
    shutil.rmtree(store)


def spoiled(store: Path) -> None:
    """Leave a sound file whose snapshots are not what the flow wrote."""
    with closing(sqlite3.connect(store / "part-0.sqlite3")) as db, db:
        db.execute("UPDATE snaps SET ser_change = x'00ff' WHERE ser_change IS NOT NULL")


@pytest.mark.parametrize("damage", [garbage, emptied, removed, spoiled])
def test_a_damaged_recovery_store_is_told_and_rebuilt(
    data: Path, oracle: Oracle, damage: Callable[[Path], None]
) -> None:
    """The flow is down and says how to repair it; reads and durable writes work meanwhile."""
    damage(generation_of(data) / "recovery")
    with Cartwatch(data) as server:
        until(lambda: server.get("/api/recovery")["state"] == "down")
        message = server.get("/api/recovery")["message"]
        assert "cartwatch rebuild" in message
        refused = server.call("GET", "/readyz")
        assert (refused.status, refused.json()["error"]["message"]) == (503, message)
        assert len(server.call("GET", "/api/carts.jsonl").body.splitlines()) == len(oracle.carts)
        blank = server.call("POST", "/api/events", b"\n")
        assert blank.status == 202
        server.stop()
    rebuild(data)
    assert_whole(data, oracle)


@pytest.mark.parametrize("part", ["head", "body"])
def test_a_damaged_view_is_refused_with_the_command_that_repairs_it(
    data: Path, oracle: Oracle, part: str
) -> None:
    """Nothing of it is needed to make it anew."""
    path = generation_of(data) / "view.db"
    sound = path.read_bytes()
    start = 0 if part == "head" else 4096
    path.write_bytes(sound[:start] + b"\xa5" * (len(sound) - start))
    sentence = refusal("serve", "--port", "0", "--data", str(data))
    assert f"cartwatch rebuild {data}" in sentence
    rebuild(data)
    assert_whole(data, oracle)


def test_a_view_whose_carts_cannot_be_read_is_refused_so_too(data: Path, oracle: Oracle) -> None:
    """SQLite finds nothing wrong with it: it is what a record holds."""
    with closing(sqlite3.connect(generation_of(data) / "view.db")) as db, db:
        assert db.execute("UPDATE cart_log SET carts = substr(carts, 1, 5)").rowcount
    sentence = refusal("serve", "--port", "0", "--data", str(data))
    assert f"cartwatch rebuild {data}" in sentence
    rebuild(data)
    assert_whole(data, oracle)


def test_a_view_that_is_gone_is_noticed_before_it_is_ready(data: Path, oracle: Oracle) -> None:
    """An empty view beside a full state is no healthy start: it lacks what the flow had told."""
    (generation_of(data) / "view.db").unlink()
    with Cartwatch(data) as server:
        until(lambda: server.get("/api/recovery")["state"] == "running")
        assert f"the view lacks {oracle.lines + BLANK:,} records that it had" in alarm_of(server)
        server.stop()
    rebuild(data)
    assert_whole(data, oracle)


@pytest.mark.parametrize("lines", [b"FAIL HERE\n", TWICE, b"\n"], ids=["bad", "twice", "blank"])
def test_a_view_that_lost_its_newest_commits_is_an_alarm_until_it_is_made_anew(
    data: Path, lines: bytes
) -> None:
    """Also where no cart tells of them, after the next start too, and with what came since."""
    view = generation_of(data) / "view.db"
    older = view.read_bytes()
    with Cartwatch(data, "--snapshot-interval", "0.1") as server:
        assert server.call("POST", "/api/events", lines).status == 202
        server.settled()
        whole = server.get("/api/stats")["skipped"]
        end_two_epochs(server)
        server.stop()
    view.write_bytes(older)
    for skipped in (whole + 1, whole + 2):
        with Cartwatch(data) as server:
            until(lambda: server.get("/api/recovery")["state"] == "running")
            assert "that it had: its newest commits are gone" in alarm_of(server)
            assert server.call("GET", "/readyz").status == 503
            server.call("POST", "/api/events", b"null\n")
            until(lambda: server.get("/api/stats")["skipped"] == skipped)  # noqa: B023
            server.stop()
    rebuild(data)
    with Cartwatch(data) as server:
        server.settled()
        assert server.call("GET", "/readyz").status == 200
        assert server.get("/api/stats")["skipped"] == whole + 2
        assert len(server.call("GET", "/api/skipped.jsonl").body.splitlines()) == whole + 2
        server.stop()


@pytest.mark.parametrize("content", [b"", b"no database" * 1_000], ids=["empty", "garbage"])
def test_a_damaged_journal_is_refused_and_never_begun_anew(data: Path, content: bytes) -> None:
    """The records are in it alone: an empty one in its place would lose what comes next as well."""
    journal = generation_of(data) / "journal.db"
    journal.write_bytes(content)
    assert_nothing_gives_it_back(data, journal)
    assert journal.read_bytes().startswith(content)


def test_a_journal_that_is_damaged_behind_its_head_is_not_what_a_rebuild_mends(data: Path) -> None:
    """It can be opened, and only who reads it finds out; the view beside it is sound."""
    journal = generation_of(data) / "journal.db"
    whole = journal.read_bytes()
    journal.write_bytes(whole[:8192] + b"\xa5" * (len(whole) - 8192))
    assert_nothing_gives_it_back(data, journal)


def a_letter_overwritten(generation: Path) -> None:
    """Leave a line fewer, in the file of an upload."""
    (file,) = (generation / "uploads").iterdir()
    file.write_bytes(file.read_bytes().replace(b"\n", b"#", 1))


def a_file_gone(generation: Path) -> None:
    (file,) = (generation / "uploads").iterdir()
    file.unlink()


def a_chunk_of_another_kind(generation: Path) -> None:
    with closing(sqlite3.connect(generation / "journal.db")) as db, db:
        db.execute("UPDATE chunks SET lines = 'many'")


def a_chunk_gone(generation: Path) -> None:
    with closing(sqlite3.connect(generation / "journal.db")) as db, db:
        db.execute('DELETE FROM chunks WHERE "offset" = 1')


CHANGES = [a_letter_overwritten, a_file_gone, a_chunk_of_another_kind, a_chunk_gone]
#: What a proof reads nothing of: it is found by a rebuild, before that removes anything.
ROWS = {
    "a count of lines": "UPDATE sources SET lines = lines + 1",
    "how far a file was read": "UPDATE uploads SET released_lines = released_lines - 1",
    "a state": "UPDATE uploads SET state = 'weird'",
    "a time": "UPDATE uploads SET created_at = 1e300",
    "a mark's records": "UPDATE marks SET ids = x'ff' WHERE kind = 'sent'",
    "a mark's kind": "UPDATE marks SET kind = 'weird' WHERE kind = 'sent'",
    "the marks": "DELETE FROM marks",
    "a number of lines": "UPDATE sources SET lines = 'many'",
}


@pytest.fixture(scope="module")
def corrected(tmp_path_factory: pytest.TempPathFactory, filled: tuple[Path, Oracle]) -> Path:
    """The folder, where a skipped record was corrected."""
    data = Path(shutil.copytree(filled[0], tmp_path_factory.mktemp("corrected") / "data"))
    with Cartwatch(data) as server:
        server.settled()
        (record, *_) = server.get("/api/skipped")["items"]
        assert server.call("POST", f"/api/skipped/{record['id']}/resubmit", TWICE).status == 202
        until(lambda: server.get(f"/api/skipped/{record['id']}")["state"] == "landed")
        server.stop()
    return data


@pytest.mark.parametrize("change", ROWS.values(), ids=ROWS.keys())
def test_rows_of_the_journal_that_were_changed_are_no_ground_for_a_rebuild(
    corrected: Path, tmp_path: Path, change: str
) -> None:
    """Whatever they are of: the generation stays, and the sentence names the journal."""
    data = Path(shutil.copytree(corrected, tmp_path / "data"))
    generation = generation_of(data)
    with closing(sqlite3.connect(generation / "journal.db")) as db, db:
        assert db.execute(change).rowcount
    sentence = refusal("rebuild", str(data))
    assert "journal.db is damaged" in sentence
    assert "from a copy" in sentence
    assert generation_of(data) == generation


def test_a_row_of_the_journal_that_is_none_is_told_where_it_is_read(data: Path) -> None:
    """By an answer and the alarm; at a start by a sentence."""
    with Cartwatch(data) as server:
        server.settled()
        with closing(sqlite3.connect(generation_of(data) / "journal.db")) as db, db:
            db.execute("UPDATE uploads SET lines = 'x'")
        refused = server.call("GET", "/api/uploads")
        assert (refused.status, refused.json()["error"]["code"]) == (503, "damaged")
        assert "the journal is damaged" in alarm_of(server)
        server.stop()
    sentence = refusal("serve", "--port", "0", "--data", str(data))
    assert "is damaged" in sentence
    assert "from a copy" in sentence


@pytest.mark.parametrize("change", CHANGES)
def test_records_that_were_changed_are_found_before_anything_is_made_anew(
    data: Path, oracle: Oracle, change: Callable[[Path], None]
) -> None:
    """SQLite finds nothing wrong: a rebuild leaves the view as it is, and a proof is an alarm."""
    generation = generation_of(data)
    change(generation)
    sentence = refusal("rebuild", str(data))
    assert "is damaged" in sentence
    assert "from a copy" in sentence
    assert generation_of(data) == generation
    with Cartwatch(data) as server:
        server.settled()
        assert_holds(server, oracle, source=NAME)
        assert proven(server)["state"] == "failed"
        assert "the journal is damaged" in alarm_of(server)
        server.stop()
    with Cartwatch(data) as server:
        assert "from a copy" in alarm_of(server)
        server.stop()


def test_a_flow_ends_at_records_that_were_changed(data: Path) -> None:
    """It neither goes on without them nor waits for them for ever."""
    path = generation_of(data) / "journal.db"
    with closing(Journal(path)) as journal:
        journal.append_events(b"{}\n{}\n")
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE chunks SET data = x'7b7d' WHERE data IS NOT NULL")
    with Cartwatch(data) as server:
        until(lambda: server.get("/api/recovery")["state"] == "down")
        assert "ecords were changed" in readiness(server)
        flow = server.get("/api/recovery")
        time.sleep(1)
        assert server.get("/api/recovery")["since"] == flow["since"]
        server.stop()


def completed(server: Cartwatch) -> None:
    refused = server.call("GET", "/api/completed")
    assert (refused.status, refused.json()["error"]["code"]) == (503, "damaged")


def exported(server: Cartwatch) -> None:
    assert server.call("GET", "/api/completed.csv").status == 503


def shown(server: Cartwatch) -> None:
    page = server.call("GET", "/completed", headers={"Accept": "text/html"})
    assert (page.status, b"cartwatch rebuild" in page.body) == (503, True)


def proved(server: Cartwatch) -> None:
    assert proven(server)["state"] == "failed"


#: Rows of the view that are none of ours, and where they are met.
FOREIGN = {
    "places": ("DELETE FROM places", "/api/carts/{user}/orders"),
    "times": ("UPDATE places SET at = 'late'", "/api/carts.jsonl"),
    "counts": ("UPDATE skipped_counts SET count = 'n'", "/api/skipped?reason=invalid_json"),
}


@pytest.mark.parametrize(("change", "path"), FOREIGN.values(), ids=FOREIGN.keys())
def test_a_foreign_row_of_the_view_is_damage_and_no_traceback(
    data: Path, oracle: Oracle, change: str, path: str
) -> None:
    """No proof takes the alarm away: it need not have looked there."""
    with closing(sqlite3.connect(generation_of(data) / "view.db")) as db, db:
        assert db.execute(change).rowcount
    with Cartwatch(data) as server:
        refused = server.call("GET", path.format(user=next(iter(oracle.carts))))
        assert (refused.status, refused.json()["error"]["code"]) == (503, "damaged")
        proven(server)
        assert "the view is damaged" in alarm_of(server)
        assert "Traceback" not in server.errors()
        server.stop()


STARTS = {
    "position": "UPDATE position SET \"offset\" = 'abc'",
    "totals": "UPDATE totals SET accepted = 'many'",
    "marked": "DELETE FROM marked",
}


@pytest.mark.parametrize("change", STARTS.values(), ids=STARTS.keys())
def test_a_foreign_row_that_a_start_reads_is_refused_with_the_command_that_repairs_it(
    data: Path, oracle: Oracle, change: str
) -> None:
    """Which needs nothing of the view."""
    with closing(sqlite3.connect(generation_of(data) / "view.db")) as db, db:
        assert db.execute(change).rowcount
    assert f"cartwatch rebuild {data}" in refusal("serve", "--port", "0", "--data", str(data))
    rebuild(data)
    assert_whole(data, oracle)


@pytest.mark.parametrize("asked", [completed, exported, shown, proved])
def test_who_finds_the_view_damaged_raises_the_alarm(
    data: Path, asked: Callable[[Cartwatch], None]
) -> None:
    """By a row that SQLite finds nothing wrong with, and that nothing has asked for yet."""
    with closing(sqlite3.connect(generation_of(data) / "view.db")) as db, db:
        assert db.execute("UPDATE completed SET orders = substr(orders, 1, 5)").rowcount
    with Cartwatch(data) as server:
        server.settled()
        asked(server)
        assert "the view is damaged" in alarm_of(server)
        assert "Traceback" not in server.errors()
        server.stop()
    rebuild(data)
    with Cartwatch(data) as server:
        server.settled()
        assert readiness(server) == ""
        server.stop()


@pytest.mark.parametrize("sound", [0, 4096], ids=["head", "body"])
def test_a_damaged_order_log_is_refused_as_a_damaged_journal_is(data: Path, sound: int) -> None:
    """The order of what was read from topics is in it alone."""
    path = generation_of(data) / ORDER_FILE
    make_order_log(path, 3)
    whole = path.read_bytes()
    path.write_bytes(whole[:sound] + b"\xa5" * (len(whole) - sound))
    assert_nothing_gives_it_back(data, path)


def assert_nothing_gives_it_back(data: Path, path: Path) -> None:
    """Server and rebuild say so of a file, and advise nobody to run the other."""
    for words in (("serve", "--port", "0", "--data", str(data)), ("rebuild", str(data))):
        sentence = refusal(*words)
        assert str(path) in sentence
        assert "from a copy" in sentence
        assert "cartwatch rebuild" not in sentence


def proven(server: Cartwatch) -> dict[str, Any]:
    """Have a proof made; gives what became of it."""
    assert server.call("POST", "/api/prove").status == 202
    until(lambda: server.get("/api/prove")["state"] != "running")
    outcome: dict[str, Any] = server.get("/api/prove")
    return outcome


def alarm_of(server: Cartwatch) -> str:
    """Give the alarm that is shown, as readiness tells it."""
    alarm: str = server.get("/api/recovery")["alarm"]
    assert alarm[1:] in readiness(server)
    return alarm


def assert_whole(data: Path, oracle: Oracle) -> None:
    """Start on a rebuilt folder: everything is there, and the flow takes what comes."""
    with Cartwatch(data) as server:
        server.settled()
        assert server.get("/api/recovery")["alarm"] is None
        assert_holds(server, oracle, source=NAME)
        assert server.call("POST", "/api/events", b"{}").status == 202
        until(lambda: server.get("/api/stats")["skipped"] == oracle.total.skipped + 1)
        server.stop()
