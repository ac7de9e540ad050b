"""One proof from its beginning to its end: the view's moment, the journal, and what differs."""

import time
from contextlib import ExitStack, closing
from typing import Final

from dataflow.faults import reach
from dataflow.topics import Topics
from web.data.paths import Paths
from web.proof.comparison import compare_carts
from web.proof.gone import GonePlaces
from web.proof.in_order import InOrder, UncountableError
from web.proof.moment import Moment, Tell, copy_view
from web.proof.recount import Recount
from web.proof.spool import PARTS, Spool
from web.proof.verdict import Verdict

_COPIED: Final = 0.2
_READ: Final = 0.7
"""How much of the work is done by then, about."""

_TRIES: Final = 20
_PAUSE_S: Final = 0.25


def prove(paths: Paths, topics: Topics | None, tell: Tell) -> Verdict:
    """Hold the view of a generation to its journal, while both go on; ``tell`` hears how far it is.

    And to ``topics``, as far as these hold what was read of them. Raises ``sqlite3.Error`` and
    ``OSError`` where they cannot be read or no file can be made, ``JournalChangedError``,
    ``OrderLogError``, ``KafkaConfigError`` and ``UncountableError``.
    """
    verdict = Verdict()
    with ExitStack() as opened:
        records = InOrder(paths, topics, opened)
        spool, moment = _copy(paths, records, opened, lambda share: tell(share * _COPIED))
        reach("view copied")
        gone = GonePlaces()
        for place, entry in records.gone():
            if place <= moment.last_place:
                gone.add(place, entry.lines)
                verdict.pass_over(entry.source, entry.first_line, entry.lines)
        recount = Recount(moment, paths.facts.key_groups, spool, verdict, gone)
        recount.read(records.read(), _between(tell, _COPIED, _READ))
        tell_part = _between(tell, _READ, 1.0)
        for part in range(PARTS):
            compare_carts(spool.facts(part), verdict, gone)
            tell_part((part + 1) / PARTS)
    return verdict


def _copy(paths: Paths, records: InOrder, opened: ExitStack, tell: Tell) -> tuple[Spool, Moment]:
    """Copy the view; where records are gone, at a moment at which all that it knows of was done.

    For which of its events came of these, nobody could say at another.
    """
    is_whole = next(records.gone(), None) is None
    for _ in range(_TRIES):
        spool = opened.enter_context(closing(Spool()))
        moment = copy_view(paths.view, spool, tell)
        if is_whole or moment.is_complete:
            return spool, moment
        spool.close()
        time.sleep(_PAUSE_S)
    raise UncountableError(
        "records are gone from their topics, and others were on their way at every moment: begin"
        " the proof again when it is quiet"
    )


def _between(tell: Tell, start: float, end: float) -> Tell:
    return lambda share: tell(start + share * (end - start))
