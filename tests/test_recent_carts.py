"""The newest carts, kept at hand: the same answers as the view's, or none."""

from hypothesis import given
from hypothesis import strategies as st

from tests.streams import claim
from web.recent_carts import CartRow, RecentCarts
from web.windows import Window

MOST = 5


def row(user_id: str, changed: int, unpaid: int = 1) -> CartRow:
    return CartRow(user_id, changed, unpaid, 0, 0, changed, 0.0, b"{}", 0)


users = st.sampled_from([f"{letter}{number}" for letter in "ab" for number in range(4)])


@claim
@given(
    st.lists(st.tuples(users, st.integers(0, 1)), max_size=30),
    st.sampled_from((Window(), Window(search="a"), Window(filter="unpaid"), Window(user="b1"))),
    st.one_of(st.none(), st.integers(0, 31)),
    st.integers(1, 9),
)
def test_what_it_finds_is_what_the_view_would_answer(
    changes: list[tuple[str, int]], window: Window, before: int | None, count: int
) -> None:
    """Where it cannot know, because older carts are not at hand, it says so."""
    recent = RecentCarts(is_whole=True, most=MOST)
    everything: dict[str, CartRow] = {}
    for changed, (user_id, unpaid) in enumerate(changes, 1):
        everything[user_id] = row(user_id, changed, unpaid)
        recent.put([everything[user_id]])
    wanted = [
        each
        for each in sorted(everything.values(), key=lambda each: -each.changed)
        if (before is None or each.changed < before)
        and each.user_id.startswith(window.search)
        and window.user in (None, each.user_id)
        and (window.filter == "all" or each.unpaid)
    ]
    found = recent.find(window, before, count)
    if found is None:
        assert len(everything) > MOST
    else:
        assert found == wanted[:count]


def test_memory_is_bounded() -> None:
    """However many carts there are."""
    recent = RecentCarts(is_whole=True, most=MOST)
    recent.put(row(str(number), number) for number in range(100))
    found = recent.find(Window(), None, MOST)
    assert found is not None
    assert [each.user_id for each in found] == ["99", "98", "97", "96", "95"]
    assert recent.find(Window(), None, MOST + 1) is None
