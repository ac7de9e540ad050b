"""The console form, started as the README says: by the engine's own command lines."""

import subprocess
import sys
from collections import defaultdict
from pathlib import Path

from bytewax.recovery import init_db_dir

from dataflow.sample import SAMPLE

ROOT = Path(__file__).parents[2]
EIGHT_LINES = (
    "Final summary for user a: {'paid_order_ids': [], 'unpaid_order_ids': [1]}",
    "Final summary for user a: {'paid_order_ids': [], 'unpaid_order_ids': [1, 2]}",
    "Final summary for user a: {'paid_order_ids': [2], 'unpaid_order_ids': [1]}",
    "Final summary for user a: {'paid_order_ids': [2, 1], 'unpaid_order_ids': []}",
    "Final summary for user b: {'paid_order_ids': [], 'unpaid_order_ids': [3]}",
    "Final summary for user b: {'paid_order_ids': [], 'unpaid_order_ids': [3, 4]}",
    "Final summary for user b: {'paid_order_ids': [4], 'unpaid_order_ids': [3]}",
    "Skipping invalid data: FAIL HERE",
)


def run(module: str, *arguments: str) -> list[str]:
    """Run a module of the engine and give the lines that it prints."""
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def of_each_user(lines: list[str]) -> dict[str, list[str]]:
    """Group lines by what they are about: how users interleave is free."""
    groups = defaultdict(list)
    for line in lines:
        groups[line.split(":")[0]].append(line)
    return groups


def test_it_prints_the_eight_lines_of_the_tutorial() -> None:
    """One summary per accepted event and one line for the bad record; each user's in order."""
    printed = run("bytewax.run", "dataflow.flow:flow")
    assert of_each_user(printed) == of_each_user(list(EIGHT_LINES))


def test_it_recovers_where_it_ended(tmp_path: Path) -> None:
    """Run twice with the same recovery folder, it repeats nothing and goes on with its carts."""
    recovery = tmp_path / "recovery"
    recovery.mkdir()
    init_db_dir(recovery, 1)  # type: ignore[no-untyped-call]
    path = tmp_path / "records.jsonl"
    sample = SAMPLE.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(sample[:5]))
    flow = f"dataflow.flow:console_flow({str(path)!r})"
    options = (flow, "-r", str(recovery), "-s", "1", "-b", "0")
    first = run("bytewax.run", *options)
    assert run("bytewax.run", *options) == []
    with path.open("ab") as file:
        file.write(b"".join(sample[5:]))
    rest = run("bytewax.run", *options)
    assert of_each_user(first + rest) == of_each_user(list(EIGHT_LINES))


def test_repeats_are_printed_and_change_nothing(tmp_path: Path) -> None:
    """A summary per accepted event, also where it is a duplicate; a payment may come first."""
    path = tmp_path / "records.jsonl"
    order = b'{"user_id": "a", "type": "order", "order_id": "x"}\n'
    payment = order.replace(b"order", b"payment", 1)
    path.write_bytes(b"\xef\xbb\xbf" + payment + order + b"\n" + order)
    printed = run("bytewax.run", f"dataflow.flow:console_flow({str(path)!r})")
    assert printed == [
        "Final summary for user a: {'paid_order_ids': [], 'unpaid_order_ids': []}",
        "Final summary for user a: {'paid_order_ids': ['x'], 'unpaid_order_ids': []}",
        "Final summary for user a: {'paid_order_ids': ['x'], 'unpaid_order_ids': []}",
    ]


def test_it_can_be_drawn() -> None:
    """The engine's own command line draws the flow, with every step of it."""
    drawn = "\n".join(run("bytewax.visualize", "dataflow.flow:flow"))
    for step in ("lines", "deserialize", "user", "join_carts", "format", "print"):
        assert f"cart_join.{step}" in drawn
