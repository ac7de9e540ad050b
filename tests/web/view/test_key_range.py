"""The first carts of a window, kept sorted from commit to commit."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dataflow.cart import Cart, encode_cart
from web.view.cart_row import Entry, row_of
from web.view.changed_carts import ChangedCarts
from web.view.key_range import KeyRange
from web.view.sorts import FILTERS, SORTS, Rank
from web.view.windows import OPEN, Window, encode_cursor

USERS = ("a", "a1", "a2", "ab", "b", "b1", "ü", "ü/x", "\U0010ffff", "A")
figures = st.tuples(*[st.integers(0, 2)] * 3, st.integers(1, 5), st.integers(1, 5))
commits = st.lists(st.dictionaries(st.sampled_from(USERS), figures, max_size=6), max_size=8)
windows = st.builds(
    Window,
    search=st.sampled_from(("", "a", "a1", "ü", "x")),
    filter=st.sampled_from(list(FILTERS)),
    sort=st.sampled_from(list(SORTS)),
    limit=st.integers(1, 4),
    cursor=st.none(),
    user=st.none(),
    older=st.none(),
    keep=st.just(()),
)


def entries(commit: dict[str, tuple[int, ...]], place: int) -> dict[str, Entry]:
    made = {}
    for changed, (user, drawn) in enumerate(commit.items(), place):
        unpaid, paid, waiting, oldest_unpaid, oldest_waiting = drawn
        ages = oldest_unpaid if unpaid else 0, oldest_waiting if waiting else 0
        made[user] = encode_cart(Cart(changed, unpaid, paid, waiting, *ages)), changed, 0
    return made


def ranks(carts: dict[str, Entry], window: Window, until: int | None) -> list[Rank]:
    """Look at every cart."""
    found = ChangedCarts(carts).of(window, until)
    return sorted(rank for _, rank in found if rank is not None)


@given(commits, st.integers(0, 8), windows, st.integers(0, 6), st.integers(0, 6), st.integers(0, 2))
def test_it_knows_its_page_or_says_that_it_does_not(
    commits: list[dict[str, tuple[int, ...]]],
    read_at: int,
    window: Window,
    cursor_at: int,
    until: int,
    margin: int,
) -> None:
    """After any commits, with any cursor: as a look at every cart finds it."""
    aged = until if window.filter in OPEN and until else None
    carts: dict[str, Entry] = {}
    known: KeyRange | None = None
    place = 1
    for number, commit in enumerate([*commits, {}]):
        changed = entries(commit, place)
        place += len(changed)
        carts |= changed
        there = ranks(carts, window, aged)
        if number == read_at and cursor_at and there:
            key = window.order.key_of(there[min(cursor_at, len(there)) - 1])
            window = window._replace(cursor=encode_cursor(key))
        begin = None if window.after is None else window.order.rank(window.after)
        behind = [rank for rank in there if begin is None or rank > begin]
        if known is not None:
            known.take(ChangedCarts(changed))
        if number >= read_at and (known is None or not known.suffices):
            wanted = window.limit + margin + 1
            found = behind[:wanted]
            known = KeyRange(window, found, is_whole=len(found) < wanted, until=aged)
        if known is not None and number >= read_at:
            assert known.suffices
            assert known.users == [rank[-1] for rank in behind[: window.limit]]
            assert (known.last is not None) == (known.next is not None)
            assert (known.next is not None) == (len(behind) > window.limit)
            assert known.total in (None, len(there))


def test_what_lies_far_behind_the_page_is_let_go() -> None:
    """However many carts come, it holds a page or two."""
    window = Window(sort="user", limit=2)
    known = KeyRange(window, [], is_whole=True)
    for number in range(50):
        known.take(ChangedCarts(entries({f"u{number:02}": (1, 0, 0, 1, 1)}, number + 1)))
    assert known.users == ["u00", "u01"]
    assert len(known._ranks) == len(known._of) <= 5
    assert known.next == encode_cursor(["u01"])
    assert known.total is None


def test_carts_of_another_search_do_not_concern_it() -> None:
    """Nor is anything compared for them."""
    known = KeyRange(Window(search="b"), [], is_whole=True)
    assert not known.take(ChangedCarts(entries({"a": (1, 0, 0, 1, 1), "c": (1, 0, 0, 1, 1)}, 1)))
    assert known.take(ChangedCarts(entries({"b": (0, 0, 1, 1, 1)}, 3)))
    assert known.users == ["b"]


def test_a_rank_is_a_key_and_a_key_a_rank() -> None:
    """In every order; what a cursor is made of ends behind its own cart and before the next."""
    entry = entries({"u": (2, 1, 1, 3, 4)}, 7)["u"]
    for name, order in SORTS.items():
        key = order.key(row_of("u", entry))
        rank = order.rank(key, "u")
        assert order.key_of(rank) == key, name
        assert rank[-1] == "u"
        assert rank <= order.rank(key)
