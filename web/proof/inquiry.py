"""One proof from its beginning to its end: the view's moment, the journal, and what differs."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from typing import Final

import msgspec

from dataflow.database import is_damage
from dataflow.faults import reach
from dataflow.journal_errors import ChangedError
from dataflow.topics import Topics
from web.data.journal_file import FROM_A_COPY
from web.data.paths import Paths
from web.proof.comparison import compare_carts
from web.proof.gone import GonePlaces
from web.proof.in_order import InOrder, UncountableError
from web.proof.moment import Moment, Tell, copy_view
from web.proof.recount import Recount
from web.proof.report import REMEDY
from web.proof.spool import PARTS, Spool
from web.proof.verdict import Verdict

_COPIED: Final = 0.2
_READ: Final = 0.7
"""How much of the work is done by then, about."""

_TRIES: Final = 20
_PAUSE_S: Final = 0.25


class DamagedError(Exception):
    """What a proof reads is damaged; the message says which of it, and what to do."""


def prove(paths: Paths, topics: Topics | None, tell: Tell) -> Verdict:
    """Hold the view of a generation to its journal, while both go on; ``tell`` hears how far it is.

    And to ``topics``, as far as these hold what was read of them. Raises ``sqlite3.Error`` and
    ``OSError`` where they cannot be read or no file can be made, ``DamagedError``,
    ``OrderLogError``, ``KafkaConfigError`` and ``UncountableError``.
    """
    verdict = Verdict()
    with ExitStack() as opened:
        with _naming("journal", FROM_A_COPY):
            records = InOrder(paths, topics, opened)
        with _naming("view", REMEDY):
            spool, moment = _copy(paths, records, opened, lambda share: tell(share * _COPIED))
        reach("view copied")
        gone = GonePlaces()
        for place, entry in records.gone():
            if place <= moment.last_place:
                gone.add(place, entry.lines)
                verdict.pass_over(entry.source, entry.first_line, entry.lines)
        recount = Recount(moment, paths.facts.key_groups, spool, verdict, gone)
        with _naming("journal", FROM_A_COPY):
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


@contextmanager
def _naming(what: str, remedy: str) -> Iterator[None]:
    """Raise ``DamagedError`` for the damage of one of the two, with what is left to do."""
    try:
        yield
    except (ChangedError, msgspec.MsgspecError, sqlite3.Error) as error:
        if isinstance(error, sqlite3.Error) and not is_damage(error):
            raise
        raise DamagedError(f"the {what} is damaged ({error}): {remedy}") from error


def _between(tell: Tell, start: float, end: float) -> Tell:
    return lambda share: tell(start + share * (end - start))
