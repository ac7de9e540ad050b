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


def test_what_changed_in_a_cart_is_put_into_what_is_known_of_it(stage: Stage) -> None:
    """Ids go out and come in at their places, of either type and however large."""
    known = cart("a", 4, unpaid=[1, "1", 2**53 + 1], paid=[7])
    edits = {
        "unpaid_order_ids": {"out": [0], "in": []},
        "paid_order_ids": {"out": [], "in": [[1, 1], [2, "x"]]},
    }
    item = {"user_id": "a", "was": 4, "version": 6, "unpaid": 2, "paid": 3, **edits}
    result = stage.blank().evaluate(
        """async (texts) => {
          const { Store } = await import("/static/store.js");
          const { parse, textOf } = await import("/static/json.js");
          const store = new Store();
          const outcomes = texts.map((text) => store.apply(parse(text)));
          const cart = store.carts.items.get("a");
          const ids = [cart.unpaid_order_ids, cart.paid_order_ids].map((each) => each.map(textOf));
          return { outcomes, seen: [cart.version, cart.paid, cart.waiting], ids };
        }""",
        [json.dumps(frame) for frame in (snapshot([known]), changes([item]))],
    )
    assert result["outcomes"] == ["applied", "applied"]
    assert result["seen"] == [6, 3, 0]
    assert result["ids"] == [['"1"', str(2**53 + 1)], ["7", "1", '"x"']]


@pytest.mark.parametrize("known", [3, 5])
def test_a_change_of_another_version_than_is_known_is_a_gap_or_old(
    stage: Stage, known: int
) -> None:
    """It is never merged into facts that it was not made from; what is newer already stays."""
    item = {"user_id": "a", "was": 4, "version": 5, "unpaid": 1}
    result = played(stage, snapshot([cart("a", known)]), changes([item]))
    assert result["outcomes"][-1] == ("gap" if known == 3 else "applied")
    assert result["carts"] == [["a", known]]


def test_an_upload_is_told_by_what_changed_in_it(stage: Stage) -> None:
    """The rest of it stays, and an order that is not told is as it was."""
    result = stage.blank().evaluate(
        """async (texts) => {
          const { Store } = await import("/static/store.js");
          const store = new Store();
          for (const text of texts) store.apply(JSON.parse(text));
          return [store.uploads.order, store.uploads.items.get("u1"), store.uploads.total];
        }""",
        [
            json.dumps(snapshot(uploads=[upload("u1", queued_because="why")])),
            json.dumps(
                changes(uploads={"items": [{"id": "u1", "processed": 9, "queued_because": None}]})
            ),
        ],
    )
    assert result == [["u1"], upload("u1", processed=9, queued_because=None), 1]


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
