"""Cutting a file into chunks of whole lines."""

from collections.abc import Iterator
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import override

from dataflow.chunks import (
    MAX_CHUNK_BYTES,
    MAX_CHUNK_LINES,
    Chunk,
    LineCounter,
    after_bom,
    next_chunk,
    read_chunk,
)
from dataflow.records import BOM, MAX_LINE_BYTES
from dataflow.runs import parse_lines
from tests.kit.oracle import BLANK, read_source

files = st.lists(
    st.one_of(st.sampled_from((b"\n", b"\r\n", b"a", b"bcd", BOM)), st.binary(max_size=40)),
    max_size=20,
).map(b"".join)


def chunks_of(
    data: bytes, most_lines: int = MAX_CHUNK_LINES, most_bytes: int = MAX_CHUNK_BYTES
) -> Iterator[Chunk]:
    file = BytesIO(data)
    start = after_bom(file)
    while (chunk := next_chunk(file, start, most_lines, most_bytes)) is not None:
        yield chunk
        start = chunk.end


def lines_of(data: bytes) -> int:
    return sum(1 for _ in read_source(data))


@given(files, st.integers(1, 5), st.integers(1, 30))
def test_chunks_tile_any_file(data: bytes, most_lines: int, most_bytes: int) -> None:
    """Each begins where the one before ends, at a line, and none is left out; bounds hold."""
    at = len(BOM) if data.startswith(BOM) else 0
    lines = 0
    for chunk in chunks_of(data, most_lines, most_bytes):
        text = read_chunk(BytesIO(data), chunk)
        assert chunk.start == at
        assert chunk.end == chunk.start + len(text)
        assert chunk.end == len(data) or text.endswith(b"\n")
        assert chunk.lines == text.count(b"\n") + (not text.endswith(b"\n"))
        assert 1 <= chunk.lines <= most_lines
        assert len(text) <= most_bytes or chunk.lines == 1
        at, lines = chunk.end, lines + chunk.lines
    assert at == len(data)
    assert lines == lines_of(data)


class _Counted(BytesIO):
    """A file that counts what is read of it."""

    count = 0

    @override
    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        self.count += len(data)
        return data


def test_few_lines_are_cut_without_reading_the_file() -> None:
    """A slow replay asks for a few lines many times a second; long lines among them are found."""
    lines = [b"x" * length + b"\n" for length in (10, 900, 5_000, 10, 200_000, *[50] * 100_000)]
    data = b"".join(lines)
    file = _Counted(data)
    at = 0
    for number, line in enumerate(lines[:200]):
        assert next_chunk(file, at, 1) == Chunk(at, at + len(line), 1)
        at += len(line)
        if number == 9:
            file.count = 0
    assert file.count < 200 * 1_100
    assert next_chunk(file, 0, 4) == Chunk(0, sum(map(len, lines[:4])), 4)


@given(files, st.integers(1, 9))
def test_lines_are_counted_as_they_are_cut(data: bytes, size: int) -> None:
    """A file that arrives in pieces of any size has as many lines as its chunks; so has none."""
    counter = LineCounter()
    for start in range(0, len(data), size):
        counter.feed(data[start : start + size])
        counter.feed(b"")
    assert counter.lines == sum(chunk.lines for chunk in chunks_of(data)) == lines_of(data)


def test_a_byte_order_mark_is_no_line() -> None:
    """A file of the mark alone has no line; before a line it is passed over, later it is not."""
    counter = LineCounter()
    counter.feed(BOM)
    assert counter.lines == 0
    assert list(chunks_of(BOM)) == []
    assert list(chunks_of(BOM + b"a\n" + BOM)) == [Chunk(3, 8, 2)]


@pytest.mark.parametrize("length", range(MAX_LINE_BYTES - 2, MAX_LINE_BYTES + 5))
@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n", b"\r\r\n", b"\rx\n"])
@pytest.mark.parametrize("before", [b"", b"\n", b"x" * 1000 + b"\n"])
def test_a_line_at_the_bound_means_in_chunks_what_it_means_whole(
    length: int, end: bytes, before: bytes
) -> None:
    """Wherever 1 MiB lies against a chunk's end, every line keeps its outcome and its number."""
    record = b'{"user_id": "a", "type": "order", "order_id": 1}'
    data = before + record[:-1] + b" " * (length - len(record)) + b"}" + end
    if end:
        data += record + b"\nbad"
    events, skipped, blank, line = 0, [], 0, 1
    for chunk in chunks_of(data):
        text = read_chunk(BytesIO(data), chunk)
        assert len(text) <= MAX_CHUNK_BYTES
        parsed = parse_lines(text, line)
        events += len(parsed.events)
        skipped += [(each.line, each.reason) for each in parsed.skipped]
        blank += parsed.blank
        line += chunk.lines
    expected = list(read_source(data))
    assert events == sum(isinstance(outcome, tuple) for _, outcome in expected)
    assert blank == sum(outcome == BLANK for _, outcome in expected)
    assert skipped == [
        (number, why) for number, why in expected if isinstance(why, str) and why != BLANK
    ]


def test_of_a_line_without_end_only_as_much_is_read_as_tells_that() -> None:
    """Memory does not grow with a line: it is a chunk of its own, read up to the bound."""
    data = b"x" * (5 * MAX_LINE_BYTES) + b"\nnext\n"
    long, rest = chunks_of(data)
    assert long == Chunk(0, 5 * MAX_LINE_BYTES + 1, 1)
    assert rest.lines == 1
    text = read_chunk(BytesIO(data), long)
    assert len(text) == MAX_CHUNK_BYTES
    assert [each.reason for each in parse_lines(text, 1).skipped] == ["too_long"]


def test_a_chunk_holds_no_more_lines_than_its_bound() -> None:
    """Many short lines are cut by their number; no caller can ask for more."""
    first, second = chunks_of(b"\n" * (MAX_CHUNK_LINES + 1), most_lines=10**9)
    assert (first.lines, second.lines) == (MAX_CHUNK_LINES, 1)
