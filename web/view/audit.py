"""The audit of the view: what it holds, counted from its rows, beside the commits.

It reads in a transaction of its own, which sees the view as it was when it began, however long it
takes. Carts that are not in the table yet are counted in their stead.
"""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Final

from dataflow.cart import head_of
from dataflow.messages import Figures
from web.view.bulk_insert import bulk_insert
from web.view.cart_row import Entry
from web.view.completed import FeedCount
from web.view.read_only import connect_read_only
from web.view.totals import Counted

_COUNT: Final = """
SELECT key_group, count(*), sum(unpaid), sum(paid), sum(waiting),
    sum(unpaid > 0), sum(paid > 0), sum(waiting > 0)
FROM carts WHERE NOT EXISTS (SELECT 1 FROM unmoved WHERE unmoved.user_id = carts.user_id)
GROUP BY key_group
"""


def count_view(
    path: Path, unmoved: dict[str, Entry], feed: FeedCount, begun: Callable[[], object]
) -> Counted:
    """Count; ``begun`` is called when later commits change nothing of it any more."""
    with closing(connect_read_only(path)) as db:
        db.execute("BEGIN")
        db.execute("SELECT 1 FROM position").fetchone()  # the first reading is what begins it
        begun()
        db.execute("CREATE TEMP TABLE unmoved (user_id TEXT NOT NULL)")
        bulk_insert(db, "INSERT INTO unmoved", list(zip(unmoved)))
        db.execute("CREATE INDEX temp.unmoved_user ON unmoved (user_id)")
        sums = {group: of_group for group, *of_group in db.execute(_COUNT)}
        completed = feed.count(db)
    for cart, _, group in unmoved.values():
        of_group = sums.get(group)
        if of_group is None:
            of_group = sums[group] = [0] * 7
        of_group[0] += 1
        head = head_of(cart)
        for at, count in enumerate((head.unpaid, head.paid, head.waiting), 1):
            if count:
                of_group[at] += count
                of_group[at + 3] += 1
    return Counted({group: Figures(*of_group) for group, of_group in sums.items()}, completed)
