"""web/view/first_skipped.py: the first skipped records of an upload."""

from __future__ import annotations

from contextlib import closing

from hypothesis import given
from hypothesis import strategies as st

from dataflow.records import Reason
from tests.web.view.test_skipped import SOURCES, append, chunks, made, move, moves, told
from web.view.first_skipped import first_ids
from web.view.skipped_kinds import Listed


@given(chunks, moves, st.integers(1, 9))
def test_the_first_records_of_an_upload_are_found_whatever_became_of_them(
    came: list[tuple[str, dict[int, Reason], int]], moved: list[tuple[set[int], str]], most: int
) -> None:
    """In the order of its lines, and none of another upload."""
    with closing(made()) as db:
        messages = [
            told(number, upload, SOURCES[upload], lines)
            for number, (upload, lines, _) in enumerate(came)
        ]
        append(db, messages)
        rows = db.execute("SELECT id, upload, source, reason FROM skipped ORDER BY id")
        records = [Listed(*row) for row in rows.fetchall()]
        move(db, records, moved)
        for upload in ("u1", "u2", "other"):
            of_upload = [each.id for each in records if each.upload == upload]
            assert first_ids(db, upload, most) == of_upload[:most]
