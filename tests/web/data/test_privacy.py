"""What is kept is its owner's alone."""

from __future__ import annotations

import logging
import os
import stat
from pathlib import Path

import pytest
from typing_extensions import override

from web.data.folder import DataFolder
from web.data.privacy import tighten

MINE = "notes.txt"


def modes(folder: Path) -> dict[str, int]:
    """Give the mode of a folder and of everything in it."""
    paths = [folder, *folder.rglob("*")]
    return {
        path.relative_to(folder).as_posix(): stat.S_IMODE(path.lstat().st_mode) for path in paths
    }


def loosen(folder: Path) -> None:
    """Make a folder as an older version left it, with the usual umask."""
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)


def test_an_older_folder_is_tightened_and_what_is_not_ours_is_left_alone(tmp_path: Path) -> None:
    """Files of others in it, a link to one elsewhere, and a folder that only has our name."""
    data = tmp_path / "data"
    folder = DataFolder(data)
    paths = folder.current()
    for path in (folder.token, folder.history, paths.view, paths.uploads / ("a" * 32)):
        path.write_text("x")
    (data / "history-damaged-1.db-wal").write_text("x")
    folder.release()
    foreign = {
        MINE,
        "generation-000009",
        f"generation-000001/{MINE}",
        "generation-000001/uploads/x",
    }
    (data / "generation-000009").mkdir()
    for name in foreign - {"generation-000009"}:
        (data / name).write_text("mine")
    loosen(data)
    (tmp_path / "elsewhere").write_text("mine")
    (tmp_path / "elsewhere").chmod(0o644)
    (data / "cartwatch-sessions.json").symlink_to(tmp_path / "elsewhere")
    foreign |= {"cartwatch-sessions.json", "history.db"}  # the figures look to themselves
    DataFolder(data).release()
    for name, mode in modes(data).items():
        assert bool(mode & 0o077) == (name in foreign), name
    assert modes(tmp_path)["elsewhere"] == 0o644


def test_files_in_a_folder_that_was_private_before_are_tightened_too(tmp_path: Path) -> None:
    """The folder may have been made so by hand, and the files in it not."""
    folder = DataFolder(tmp_path / "data")
    paths = folder.current()
    folder.release()
    loosen(folder.path)
    folder.path.chmod(0o700)
    DataFolder(folder.path).release()
    assert not paths.journal.stat().st_mode & 0o077
    assert not paths.uploads.stat().st_mode & 0o077


def test_a_folder_behind_a_link_is_tightened(tmp_path: Path) -> None:
    """The link is how it is called, and no file of ours."""
    (tmp_path / "real").mkdir(mode=0o755)
    (tmp_path / "data").symlink_to(tmp_path / "real")
    DataFolder(tmp_path / "data").release()
    assert stat.S_IMODE((tmp_path / "real").stat().st_mode) == 0o700


def test_what_the_system_does_not_let_be_changed_is_said_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Another user's, or a file system without modes: the data can be used all the same."""

    class Stubborn(type(tmp_path)):  # type: ignore[misc]
        @override
        def chmod(self, mode: int, *, follow_symlinks: bool = True) -> None:
            raise PermissionError(1, os.strerror(1))

    for name in ("a", "b"):
        (tmp_path / name).write_text("x")
        (tmp_path / name).chmod(0o644)
    with caplog.at_level(logging.WARNING):
        tighten([Stubborn(tmp_path / "a"), Stubborn(tmp_path / "b"), tmp_path / "none"])
    assert [record.getMessage() for record in caplog.records] == [
        f"Others may read {tmp_path / 'a'}: the system does not let Cartwatch change that,"
        " nor of 1 more."
    ]
