"""All carts by what lists of them are searched, filtered and ordered by: columns in memory.

An index of SQLite's would write a page for each of its columns with every change of a cart. Here a
change writes a few numbers, and a million carts are looked through in some milliseconds, outside
of the interpreter's lock. The carts stand in the order of their users, in two tiers: new users go
to the small one, which goes into the large one when it is an eighth of that.
"""

import threading
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from dataflow.cart import head_of
from web.memory import give_back
from web.view.cart_row import COLUMNS, NEVER, Entry, Run
from web.view.page import Found
from web.view.sorts import Key, Rank, Sort, span
from web.view.windows import Window

_FEW: Final = 4_096
"""Users that the small tier may have before it is compared with the large one."""

_EIGHTH: Final = 8

_FOLDED: Final = 65_536
"""Carts whose numbers are objects at once."""

_Numbers = npt.NDArray[np.int64]

Values = tuple[int, ...]
"""The numbers of one cart, in the order of ``COLUMNS``."""


class Open(NamedTuple):
    """How many carts have such an id since a place or before, and since when the oldest one is."""

    carts: int
    oldest: int | None


class _Tier:
    """Some carts, in the order of their users."""

    def __init__(self, users: list[str], numbers: _Numbers) -> None:
        """``numbers`` has a row for each of ``COLUMNS``."""
        self.users = users
        self._numbers = numbers

    @classmethod
    def empty(cls) -> "_Tier":
        """Make one of no carts."""
        return cls([], np.empty((len(COLUMNS), 0), np.int64))

    def find(self, user_id: str) -> int | None:
        """Give where a user stands."""
        at = bisect_left(self.users, user_id)
        return at if at < len(self.users) and self.users[at] == user_id else None

    def put(self, places: list[int], values: list[Values]) -> None:
        """Write the numbers of carts that stand here."""
        if places:
            self._numbers[:, places] = np.array(values, np.int64).T

    def merged(self, users: list[str], numbers: _Numbers) -> "_Tier":
        """Make one with further carts, none of which is here."""
        together = self.users + users
        order = sorted(range(len(together)), key=together.__getitem__)
        both = np.concatenate((self._numbers, numbers), axis=1)
        return _Tier([together[at] for at in order], both[:, order])

    def joined(self, other: "_Tier") -> "_Tier":
        """Make one with all carts of another."""
        return self.merged(other.users, other._numbers)

    def column(self, name: str) -> _Numbers:
        """Give the numbers of a column, in the order of the users."""
        column: _Numbers = self._numbers[COLUMNS.index(name)]
        return column

    def select(self, window: Window, until: int | None, most: int) -> tuple[int, list[int]]:
        """Count the carts of a window, and give where the first of its page stand, in its order.

        ``until`` is the place since which an id of the filter has to be open, or before.
        """
        low, fits = self._fits(window, until)
        total = int(np.count_nonzero(fits))
        keys = self._keys(window.order)
        if window.after is not None:
            fits &= self._follows(keys, window.order, window.after)[low : low + len(fits)]
        at = np.flatnonzero(fits) + low
        if keys is not None:
            if len(at) > most:
                last = np.partition(keys[at], most - 1)[most - 1]
                at = at[keys[at] <= last]
            at = at[np.argsort(keys[at], kind="stable")]
        return total, [int(each) for each in at[:most]]

    def count(self, window: Window, until: int | None) -> int:
        """Count the carts of a window; ``until`` as for ``select``."""
        return int(np.count_nonzero(self._fits(window, until)[1]))

    def _fits(self, window: Window, until: int | None) -> tuple[int, npt.NDArray[np.bool_]]:
        """Tell of the carts of a search, from where on they stand, which fit the filter."""
        low, high = span(self.users, window.search)
        fits = np.ones(high - low, np.bool_)
        if window.filter != "all":
            fits &= self.column(window.filter)[low:high] > 0
        if until is not None:
            fits &= self.column(f"oldest_{window.filter}")[low:high] <= until
        return low, fits

    def _keys(self, order: Sort) -> _Numbers | None:
        """Give what carts are ordered by before their users, the first is the least."""
        first = order.columns[0]
        if first.kind is str:
            return None
        numbers = self.column(first.name)
        return -numbers if first.descending else numbers

    def _follows(self, keys: _Numbers | None, order: Sort, after: Key) -> npt.NDArray[np.bool_]:
        """Tell of each cart whether it comes after the one with this key."""
        same = np.zeros(len(self.users), np.bool_)
        if isinstance(after[-1], str):
            same[bisect_right(self.users, after[-1]) :] = True
        if keys is None or isinstance(after[0], str):
            return same
        key = -after[0] if order.columns[0].descending else after[0]
        follows: npt.NDArray[np.bool_] = (keys > key) | ((keys == key) & same)
        return follows


