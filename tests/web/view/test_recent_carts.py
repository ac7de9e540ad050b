"""The newest carts, kept at hand: the same answers as the view's, or none."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dataflow.cart import Cart, encode_cart
from web.view.cart_row import Entry, row_of
from web.view.recent_carts import RecentCarts
from web.view.sorts import FILTERS, NEWEST
from web.view.windows import Window, encode_cursor

MOST = 5
USERS = ("a", "a1", "a2", "ab", "b", "b1", "ü", "ü/x", "%", "_", "A")

counts = st.tuples(*[st.integers(0, 1)] * 3)
commits = st.lists(st.dictionaries(st.sampled_from(USERS), counts, max_size=9), max_size=8)
windows = st.builds(
    Window,
    search=st.sampled_from(("", "a", "a1", "ü", "%", "x")),
    filter=st.sampled_from(list(FILTERS)),
    sort=st.just(NEWEST),
    user=st.one_of(st.none(), st.sampled_from(USERS)),
    older=st.one_of(st.none(), st.just("1")),
)


def entry(user_id: str, place: int, figures: tuple[int, ...] = (1, 0, 0)) -> tuple[str, Entry]:
    unpaid, paid, waiting = figures
    return user_id, (encode_cart(Cart(place, unpaid, paid, waiting)), 0, 0)


@given(
    commits,
    st.integers(0, 8),
    windows,
    st.one_of(st.none(), st.integers(0, 12_000)),
    st.integers(1, 12),
)
def test_what_it_finds_is_what_a_sort_of_all_rows_gives(
    commits: list[dict[str, tuple[int, ...]]],
    restart: int,
    window: Window,
    before: int | None,
    count: int,
) -> None:
    """After any commits, of which it hears the newest rows only, with a restart between them.

    Where it cannot know, because older carts are not at hand, it gives nothing.
    """
    recent = RecentCarts(most=MOST)
    carts: dict[str, Entry] = {}
    changed = 0
    for number, commit in enumerate(commits):
        if number == restart:
            newest = sorted(carts.items(), key=lambda item: item[1][0])[-MOST:]
            floor = newest[0][1][0] if len(carts) > MOST else b""
            recent = RecentCarts(dict(newest), floor=floor, most=MOST)
        places = [300 * (changed + place) for place in range(len(commit))]
        if number % 2 and len(commit) > 1:  # a key group is told before another
            places.reverse()
        changed += len(commit)
        entries = [
            entry(user, place, each)
            for place, (user, each) in zip(places, commit.items(), strict=True)
        ]
        carts.update(entries)
        recent.put(dict(entries))
    everything = [row_of(*item) for item in carts.items()]
    wanted = [
        each
        for each in sorted(everything, key=lambda each: -each.place)
        if (before is None or each.place < before)
        and each.user_id.startswith(window.search)
        and window.user in (None, each.user_id)
        and (window.filter == "all" or getattr(each, window.filter))
    ]
    cursor = None if before is None else encode_cursor([before])
    found = recent.find(window._replace(cursor=cursor), count)
    if window.search or window.older or window.user is not None:
        assert found is None, "how many there are of these is not known here"
    elif found is None:
        assert len(everything) > MOST
    else:
        assert found == wanted[:count]


def test_the_first_commit_of_more_carts_than_it_keeps_is_known_to_be_only_a_part() -> None:
    """The end of what is at hand is not the end of the carts."""
    recent = RecentCarts(most=MOST)
    recent.put(dict(entry(str(number), number) for number in range(100)))
    assert recent.find(Window(), 100) is None
    assert recent.find(Window(search="99"), 2) is None


def test_memory_is_bounded() -> None:
    """However many carts there are, the newest are at hand, newest first."""
    recent = RecentCarts(most=MOST)
    recent.put(dict(entry(str(number), number) for number in range(100)))
    found = recent.find(Window(), MOST)
    assert found is not None
    assert [each.user_id for each in found] == ["99", "98", "97", "96", "95"]
    assert recent.find(Window(), 4 * MOST + 1) is None


def test_the_newest_is_whose_record_came_last_whatever_the_order_of_the_commits() -> None:
    """A key group may be told of before another whose records came before."""
    recent = RecentCarts(most=MOST)
    recent.put(dict([entry("later", 70_000)]))
    recent.put(dict([entry("small", 5), entry("between", 300)]))
    found = recent.find(Window(), 3)
    assert found is not None
    assert [each.user_id for each in found] == ["later", "between", "small"]
