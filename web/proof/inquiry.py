"""One proof from its beginning to its end: the view's moment, the journal, and what differs."""

from collections.abc import Iterator
from contextlib import closing
from typing import Final

from dataflow.faults import reach
from dataflow.journal import Entry, JournalReader
from web.data.paths import Paths
from web.proof.comparison import compare_carts
from web.proof.moment import Tell, copy_view
from web.proof.recount import Recount
from web.proof.spool import PARTS, Spool
from web.proof.verdict import Verdict

_COPIED: Final = 0.2
_READ: Final = 0.7
"""How much of the work is done by then, about."""


def prove(paths: Paths, tell: Tell) -> Verdict:
    """Hold the view of a generation to its journal, while both go on; ``tell`` hears how far it is.

    Raises ``sqlite3.Error`` and ``OSError`` where they cannot be read or no file can be made, and
    ``JournalChangedError``.
    """
    verdict = Verdict()
    with closing(Spool()) as spool:
        moment = copy_view(paths.view, spool, lambda share: tell(share * _COPIED))
        reach("view copied")
        recount = Recount(moment, paths.facts.key_groups, spool, verdict)
        with closing(JournalReader(paths.journal, paths.uploads)) as journal:
            recount.read(_entries(journal), _between(tell, _COPIED, _READ))
        tell_part = _between(tell, _READ, 1.0)
        for part in range(PARTS):
            compare_carts(spool.facts(part), verdict)
            tell_part((part + 1) / PARTS)
    return verdict


def _entries(journal: JournalReader) -> Iterator[Entry]:
    """Read a journal, a chunk at a time."""
    offset = 1
    while entries := journal.read(offset, most_bytes=1):
        yield from entries
        offset = entries[-1].offset + 1


def _between(tell: Tell, start: float, end: float) -> Tell:
    return lambda share: tell(start + share * (end - start))
