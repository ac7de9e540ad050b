"""Nothing is destroyed before it is understood: whose a folder is, and which generation counts."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataflow.locks import FolderLockedError
from tests.faults.broken_reset import STEPS, VARIABLE
from tests.faults.folders import generation_of, rebuild, refusal
from tests.kit.running import Cartwatch, until
from web.data.folder import DataFolder
from web.data.paths import FolderError

ORDER = b'{"user_id": "a", "type": "order", "order_id": %d}\n'


def tree(folder: Path) -> dict[str, bytes | None]:
    """Read all that is below a folder: the bytes of each file, None for a folder."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in folder.rglob("*")
    }


def serve(data: Path) -> str:
    return refusal("serve", "--port", "0", "--data", str(data))


def orders_of(data: Path) -> list[int]:
    """Start on a folder; gives the orders of its cart."""
    with Cartwatch(data) as server:
        server.settled()
        cart = server.call("GET", "/api/carts/a")
        server.stop()
    return list(cart.json()["unpaid_order_ids"]) if cart.status == 200 else []


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an order in it."""
    data = tmp_path_factory.mktemp("filled") / "data"
    with Cartwatch(data) as server:
        server.settled()
        assert server.call("POST", "/api/events", ORDER % 1).status == 202
        server.settled()
        server.stop()
    return data


@pytest.fixture
def data(filled: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(filled, tmp_path / "data"))


@pytest.mark.parametrize(
    ("pointer", "what", "marked"),
    [
        (None, "is missing", True),
        (None, "is missing", False),
        (b"", "names no generation, but ''", True),
        (b"generation-000009\n", "names generation-000009, which is not there", False),
        (b"../generation-000001\n", "names no generation", True),
        (b"\xff\xfe", "cannot be read", True),
    ],
    ids=["missing", "missing-of-before-marks", "empty", "to-nothing", "outside", "no-text"],
)
def test_a_pointer_that_is_odd_is_a_refusal_that_names_what_is_there(
    data: Path, pointer: bytes | None, what: str, *, marked: bool
) -> None:
    """With the command that picks one, and nothing is changed before that is given."""
    (data / "current").unlink()
    if pointer is not None:
        (data / "current").write_bytes(pointer)
    if not marked:
        (data / "cartwatch.txt").unlink()
    before = tree(data / "generation-000001")
    sentence = serve(data)
    assert what in sentence
    assert "generation-000001" in sentence
    assert f"cartwatch rebuild {data} --generation 1" in sentence
    assert what in refusal("rebuild", str(data))
    assert tree(data / "generation-000001") == before
    rebuild(data, "--generation", "1")
    assert orders_of(data) == [1]


def test_a_pointer_that_is_a_folder_is_refused(data: Path) -> None:
    """Also by the command that picks a generation, which could not replace it."""
    (data / "current").unlink()
    (data / "current").mkdir()
    assert "current is a folder" in serve(data)
    assert "current is a folder" in refusal("rebuild", str(data), "--generation", "1")
    assert not (data / ".current").exists()
    (data / "current").rmdir()
    assert "--generation 1" in serve(data)


def test_a_generation_that_is_not_there_cannot_be_picked(data: Path) -> None:
    """The refusal names those that are."""
    assert "there are: generation-000001" in refusal("rebuild", str(data), "--generation", "7")


def test_a_copy_that_was_made_across_a_reset_keeps_all_that_it_has(data: Path) -> None:
    """Pointer and old generation were copied before the reset, the new generation after it."""
    with Cartwatch(data) as server:
        server.settled()
        shutil.copytree(generation_of(data), data.parent / "of-before")
        assert server.call("POST", "/api/reset", {"confirm": "reset"}).status == 202
        server.settled()
        assert server.call("POST", "/api/events", ORDER % 2).status == 202
        server.settled()
        server.stop()
    assert not (data / "generation-000001").exists()
    shutil.copytree(data.parent / "of-before", data / "generation-000001")
    (data / "current").write_text("generation-000001\n")
    assert orders_of(data) == [1]
    assert (data / "generation-000002" / "journal.db").exists()
    rebuild(data, "--generation", "2")
    assert orders_of(data) == [2]
    assert (data / "generation-000001" / "journal.db").exists()


def test_a_journal_that_is_gone_is_refused_and_never_begun_anew(data: Path) -> None:
    """A half copy of a generation is not taken for a new one."""
    folder = generation_of(data)
    (folder / "journal.db").rename(data.parent / "journal.db")
    (folder / "view.db").unlink()
    assert "is missing, and the records are in it alone" in serve(data)
    assert "is missing, and the records are in it alone" in refusal("rebuild", str(data))
    (data.parent / "journal.db").rename(folder / "journal.db")
    rebuild(data)
    assert orders_of(data) == [1]


def test_files_of_others_are_left_alone_whatever_their_names(data: Path) -> None:
    """Through starts, a reset and a rebuild: beside the generations, and among uploads."""
    ours = generation_of(data)
    others = {
        data / "generation-2024-models" / "weights": b"w",
        data / "generation-12" / "x": b"x",
        data / "generation-000777" / "notes": b"n",
        data / ".new-stuff" / "y": b"y",
        data / ".new-generation-000005" / "z": b"z",
        data / ".DS_Store": b"d",
        data / "notes.txt": b"t",
        ours / "notes.txt": b"o",
        ours / "uploads" / "mine" / "deep": b"m",
        ours / "recovery" / "notes.txt": b"r",
    }
    among_uploads = {ours / "uploads" / "notes.txt": b"u", ours / "uploads" / ("a" * 32): b"a"}
    for path, content in {**others, **among_uploads}.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    assert orders_of(data) == [1]
    assert {path: path.read_bytes() for path in among_uploads} == among_uploads
    rebuild(data)
    with Cartwatch(data) as server:
        server.settled()
        assert server.call("POST", "/api/reset", {"confirm": "reset"}).status == 202
        server.settled()
        server.stop()
    assert orders_of(data) == []
    assert {path: path.read_bytes() for path in others} == others


@pytest.mark.parametrize(
    "names",
    [
        ("generation-2024-models/weights", ".new-stuff/x"),
        ("current", "generation-x/generation.json"),
        ("current",),
        ("generation-000001/journal.db",),
        ("generation-000001/generation.json",),
        ("server.lock", "thesis.tex"),
        (".new-generation-000001/x",),
        ("cartwatch.txt",),
    ],
    ids=" and ".join,
)
def test_a_folder_of_somebody_else_is_refused_and_left_as_it_is(
    tmp_path: Path, names: tuple[str, ...]
) -> None:
    """By serve and by rebuild; not even a lock is put into it."""
    other = tmp_path / "other"
    for name in names:
        (other / name).parent.mkdir(parents=True, exist_ok=True)
        (other / name).write_bytes(b"mine")
    before = tree(other)
    assert "is not a data folder of Cartwatch" in serve(other)
    assert "is not a data folder of Cartwatch" in refusal("rebuild", str(other))
    assert tree(other) == before


def test_a_disk_that_is_new_is_taken(tmp_path: Path) -> None:
    """What a file system or a Finder leaves in an empty one is nobody's."""
    (tmp_path / "lost+found").mkdir()
    (tmp_path / ".DS_Store").write_bytes(b"d")
    assert orders_of(tmp_path) == []
    assert (tmp_path / ".DS_Store").read_bytes() == b"d"


