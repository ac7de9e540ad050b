"""The file of the figures over time."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from web.history.delays import Delays
from web.history.history_file import DamageError, HistoryFile, News, UnusableError, carry
from web.history.points import POINTS, Point, Stored
from web.history.timeline import KILLED, MOST_MARKS, NOTHING, Mark, Past, Sums

TOLD = Sums(3, 10, 20, 30)
POINT = Stored(6, 7, Point(1, 2, 3, 4, 5, Delays({6: 7})))


def reopened(path: Path) -> Past:
    with closing(HistoryFile(path)) as file:
        return file.open()


def written(path: Path, *news: News) -> Past:
    with closing(HistoryFile(path)) as file:
        file.open()
        for each in news:
            file.write(each)
    return reopened(path)


def test_what_was_written_is_there_again(tmp_path: Path) -> None:
    """Points, marks, the sums up to which they tell, and when the server was last seen."""
    mark = Mark(9.0, KILLED, "w")
    past = written(tmp_path / "h.db", News([POINT], [mark], TOLD, 12.5))
    (point,) = past.points
    assert (point.step, point.number) == (6, 7)
    assert point.point.delays.encode() == POINT.point.delays.encode()
    assert (point.point.events, point.point.viewers) == (1, 5)
    assert past[1:] == ([mark], TOLD, 12.5)


def test_a_new_file_holds_nothing(tmp_path: Path) -> None:
    """Nor does one whose making was cut short at once."""
    assert reopened(tmp_path / "h.db") == NOTHING
    (tmp_path / "empty.db").touch()
    assert reopened(tmp_path / "empty.db") == NOTHING


def test_to_write_a_point_again_replaces_it_and_old_ones_go(tmp_path: Path) -> None:
    """So the file has a bound, whatever went on."""
    marks = [Mark(number, KILLED, "w") for number in range(MOST_MARKS + 9)]
    past = written(
        tmp_path / "h.db",
        News([Stored(1, number, Point(events=1)) for number in range(700)], marks, TOLD, 1.0),
        News([Stored(1, 699, Point(events=2))], [], TOLD, None),
    )
    assert [each.number for each in past.points] == list(range(100, 700))
    assert past.points[-1].point.events == 2
    assert past.marks == marks[9:]
    assert past.alive_at is None
    assert len(past.points) == POINTS


def garbage(path: Path) -> None:
    path.write_bytes(b"no database" * 1_000)


def torn(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[:4096] + b"\xff" * (len(data) - 4096))


def spoiled(change: str) -> Callable[[Path], None]:
    """Leave a sound file that holds what nobody wrote."""

    def spoil(path: Path) -> None:
        with closing(sqlite3.connect(path)) as db, db:
            db.execute(change)

    return spoil


@pytest.mark.parametrize(
    "damage",
    [
        garbage,
        torn,
        spoiled("UPDATE points SET delays = x'c1'"),
        spoiled("UPDATE points SET events = 'many'"),
        spoiled("UPDATE points SET step = 5"),
        spoiled("UPDATE points SET events = 9223372036854775807"),
        spoiled("UPDATE points SET lag = -1"),
        spoiled("UPDATE points SET number = 9223372036854775807"),
        spoiled("UPDATE told SET events = 9223372036854775807"),
        spoiled("UPDATE told SET alive_at = 1e300"),
        spoiled("UPDATE marks SET at = 1e300"),
        spoiled("UPDATE marks SET at = -1e300"),
        spoiled("UPDATE marks SET words = x'05'"),
        spoiled("UPDATE told SET generation = 'x'"),
    ],
)
def test_a_damaged_file_is_found_when_it_is_opened(
    tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    """And is kept under another name, beside any that is there; the next is a new one."""
    path = tmp_path / "history.db"
    (tmp_path / "history-damaged-1.db").touch()
    written(path, News([POINT], [Mark(1.0, KILLED, "w")], TOLD, 1.0))
    damage(path)
    before = path.read_bytes()
    with closing(HistoryFile(path)) as file:
        with pytest.raises(DamageError):
            file.open()
        aside = file.put_aside()
        assert aside == tmp_path / "history-damaged-2.db"
        assert len(aside.read_bytes()) == len(before)
        assert file.open() == NOTHING


def test_what_is_another_programs_is_left_as_it_is(tmp_path: Path) -> None:
    """A database, a folder, and a file of a later version."""
    path = tmp_path / "history.db"
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("CREATE TABLE mine (x)")
    before = path.read_bytes()
    with pytest.raises(UnusableError, match="another program"):
        reopened(path)
    assert path.read_bytes() == before
    folder = tmp_path / "folder"
    folder.mkdir()
    with pytest.raises(UnusableError, match="is no file"):
        reopened(folder)
    later = tmp_path / "later.db"
    written(later)
    with closing(sqlite3.connect(later)) as db, db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(UnusableError, match="format 99"):
        reopened(later)


def test_a_file_that_is_not_open_is_not_written(tmp_path: Path) -> None:
    """Nor is it made."""
    file = HistoryFile(tmp_path / "h.db")
    with pytest.raises(UnusableError, match="not open"):
        file.write(News([], [], TOLD, 1.0))
    file.close()
    assert list(tmp_path.iterdir()) == []


def test_what_was_told_of_a_generation_is_told_of_the_one_made_anew_from_it(
    tmp_path: Path,
) -> None:
    """Of no other, and where there is no file none is made."""
    path = tmp_path / "h.db"
    carry(path, 3, 4)
    assert not path.exists()
    written(path, News([POINT], [], TOLD, 12.5))
    carry(path, 2, 9)
    assert reopened(path).told == TOLD
    carry(path, 3, 4)
    past = reopened(path)
    assert (past.told, past.alive_at) == (TOLD._replace(generation=4), 12.5)
    assert len(past.points) == 1
