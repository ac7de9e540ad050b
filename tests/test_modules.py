"""The page's data flows one way too, and the imports of its modules prove it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

STATIC = Path(__file__).parents[1] / "static"
MODULES = sorted(path.relative_to(STATIC).as_posix() for path in STATIC.rglob("*.js"))
#: A module that is named in an import, or in a type of JSDoc; what is only a type binds as well.
NAMED = re.compile(r"""(?:\bfrom\s+|\bimport\s*\(?\s*)["']([^"']+)["']""")
CODE = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)


def imported(module: str, *, types: bool) -> set[str]:
    """Name the modules that a module imports, and with `types` those that its types name."""
    text = (STATIC / module).read_text()
    folder = (STATIC / module).parent
    found = NAMED.findall(text if types else CODE.sub("", text))
    return {(folder / name).resolve().relative_to(STATIC).as_posix() for name in found}


@pytest.mark.parametrize("module", MODULES)
def test_nothing_imports_what_wires_the_page(module: str) -> None:
    """`main.js` starts everything; what elements need of it is the type in `ports.js`."""
    assert "main.js" not in imported(module, types=True)


#: The rooms of elements that are made of others; else a room knows none beside it.
MADE_OF = {
    "elements/cart": {"elements/carts"},
    "elements/carts": {"elements/cart", "elements/uploads"},
    "elements/completed": {"elements/cart", "elements/carts"},
    "elements/files": {"elements/uploads"},
    "elements/header": {"elements/uploads"},
    "elements/recovery": {"elements/flow"},
}


@pytest.mark.parametrize("module", MODULES)
def test_an_element_reaches_the_rest_of_the_page_by_its_ports_alone(module: str) -> None:
    """No element imports the connection or the store; a view names its elements."""
    names = imported(module, types=False)
    room = Path(module).parent
    if module.startswith("elements/"):
        assert not names & {"connection.js", "store.js", "place.js"}
        rooms = {str(Path(name).parent) for name in names if name.startswith("elements/")}
        assert rooms <= {str(room)} | MADE_OF.get(str(room), set())
    elif module not in ("main.js", "spare.js") and not module.startswith("views/"):
        assert not {name for name in names if name.startswith("elements/")}
    if module.startswith("paint/"):
        assert {str(Path(name).parent) for name in names} <= {"paint"}


@pytest.mark.parametrize("module", MODULES)
def test_every_import_is_relative_and_there(module: str) -> None:
    """So that every module is served with the version of the one that imports it."""
    text = (STATIC / module).read_text()
    assert all(name.startswith(("./", "../")) for name in NAMED.findall(text))
    assert imported(module, types=True) <= set(MODULES)


def test_the_store_and_the_connection_know_no_page() -> None:
    """Facts and network: neither touches the DOM."""
    for module in ("store.js", "connection.js", "listing.js", "json.js", "address.js"):
        text = CODE.sub("", (STATIC / module).read_text())
        assert not re.search(r"\b(document|HTMLElement|querySelector)\b", text), module
