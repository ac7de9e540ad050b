"""The view, read: pages, searches, filters, whole carts."""

import json
from collections.abc import Generator, Iterator
from contextlib import closing
from itertools import repeat
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataflow.cart import Cart, encode_cart
from dataflow.records import Event
from tests.kit.asking import AskedView
from tests.kit.entries import chunk, placed
from tests.kit.oracle import Oracle
from tests.kit.streams import line_of
from tests.kit.view_rows import PlayedFlow, catch_up
from web.view.cart_row import row_of
from web.view.page import Page
from web.view.reader import ViewReader
from web.view.recoveries import Resumed
from web.view.skipped_filter import SkippedFilter
from web.view.sorts import FILTERS, SORTS
from web.view.view import View
from web.view.windows import OPEN, Window

USERS = [
    *(f"user-{number:03}" for number in range(40)),
    *("a", "A", "a%", "a_", "a_b", "a*", "ab", "aé", "é", "e\u0301", "ö/x", "o'b", 'o"b', "o''b"),
    *("\0", "\0a", "a\0b", "😀", "😀😀", "\U0010ffff", "\uffff", " ", "7", "-1", "\\", "\ue000"),
    *("x" * 256, "x" * 255 + "\U0010ffff", "x" * 255),
]
TALL = "user-000"


def events() -> Iterator[Event]:
    for at, user in enumerate(USERS):
        yield Event(user, 1, False)
        yield Event(user, "1", False)
        if at % 3:
            yield Event(user, 1, True)
        yield Event(user, 9, at % 5 == 0)
    for order in range(100, 150):
        yield Event(TALL, order, False)
        yield Event(TALL, order, order % 2 == 0)


STREAM = b"".join(map(line_of, events()))
BAD = b"FAIL HERE\n" * 7 + b'{"user_id": "a"}\n[]\n'


@pytest.fixture(scope="module")
def oracle() -> Oracle:
    oracle = Oracle()
    oracle.feed(STREAM)
    return oracle


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("view") / "view.db"
    view = View(path)
    entries = placed([chunk(1, None, "api", 1, STREAM), chunk(2, "u1", "f.jsonl", 1, BAD)])
    view.commit(PlayedFlow(entries).run(3, repeat(9)))
    catch_up(view.carts)
    view.close()
    return path


@pytest.fixture(scope="module")
def asked(path: Path) -> Iterator[AskedView]:
    asked = AskedView(path)
    yield asked
    asked.close()


@pytest.fixture
def reader(asked: AskedView) -> ViewReader:
    return asked.reader


def ids(page: Page) -> list[str | int]:
    return [row.id for row in page.rows]


def decoded(page: Page) -> list[dict[str, Any]]:
    return [json.loads(row.json) for row in page.rows]


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("filter_", FILTERS)
@pytest.mark.parametrize("limit", [1, 7, 500])
def test_pages_visit_every_cart_once_and_the_total_is_their_count(
    asked: AskedView, oracle: Oracle, sort: str, filter_: str, limit: int
) -> None:
    """For each sort and filter; a filter means at least one such id."""
    window = Window(filter=filter_, sort=sort, limit=limit)
    wanted = {
        user_id
        for user_id, cart in oracle.carts.items()
        if filter_ == "all" or getattr(cart, filter_)
    }
    seen: list[dict[str, Any]] = []
    while True:
        page = asked.page(window)
        assert page.total == len(wanted)
        assert len(page.rows) <= limit
        seen += decoded(page)
        if page.next is None:
            break
        window = window._replace(cursor=page.next)
    assert len(seen) == len(wanted)
    assert {cart["user_id"] for cart in seen} == wanted
    if sort == "user":
        assert [cart["user_id"] for cart in seen] == sorted(wanted)
    if sort == "oldest":
        name = "oldest_waiting_at" if filter_ == "waiting" else "oldest_unpaid_at"
        assert [bool(cart[name]) for cart in seen] == sorted(
            (bool(cart[name]) for cart in seen), reverse=True
        )
        oldest = [oracle.carts[cart["user_id"]].oldest() for cart in seen if cart[name]]
        places = [each[filter_ == "waiting"] for each in oldest]
        assert places == sorted(places)
    if sort == "unpaid":
        keys = [(-cart["unpaid"], cart["user_id"]) for cart in seen]
        assert keys == sorted(keys)


@given(
    prefix=st.one_of(st.sampled_from(USERS), st.text(max_size=3), st.sampled_from("%_*'\"\\a o"))
)
def test_a_search_is_a_prefix_and_nothing_else(
    asked: AskedView, oracle: Oracle, prefix: str
) -> None:
    """No character of it means anything but itself: not ``%``, ``_``, quotes, NUL or an emoji."""
    page = asked.page(Window(search=prefix, sort="user", limit=500))
    wanted = sorted(user_id for user_id in oracle.carts if user_id.startswith(prefix))
    assert ids(page) == wanted
    assert page.total == len(wanted)


