"""Chunks of a journal as the source gives them, each with its place in the order of all."""

from collections.abc import Iterable, Sequence

from dataflow.journal import Entry
from dataflow.messages import Taken
from dataflow.records import Event
from dataflow.runs import FlatEvents, code_of


def chunk(
    offset: int,
    upload: str | None,
    source: str,
    first_line: int,
    data: bytes,
    *,
    is_last: bool = False,
    place: int = 1,
) -> Entry:
    """Make a chunk of whole lines, accepted ``offset`` seconds after the beginning of 1970."""
    lines = data.count(b"\n") + (not data.endswith(b"\n") and data != b"")
    return Entry(offset, upload, source, first_line, lines, data, float(offset), is_last, place)


def placed(chunks: Iterable[Entry]) -> list[Entry]:
    """Give each chunk its place, as the source does."""
    entries: list[Entry] = []
    place = 1
    for each in chunks:
        entries.append(each._replace(place=place))
        place += each.lines
    return entries


def taken(place: int, lines: int, upload: str = "", source: str = "api") -> Taken:
    """Tell of the first chunk of a source, which stands at a place."""
    return Taken(1, place, lines, upload, source, 1, 1.0)


def placed_events(events: Sequence[Event], first: int = 1) -> FlatEvents:
    """Give each event a place, the first one this, each further one more."""
    placed: FlatEvents = []
    for place, (user_id, order_id, is_payment) in enumerate(events, first):
        placed += user_id, order_id, code_of(place, is_payment=is_payment)
    return placed
