"""Counts to choose by: each is what its list would show."""

from __future__ import annotations

from contextlib import closing

from hypothesis import given

from dataflow.messages import RecordsSkipped, Taken
from dataflow.records import REASONS, Reason, Skipped
from tests.web.view.test_skipped import (
    LINES,
    SOURCES,
    append,
    chunks,
    filters,
    made,
    move,
    moves,
    told,
)
from web.view.skipped import read_skipped
from web.view.skipped_facets import count_facets
from web.view.skipped_filter import STATES, SkippedFilter
from web.view.skipped_kinds import Listed, label_of
from web.view.skipped_walk import LARGEST


@given(chunks, moves, filters)
def test_each_count_is_what_one_would_see_by_choosing_it(
    chunks: list[tuple[str, dict[int, Reason], int]],
    moves: list[tuple[set[int], str]],
    asked: SkippedFilter,
) -> None:
    """Within the rest of the filter, whatever is searched for; a state that nothing has is 0."""
    with closing(made()) as db:
        records: list[Listed] = []
        for number, (upload, lines, _) in enumerate(chunks):
            append(db, [told(number, upload, SOURCES[upload], lines)])
            records += [
                Listed(number * LINES + line, upload, SOURCES[upload], lines[line])
                for line in sorted(lines)
            ]
        move(db, records, moves)

        def shown(**choice: str | None) -> int:
            narrowed = asked._replace(**choice, search=None)
            return read_skipped(db, narrowed, None, 1).page.total or 0

        facets = count_facets(db, asked)
        assert facets.by_state == {state: shown(state=state) for state in STATES}
        assert facets.by_reason == {
            reason: many for reason in REASONS if (many := shown(reason=reason))
        }
        assert facets.by_source == {
            source: many
            for source in {label_of(upload, source) for upload, source in SOURCES.items()}
            if (many := shown(source=source, upload=None))
        }


def test_a_source_that_is_chosen_is_told_however_small() -> None:
    """Whoever chose a file sees it among the largest, and can take the choice back."""
    with closing(made()) as db:
        for number in range(LARGEST + 2):
            records = [
                Skipped(line, REASONS[0], "why", None, "raw", False)
                for line in range(1, number + 2)
            ]
            chunk = Taken(1, number * 1_000 + 1, 1_000, f"u{number}", f"f{number}", 1, 1.0)
            append(db, [RecordsSkipped(chunk, len(records), 0, records, 0, 0)])
        assert "f0" not in count_facets(db, SkippedFilter()).by_source
        by_source = count_facets(db, SkippedFilter(source="f0")).by_source
        assert (by_source["f0"], len(by_source)) == (1, LARGEST + 1)
