"""Lines of a chunk read many at a time: events with their places, and records to skip. Pure.

First step after the source. Typed decoders read the good lines (msgspec), many at once; only a line
that they refuse is read by itself, by ``dataflow.records``.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Annotated, Final, Literal, NamedTuple, cast

import msgspec

from dataflow.records import (
    MAX_ID_CHARS,
    MAX_LINE_BYTES,
    Event,
    OrderId,
    Skipped,
    is_too_deep,
    parse_line,
    parse_value,
)

_RUN_BYTES: Final = 8 * 1024
"""About the size of a run of lines; a longer line is one of its own."""

_RUN_VALUES: Final = 128
"""How many records of a topic are read at once: about as much."""

_Integer = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
_Text = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_ID_CHARS)]


class _Record(msgspec.Struct, gc=False):
    """A good line, as the decoder checks it in a third of the time that it takes by hand.

    Other fields are passed over, and checked to be JSON.
    """

    user_id: _Text | _Integer
    type: Literal["order", "payment"]
    order_id: _Text | _Integer


class _NamedRecord(msgspec.Struct, gc=False):
    """A good line whose user is a string, as in nearly all: nothing of it has to be looked at."""

    user_id: _Text
    type: Literal["order", "payment"]
    order_id: _Text | _Integer


_decode_record = msgspec.json.Decoder(_Record).decode
_decode_records = msgspec.json.Decoder(_NamedRecord).decode_lines

PAYMENT: Final = 2
"""The bit of a code that tells a payment from an order."""

PlacedEvent = tuple[str, OrderId, int]
"""An event as a chunk holds it: its user, its order, and its ``code_of``.

A plain tuple costs half of what an ``Event`` does.
"""

FlatEvents = list[str | int]
"""Events one behind the other, three items each, for where there are many of them.

What every event has of its own is somewhere in memory, and with a tuple each it is in two places
more: a tenth of the flow's time.
"""

EVENT_ITEMS: Final = 3

_encode = msgspec.msgpack.Encoder().encode
_decode_events = msgspec.msgpack.Decoder(FlatEvents).decode


def code_of(place: int, *, is_payment: bool) -> int:
    """Give the place of a record, in the order of the source, and what it is in one number."""
    return place << 2 | is_payment << 1


def in_turn(events: FlatEvents) -> Iterator[PlacedEvent]:
    """Give such events one by one."""
    items = iter(events)
    return cast("Iterator[PlacedEvent]", zip(items, items, items, strict=True))


def pack_events(events: FlatEvents) -> bytes:
    """Pack events for another process, which may hand them on as they are."""
    return _encode(events) if events else b""


def unpack_events(events: FlatEvents | bytes) -> FlatEvents:
    """Give the events themselves, packed or not."""
    if not isinstance(events, bytes):
        return events
    return _decode_events(events) if events else []


class Parsed(NamedTuple):
    """What a chunk of lines holds; ``len(events) + len(skipped) + blank`` is its count of lines."""

    events: list[PlacedEvent]
    skipped: list[Skipped]
    blank: int


def parse_lines(data: bytes, first_line: int, place: int = 1) -> Parsed:
    r"""Read whole lines, the first of which is line ``first_line``; the last needs no ``\n``.

    ``place`` is that of the first one.
    """
    parsed = Parsed([], [], 0)
    for events, skipped, blank in parse_runs(data, first_line, place):
        parsed.events.extend(events)
        parsed.skipped.extend(skipped)
        parsed = parsed._replace(blank=parsed.blank + blank)
    return parsed


def parse_runs(data: bytes, first_line: int, place: int) -> Iterator[Parsed]:
    """Do what ``parse_lines`` does, some lines at a time: while they are in the processor's cache.

    A run is read at once where all of it is good: a bad line costs those around it another look.
    """
    shift = place - first_line
    start = 0
    while start < len(data):
        end = data.rfind(b"\n", start, start + _RUN_BYTES)
        if end < 0:
            end = data.find(b"\n", start + _RUN_BYTES)
        text = data[start:] if end < 0 else data[start:end]
        lines = text.count(b"\n") + 1
        is_sound = len(text) <= MAX_LINE_BYTES and _is_utf8(text)
        events = _read_run(text, lines, place) if is_sound else None
        if events is None:
            yield _read_each(text.split(b"\n"), place, shift, is_sound=is_sound)
        else:
            yield Parsed(events, [], 0)
        start += len(text) + 1
        place += lines


def parse_values(values: Sequence[bytes | None], first: int, place: int) -> Iterator[Parsed]:
    """Do that for records of a topic, the first of which has the offset ``first``.

    Each value is one record, though it go over several lines.
    """
    shift = place - first
    for start in range(0, len(values), _RUN_VALUES):
        some = values[start : start + _RUN_VALUES]
        text = b"\n".join([value or b"" for value in some])
        is_sound = len(text) <= MAX_LINE_BYTES and _is_utf8(text)
        # As lines, where that is what they are: no value holds the end of one.
        is_of_lines = is_sound and text.count(b"\n") == len(some) - 1
        events = _read_run(text, len(some), place) if is_of_lines else None
        if events is None:
            yield _read_each(some, place, shift, is_sound=is_sound, careful=parse_value)
        else:
            yield Parsed(events, [], 0)
        place += len(some)


def _read_run(text: bytes, lines: int, place: int) -> list[PlacedEvent] | None:
    """Read a run of good lines at once, in half of the time; None where it is not known to be one.

    Where each line begins and ends with a brace, no value goes over the end of one: nothing but
    another value can stand between these two. So as many values as lines are one in each.
    """
    if text[:1] != b"{" or text[-1:] != b"}" or text.count(b"}\n{") != lines - 1:
        return None
    if is_too_deep(text):
        return None
    try:
        records = _decode_records(text)
    except msgspec.DecodeError:
        return None
    if len(records) != lines:
        return None
    # As ``code_of`` does, without a call of it for each.
    return [
        (record.user_id, record.order_id, at << 2 | (PAYMENT if record.type == "payment" else 0))
        for at, record in enumerate(records, place)
    ]


def _read_each(
    lines: Sequence[bytes | None],
    place: int,
    shift: int,
    *,
    is_sound: bool,
    careful: Callable[..., Event | Skipped | None] = parse_line,
) -> Parsed:
    """Read lines one by one, the first of which has this place: ``shift`` more than its number.

    What is no good line is read by ``careful``.
    """
    events: list[PlacedEvent] = []
    skipped: list[Skipped] = []
    blank = 0
    for at, line in enumerate(lines, place):
        is_json = True  # as far as is known
        # Bad bytes or a line that is too long cost the lines around them no more than this look.
        is_text = line is not None and (
            is_sound or (len(line) <= MAX_LINE_BYTES and _is_utf8(line))
        )
        if is_text and not is_too_deep(line):  # type: ignore[arg-type]  # a text is no None
            try:
                record = _decode_record(line)  # type: ignore[arg-type]
            except msgspec.ValidationError:
                pass  # the careful way below names the reason
            except msgspec.DecodeError:
                is_json = False
            else:
                user_id = record.user_id
                if type(user_id) is not str:
                    user_id = str(user_id)
                code = code_of(at, is_payment=record.type == "payment")
                events.append((user_id, record.order_id, code))
                continue
        outcome = careful(line, at - shift, is_json=is_json)
        if outcome is None:
            blank += 1
        elif isinstance(outcome, Event):
            code = code_of(at, is_payment=outcome.is_payment)
            events.append((outcome.user_id, outcome.order_id, code))
        else:
            skipped.append(outcome)
    return Parsed(events, skipped, blank)


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