def test_a_window_of_one_user_holds_that_cart_or_none(asked: AskedView) -> None:
    """What the page of one cart shows, absent carts among them."""
    page = asked.page(Window(user="a%"))
    assert (ids(page), page.total) == (["a%"], 1)
    assert asked.page(Window(user="nobody")) == Page([], 0, None)


def test_a_list_shows_counts_and_the_twenty_newest_ids(asked: AskedView, oracle: Oracle) -> None:
    """In the order of joining, the newest last, as the whole summary ends."""
    (cart,) = decoded(asked.page(Window(user=TALL)))
    known = oracle.carts[TALL]
    assert cart["paid_order_ids"] == list(known.paid)[-20:]
    assert cart["unpaid_order_ids"] == list(known.unpaid)[-20:]
    assert (cart["paid"], cart["unpaid"], cart["waiting"]) == tuple(map(len, known.sets()))
    assert cart["version"] == known.version
    assert cart["updated_at"].endswith("Z")


def test_a_cart_is_its_whole_summary_and_its_ids_keep_their_types(
    reader: ViewReader, oracle: Oracle
) -> None:
    """``1`` and ``"1"`` stay two orders; a tall cart has all of its ids."""
    for user_id, cart in oracle.carts.items():
        data = reader.cart(user_id)
        assert data is not None
        assert json.loads(data) == cart.summary(user_id)
    assert reader.cart("nobody") is None
    assert {1, "1"} <= {*oracle.carts["a"].unpaid, *oracle.carts["a"].paid}


@pytest.mark.parametrize(
    "window",
    [
        Window(),
        Window(search="a", sort="user"),
        Window(filter="waiting"),
        Window(filter="unpaid", sort="oldest", older="5"),
        Window(filter="waiting", sort="oldest", older="5"),
    ],
)
def test_an_export_is_every_cart_of_the_window_whole(
    asked: AskedView, oracle: Oracle, window: Window
) -> None:
    """The lines of the list, in its order, with whole summaries."""
    lines = [json.loads(line) for line in asked.reader.all_carts(window)]
    page = asked.page(window._replace(limit=500))
    assert lines
    assert [line["user_id"] for line in lines] == ids(page)
    for line, listed in zip(lines, decoded(page), strict=True):
        assert line == {**listed, **oracle.carts[line["user_id"]].summary(line["user_id"])}


def test_rows_that_the_table_lacks_are_found_as_if_they_were_in_it(tmp_path: Path) -> None:
    """New carts and newer ones: all pages, totals and exports are the same before and after."""
    lines = STREAM.splitlines(keepends=True)
    half = len(lines) // 2
    parts = [b"".join(lines[:half]), b"".join(lines[half:])]
    flow = PlayedFlow(placed(chunk(n, None, "api", 1, part) for n, part in enumerate(parts, 1)))
    view = View(tmp_path / "view.db")
    view.commit(flow.run(2, repeat(9)))
    flow.snapshot()
    catch_up(view.carts)
    view.commit(flow.run(3, repeat(9)))
    windows = [
        Window(search=search, filter=filter_, sort=sort, limit=limit, older=older)
        for search in ("", "a", "user-0", "user-02", "nobody")
        for filter_ in FILTERS
        for sort in SORTS
        for limit in (1, 7, 500)
        for older in (None, "5")
        if older is None or filter_ in OPEN
    ]
    windows += [Window(user=user) for user in ("a", USERS[-1], TALL, "nobody")]

    def visit(asked: AskedView, window: Window) -> Iterator[Page | list[bytes]]:
        if window.limit != 1:  # which an export has not
            rows = [row_of(*item) for item in view.carts.search(window).items()]
            yield list(asked.reader.all_carts(window, rows))
        while True:
            page = asked.page(window)
            yield page
            if page.next is None:
                return
            window = window._replace(cursor=page.next)

    unmoved = view.carts.unmoved()
    assert 0 < len(unmoved) < len(USERS)
    with closing(AskedView(tmp_path / "view.db", unmoved)) as asked:
        before = [list(visit(asked, window)) for window in windows]
    catch_up(view.carts)
    with closing(AskedView(tmp_path / "view.db")) as asked:
        assert [list(visit(asked, window)) for window in windows] == before
    view.close()


def test_an_export_that_is_left_leaves_the_reader_as_it_was(
    asked: AskedView,
) -> None:
    """What was laid over the table for one call is not seen by the next."""
    cart = encode_cart(Cart(10**6, 1, oldest_unpaid=1, orders={7: 4}))
    row = row_of("\0\0new", (cart, 0, 0))
    lines = asked.reader.all_carts(Window(), [row])
    assert json.loads(next(lines))["user_id"] == row.user_id
    assert isinstance(lines, Generator)
    lines.close()
    whole = [json.loads(line)["user_id"] for line in asked.reader.all_carts(Window())]
    assert row.user_id not in whole
    assert sorted(whole) == sorted(USERS)


