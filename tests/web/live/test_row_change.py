"""What has changed in a row: whoever has the old one gets to the new one."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.kit.frames import merged
from web.live.row_change import row_change

ids = st.lists(st.one_of(st.integers(-3, 9), st.sampled_from(["1", "2", "x"])), unique=True)
rows = st.fixed_dictionaries(
    {"user_id": st.just("u"), "paid": ids, "unpaid": ids, "at": st.one_of(st.none(), st.text())},
    optional={"why": st.text()},
)


def changed(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    change: dict[str, Any] = json.loads(
        row_change(json.dumps(old).encode(), json.dumps(new).encode(), "user_id")
    )
    return change


@given(rows, rows)
def test_a_row_with_what_changed_in_it_is_the_newer_row(
    old: dict[str, Any], new: dict[str, Any]
) -> None:
    """Ids that went, came, or changed places, of either type; a field that is gone is null."""
    got = merged(old, changed(old, new))
    assert {name: value for name, value in got.items() if name in new or value is not None} == new
    assert repr(got["paid"]) == repr(new["paid"])


def test_a_list_of_ids_tells_what_came_and_went_by_its_places() -> None:
    """An order is paid: one id less of twenty, one more at the end of the others."""
    old = {"user_id": "u", "version": 4, "unpaid": [*range(20)], "paid": [*range(50, 70)]}
    new = {
        "user_id": "u",
        "version": 5,
        "unpaid": [*range(3), *range(4, 20)],
        "paid": [*range(51, 70), 3],
    }
    assert changed(old, new) == {
        "user_id": "u",
        "was": 4,
        "version": 5,
        "unpaid": {"out": [3], "in": []},
        "paid": {"out": [0], "in": [[19, 3]]},
    }


def test_a_list_that_is_another_one_is_told_whole() -> None:
    """Where less of it stays than changes."""
    assert changed({"user_id": "u", "paid": [1]}, {"user_id": "u", "paid": [2]})["paid"] == [2]
