"""Templates as they were compiled, kept where Python keeps its own code.

To compile those of a first page takes a tenth of a second. Where nothing can be kept, each start
does it anew.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import suppress
from importlib.util import cache_from_source
from pathlib import Path
from typing import Final

import jinja2
from jinja2.bccache import Bucket, FileSystemBytecodeCache
from typing_extensions import override

_CODE: Final = Path(__file__).parents[2]


class KeptTemplates(FileSystemBytecodeCache):
    """What templates were compiled to, by this state of all of the code.

    All of it counts: what is constant in a template has gone through its filters.
    """

    def __init__(self, folder: Path | None = None) -> None:
        """Keep them in a folder; without one, in that of this module's own bytecode."""
        kept = folder or Path(cache_from_source(__file__)).parent
        with suppress(OSError):
            kept.mkdir(parents=True, exist_ok=True)
        super().__init__(str(kept))
        states = (f"{entry.path} {stat.st_size} {stat.st_mtime_ns}" for entry, stat in _code())
        self._state = "\n".join([str(jinja2.__file__), *sorted(states)])

    @override
    def get_source_checksum(self, source: str) -> str:
        return hashlib.sha256(f"{self._state}\n{source}".encode()).hexdigest()

    @override
    def load_bytecode(self, bucket: Bucket) -> None:
        try:
            super().load_bytecode(bucket)
        except Exception:  # of whatever is in the file: it is a copy, and is made anew
            bucket.reset()

    @override
    def dump_bytecode(self, bucket: Bucket) -> None:
        with suppress(OSError):
            super().dump_bytecode(bucket)


def _code() -> Iterator[tuple[os.DirEntry[str], os.stat_result]]:
    """Give the files of the code that renders, and jinja's own beginning."""
    folders = [str(_CODE)]
    for folder in folders:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.endswith(".py"):
                    yield entry, entry.stat()
                elif entry.is_dir() and entry.name != "__pycache__":
                    folders.append(entry.path)
