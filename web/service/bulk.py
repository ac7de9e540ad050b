"""Corrections in bulk: many skipped records, mended alike, looked at first or sent.

It goes step by step, so that it holds up nobody and takes bounded memory; each step that was sent
is durable, and a record is never sent twice. What a kill cuts off is sent by asking again.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, closing
from functools import partial
from typing import Any, Final, Protocol

from dataflow.correction import StillBad, check_line
from dataflow.records import INVALID_UTF8, TOO_LONG, shown_text
from dataflow.whole_lines import WholeLines
from web.errors import APIError
from web.intake.bulk_asked import AsideAsked, BulkAsked, Chosen
from web.intake.replacement import PatternError
from web.intake.replacing import ReplaceAll, replacing
from web.service.generation import Generation
from web.view.mendable import Mendable
from web.view.reader import ViewReader
from web.view.skipped_filter import ASIDE, OPEN
from web.view.skipped_walk import STEP

EXAMPLES: Final = 20
VALID: Final = "valid"
SENT_BEFORE: Final = "sent_before"

MAX_WHOLE: Final = 8 * 1024 * 1024
"""The longest line that is read to be mended; a longer one stays too long."""

_TOGETHER: Final = 64 * 1024
"""Characters of lines that are mended at once, with the longest line behind them."""

_PATIENCE: Final = 8
"""How many times as much time a pattern gets for what it was tried on: half would be sent else."""

_BLOCK_BYTES: Final = 512 * 1024
"""With the longest line behind it, this is one chunk."""

Corrected = tuple[int, bytes]


class Writable(Protocol):
    """As much of the service as a bulk needs."""

    generation: Generation

    def writing(self) -> AbstractAsyncContextManager[Generation]:
        """Be a writer of the generation in force."""


class Bulk:
    """One bulk on its way: what became of the records so far."""

    def __init__(self, lines: WholeLines, replace: ReplaceAll) -> None:
        self._lines = lines
        self._replace = replace
        self._matching = self._valid = self._sent_before = self._to_send = self._cut = 0
        self._still_bad: Counter[str] = Counter()
        self._examples: list[dict[str, Any]] = []

    def take(self, records: list[Mendable]) -> tuple[list[Corrected], list[Mendable]]:
        """Look at records; gives the good lines that were not sent before, and what is left.

        Some are left where these lines are as many bytes as are sent at once.
        """
        block: list[Corrected] = []
        number = size = 0
        while number < len(records):
            for record, line, outcome in self._mended(records[number:]):
                if size > _BLOCK_BYTES:
                    return block, records[number:]
                number += 1
                self._count(record, line, outcome)
                if outcome == VALID and not record.was_sent:
                    block.append((record.id, line))
                    size += len(line) + 1
        return block, []

    def sent_meanwhile(self, number: int) -> None:
        """Count some of the lines that ``take`` gave as sent before."""
        self._sent_before += number
        self._to_send -= number

    def describe(self) -> dict[str, Any]:
        """Tell what became of all so far."""
        return {
            "matching": self._matching,
            "valid": self._valid,
            "still_bad": dict(self._still_bad),
            "sent_before": self._sent_before,
            "to_send": self._to_send,
            "cut": self._cut,
            "examples": self._examples,
        }

    def _count(self, record: Mendable, line: bytes, outcome: str) -> None:
        self._matching += 1
        self._cut += record.is_cut
        self._sent_before += record.was_sent
        if outcome == VALID:
            self._valid += 1
            self._to_send += not record.was_sent
            outcome = SENT_BEFORE if record.was_sent else VALID
        else:
            self._still_bad[outcome] += 1
        if len(self._examples) < EXAMPLES:
            corrected, _ = shown_text(line)
            example = {"raw": record.raw, "corrected": corrected, "outcome": outcome}
            self._examples.append({"id": record.id, **example})

    def _mended(self, records: list[Mendable]) -> Iterator[tuple[Mendable, bytes, str]]:
        """Give the lines of the first records as they are mended, and if each is valid, or why not.

        Those are at least one, and as many as are mended at once.
        """
        found: list[tuple[Mendable, str, str | None]] = []
        size = 0
        for record in records:
            found.append((record, *self._whole(record)))
            size += len(found[-1][1])
            if size > _TOGETHER:
                break
        mended = iter(self._replace([text for _, text, why in found if why is None]))
        for record, text, why in found:
            line = text if why is not None else next(mended)
            if line is None:
                yield record, text.encode(), TOO_LONG
                continue
            data = line.encode()
            outcome = why or check_line(data)
            if isinstance(outcome, StillBad):
                outcome = outcome.reason
            yield record, data, outcome if isinstance(outcome, str) else VALID

    def _whole(self, record: Mendable) -> tuple[str, str | None]:
        """Give a whole line; or what is shown of it, and why it stays bad."""
        if record.reason == INVALID_UTF8:
            return record.raw, record.reason
        if not record.is_cut:
            return record.raw, None
        if not record.place[0]:  # of a topic: it may be gone there, and each costs a question
            return record.raw, record.reason
        line = self._lines.find(*record.place)
        if line.size > MAX_WHOLE:
            line.file.close()
            return record.raw, record.reason
        try:
            return line.read().decode(), None
        except UnicodeDecodeError:
            return record.raw, record.reason


async def resubmit_in_bulk(service: Writable, asked: BulkAsked) -> dict[str, Any]:
    """Look at what is asked for, or send it, the oldest first; gives what the API answers.

    Raises ``PatternError``: before anything is sent, for a pattern is tried on all lines first.
    """
    generation = service.generation
    # Those that come meanwhile are none of it: it would go on as long as they do.
    end = await generation.threads.read(ViewReader.last_skipped)
    if asked.until is not None:
        end = min(end, asked.until)
    with closing(WholeLines(generation.paths.journal, generation.paths.uploads)) as lines:
        if asked.is_preview or asked.is_pattern:
            with replacing(asked.mending) as replace:
                await asyncio.to_thread(replace, [])  # what it cannot read, it refuses at once
                bulk = Bulk(lines, replace)
                async for _ in _blocks(service, generation, asked.chosen, end, bulk):
                    pass
            if asked.is_preview:
                return {**bulk.describe(), "until": end}
        with replacing(asked.mending, _PATIENCE) as replace:
            return await _send(service, generation, asked.chosen, end, Bulk(lines, replace))


async def _send(
    service: Writable, generation: Generation, chosen: Chosen, end: int, bulk: Bulk
) -> dict[str, Any]:
    sent = 0
    try:
        async for block in _blocks(service, generation, chosen, end, bulk):
            async with service.writing() as in_force:
                _refuse_another(in_force, generation)
                now = len(await generation.corrections.send(block))
            # Behind a kill, the view may hear of what was sent later than this asks it.
            bulk.sent_meanwhile(len(block) - now)
            sent += now
    except PatternError as error:
        raise PatternError(f"{error}; {sent:,} were sent before that") from None
    return {**bulk.describe(), "until": end, "sent": sent}


async def set_aside(service: Writable, asked: AsideAsked) -> int:
    """Set the open records of those that are asked for aside, or take back those that are."""
    generation, chosen = service.generation, asked.chosen
    old, new = (OPEN, ASIDE) if asked.aside else (ASIDE, OPEN)
    changed = 0
    if isinstance(chosen, list):
        for start in range(0, len(chosen), STEP):
            some = chosen[start : start + STEP]
            async with service.writing() as in_force:
                _refuse_another(in_force, generation)
                changed += await generation.corrections.put(some, old, new)
        return changed
    if chosen.state not in (None, old):
        return 0
    narrowed = chosen._replace(state=old)
    after, end = 0, await generation.threads.read(ViewReader.last_skipped)
    while after < end:
        async with service.writing() as in_force:
            _refuse_another(in_force, generation)
            read = partial(ViewReader.some_skipped, asked=narrowed, after=after, end=end)
            found, after = await generation.threads.read(read)
            changed += await generation.corrections.put([each.id for each in found], old, new)
    return changed


async def _blocks(
    service: Writable, generation: Generation, chosen: Chosen, end: int, bulk: Bulk
) -> AsyncIterator[list[Corrected]]:
    """Go over the records, and give the lines that may be sent, by blocks."""
    async for records in _records(service, generation, chosen, end):
        left = records
        while left:
            block, left = await asyncio.to_thread(bulk.take, left)
            if block:
                yield block


async def _records(
    service: Writable, generation: Generation, chosen: Chosen, end: int
) -> AsyncIterator[list[Mendable]]:
    if isinstance(chosen, list):
        for start in range(0, len(chosen), STEP):
            some = chosen[start : start + STEP]
            _refuse_another(service.generation, generation)
            yield await generation.threads.read(partial(ViewReader.skipped_of, ids=some))
        return
    after = 0
    while after < end:
        _refuse_another(service.generation, generation)
        read = partial(ViewReader.some_skipped, asked=chosen, after=after, end=end)
        found, after = await generation.threads.read(read)
        yield found


def _refuse_another(in_force: Generation, generation: Generation) -> None:
    if in_force is not generation:
        raise APIError(
            409, "started_over", "everything was started over meanwhile: nothing more was done"
        )
