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
from jinja2.bccache import Bucket, BytecodeCache
from typing_extensions import override

_CODE: Final = Path(__file__).parents[2]
_DIGEST_BYTES: Final = 32


class KeptTemplates(BytecodeCache):
    """What templates were compiled to, by this state of all of the code, a file for each.

    All of it counts: what is constant in a template has gone through its filters. A file begins
    with a digest of the rest, which may be damaged, half written or another process's.
    """

    def __init__(self, folder: Path | None = None) -> None:
        """Keep them in a folder; without one, in that of this module's own bytecode."""
        self._folder = folder or Path(cache_from_source(__file__)).parent
        self._state = "\n".join([str(jinja2.__file__), *sorted(_code(_CODE))])

    @override
    def get_source_checksum(self, source: str) -> str:
        return hashlib.sha256(f"{self._state}\n{source}".encode()).hexdigest()

    @override
    def load_bytecode(self, bucket: Bucket) -> None:
        with suppress(OSError):
            kept = self._path(bucket).read_bytes()
            if kept[:_DIGEST_BYTES] == _digest(kept[_DIGEST_BYTES:]):
                bucket.bytecode_from_string(kept[_DIGEST_BYTES:])

    @override
    def dump_bytecode(self, bucket: Bucket) -> None:
        compiled = bucket.bytecode_to_string()
        with suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            self._path(bucket).write_bytes(_digest(compiled) + compiled)

    def _path(self, bucket: Bucket) -> Path:
        return self._folder / f"{bucket.key}.template"


def _digest(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def _code(folder: Path) -> Iterator[str]:
    """Tell the state of each file of the code in a folder, as far as it is one and there."""
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir():
                yield from _code(Path(entry.path))
            elif entry.name.endswith(".py"):
                with suppress(OSError):
                    stat = entry.stat()
                    yield f"{entry.path} {stat.st_size} {stat.st_mtime_ns}"