@pytest.mark.parametrize("step", STEPS)
def test_behind_the_point_of_no_return_a_reset_goes_on_or_the_server_ends(
    data: Path, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It never takes a record into the old generation, which the next start would not have."""
    monkeypatch.setenv(VARIABLE, step)
    with Cartwatch(data, program="tests.faults.broken_reset") as server:
        server.settled()
        refused = server.call("POST", "/api/reset", {"confirm": "reset"})
        assert (refused.status, refused.json()["error"]["code"]) == (503, "ending")
        assert server.process.wait(10) == 1
        assert "start Cartwatch again" in server.errors()
        assert "Traceback" not in server.errors()
    assert orders_of(data) == []
    assert not (data / "generation-000001").exists()


_names = st.sampled_from(
    [
        *("generation-000001", "generation-000002", "generation-000003", "generation-2024-models"),
        *(".new-generation-000002", ".new-generation-000009", ".new-stuff", "uploads", "current"),
        *(".gone", "generation-1", "lost+found", "server.lock.old", "generation-000002.bak"),
    ]
)


@given(
    st.dictionaries(_names, st.sampled_from(["file", "folder", "facts", "empty"])), st.booleans()
)
@settings(max_examples=60)
def test_no_file_that_we_did_not_make_is_ever_lost(
    tmp_path_factory: pytest.TempPathFactory,
    others: dict[str, str],
    ours: bool,
) -> None:
    """Whatever lies in a folder: after a start, a switch and a refusal it lies there still."""
    path = tmp_path_factory.mktemp("any")
    if ours:
        folder = DataFolder(path)
        folder.discard_superseded(folder.current())
        folder.release()
    for name, kind in others.items():
        place = path / name
        if place.exists():
            continue
        if kind == "file":
            place.write_bytes(b"mine")
            continue
        place.mkdir()
        if kind != "empty":
            (place / "mine").write_bytes(b"mine")
        if kind == "facts":
            (place / "generation.json").write_bytes(b'{"format": 1, "number": 99}')
    before = {name: content for name, content in tree(path).items() if content == b"mine"}
    try:
        folder = DataFolder(path)
    except FolderError:
        pass
    else:
        try:
            folder.discard_superseded(folder.current())
            folder.discard_superseded(folder.switch_to(folder.new_generation(supersedes=1)))
        except FolderError:
            pass
        finally:
            folder.release()
    after = tree(path)
    assert {name: after.get(name) for name in before} == before


def test_a_mark_that_was_never_finished_is_no_obstacle(tmp_path: Path) -> None:
    """A disk that was full when the folder was made."""
    (tmp_path / "cartwatch.txt").touch()
    folder = DataFolder(tmp_path)
    assert folder.current().facts.number == 1
    with pytest.raises(FolderLockedError):
        DataFolder(tmp_path)
    folder.release()
    until(lambda: (tmp_path / "cartwatch.txt").stat().st_size > 0)
