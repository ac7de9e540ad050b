"""dataflow/backlog.py: as a queue of single records has it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dataflow.backlog import Backlog, Records, Value

values = st.lists(st.one_of(st.none(), st.binary(max_size=6)), min_size=1, max_size=6)
runs = st.lists(st.tuples(st.integers(0, 2), values), max_size=8)
takes = st.lists(st.tuples(st.integers(1, 8), st.integers(1, 20)), max_size=12)


def size(value: Value) -> int:
    return len(value or b"")


def taken_singly(queue: list[tuple[int, Value]], most: int, most_bytes: int) -> int:
    """Count as a loop over single records does: the one that reaches the bytes is the last."""
    count = total = 0
    while count < min(len(queue), most) and total < most_bytes:
        if queue[count][0] != queue[0][0] + count:
            break
        total += size(queue[count][1])
        count += 1
    return count


@given(runs, takes)
def test_it_gives_what_a_queue_of_single_records_gives(
    added: list[tuple[int, list[Value]]], bounds: list[tuple[int, int]]
) -> None:
    """With gaps between some runs, up to any bounds, a part of a run left behind."""
    backlog, queue, offset = Backlog(), list[tuple[int, Value]](), 0
    for gap, some in added:
        offset += gap
        backlog.add(Records(offset, some))
        queue += enumerate(some, offset)
        offset += len(some)
    for most, most_bytes in bounds:
        assert len(backlog) == len(queue)
        assert backlog.size == sum(size(value) for _, value in queue)
        assert backlog.first == (queue[0][0] if queue else None)
        count = backlog.before_gap(most, most_bytes)
        assert count == taken_singly(queue, most, most_bytes)
        if count:
            taken, queue = queue[:count], queue[count:]
            assert backlog.pop(count) == ([value for _, value in taken], taken[-1][0])


def test_a_count_goes_over_gaps() -> None:
    """Whoever reads a range again counts, and sees by the last offset whether all is there."""
    backlog = Backlog()
    backlog.add(Records(5, [b"a", None]))
    backlog.add(Records(9, [b"b", b"cc"]))
    assert backlog.pop(3) == ([b"a", None, b"b"], 9)
    assert (len(backlog), backlog.first, backlog.size) == (1, 10, 2)
    backlog.clear()
    assert (len(backlog), backlog.first, backlog.size) == (0, None, 0)
