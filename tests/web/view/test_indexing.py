"""The index of carts, made on demand: once, of all that is there, and anew where that failed."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path
from typing import cast

import pytest

from tests.web.view.test_key_range import entries
from web.view.cart_row import Entry
from web.view.committer import Committer
from web.view.indexing import Indexing
from web.view.reader import ViewReader
from web.view.threads import Threads
from web.view.view import View
from web.view.windows import Window

pytestmark = pytest.mark.anyio
ALL = Window(sort="user")


class PlayedTable:
    """Carts that are not in their table yet."""

    def __init__(self) -> None:
        self.carts: dict[str, Entry] = entries({"a": (1, 0, 0, 1, 1)}, 1)

    def unmoved(self) -> dict[str, Entry]:
        return self.carts


class Turn:
    """As much of a committer as is waited for here."""

    def __init__(self) -> None:
        self.turn = asyncio.Lock()


def made(path: Path) -> Indexing:
    View(path).close()
    table = PlayedTable()

    async def give() -> PlayedTable:
        return table

    return Indexing(give, Threads(path, ViewReader), cast("Committer", Turn()))


async def test_it_is_made_once_somebody_asks_and_hears_of_later_commits(tmp_path: Path) -> None:
    """Those who ask meanwhile wait for the same."""
    indexing = made(tmp_path / "view.db")
    assert not indexing.is_made
    one, other = await asyncio.gather(indexing.get(), indexing.get())
    assert one is other is indexing.take()
    assert indexing.is_made
    indexing.committed(entries({"b": (1, 0, 0, 1, 1)}, 2))
    assert one.find(ALL, None, 9).users == ["a", "b"]
    assert one.count(ALL, None) == 2


async def test_what_ends_its_making_is_told_once_and_then_it_is_made_anew(tmp_path: Path) -> None:
    """Who only wants to know whether it is there is not concerned."""
    path = tmp_path / "view.db"
    indexing = made(path)
    whole = path.read_bytes()
    path.write_bytes(b"no database" * 1_000)
    assert indexing.take() is None
    with pytest.raises(sqlite3.DatabaseError):
        await indexing.get()
    assert not indexing.is_made
    with pytest.raises(sqlite3.DatabaseError):
        indexing.take()
    path.write_bytes(whole)
    assert indexing.take() is None
    assert (await indexing.get()).find(ALL, None, 9).users == ["a"]
