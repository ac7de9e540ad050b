"""The data folder and its generations."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from dataflow.key_group import KEY_GROUPS
from dataflow.locks import FolderLockedError
from web.data.folder import DataFolder
from web.data.paths import FolderError, Paths


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[DataFolder]:
    folder = DataFolder(tmp_path / "deep" / "data")
    yield folder
    folder.release()


def test_a_new_folder_gets_a_first_generation_and_keeps_it(folder: DataFolder) -> None:
    """The number of key groups is written down when it is made: state depends on it."""
    paths = folder.current()
    assert (paths.facts.number, paths.facts.key_groups) == (1, KEY_GROUPS)
    assert paths.uploads.is_dir()
    assert list(paths.recovery.glob("part-*.sqlite3"))
    assert folder.current() == paths


def test_a_folder_has_one_owner(folder: DataFolder) -> None:
    """The sentence names the folder and the process."""
    with pytest.raises(FolderLockedError, match=f"{folder.path} is in use by process"):
        DataFolder(folder.path)


def test_a_generation_counts_from_the_moment_that_it_is_pointed_at(folder: DataFolder) -> None:
    """Before, the old one is in place; after, the old one goes once the new one was opened."""
    first = folder.current()
    second = folder.new_generation(supersedes=1)
    assert folder.current() == first
    second = folder.switch_to(second)
    assert folder.current() == second
    assert first.folder.exists(), "the new one has not been opened yet"
    folder.discard_superseded(second)
    assert not first.folder.exists()
    assert folder.current() == second
    assert folder.flow_lock.parent == folder.path, "locks live outside of the generations"


def test_what_was_cut_short_is_no_obstacle_and_is_cleared_away(folder: DataFolder) -> None:
    """A reset that died half-way can be done again, and so can a removal."""
    first = folder.current()
    drafts = [folder.new_generation(supersedes=1).folder for _ in range(2)]
    (folder.path / ".new-generation-000007").mkdir()
    assert folder.new_generation(supersedes=6).facts.number == 8
    folder.discard_superseded(first)
    assert not any(path.exists() for path in drafts)
    assert [path.name for path in folder.path.glob("*generation-*")] == ["generation-000001"]
    second = folder.switch_to(folder.new_generation(supersedes=1))
    first.journal.unlink()
    folder.discard_superseded(second)
    assert not first.folder.exists()


def test_a_draft_goes_wherever_its_making_was_cut_short(folder: DataFolder) -> None:
    """Before it could say whose it is, and in the middle of looking for room."""
    first = folder.current()
    (folder.path / ".new-generation-000002").mkdir()
    (folder.path / ".new-generation-000002" / "generation.json").touch()
    third = folder.new_generation(supersedes=2)
    (third.recovery / "room").write_bytes(bytes(100))
    folder.discard_superseded(first)
    assert [path.name for path in folder.path.glob("*generation-*")] == ["generation-000001"]


def test_a_generation_never_takes_the_number_of_the_one_that_it_replaces(
    folder: DataFolder,
) -> None:
    """Though that be gone: else it would be removed in its stead."""
    first = folder.current()
    shutil.rmtree(first.folder)
    second = folder.switch_to(folder.new_generation(supersedes=1))
    assert second.facts.number == 2
    folder.discard_superseded(second)
    assert second.journal.exists()
    folder.discard_superseded(Paths(second.folder, replace(second.facts, supersedes=2)))
    assert second.journal.exists()


def test_what_has_the_name_of_a_generation_and_is_none_counts_for_nothing(
    folder: DataFolder,
) -> None:
    """However high its number is: the next one follows those that are ours, and it stays."""
    first = folder.current()
    foreign = folder.path / f"generation-{10**18 - 1}"
    foreign.mkdir()
    (folder.path / "generation-000002").mkdir()
    third = folder.switch_to(folder.new_generation(supersedes=1))
    assert third.facts.number == 3
    folder.discard_superseded(third)
    assert foreign.exists()
    assert not first.folder.exists()
    (folder.path / "current").unlink()
    with pytest.raises(FolderError, match=r"there are: generation-000003.*--generation 3"):
        folder.current()


def test_a_folder_that_was_moved_or_replaced_is_refused(folder: DataFolder) -> None:
    """What is at its path then is another's, or nobody's."""
    folder.refuse_moved()
    moved = folder.path.rename(folder.path.with_name("moved"))
    with pytest.raises(FolderError, match="was moved, removed or replaced"):
        folder.refuse_moved()
    other = DataFolder(folder.path)
    other.refuse_moved()
    with pytest.raises(FolderError):
        folder.refuse_moved()
    other.release()
    shutil.rmtree(folder.path)
    moved.rename(folder.path)
    folder.refuse_moved()
    (folder.path / "server.lock").unlink()
    with pytest.raises(FolderError):
        folder.refuse_moved()


def test_a_switch_that_was_cut_short_behind_the_pointer_is_finished(folder: DataFolder) -> None:
    """From the moment that the pointer names it, the new one counts."""
    folder.current()
    new = folder.new_generation(supersedes=1)
    (folder.path / "current").write_text("generation-000002\n")
    assert folder.current().facts == new.facts
    assert folder.current().folder == folder.path / "generation-000002"


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"format": 1}', b"\xff"])
def test_a_folder_that_is_no_generation_is_refused(folder: DataFolder, content: bytes) -> None:
    """Corrupt facts are an error that names the folder, never a fresh start over old data."""
    paths = folder.current()
    (paths.folder / "generation.json").write_bytes(content)
    with pytest.raises(FolderError, match="generation-000001"):
        folder.current()
    assert paths.recovery.is_dir()


def test_a_pointer_to_nothing_is_refused(folder: DataFolder) -> None:
    """And so is a generation of another format."""
    paths = folder.current()
    facts = {"format": 99, "number": 1, "key_groups": 256}
    (paths.folder / "generation.json").write_text(json.dumps(facts))
    with pytest.raises(FolderError, match="format 99"):
        folder.current()
    (folder.path / "current").write_text("generation-000009\n")
    with pytest.raises(FolderError, match="names generation-000009, which is not there"):
        folder.current()


def test_a_feed_keeps_its_name_over_every_rebuild(tmp_path: Path) -> None:
    """Its orders complete at the same ``seq``; a reset begins another."""
    folder = DataFolder(tmp_path / "data")
    assert folder.current().facts.feed == "1"
    for _ in range(2):
        folder.renew(lambda _, __: None)
    assert (folder.current().facts.number, folder.current().facts.feed) == (3, "1")
    folder.switch_to(folder.new_generation(supersedes=3))
    assert folder.current().facts.feed == "4"
    folder.release()
