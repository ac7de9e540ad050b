"""Elements undo themselves: what leaves the page listens to nothing any more."""

from __future__ import annotations

import pytest

from tests.browser.frames import cart, changes, skipped, snapshot, upload
from tests.browser.stage import Stage

#: Notes every listener with what it listens to and the signal that ends it.
NOTE = """
  window.noted = [];
  const add = EventTarget.prototype.addEventListener;
  EventTarget.prototype.addEventListener = function (type, run, options) {
    window.noted.push({ target: this, type, signal: options?.signal });
    return add.call(this, type, run, options);
  };
"""
ELEMENTS = """() => {
  const all = [...document.body.querySelectorAll("*")];
  const own = all.filter(({ tagName }) => tagName.includes("-"));
  for (const element of own.reverse()) element.remove();
  return own.length;
}"""
#: The listeners of main.js and what it makes, which live as long as the page; those of a socket are
#: its own.
OF_THE_PAGE = [
    *(
        *("change", "change", "change"),
        "click",
        "click",
        "copy",
        "frame",
        "keydown",
        "keydown",
        "move",
        "online",
    ),
    *("pageshow", "popstate", "selectionchange", "state", "state", "submit", "visibilitychange"),
]


@pytest.mark.parametrize(("path", "count"), [("/", 15), ("/carts/a", 8)])
def test_removed_elements_listen_to_nothing(stage: Stage, path: str, count: int) -> None:
    """Every listener of an element ends with it; only those of main.js itself remain."""
    stage.page.add_init_script(NOTE)
    page = stage.open(path, snapshot([cart("a")], window={"user": "a" if path != "/" else None}))
    page.evaluate("getSelection().selectAllChildren(document.body)")  # what copies comes by it
    stage.painted()
    assert page.evaluate(ELEMENTS) >= count
    left = page.evaluate(
        """() => noted
          .filter(({ target, signal }) => !signal?.aborted && !(target instanceof AbortSignal)
            && (target === window || target === document || !(target instanceof Node))
            && !("readyState" in target && "url" in target))
          .map(({ type }) => type).sort()"""
    )
    assert left == OF_THE_PAGE


def test_a_removed_element_is_painted_no_more(stage: Stage) -> None:
    """Frames after the removal touch nothing of it, and break nothing else."""
    page = stage.open(first=snapshot([cart("a")], uploads=[upload("u1")], records=[skipped(1)]))
    held = page.evaluate_handle("document.querySelector('cart-list')")
    before = held.evaluate("(element) => element.textContent")
    held.evaluate("(element) => element.remove()")
    stage.play(changes([cart("a", 2, unpaid=[77])]))
    stage.painted()
    assert held.evaluate("(element) => element.textContent") == before


def test_rows_that_left_are_let_go(stage: Stage) -> None:
    """Nothing keeps the element of a cart that is no longer visible: it is collected."""
    page = stage.open(first=snapshot([cart("a")]))
    page.evaluate("window.row = new WeakRef(document.querySelector('[data-cart]'))")
    stage.play(snapshot([cart("b")], generation="another"))
    stage.painted()
    page.request_gc()
    assert page.evaluate("window.row.deref() === undefined")
