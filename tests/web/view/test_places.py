"""The places of records: each leads to its record, and each time to a place."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataflow.messages import Taken
from web.view.places import (
    SCHEMA,
    Cause,
    Origin,
    Places,
    append_places,
    complete_place,
    last_place,
    place_at,
    write_complete,
)

SOURCES = (("", "api"), ("", "stream"), ("u1", "a.jsonl"), ("u2", "a.jsonl"))


@st.composite
def orders(draw: st.DrawFn) -> list[Taken]:
    """Draw the chunks of a journal, each of a source that counts its own lines.

    Some of them were accepted in the same moment, and a clock that stood still is one.
    """
    drawn = draw(
        st.lists(
            st.tuples(st.sampled_from(SOURCES), st.integers(1, 9), st.sampled_from((0, 0, 1, 7))),
            max_size=12,
        )
    )
    chunks: list[Taken] = []
    place, at, next_line = 1, 100.0, dict.fromkeys(SOURCES, 1)
    for offset, (source, lines, later) in enumerate(drawn, 1):
        at += later
        chunks.append(Taken(offset + 1, place, lines, *source, next_line[source], at))
        next_line[source] += lines
        place += lines
    return chunks


@pytest.fixture
def db() -> Iterator[sqlite3.Connection]:
    with closing(opened()) as made:
        yield made


def opened() -> sqlite3.Connection:
    made = sqlite3.connect(":memory:", isolation_level=None)
    made.executescript(SCHEMA)
    return made


@given(orders(), st.randoms(use_true_random=False))
def test_every_place_leads_to_its_record(chunks: list[Taken], random: Random) -> None:
    """Told in any order and more than once, looked up in any order, at one or from far apart."""
    expected = {
        chunk.place + n: Origin(
            Cause(chunk.upload or None, chunk.source, chunk.first_line + n), chunk.at
        )
        for chunk in chunks
        for n in range(chunk.lines)
    }
    in_journal = {
        chunk.place + n: (offset, n)
        for offset, chunk in enumerate(chunks, 1)
        for n in range(chunk.lines)
    }
    with closing(opened()) as db:
        told = [*chunks, *chunks[::2]]
        random.shuffle(told)
        for start in range(0, len(told), 3):
            append_places(db, told[start : start + 3])
        assert last_place(db) == len(expected)
        places = Places(db)
        asked = [*expected, *expected]
        random.shuffle(asked)
        for place in asked:
            assert places.origin(place) == expected[place]
            assert places.at(place) == expected[place].at
            assert places.in_journal(place) == in_journal[place]


@given(orders())
def test_a_time_has_the_last_place_of_what_was_there_by_then(chunks: list[Taken]) -> None:
    """So what is so old or older is what stands up to it: also where many have the same time."""
    with closing(opened()) as db:
        append_places(db, chunks)
        times = {chunk.at for chunk in chunks} | {0.0, 100.0}
        for time in {each + off for each in times for off in (-0.5, 0.0, 0.5)}:
            by_then = [chunk.end for chunk in chunks if chunk.at <= time]
            assert place_at(db, time) == max(by_then, default=0)


def test_in_an_empty_view_there_is_no_place(db: sqlite3.Connection) -> None:
    """None was taken, none is complete, and no time has one."""
    assert (last_place(db), complete_place(db), place_at(db, 1e12)) == (0, 0, 0)


def test_what_was_told_first_of_a_place_stays(db: sqlite3.Connection) -> None:
    """A replay tells the same: where it did not, what was once shown would not change."""
    append_places(db, [Taken(2, 1, 5, "u1", "a.jsonl", 1, 7.0)])
    append_places(db, [Taken(9, 1, 5, "u2", "b.jsonl", 3, 8.0)])
    assert Places(db).origin(5) == Origin(Cause("u1", "a.jsonl", 5), 7.0)


def test_it_is_complete_up_to_where_that_was_written_last(db: sqlite3.Connection) -> None:
    """A commit that does not know leaves it as it is."""
    write_complete(db, 7)
    write_complete(db, None)
    assert complete_place(db) == 7


def test_a_time_is_found_by_the_index(db: sqlite3.Connection) -> None:
    """Attention asks for it at every commit: that must not grow with what lies behind."""
    plan = db.execute(
        "EXPLAIN QUERY PLAN SELECT place + lines - 1 FROM places WHERE at <= ?"
        " ORDER BY at DESC, place DESC LIMIT 1",
        (1.0,),
    ).fetchall()
    assert [row[3] for row in plan] == ["SEARCH places USING INDEX places_by_time (at<?)"]
