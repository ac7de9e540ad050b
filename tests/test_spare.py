"""static/spare.js: all that is loaded only when it is needed is loaded in spare time."""

from __future__ import annotations

import re
from pathlib import Path

STATIC = Path(__file__).parents[1] / "static"
LATER = re.compile(r"""(?<!\{)\bimport\(["'`]([^"'`]+)["'`]\)(?!\.)""")
COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)


def loaded_later(module: Path) -> set[Path]:
    """Name what a module loads when it is needed."""
    text = COMMENT.sub("", module.read_text("utf-8"))
    return {(module.parent / name).resolve() for name in LATER.findall(text)}


def test_it_names_every_module_that_is_loaded_later() -> None:
    """And so every view, and each part of the shell that is summoned by its name."""
    spare = STATIC / "spare.js"
    named = loaded_later(spare)
    later: set[Path] = set((STATIC / "views").glob("*.js"))
    for module in STATIC.rglob("*.js"):
        if module != spare:
            later |= {path for path in loaded_later(module) if "$" not in path.name}
    summoned = re.findall(r'summoned\("([a-z-]+)"\)', (STATIC / "main.js").read_text("utf-8"))
    later |= {STATIC / "elements" / "header" / f"{name.replace('-', '_')}.js" for name in summoned}
    assert named == later - {spare}
    assert all(path.is_file() for path in named)
