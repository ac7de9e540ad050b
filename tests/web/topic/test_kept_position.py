"""What the data folder keeps of the topic."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from web.data.paths import FolderError
from web.topic.kept_position import KeptPositions
from web.topic.resuming import Position


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cartwatch-topic.json"


def test_a_folder_has_one_name_for_ever(path: Path) -> None:
    """The broker knows it by that; its owner alone may read the file."""
    name = KeptPositions(path).name
    assert KeptPositions(path).name == name
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_position_is_that_of_a_feed_in_a_topic(path: Path) -> None:
    """Of another cluster, topic or generation nothing is known."""
    KeptPositions(path).put("k", "done", "1", Position(5, "five"))
    KeptPositions(path).put("k", "done", "1", Position(9, "nine"))
    kept = KeptPositions(path)
    assert kept.get("k", "done", "1") == Position(9, "nine")
    for other in (("l", "done", "1"), ("k", "gone", "1"), ("k", "done", "2")):
        assert kept.get(*other) is None


def test_it_does_not_grow(path: Path) -> None:
    """What was published last is kept."""
    kept = KeptPositions(path)
    for number in range(40):
        kept.put("k", "done", str(number), Position(number, "note"))
    assert kept.get("k", "done", "39") == Position(39, "note")
    assert kept.get("k", "done", "0") is None
    assert path.stat().st_size < 4_000


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'{"name": "x", "feeds": []}'])
def test_a_damaged_file_is_refused_and_left(path: Path, data: bytes) -> None:
    """Without the name, the topic would get all orders once more: that is not for it to decide."""
    path.write_bytes(data)
    with pytest.raises(FolderError, match=f"^{path} is damaged: "):
        KeptPositions(path)
    assert path.read_bytes() == data
