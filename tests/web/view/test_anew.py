"""A view that is made anew: how far it has to come."""

from __future__ import annotations

from pathlib import Path

from web.view.anew import Anew, write_anew
from web.view.view import View


def test_a_start_on_it_is_to_reach_all_that_the_journal_held(tmp_path: Path) -> None:
    """So it recovers until then, however often it is started meanwhile."""
    path = tmp_path / "view.db"
    View(path).close()
    write_anew(path, Anew(7, 40))
    view = View(path)
    assert view.begin_execution("again")[1:3] == (7, 40)
    assert view.begin_execution("once more")[1:3] == (7, 40)
    view.close()


def test_a_view_that_never_was_asks_for_nothing(tmp_path: Path) -> None:
    """A first start is caught up at once."""
    view = View(tmp_path / "view.db")
    assert view.begin_execution("first")[1:3] == (1, 0)
    view.close()
