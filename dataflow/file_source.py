"""A file of JSON Lines as a source: the console form's input, one partition.

Delivery: nothing is lost; a resume starts again at the first line of the last finished epoch.
Read as bytes and in chunks, because a line may be anything and of any length.
"""

from pathlib import Path
from typing import Final, NamedTuple

from bytewax.inputs import FixedPartitionedSource, StatefulSourcePartition
from typing_extensions import override

from dataflow.chunks import after_bom, next_chunk, read_chunk

_LINES: Final = 1000


class Line(NamedTuple):
    r"""One line of the file: its number from 1, and its bytes without the ``\n``."""

    number: int
    data: bytes


class _Partition(StatefulSourcePartition[Line, tuple[int, int]]):
    def __init__(self, path: Path, resume_state: tuple[int, int] | None) -> None:
        self._file = path.open("rb")
        self._start, self._number = resume_state or (after_bom(self._file), 1)

    @override
    def next_batch(self) -> list[Line]:
        chunk = next_chunk(self._file, self._start, _LINES)
        if chunk is None:
            raise StopIteration
        lines = read_chunk(self._file, chunk).split(b"\n", chunk.lines)[: chunk.lines]
        first, self._start, self._number = self._number, chunk.end, self._number + chunk.lines
        return [Line(number, line) for number, line in enumerate(lines, first)]

    @override
    def snapshot(self) -> tuple[int, int]:
        return self._start, self._number

    @override
    def close(self) -> None:
        self._file.close()


class LineFileSource(FixedPartitionedSource[Line, tuple[int, int]]):
    """Reads the lines of one file, to its end."""

    def __init__(self, path: str | Path) -> None:
        self._path = Path(path)

    @override
    def list_parts(self) -> list[str]:
        return [str(self._path)]

    @override
    def build_part(
        self, step_id: str, for_part: str, resume_state: tuple[int, int] | None
    ) -> StatefulSourcePartition[Line, tuple[int, int]]:
        return _Partition(self._path, resume_state)
