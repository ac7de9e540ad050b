"""The process that sorts chunks for the flow."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataflow.journal import Entry
from dataflow.parent import SORTER_ENDED
from dataflow.runs import unpack_events
from dataflow.sorted_chunk import SortedChunk, sort_chunk
from dataflow.sorter import Sorter
from tests.kit.running import has_ended, sorters_of, until

GROUPS = 4
LINES = (
    b'{"user_id": "a", "type": "order", "order_id": 1}',
    b'{"user_id": "a", "type": "payment", "order_id": "x"}',
    '{"user_id": "\N{SNOWMAN}", "type": "order", "order_id": -9223372036854775808}'.encode(),
    b'{"user_id": 7, "type": "payment", "order_id": 9223372036854775807}',
    b'{"user_id": "c", "type": "order", "order_id": "\\ud83d\\ude00"}',
    b"FAIL HERE",
    b'{"user_id": "\\ud800", "type": "order", "order_id": 1}',
    b"\xff",
    b'{"user_id": "c", "type": "gift", "order_id": 1}',
    *(
        b'{"user_id": "d", "type": "order", "order_id": 1, "a": ' + b"[" * deep + b"]" * deep + b"}"
        for deep in (511, 512, 980, 2_000)
    ),
    b"",
    b" \t\r",
)
#: A process that has chunks sorted, and says by which one.
HAVE_SORTED = """
import sys
from dataflow.journal import Entry
from dataflow.sorter import Sorter
from tests.kit.running import until
entry = Entry(1, None, "api", 1, 1, b"FAIL HERE", 0.0, place=1)
sorter = Sorter(1)
until(lambda: sorter.is_ready)
print(sorter._process.pid, flush=True)
sys.stdin.readline()
sorter.put(entry)
sorter.get(entry)
"""


@pytest.fixture(scope="module")
def sorter() -> Iterator[Sorter]:
    with closing(Sorter(GROUPS)) as begun:
        until(lambda: begun.is_ready)
        yield begun


def unpacked(chunk: SortedChunk) -> SortedChunk:
    return chunk._replace(by_group=[unpack_events(events) for events in chunk.by_group])


@given(st.lists(st.lists(st.sampled_from(LINES), min_size=1, max_size=12), max_size=5), st.data())
def test_it_makes_of_chunks_what_the_flow_would(
    sorter: Sorter, chunks: list[list[bytes]], data: st.DataObject
) -> None:
    """Lines of every kind, and records of a topic, in the order in which they were put in."""
    entries = []
    place = data.draw(st.integers(1, 2**60))
    for number, lines in enumerate(chunks, 1):
        of_topic = data.draw(st.booleans())
        text = b"" if of_topic else b"\n".join(lines)
        values: list[bytes | None] | None = [*lines, None] if of_topic else None
        entries.append(
            Entry(number, "u", "f", 5 * number, len(lines), text, 1.5, place=place, values=values)
        )
        place += len(lines) + of_topic
    for entry in entries:
        sorter.put(entry)
    for entry in entries:
        chunk, seconds = sorter.get(entry)
        assert unpacked(chunk) == sort_chunk(entry, GROUPS)
        assert seconds > 0


def test_more_than_a_pipe_holds_is_under_way_at_once(sorter: Sorter) -> None:
    """Both ends write, and neither waits for the other for ever."""
    line = b'{"user_id": "someone", "type": "order", "order_id": 1}\n'
    entries = [Entry(n, None, "api", 1, 30_000, line * 30_000, 0.0, place=n) for n in range(6)]
    for entry in entries:
        sorter.put(entry)
    found = [unpacked(sorter.get(entry)[0]) for entry in entries]
    assert found == [sort_chunk(entry, GROUPS) for entry in entries]


def test_it_ends_when_it_is_not_needed() -> None:
    """Idle, it would keep its memory."""
    before = {child.pid for child in sorters_of(os.getpid())}
    sorter = Sorter(GROUPS)
    (begun,) = {child.pid for child in sorters_of(os.getpid())} - before
    sorter.close()
    until(lambda: not psutil.pid_exists(begun))


def having_sorted() -> tuple[subprocess.Popen[str], psutil.Process]:
    process = subprocess.Popen(
        [sys.executable, "-c", HAVE_SORTED],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    return process, psutil.Process(int(process.stdout.readline()))


@pytest.mark.parametrize("is_held", [False, True])
def test_it_does_not_outlive_the_flow(*, is_held: bool) -> None:
    """However the flow ends, and on Linux also while somebody has stopped it."""
    if is_held and sys.platform != "linux":
        pytest.skip("only Linux kills what is stopped")
    process, sorter = having_sorted()
    with process:
        if is_held:
            sorter.suspend()
        process.kill()
    until(lambda: has_ended(sorter))


def test_without_it_the_flow_ends_with_a_sentence() -> None:
    """It is started again, with another one."""
    process, sorter = having_sorted()
    with process:
        sorter.kill()
        _, errors = process.communicate("\n")
    assert process.returncode == SORTER_ENDED
    assert errors == "The process that parses for the flow has ended.\n"
