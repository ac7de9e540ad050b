"""The data folder and its generations."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from dataflow.flow import KEY_GROUPS
from dataflow.locks import FolderLockedError
from web.folder import DataFolder, FolderError


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
    """Before, a crash leaves the old one in place; after, the old one is cleared away."""
    first = folder.current()
    second = folder.new_generation(2)
    (folder.path / ".new-generation-000003").mkdir()
    assert folder.current() == first
    assert not second.folder.exists(), "a generation that was never pointed at is left over"
    assert not (folder.path / ".new-generation-000003").exists()
    second = folder.new_generation(2)
    folder.switch_to(second)
    assert folder.current() == second
    assert not first.folder.exists()
    assert folder.flow_lock.parent == folder.path, "locks live outside of the generations"


def test_a_draft_that_was_left_over_is_no_obstacle(folder: DataFolder) -> None:
    """A reset that died half-way can be done again under the same number."""
    folder.current()
    draft = folder.path / ".new-generation-000002"
    draft.mkdir()
    (draft / "recovery").mkdir()
    folder.new_generation(2)
    folder.switch_to(folder.new_generation(2))
    assert folder.current().facts.number == 2


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
    with pytest.raises(FolderError, match="generation-000009"):
        folder.current()
