"""The steps that keep state beside the key groups: what is skipped is summed."""

from hypothesis import given
from hypothesis import strategies as st

from dataflow.messages import RecordsSkipped
from dataflow.records import INVALID_JSON, Skipped
from dataflow.steps import SkipLogic, SkippedBatch
from tests.kit.memory_view import MemoryView
from tests.kit.streams import claim


@claim
@given(
    st.lists(
        st.tuples(st.sampled_from(("one", "two")), st.integers(0, 3), st.integers(0, 3)), max_size=9
    ),
    st.integers(0, 9),
)
def test_skipped_and_blank_lines_are_summed_over_restores(
    chunks: list[tuple[str, int, int]], restore_at: int
) -> None:
    """Each message carries its records and the sums of its upload so far."""
    logic = SkipLogic(None)
    view = MemoryView()
    line = 1
    for number, (upload, skipped, blank) in enumerate(chunks):
        if number == restore_at:
            logic = SkipLogic(logic.snapshot())
        records = [
            Skipped(line + at, INVALID_JSON, "is not JSON", None, "x", False)
            for at in range(skipped)
        ]
        line += skipped
        messages, _ = logic.on_batch([SkippedBatch(upload, "f.jsonl", records, blank)])
        for message in messages:
            assert isinstance(message, RecordsSkipped)
            assert message.records == records
            view.apply(message)
    for name in ("one", "two"):
        of_upload = [chunk for chunk in chunks if chunk[0] == name]
        expected = sum(chunk[1] for chunk in of_upload), sum(chunk[2] for chunk in of_upload)
        assert view.counts(name)[2:] == expected
    assert len(view.skipped) == sum(chunk[1] for chunk in chunks)
