"""The counting of a view: the carts of the table, and in their stead those that are newer."""

from __future__ import annotations

import tempfile
from itertools import repeat
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from dataflow.messages import Figures
from dataflow.records import Event
from tests.kit.streams import events
from tests.kit.view_rows import PlayedFlow, journal_of
from web.view.audit import count_view
from web.view.completed import FeedCount
from web.view.view import View

chunks = st.lists(st.lists(events(), min_size=1, max_size=20), min_size=1, max_size=6)


@given(chunks, st.sets(st.integers(0, 5)), st.lists(events(), min_size=1, max_size=5))
def test_it_counts_what_the_flow_has_told_however_much_is_in_the_table(
    chunks: list[list[Event]], moves: set[int], later: list[Event]
) -> None:
    """Carts that were moved, that are unmoved and that are both count once; later ones do not."""
    flow = PlayedFlow(journal_of(*chunks, later))
    told: dict[int, Figures] = {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "view.db"
        view = View(path)
        for number in range(len(chunks)):
            outcome = view.commit(flow.run(number + 2, repeat(9)))
            flow.snapshot()
            told |= {group: figures for group, (_, figures) in outcome.groups.items()}
            if number in moves:
                view.carts.move()
        last = flow.run(len(chunks) + 2, repeat(9))
        counted = count_view(path, view.carts.unmoved(), FeedCount(), lambda: view.commit(last))
        view.close()
    assert counted.groups == told
    assert counted.completed == sum(figures.paid for figures in told.values())
