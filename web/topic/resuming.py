"""Where the publishing of a feed goes on: behind what the topic has, by who knows that best. Pure.

The broker knows it as long as it keeps the position: that was committed with the messages. But
Kafka drops a position that nobody renews for a week, so a copy is kept with the data.
"""

from typing import NamedTuple

BEGIN = "begin"
"""The note of a position before every order."""


class Position(NamedTuple):
    """A ``seq`` up to which the topic has a feed, 0 at first, and the note of the order there.

    The note tells that order from any other that might stand at this ``seq``.
    """

    seq: int
    note: str


class Resumed(NamedTuple):
    """Where to go on, and what a person is to know of it."""

    position: Position
    warning: str | None = None


def resume(
    committed: Position | None, kept: Position | None, *, is_empty: bool, is_asked: bool = True
) -> Resumed:
    """Say where to go on: ``committed`` is what the broker says, ``kept`` the copy.

    ``is_empty``: the topic has never held a message; ``is_asked``: the broker keeps positions. What
    it says counts, also where it is less: then it has lost messages with it. Where it says nothing
    of a topic that holds some, it has forgotten, and the copy counts.
    """
    if committed is not None:
        if kept is not None and committed.seq < kept.seq:
            return Resumed(
                committed,
                f"the broker has lost what it acknowledged: orders behind seq {committed.seq} are"
                f" published again, which it had up to seq {kept.seq}",
            )
        return Resumed(committed)
    if kept is None:
        return Resumed(Position(0, BEGIN))
    if is_empty:
        return Resumed(
            Position(0, BEGIN),
            f"the topic is empty, though it had orders up to seq {kept.seq}: all are published"
            " again",
        )
    if not is_asked:
        return Resumed(kept)
    return Resumed(
        kept,
        f"the broker has forgotten the position: it goes on behind seq {kept.seq}, as is kept with"
        " the data",
    )
