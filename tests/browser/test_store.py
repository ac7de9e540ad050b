"""static/store.js: the facts of the page, without a page."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.browser.frames import cart, changes, skipped, snapshot, upload
from tests.browser.stage import Stage

PLAY = """async (texts) => {
  const { Store } = await import("/static/store.js");
  const { parse } = await import("/static/json.js");
  const store = new Store();
  const heard = [];
  store.addEventListener("change", ({ detail }) => heard.push(detail));
  const outcomes = texts.map((text) => store.apply(parse(text)));
  const last = heard.at(-1);
  return {
    outcomes,
    carts: store.carts.order.map((key) => [key, store.carts.items.get(key).version]),
    held: [store.carts.items.size, store.uploads.items.size, store.skipped.items.size],
    total: store.carts.total,
    heard: heard.length,
    changed: last && last.carts && [...last.carts],
    reset: heard.map((change) => change.reset),
  };
}"""


def played(stage: Stage, *frames: Any) -> Any:
    """Play frames to a store of its own and give what it holds then."""
    return stage.blank().evaluate(PLAY, [json.dumps(frame) for frame in frames])


def test_a_snapshot_is_what_there_is(stage: Stage) -> None:
    """A later snapshot replaces the earlier one: who is not in it is gone."""
    result = played(stage, snapshot([cart("a"), cart("b")]), snapshot([cart("b", 2)]))
    assert result["carts"] == [["b", 2]]
    assert result["held"][0] == 1


def test_changes_update_reorder_and_remove(stage: Stage) -> None:
    """`items` are the changed carts, `order` all visible ones: the rest stays or leaves."""
    result = played(
        stage,
        snapshot([cart("a"), cart("b"), cart("c")]),
        changes([cart("d"), cart("b", 2)], ["d", "b", "a"]),
    )
    assert result["carts"] == [["d", 1], ["b", 2], ["a", 1]]
    assert sorted(result["changed"]) == ["b", "d"]


def test_a_gap_asks_for_a_snapshot_and_changes_nothing(stage: Stage) -> None:
    """An order that names a cart never heard of is not guessed at."""
    result = played(stage, snapshot([cart("a")]), changes([cart("b")], ["b", "a", "ghost"]))
    assert result["outcomes"] == ["applied", "gap"]
    assert result["carts"] == [["a", 1]]


def test_the_same_frame_twice_is_no_change(stage: Stage) -> None:
    """A repeated change names no changed cart, so nothing is painted again."""
    frame = changes([cart("a", 2)], ["a"])
    result = played(stage, snapshot([cart("a")]), frame, frame)
    assert result["carts"] == [["a", 2]]
    assert result["changed"] == []


def test_no_cart_goes_back_to_an_older_version(stage: Stage) -> None:
    """Neither a change nor a snapshot of one generation takes a cart back."""
    result = played(
        stage, snapshot([cart("a", 7)]), changes([cart("a", 5)]), snapshot([cart("a", 6)])
    )
    assert result["carts"] == [["a", 7]]


def test_a_cart_that_left_the_screen_does_not_return_older(stage: Stage) -> None:
    """What was seen of a cart is remembered beyond the window that showed it."""
    result = played(
        stage, snapshot([cart("a", 7)]), snapshot([cart("b")]), snapshot([cart("a", 6)])
    )
    assert result["carts"] == [["a", 7]]


def test_a_new_generation_forgets_all(stage: Stage) -> None:
    """After somebody started over, version 1 is new again."""
    result = played(stage, snapshot([cart("a", 7)]), snapshot([cart("a", 1)], generation="second"))
    assert result["carts"] == [["a", 1]]
    assert result["reset"] == [False, True]


def test_changes_of_another_generation_are_a_gap(stage: Stage) -> None:
    """A change is never merged into facts that it was not made from."""
    result = played(stage, snapshot([cart("a", 7)]), changes([cart("a", 8)], generation="second"))
    assert result["outcomes"][-1] == "gap"
    assert result["carts"] == [["a", 7]]


def test_changes_before_the_first_snapshot_are_ignored(stage: Stage) -> None:
    """There is nothing yet that they could change."""
    assert played(stage, changes([cart("a")]))["outcomes"] == ["ignored"]


@pytest.mark.parametrize(
    "frame", [None, 7, [], "text", {}, {"type": "gossip"}, {"type": "snapshot"}]
)
def test_nonsense_is_named_and_changes_nothing(stage: Stage, frame: object) -> None:
    """JSON that is no frame never reaches the facts."""
    result = played(stage, snapshot([cart("a")]), frame)
    assert result["outcomes"][-1] == "nonsense"
    assert result["carts"] == [["a", 1]]


def test_it_holds_what_is_visible_and_no_more(stage: Stage) -> None:
    """After a thousand changes, each with a new cart, upload and record, one of each is held."""
    frames = (
        changes(
            [cart(f"user-{n}")],
            uploads={"items": [upload(f"u{n}")], "order": [f"u{n}"], "total": n + 1},
            skipped={"items": [skipped(n)], "order": [n], "total": n + 1},
        )
        for n in range(1000)
    )
    assert played(stage, snapshot(), *frames)["held"] == [1, 1, 1]
