"""A file as the source of the console form."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given

from dataflow.chunks import MAX_CHUNK_BYTES
from dataflow.file_source import Line, LineFileSource
from dataflow.records import MAX_LINE_BYTES, Skipped, parse_line
from tests.kit.oracle import read_source
from tests.kit.streams import slow_claim, sources


def lines_of(path: Path, resume_state: tuple[int, int] | None = None) -> Iterator[list[Line]]:
    """Give the batches of the file's only partition, to its end."""
    source = LineFileSource(path)
    (name,) = source.list_parts()
    with closing(source.build_part("lines", name, resume_state)) as part:
        while True:
            try:
                yield list(part.next_batch())
            except StopIteration:
                return


@slow_claim
@given(data=sources())
def test_lines_have_the_numbers_that_the_contract_gives_them(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    """Every line once, in order, numbered from 1, without its end; a byte-order mark is dropped."""
    path = tmp_path_factory.mktemp("lines") / "in.jsonl"
    path.write_bytes(data)
    lines = [line for batch in lines_of(path) for line in batch]
    assert [line.number for line in lines] == [number for number, _ in read_source(data)]
    assert b"".join(line.data + b"\n" for line in lines).removesuffix(b"\n") == (
        data.removeprefix(b"\xef\xbb\xbf").removesuffix(b"\n")
    )


@pytest.mark.parametrize("resume_after", [0, 1, 2])
def test_a_resume_goes_on_at_the_next_line(tmp_path: Path, resume_after: int) -> None:
    """The snapshot taken behind any batch leads to exactly the lines that come after it."""
    path = tmp_path / "in.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + b"".join(b"%d\n" % n for n in range(1, 2501)))
    source = LineFileSource(path)
    with closing(source.build_part("lines", str(path), None)) as part:
        read = [line for _ in range(resume_after) for line in part.next_batch()]
        state = part.snapshot()
    rest = [line for batch in lines_of(path, state) for line in batch]
    assert [line.data for line in read + rest] == [b"%d" % n for n in range(1, 2501)]
    assert [line.number for line in read + rest] == list(range(1, 2501))


def test_a_line_without_end_is_read_up_to_the_bound(tmp_path: Path) -> None:
    """Memory does not grow with a line; the one behind it keeps its number."""
    path = tmp_path / "in.jsonl"
    path.write_bytes(b"x" * (3 * MAX_LINE_BYTES) + b"\nlast")
    long, last = (line for batch in lines_of(path) for line in batch)
    assert len(long.data) == MAX_CHUNK_BYTES < 3 * MAX_LINE_BYTES
    outcome = parse_line(long.data, long.number)
    assert isinstance(outcome, Skipped)
    assert (outcome.line, outcome.reason) == (1, "too_long")
    assert last == Line(2, b"last")


def test_a_missing_file_is_an_error_at_the_start(tmp_path: Path) -> None:
    """A name that was mistyped is said at once, not taken for an empty file."""
    with pytest.raises(FileNotFoundError):
        LineFileSource(tmp_path / "none").build_part("lines", "none", None)
