"""web/http/pages/compiled.py: templates are compiled once, whatever becomes of what was kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from jinja2 import DictLoader, Environment

from web.http.pages import compiled
from web.http.pages.compiled import KeptTemplates

SOURCE = "{{ name }} and {{ 'b'|upper }}"


def compiled_of(folder: Path, monkeypatch: pytest.MonkeyPatch, source: str = SOURCE) -> int:
    """Render as a new process does; gives how many templates it compiled for that."""
    count = 0
    own: Callable[..., str] = Environment._generate

    def generate(*arguments: object, **options: object) -> str:
        nonlocal count
        count += 1
        return own(*arguments, **options)

    environment = Environment(
        loader=DictLoader({"a": source}), autoescape=True, bytecode_cache=KeptTemplates(folder)
    )
    with monkeypatch.context() as patched:
        patched.setattr(Environment, "_generate", generate)
        text = environment.get_template("a").render(name="a")
    assert text == source.replace("{{ name }}", "a").replace("{{ 'b'|upper }}", "B")
    return count


def test_the_next_process_compiles_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """But what has changed, in the template or in the code, and that once."""
    folder = tmp_path / "kept" / "here"
    counts = [compiled_of(folder, monkeypatch) for _ in range(2)]
    changed = f"{SOURCE}!"
    counts += [compiled_of(folder, monkeypatch, changed) for _ in range(2)]
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "filters.py").touch()
    monkeypatch.setattr(compiled, "_CODE", tmp_path / "code")
    counts += [compiled_of(folder, monkeypatch, changed) for _ in range(2)]
    assert counts == [1, 0, 1, 0, 1, 0]


def flipped(kept: bytes) -> Iterator[bytes]:
    for at in range(0, len(kept), 97):
        yield kept[:at] + bytes([kept[at] ^ 0xFF]) + kept[at + 1 :]


def test_what_is_damaged_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A power cut leaves a part of it, or of another file; a disk turns a bit."""
    assert compiled_of(tmp_path, monkeypatch) == 1
    (file,) = tmp_path.iterdir()
    kept = file.read_bytes()
    parts = [kept[:size] for size in (0, 3, 32, 40, 200)]
    for content in (*parts, bytes(200), kept + b"x", *flipped(kept)):
        file.write_bytes(content)
        assert [compiled_of(tmp_path, monkeypatch) for _ in range(2)] == [1, 0]
    assert list(tmp_path.iterdir()) == [file]


def test_what_an_editor_leaves_beside_the_code_is_no_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A link to nowhere, as some lock a file by, or a file that has just gone."""
    (tmp_path / ".#filters.py").symlink_to("somebody@somewhere.123")
    monkeypatch.setattr(compiled, "_CODE", tmp_path)
    assert [compiled_of(tmp_path / "kept", monkeypatch) for _ in range(2)] == [1, 0]


def test_where_nothing_can_be_kept_all_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder cannot be made, or the disk is full: it is compiled each time."""
    taken = tmp_path / "taken"
    taken.touch()
    assert [compiled_of(taken / "kept", monkeypatch) for _ in range(2)] == [1, 1]
    assert [compiled_of(Path("/dev/full"), monkeypatch) for _ in range(2)] == [1, 1]