class CartIndex:
    """The index of a view's carts, folded in from commits when somebody asks; from any thread."""

    def __init__(self) -> None:
        self._asked = threading.Lock()
        self._arriving = threading.Lock()
        self._large = self._small = _Tier.empty()
        self._pending: dict[str, Entry] = {}

    def load(self, runs: Iterable[Run], unmoved: Mapping[str, Entry]) -> None:
        """Begin with the rows of the table, in the order of their users, and what it lacks.

        What is committed meanwhile counts above both. The numbers of a run become an array at once:
        as objects, those of all carts would take some hundred MB, between users that stay.
        """
        users: list[str] = []
        numbers = [_columns([])]
        for of_run, values in runs:
            users += of_run
            numbers.append(_columns(values))
        with self._asked:
            self._large = _Tier(users, np.concatenate(numbers, axis=1))
            with self._arriving:
                self._pending = {**unmoved, **self._pending}

    def committed(self, entries: Mapping[str, Entry]) -> None:
        """Take the carts of a commit: not looked at before somebody asks."""
        with self._arriving:
            self._pending.update(entries)

    def find(self, window: Window, until: int | None, most: int) -> Found:
        """Find a page of a window: its carts, at most so many, from its cursor on."""
        with self._asked:
            self._fold()
            tiers = self._large, self._small
            parts = [tier.select(window, until, most) for tier in tiers]
            ranks = sorted(
                _rank(window.order, tier, at)
                for tier, (_, found) in zip(tiers, parts, strict=True)
                for at in found
            )
        return Found(sum(total for total, _ in parts), ranks[:most])

    def count(self, window: Window, until: int | None) -> int:
        """Count the carts of a window, whatever its cursor."""
        with self._asked:
            self._fold()
            return sum(tier.count(window, until) for tier in (self._large, self._small))

    def open_since(self, until: int) -> dict[str, Open]:
        """Count the carts with an unpaid, and with a waiting id since a place or before."""
        with self._asked:
            self._fold()
            return {name: self._open(f"oldest_{name}", until) for name in ("unpaid", "waiting")}

    def _open(self, column: str, until: int) -> Open:
        tiers = [tier.column(column) for tier in (self._large, self._small)]
        carts = sum(int(np.count_nonzero(numbers <= until)) for numbers in tiers)
        oldest = min((int(numbers.min()) for numbers in tiers if numbers.size), default=NEVER)
        return Open(carts, oldest if carts else None)

    def _fold(self) -> None:
        """Bring the tiers up to date with what was committed."""
        with self._arriving:
            newest, self._pending = self._pending, {}
        waiting = iter(newest.items())
        users: list[str] = []
        numbers: list[_Numbers] = []
        while some := list(islice(waiting, _FOLDED)):
            of_some, values = self._put(some)
            users += of_some
            numbers.append(_columns(values))
        if users:
            self._small = self._small.merged(users, np.concatenate(numbers, axis=1))
            if len(self._small.users) > max(_FEW, len(self._large.users) // _EIGHTH):
                self._large = self._large.joined(self._small)
                self._small = _Tier.empty()
        if len(newest) > _FOLDED:
            give_back()

    def _put(self, entries: list[tuple[str, Entry]]) -> tuple[list[str], list[Values]]:
        """Write the numbers of carts that are known; gives those that are not."""
        known: dict[int, tuple[list[int], list[Values]]] = {0: ([], []), 1: ([], [])}
        users: list[str] = []
        values: list[Values] = []
        for user_id, entry in entries:
            numbers = values_of(entry)
            for number, tier in enumerate((self._large, self._small)):
                at = tier.find(user_id)
                if at is not None:
                    known[number][0].append(at)
                    known[number][1].append(numbers)
                    break
            else:
                users.append(user_id)
                values.append(numbers)
        self._large.put(*known[0])
        self._small.put(*known[1])
        return users, values


def values_of(entry: Entry) -> Values:
    """Give the numbers of a cart."""
    head = head_of(entry[0])
    return (
        head.unpaid,
        head.paid,
        head.waiting,
        head.oldest_unpaid or NEVER,
        head.oldest_waiting or NEVER,
        head.place,
    )


def _columns(values: Sequence[Sequence[int]]) -> _Numbers:
    return np.array(values, np.int64).reshape(len(values), len(COLUMNS)).T.copy()


def _rank(order: Sort, tier: _Tier, at: int) -> Rank:
    """Give what the carts of both tiers are compared by."""
    user = tier.users[at]
    key: Key = [
        user if column.kind is str else int(tier.column(column.name)[at])
        for column in order.columns
    ]
    return order.rank(key, user)