def test_skipped_records_are_paged_newest_first_and_counted_by_reason(reader: ViewReader) -> None:
    """Each once; a filter narrows the list, the total and the counts alike."""
    seen: list[dict[str, Any]] = []
    before: int | None = None
    while True:
        page, by_reason, by_source = reader.skipped(before, 4)
        assert (page.total, by_reason) == (
            9,
            {"invalid_json": 7, "missing_field": 1, "not_an_object": 1},
        )
        assert by_source == {"f.jsonl": 9}
        seen += decoded(page)
        if page.next is None:
            break
        before = int(page.next)
    assert [each["line"] for each in seen] == list(range(9, 0, -1))
    assert seen[-1] == {
        "id": seen[-1]["id"],
        "upload": "u1",
        "source": "f.jsonl",
        "line": 1,
        "reason": "invalid_json",
        "message": seen[-1]["message"],
        "column": 1,
        "raw": "FAIL HERE",
        "raw_cut": False,
        "state": "open",
        "skipped_at": seen[-1]["skipped_at"],
        "resubmitted_at": None,
        "landed_at": None,
        "correction": None,
    }
    asked = SkippedFilter("missing_field", "f.jsonl")
    page, by_reason, by_source = reader.skipped(None, 50, asked)
    assert (page.total, by_reason, by_source) == (1, {"missing_field": 1}, {"f.jsonl": 1})
    none = SkippedFilter(source="'; --")
    assert reader.skipped(None, 50, none) == (Page([], 0, None), {}, {})
    assert [json.loads(line) for line in reader.all_skipped()] == seen


def test_the_feed_resumes_after_any_seq(reader: ViewReader, oracle: Oracle) -> None:
    """In the order of completion; after its end it is empty and stays resumable."""
    seen: list[dict[str, Any]] = []
    after = 0
    while page := reader.completed(after, 7):
        assert page.total == len(oracle.completed)
        if not page.rows:
            break
        seen += decoded(page)
        after = int(page.next or "")
    assert len(seen) == len(oracle.completed)
    assert {(each["user_id"], each["order_id"]) for each in seen} == set(oracle.completed)
    assert [each["seq"] for each in seen] == sorted({each["seq"] for each in seen})
    assert [json.loads(line) for line in reader.all_completed()] == seen
    assert reader.completed(10**17, 7).rows == []


def test_starts_of_the_flow_are_told_newest_first(tmp_path: Path) -> None:
    """With what is not known yet as null."""
    view = View(tmp_path / "view.db")
    for reason in ("the server was started", "killed by SIGKILL"):
        view.begin_execution(reason)
    view.change_execution(1, ended_at=1.0, ended_because="killed by SIGKILL", offset=1)
    reader = ViewReader(tmp_path / "view.db")
    (newest, oldest), first, total, following = reader.recoveries(50)
    assert (first, total, following) == (newest, 2, None)
    assert (newest.execution, newest.reason) == (2, "killed by SIGKILL")
    assert (newest.resumed_at, newest.ended_at, newest.seconds) == (None, None, None)
    assert oldest.ended_because == "killed by SIGKILL"
    assert oldest.resumed_at == Resumed(1, None, None)
    assert reader.recoveries(1) == ([newest], newest, 2, "2")
    assert reader.recoveries(1, 2) == ([oldest], newest, 2, None)
    reader.close()
    view.close()


def test_every_export_has_a_line_a_row_also_to_who_reads_lines_of_unicode(tmp_path: Path) -> None:
    """Whatever stands in ids, names and raw texts: Python's ``splitlines`` is such a reader."""
    ends = "\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"
    odd = [f"a{end}b" for end in ends]
    records = [Event(user, order, paid) for user in odd for order in odd for paid in (False, True)]
    bad = "\n".join(f'{{"a{end}": ' for end in ends if end not in "\n\r") + "\n"
    stream = b"".join(map(line_of, records))
    many = b"".join(line_of(Event(odd[0], n, False)) for n in range(40))
    entries = placed(
        [
            chunk(1, "u1", f"f{ends}", 1, stream + bad.encode()),
            chunk(2, "u2", f"g{ends}", 1, many),
        ]
    )
    view, reader = View(tmp_path / "view.db"), ViewReader(tmp_path / "view.db")
    view.commit(PlayedFlow(entries).run(3, repeat(9)))
    catch_up(view.carts)
    counts = []
    for rows in (reader.all_carts(Window()), reader.all_skipped(), reader.all_completed()):
        lines = list(rows)
        text = b"".join(lines).decode()
        assert [json.loads(line) for line in text.splitlines()] == [*map(json.loads, lines)]
        counts.append(len(text.splitlines()))
    assert counts == [len(odd), len(ends) - 2, len(odd) ** 2]
    reader.close()
    view.close()
