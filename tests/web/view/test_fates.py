"""What became of skipped records: marks taken into a view, in their order, each once."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import repeat
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataflow.journal import Journal, JournalReader
from dataflow.marks import ASIDE, BACK
from tests.kit.entries import placed
from tests.kit.streams import slow_claim
from tests.kit.view_rows import PlayedFlow, rows_of
from web.view.marking import Marking
from web.view.reader import ViewReader
from web.view.skipped_filter import SkippedFilter
from web.view.view import View


def line(user: str, order_id: int, kind: str = "order") -> bytes:
    return json.dumps({"user_id": user, "type": kind, "order_id": order_id}).encode()


class Stage:
    """A journal, and a view of it that a played flow fills as far as it is told to."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.journal = Journal(folder / "journal.db")
        self.view = View(folder / "view.db")
        self.marking = Marking(self.journal, self.view)
        self.offset = 1

    def close(self) -> None:
        self.view.close()
        self.journal.close()

    def flow(self, *, steps: bool = True) -> None:
        """Let the flow read on to the end, and all be marked that can be."""
        with closing(JournalReader(self.folder / "journal.db", self.folder)) as reader:
            entries = placed(reader.read(1, 10**9))
        batches = PlayedFlow(entries).run(len(entries) + 1, repeat(3))
        self.marking.take()
        self.view.commit(batches)
        if steps:
            self.step()

    def step(self) -> None:
        while self.marking.step():
            pass

    def records(self) -> dict[int, dict[str, Any]]:
        with closing(ViewReader(self.folder / "view.db")) as reader:
            found = [json.loads(each) for each in reader.all_skipped()]
        return {each["id"]: each for each in found}

    def counts(self, name: str = "view.db") -> dict[str, int]:
        with closing(ViewReader(self.folder / name)) as reader:
            pages = {
                state: reader.skipped(None, 1, SkippedFilter(state=state)).page.total
                for state in ("open", "sent", "landed", "aside")
            }
        return {state: total for state, total in pages.items() if total}


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with closing(Stage(tmp_path)) as made:
        yield made


def test_a_correction_is_sent_and_then_has_landed(stage: Stage) -> None:
    """Sent once it is in the journal, landed once the view has its effect; the original stays."""
    stage.journal.append_events(b"bad 1\nbad 2\n" + line("a", 1))
    stage.flow()
    stage.journal.resubmit([(2, line("a", 2)), (1, line("a", 1))])
    stage.step()
    assert stage.counts() == {"sent": 2}
    sent = stage.records()[2]
    assert (sent["state"], sent["raw"], sent["landed_at"]) == ("sent", "bad 2", None)
    assert sent["correction"] == {"line": 1, "raw": line("a", 2).decode(), "outcome": None}
    stage.flow()
    assert stage.counts() == {"landed": 2}
    landed = stage.records()
    assert landed[2]["correction"]["outcome"] == "changed"
    assert landed[1]["correction"]["outcome"] == "duplicate"
    assert landed[1]["resubmitted_at"] == landed[2]["resubmitted_at"] == sent["resubmitted_at"]
    assert landed[1]["landed_at"] >= landed[1]["resubmitted_at"] > landed[1]["skipped_at"]


def test_what_a_correction_did_names_the_record_that_it_corrects(stage: Stage) -> None:
    """From the commit on in which it is seen; any other cause has no such field."""
    stage.journal.append_events(b"bad\n" + line("a", 1))
    stage.flow()
    stage.journal.resubmit([(1, line("a", 1, "payment"))])
    stage.flow(steps=False)
    rows = rows_of(stage.folder / "view.db")["orders"]
    (order,) = rows["a"]
    assert order["order"] == {"upload": None, "source": "api", "line": 2}
    assert order["payment"] == {"upload": None, "source": "resubmit", "line": 1, "skipped": 1}


@pytest.mark.parametrize("columns", ["mark = 0", "mark = 0, landed = 0"])
def test_marks_that_are_taken_in_again_change_nothing(stage: Stage, columns: str) -> None:
    """Whatever became of the records since: a view that has lost its count is no dead end."""
    stage.journal.append_events(b"\n".join([b"bad"] * 4) + b"\n" + line("a", 1))
    stage.flow()
    stage.journal.mark(ASIDE, [1, 2])
    stage.journal.mark(BACK, [2])
    stage.journal.resubmit([(2, line("a", 2)), (3, line("a", 1))])
    stage.flow()
    before = stage.records(), stage.counts()
    stage.view.close()
    with closing(sqlite3.connect(stage.folder / "view.db")) as db, db:
        db.execute(f"UPDATE marked SET {columns}")
    stage.view = View(stage.folder / "view.db")
    stage.marking = Marking(stage.journal, stage.view)
    stage.step()
    assert (stage.records(), stage.counts()) == before
    assert not stage.marking.is_behind


