"""The purge of the engine's recovery store: exactly what never finished goes."""

import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from dataflow.recovery import RecoveryStoreError, make_recovery_store, purge
from tests.kit.running import until

KILLED = """
import os, signal, sys
from datetime import timedelta
from bytewax.dataflow import Dataflow
import bytewax.operators as op
from bytewax.outputs import FixedPartitionedSink, StatefulSinkPartition
from bytewax.recovery import RecoveryConfig
from bytewax.run import cli_main
from bytewax.testing import TestingSource

class Part(StatefulSinkPartition):
    seen = 0
    def write_batch(self, values):
        self.seen += len(values)
    def snapshot(self):
        if self.seen >= 30:
            print("waits", flush=True)
            sys.stdin.read()
        return 0

class Sink(FixedPartitionedSink):
    def list_parts(self):
        return ["hub"]
    def part_fn(self, key):
        return 0
    def build_part(self, step_id, for_part, state):
        return Part()

flow = Dataflow("killed")
items = op.input("input", flow, TestingSource([(str(n % 5), n) for n in range(1000)]))
summed = op.stateful_map("sum", items, lambda state, n: ((state or 0) + n,) * 2)
op.output("output", summed, Sink())
cli_main(flow, epoch_interval=timedelta(0), recovery_config=RecoveryConfig(sys.argv[1]))
"""


def fill(part: Path, table: str, rows: list[tuple[object, ...]], columns: str) -> None:
    marks = ", ".join("?" for _ in columns.split(","))
    with closing(sqlite3.connect(part)) as db, db:
        db.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", rows)


def forge(
    part: Path,
    executions: list[tuple[int, int, int]],
    frontiers: list[tuple[int, int, int]],
    epochs: list[int],
) -> None:
    """Write rows as the engine does: executions, frontiers, and snapshots of epochs."""
    fill(part, "exs", list(executions), "ex_num, worker_count, resume_epoch")
    fill(part, "fronts", list(frontiers), "ex_num, worker_index, worker_frontier")
    snaps = [("step", f"key-{epoch}", epoch, b"x") for epoch in epochs]
    fill(part, "snaps", list(snaps), "step_id, state_key, snap_epoch, ser_change")


def kept(*parts: Path) -> list[int]:
    epochs: list[int] = []
    for part in parts:
        with closing(sqlite3.connect(part)) as db:
            epochs += [row[0] for row in db.execute("SELECT snap_epoch FROM snaps")]
    return sorted(epochs)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    folder = tmp_path / "recovery"
    make_recovery_store(folder)
    return folder


@pytest.mark.parametrize(
    ("executions", "frontiers", "resume_at"),
    [
        ([], [], 1),
        ([(0, 1, 1)], [], 1),
        ([(0, 1, 1)], [(0, 0, 4)], 4),
        ([(0, 1, 1), (1, 1, 4)], [(0, 0, 4)], 4),
        ([(0, 1, 1), (1, 1, 4)], [(0, 0, 4), (1, 0, 6)], 6),
        ([(0, 1, 1), (1, 1, 4)], [(0, 0, 9), (1, 0, 3)], 4),
        ([(0, 2, 1)], [(0, 0, 7), (0, 1, 5)], 5),
        ([(0, 2, 1)], [(0, 0, 7)], 1),
        ([(0, 3, 1), (1, 2, 3)], [(0, 0, 3), (0, 1, 3), (0, 2, 3), (1, 0, 8)], 3),
    ],
)
def test_snapshots_from_the_resume_epoch_on_go_and_all_others_stay(
    store: Path,
    executions: list[tuple[int, int, int]],
    frontiers: list[tuple[int, int, int]],
    resume_at: int,
) -> None:
    """The newest execution alone decides: over its workers, the least epoch that each reached."""
    (part,) = store.glob("part-*.sqlite3")
    forge(part, executions, frontiers, list(range(10)))
    assert purge(store) == 10 - resume_at
    assert kept(part) == list(range(resume_at))
    assert purge(store) == 0


@pytest.mark.parametrize("name", ["part-99.sqlite3", "part-0 (copy).sqlite3", "x.sqlite3"])
def test_what_the_engine_would_read_beside_the_store_is_refused_in_words(
    store: Path, name: str
) -> None:
    """A copy of a part, or anything of that kind: the engine would panic, or read what is old."""
    (store / name).write_bytes(b"a copy")
    with pytest.raises(RecoveryStoreError, match=re.escape(f"holds {name}, ")):
        purge(store)
    assert (store / name).read_bytes() == b"a copy"
    (store / name).unlink()
    assert purge(store) == 0


def test_a_flow_that_is_killed_leaves_snapshots_of_the_future_and_the_purge_takes_them(
    store: Path,
) -> None:
    """The engine itself, killed while its sink waits: what remains is what it will resume from."""
    killed = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(store)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    (part,) = store.glob("part-*.sqlite3")
    with killed:
        assert killed.stdout is not None
        assert killed.stdout.readline() == b"waits\n"

        def future() -> bool:
            with closing(sqlite3.connect(part)) as db:
                (frontier,) = db.execute("SELECT max(worker_frontier) FROM fronts").fetchone()
            return any(epoch >= frontier for epoch in kept(part))

        until(future)
        killed.kill()
        killed.wait(10)
    with closing(sqlite3.connect(part)) as db:
        (frontier,) = db.execute("SELECT max(worker_frontier) FROM fronts").fetchone()
    before = kept(part)
    assert purge(store) == sum(epoch >= frontier for epoch in before) > 0
    assert kept(part) == [epoch for epoch in before if epoch < frontier]


def test_a_store_that_is_missing_or_corrupt_is_told_and_never_made_anew(
    tmp_path: Path, store: Path
) -> None:
    """A fresh store beside an old view would count everything a second time."""
    with pytest.raises(RecoveryStoreError, match="recovery store"):
        purge(tmp_path / "missing")
    (part,) = store.glob("part-*.sqlite3")
    part.write_bytes(b"garbage" * 1_000)
    with pytest.raises(RecoveryStoreError, match="cannot be used"):
        purge(store)


MADE_WITHOUT_ROOM = """
import pathlib, resource, sys
from dataflow.recovery import make_recovery_store
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
try:
    make_recovery_store(pathlib.Path(sys.argv[1]))
except OSError:
    sys.exit(7)
"""


@pytest.mark.parametrize("size", [0, 4096, 65_536, 600_000])
def test_a_store_that_has_no_room_is_an_error_and_the_engine_says_nothing(
    tmp_path: Path, size: int
) -> None:
    """Its panic would be a traceback on the terminal of whoever started over."""
    ended = subprocess.run(
        [sys.executable, "-c", MADE_WITHOUT_ROOM, str(tmp_path / "recovery"), str(size)],
        capture_output=True,
        text=True,
    )
    assert (ended.returncode, ended.stderr) == (7, "")
    assert list((tmp_path / "recovery").iterdir()) == []
