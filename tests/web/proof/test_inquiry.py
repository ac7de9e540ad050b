"""A whole proof, of a journal and a view as they lie in a generation."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import repeat
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataflow.chunks import MAX_CHUNK_BYTES, LineCounter, after_bom, next_chunk
from dataflow.journal import Journal, JournalReader
from dataflow.records import Event
from tests.kit.entries import placed
from tests.kit.streams import events, line_of, slow_claim, sources
from tests.kit.view_rows import GROUPS, PlayedFlow, catch_up
from web.data.folder import DataFolder
from web.data.paths import Paths
from web.proof.inquiry import DamagedError, prove
from web.proof.verdict import Verdict
from web.view.view import View

TALL = b"".join(
    line_of(Event("tall", number % 30, number >= 45 or number % 7 == 3)) for number in range(75)
)
PLAIN = b"".join(
    [
        *(line_of(Event("a", number, False)) for number in range(5)),
        line_of(Event("a", 2, True)),
        b"FAIL HERE\n",
        b"\n",
        line_of(Event("b", 1, True)),
    ]
)


class Stage:
    """A generation whose journal holds sources, and whose view is filled as the flow would."""

    def __init__(self, paths: Paths, *bodies: bytes) -> None:
        self.paths = paths
        with closing(Journal(paths.journal)) as journal:
            for number, body in enumerate(bodies):
                if number % 2:
                    self._upload(journal, f"{number:032x}", body)
                else:
                    journal.append_events(body)
        with closing(JournalReader(paths.journal, paths.uploads)) as reader:
            self.entries = placed(reader.read(1, most_bytes=64 * MAX_CHUNK_BYTES))
        self.flow = PlayedFlow(self.entries)
        self.view = View(paths.view)

    def _upload(self, journal: Journal, name: str, body: bytes) -> None:
        path = self.paths.uploads / name
        path.write_bytes(body)
        counter = LineCounter()
        counter.feed(body)
        upload = journal.add_upload(
            name,
            "f.jsonl",
            file=name,
            size=len(body),
            lines=counter.lines,
            rate=None,
            now=1.0,
        )
        with path.open("rb") as file:
            start = after_bom(file)
            while (chunk := next_chunk(file, start, most_lines=5)) is not None:
                upload, _ = journal.release(upload, [chunk])
                start = chunk.end

    def fill(self) -> None:
        """Let the flow tell all that there is."""
        self.view.commit(self.flow.run(len(self.entries) + 1, repeat(9)))

    def prove(self) -> Verdict:
        return prove(self.paths, None, lambda _: None)

    def change(self, statement: str, *values: object) -> None:
        """Change the view as nothing of ours would."""
        with closing(sqlite3.connect(self.paths.view)) as db, db:
            assert db.execute(statement, values).rowcount > 0


@contextmanager
def stage(*bodies: bytes) -> Iterator[Stage]:
    with TemporaryDirectory() as name:
        folder = DataFolder(Path(name))
        made = Stage(folder.switch_to(folder.new_generation(GROUPS)), *bodies)
        yield made
        made.view.close()
        folder.release()


@pytest.fixture
def filled() -> Iterator[Stage]:
    with stage(PLAIN, TALL, PLAIN) as made:
        made.fill()
        yield made


def assert_agree(verdict: Verdict) -> None:
    assert (verdict.lost, verdict.twice, verdict.examples) == (0, 0, [])
    assert verdict.journal.figures() == verdict.view.figures()


drawn = st.lists(events(), min_size=1, max_size=30).map(lambda some: b"".join(map(line_of, some)))


@slow_claim
@given(
    st.lists(st.one_of(drawn, sources(), st.just(TALL)), min_size=1, max_size=4),
    st.integers(1, 9),
    st.randoms(use_true_random=False),
)
def test_at_every_moment_of_any_stream_journal_and_view_agree(
    bodies: list[bytes], cut: int, random: Random
) -> None:
    """Behind every commit, wherever it was cut, with replays, and with carts moved or not."""
    with stage(*bodies) as made:
        end = len(made.entries) + 1
        reached = 1
        while reached < end:
            reached = min(end, reached + random.randint(1, 4))
            for batch in made.flow.run(reached, repeat(cut)):
                made.view.commit([batch])
                if random.random() < 0.3:
                    assert_agree(made.prove())
                for _ in range(random.randint(0, 3)):
                    made.view.carts.move(even_if_changed=random.random() < 0.5)
            if random.random() < 0.5:
                made.flow.snapshot()
        verdict = made.prove()
        assert_agree(verdict)
        figures = made.view.totals().figures
        told = verdict.journal
        assert [told.carts, *told.orders] == [*msgspec.structs.astuple(figures)[:4]]
        assert told.skipped == made.view.totals().all.skipped


@pytest.mark.parametrize("are_moved", [False, True])
def test_what_is_taken_out_of_the_view_is_named(filled: Stage, *, are_moved: bool) -> None:
    """An order, a skipped record, and where records came from; in the log or in the table."""
    if are_moved:
        catch_up(filled.view.carts)
    assert_agree(filled.prove())
    filled.change("DELETE FROM orders WHERE user_id = 'tall' AND order_id = 3")
    filled.change("DELETE FROM skipped WHERE id = 7")
    filled.change("DELETE FROM places WHERE place = 1")
    verdict = filled.prove()
    assert (verdict.lost, verdict.twice) == (3, 0)
    assert verdict.view.skipped == verdict.journal.skipped - 1 == 1
    words = "\n".join(verdict.examples)
    assert 'skipped record 7 (line 7 of "api", invalid_json' in words
    records = "ordered by record 43 and paid by record 13"
    assert f'order 3 of "tall": paid ({records}) by the journal, not there' in words
    assert 'records from 1 on are 9 lines from line 1 on of "api"' in words


def test_a_cart_that_is_taken_out_of_the_table_is_lost_with_its_orders(filled: Stage) -> None:
    """Though the log before the table may still hold what it was."""
    catch_up(filled.view.carts)
    filled.change("DELETE FROM carts WHERE user_id = 'a'")
    verdict = filled.prove()
    assert (verdict.lost, verdict.twice) == (5, 0)
    assert verdict.view.carts == verdict.journal.carts - 1


def test_what_is_once_too_often_in_the_view_is_named(filled: Stage) -> None:
    """A completed order, a skipped record and a record that the journal does not hold."""
    filled.change("INSERT INTO completed (range, count, orders) SELECT range, 1, orders"
                  " FROM completed WHERE id = 1")  # fmt: skip
    filled.change(
        'INSERT INTO skipped SELECT 8, upload, line, source, reason, message, "column", raw,'
        " raw_cut FROM skipped WHERE id = 7"
    )
    filled.change("UPDATE key_groups SET accepted = accepted + 2 WHERE id = 0")
    verdict = filled.prove()
    doubled = verdict.view.completed - verdict.journal.completed
    assert doubled > 0
    assert (verdict.lost, verdict.twice) == (0, doubled + 3)
    words = "\n".join(verdict.examples)
    assert "and is 2 times, as seq" in words
    assert (
        'skipped record 8 (line 7 of "api", invalid_json, column 1) in the view, and not' in words
    )
    assert "the view has counted 2 records that the journal does not hold" in words


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("reason", "too_long"),
        ("line", 8),
        ("upload", "x"),
        ("source", "x"),
        ("column", 9),
        ("raw", "FALL HERE"),
        ("raw_cut", 1),
    ],
)
def test_a_skipped_record_that_says_something_else_is_named(
    filled: Stage, column: str, value: object
) -> None:
    """Each thing that it says of the line; the right one is lost, and a wrong one there."""
    filled.change(f'UPDATE skipped SET "{column}" = ? WHERE id = 7', value)
    verdict = filled.prove()
    assert (verdict.lost, verdict.twice) == (1, 1)
    (words,) = verdict.examples
    assert words.startswith('skipped record 7 (line 7 of "api", invalid_json, column 1) by the')
    assert ("what differs: raw" in words) == column.startswith("raw")


@pytest.mark.parametrize("column", ["upload", "source", "first_line", "at", "lines", "offset"])
def test_a_cause_that_is_another_is_named(filled: Stage, column: str) -> None:
    """Upload, source, line and time of the records of a chunk."""
    filled.change(f'UPDATE places SET "{column}" = 7.5 WHERE place = 1')
    verdict = filled.prove()
    assert (verdict.lost, verdict.twice) == (1, 1)
    assert verdict.examples[0].startswith("records from 1 on are ")


@pytest.mark.parametrize("column", ["version", "place", "unpaid", "oldest_unpaid"])
def test_a_row_that_is_listed_as_another_cart_is_named(filled: Stage, column: str) -> None:
    """By what lists are made by: its columns."""
    catch_up(filled.view.carts)
    filled.change(f"UPDATE carts SET {column} = 99 WHERE user_id = 'a'")
    verdict = filled.prove()
    assert (verdict.lost, verdict.twice) == (1, 1)
    assert verdict.examples == ['the cart of "a" is listed in the view as another one than it is']


def test_progress_only_grows_to_its_end(filled: Stage) -> None:
    """From 0 to 1, through the view, the journal and the comparison."""
    told: list[float] = []
    prove(filled.paths, None, told.append)
    assert told == sorted(told)
    assert told[0] >= 0
    assert told[-1] == 1


def test_a_file_that_was_changed_ends_the_proof_in_words(filled: Stage) -> None:
    """What was uploaded is not there any more: nothing can be said of it."""
    (file,) = filled.paths.upload_files()
    file.write_bytes(TALL[: len(TALL) // 2])
    with pytest.raises(DamagedError, match="its file was changed"):
        filled.prove()


def test_an_empty_generation_has_nothing_to_differ_in() -> None:
    """Nor has one of which the flow has told nothing yet."""
    for bodies in ((), (PLAIN, TALL)):
        with stage(*bodies) as made:
            verdict = made.prove()
            assert_agree(verdict)
            assert verdict.journal.figures() == Verdict().journal.figures()
