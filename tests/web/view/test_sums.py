"""The sums of the view: an upload that is through is one row, and stays what it was."""

from __future__ import annotations

import sqlite3
from itertools import repeat
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from dataflow.records import Event
from tests.kit.entries import chunk
from tests.kit.streams import line_of
from tests.kit.view_rows import PlayedFlow
from web.view.sums import SCHEMA, load_totals, settle, settled_among, write_sums
from web.view.totals import Counts
from web.view.view import View

parts = st.dictionaries(
    st.tuples(st.sampled_from(("", "u1", "u2")), st.integers(-1, 4)),
    st.builds(Counts, st.integers(1, 9), st.integers(0, 1), st.integers(0, 9), st.integers(0, 9)),
)


@given(parts, st.sets(st.sampled_from(("u1", "u2", "unknown"))))
def test_settling_an_upload_changes_no_sum(
    parts: dict[tuple[str, int], Counts], through: set[str]
) -> None:
    """Of an upload that is settled a single row is left, also where that is done twice."""
    db = sqlite3.connect(":memory:", isolation_level=None)
    db.executescript(SCHEMA)
    write_sums(db, parts, {}, {})
    before = load_totals(db)
    for _ in range(2):
        settle(db, through)
        after = load_totals(db)
        assert after.all == before.all
        for upload in ("", "u1", "u2"):
            assert after.of_upload(upload) == before.of_upload(upload)
    uploads = {upload for upload, _ in parts}
    assert settled_among(db, ["", "u1", "u2"]) == uploads & through
    assert set(after.unsettled) == uploads - through
    rows = db.execute("SELECT count(*) FROM totals WHERE upload = 'u1'").fetchone()[0]
    assert rows <= 1 or "u1" not in through
    db.close()


def test_what_a_replay_tells_of_a_settled_upload_is_passed_over(tmp_path: Path) -> None:
    """It was all counted: the view's rows and sums stay, and nobody hears of its parts."""
    data = b"".join(line_of(Event(user, 1, False)) for user in ("a", "b", "c")) + b"FAIL HERE\n"
    entries = [chunk(1, "u1", "f.jsonl", 1, data)]
    view = View(tmp_path / "view.db")
    assert view.commit(PlayedFlow(entries).run(2, repeat(9))).parts
    before = view.totals()
    view.settle(["u1"])
    again = view.commit(PlayedFlow(entries).run(2, repeat(9)))
    assert again.parts == {}
    assert again.groups
    assert view.totals().all == before.all
    assert view.totals().of_upload("u1") == before.of_upload("u1")
    assert view.totals().unsettled == []
    view.close()