def test_a_tall_cart_tells_what_a_correction_did_to_it(stage: Stage) -> None:
    """Its orders are rows of their own."""
    lines = [line("tall", order) for order in range(100)]
    stage.journal.append_events(b"\n".join([b"bad", b"bad", *lines]))
    stage.flow()
    stage.journal.resubmit([(1, line("tall", 7)), (2, line("tall", 7, "payment"))])
    stage.flow()
    outcomes = [each["correction"]["outcome"] for each in stage.records().values()]
    assert outcomes == ["changed", "duplicate"]


def test_the_last_of_several_corrections_is_told(stage: Stage) -> None:
    """It is sent again, and lands again; each of them is a record of its own."""
    stage.journal.append_events(b"bad\n")
    stage.flow()
    stage.journal.resubmit([(1, line("a", 1))])
    stage.flow()
    stage.journal.resubmit([(1, line("a", 2))], again=True)
    stage.step()
    assert stage.counts() == {"sent": 1}
    again = stage.records()[1]
    assert (again["correction"]["line"], again["landed_at"]) == (2, None)
    stage.flow()
    assert stage.counts() == {"landed": 1}
    assert stage.records()[1]["correction"]["outcome"] == "changed"


def test_only_open_records_are_set_aside_and_only_those_are_taken_back(stage: Stage) -> None:
    """A mark that comes in between decides: what was sent meanwhile stays sent."""
    stage.journal.append_events(b"bad\n" * 3)
    stage.flow()
    stage.journal.resubmit([(1, line("a", 1))])
    stage.journal.mark(ASIDE, [1, 2, 3])
    stage.step()
    assert stage.counts() == {"sent": 1, "aside": 2}
    stage.journal.mark(BACK, [1, 2])
    stage.step()
    assert stage.counts() == {"open": 1, "sent": 1, "aside": 1}
    stage.journal.resubmit([(3, line("a", 3))])
    stage.flow()
    assert stage.counts() == {"open": 1, "landed": 2}


actions = st.lists(
    st.one_of(
        st.tuples(st.just("post"), st.integers(1, 4)),
        st.tuples(st.sampled_from(("send", "force", "aside", "back")), st.sets(st.integers(0, 9))),
        st.just(("flow", 0)),
        st.just(("step", 0)),
    ),
    max_size=14,
)


@slow_claim
@given(actions, st.integers(1, 4))
def test_a_view_that_is_made_anew_knows_the_same_of_every_record(
    tmp_path_factory: pytest.TempPathFactory, actions: list[tuple[str, Any]], cut: int
) -> None:
    """States, times, corrections, outcomes, counts and causes: from journal and marks alone.

    Whatever came in which order, and however little of the journal each commit brings.
    """
    with closing(Stage(tmp_path_factory.mktemp("fates"))) as stage:
        for number, (action, what) in enumerate(actions):
            known = sorted(stage.records())
            ids = [known[rank] for rank in what if rank < len(known)] if type(what) is set else []
            corrections = [(each, line(f"u{each % 2}", number)) for each in ids]
            match action:
                case "post":
                    body = b"bad\n" * what + line("u0", what)
                    stage.journal.append_events(body)
                case "send" | "force" if ids:
                    stage.journal.resubmit(corrections, again=action == "force")
                case "aside" | "back" if ids:
                    stage.journal.mark(action, ids)
                case "step":
                    stage.step()
                case "flow":
                    stage.flow()
        stage.flow()
        assert not stage.marking.is_behind
        wanted, counts = rows_of(stage.folder / "view.db"), stage.counts()
        with (
            closing(JournalReader(stage.folder / "journal.db", stage.folder)) as reader,
            closing(View(stage.folder / "anew.db")) as view,
        ):
            entries = placed(reader.read(1, 10**9))
            flow, marking = PlayedFlow(entries), Marking(stage.journal, view)
            for until in range(1, len(entries) + 2, cut):
                marking.take()
                view.commit(flow.run(until, repeat(2)))
                flow.snapshot()
                if until % 2:
                    while marking.step():
                        pass
            marking.take()
            view.commit(flow.run(len(entries) + 1, repeat(2)))
            while marking.step():
                pass
            assert not marking.is_behind
        assert rows_of(stage.folder / "anew.db") == wanted
        assert stage.counts("anew.db") == counts
