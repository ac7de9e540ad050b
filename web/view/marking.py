"""Taking the marks of the journal into the view, in their order, and marking what has landed.

Used by the view's writing thread: before a commit it takes in what was marked before that, so that
who sees what a correction did also sees of which record it is.
"""

from typing import Final, Protocol

from dataflow.faults import reach
from dataflow.journal import Journal
from dataflow.marks import LANDED, MOST_IDS, Mark

_AT_ONCE: Final = 4
"""Marks that are taken in at once: a commit that comes meanwhile waits for them."""


class Marked(Protocol):
    """As much of the view as takes marks in: the last of them, and the last line that landed."""

    marked: int
    landed: int

    def take_marks(self, marks: list[Mark]) -> int:
        """Take the next marks in, as far as it is time; gives how many."""

    def landable(self, most: int) -> int:
        """Give the last line that has landed or may, of some behind the one that has."""


class Marking:
    """The marks of one generation on their way into its view."""

    def __init__(self, journal: Journal, view: Marked) -> None:
        self._journal = journal
        self._view = view

    @property
    def is_behind(self) -> bool:
        """Whether the view lacks marks that the journal has."""
        return bool(self._journal.marks.after(self._view.marked, 1))

    def take(self) -> bool | None:
        """Take some marks in; None where there are none, False where it is too early for them.

        Raises ``sqlite3.Error`` where they cannot be written.
        """
        marks = self._journal.marks.after(self._view.marked, _AT_ONCE)
        return self._view.take_marks(marks) > 0 if marks else None

    def step(self) -> bool:
        """Take some marks in, or write one; False where nothing is to do just now."""
        taken = self.take()
        if taken is not None:
            return taken
        if (line := self._view.landable(MOST_IDS)) > self._view.landed:
            self._journal.mark(LANDED, line=line)
            reach("landing kept")
            return True
        return False
