"""The parameters of lists: read, or refused."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.errors import APIError
from web.view.sorts import Key
from web.view.windows import (
    DEFAULT_LIMIT,
    MAX_SEARCH,
    Window,
    decode_cursor,
    encode_cursor,
    read_limit,
    read_number_cursor,
    read_window,
)


def test_nothing_asked_is_the_newest_fifty() -> None:
    """The defaults of the contract."""
    assert read_window({}) == Window()
    assert Window().asked() == {
        "search": "",
        "filter": "all",
        "sort": "recent",
        "cursor": None,
        "user": None,
        "older": None,
        "limit": None,
    }
    assert read_limit({}) == DEFAULT_LIMIT == 50


@pytest.mark.parametrize("text", ["1", "500", "50", "007"])
def test_a_limit_from_1_to_500_is_taken_as_it_is(text: str) -> None:
    """Leading zeros are still that number."""
    assert read_limit({"limit": text}) == int(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0",
        "501",
        "-1",
        "1.0",
        "x",
        " 5",
        "+5",
        "5_0",
        "٣",
        "²",
        "9" * 5_000,
        "0" * 8,
        "000005000",
    ],
)
def test_a_bad_limit_is_refused_never_clamped(text: str) -> None:
    """However long the text is."""
    with pytest.raises(APIError) as refused:
        read_limit({"limit": text})
    assert refused.value.status == 400


@pytest.mark.parametrize(
    "params",
    [
        {"filter": ""},
        {"filter": "Paid"},
        {"filter": "unpaid "},
        {"sort": "newest"},
        {"sort": ""},
        {"search": "x" * (MAX_SEARCH + 1)},
        {"cursor": "???"},
        {"cursor": "é"},
        {"cursor": "AAAA"},
        {"sort": "user", "cursor": encode_cursor([5])},
        {"sort": "recent", "cursor": encode_cursor(["a"])},
        {"sort": "unpaid", "cursor": encode_cursor(["a", 5])},
        {"sort": "unpaid", "cursor": encode_cursor([5])},
        {"cursor": encode_cursor([2**63])},
        {"cursor": encode_cursor([-(2**64)])},
        {"cursor": encode_cursor([])},
    ],
)
def test_a_bad_window_is_refused_never_bent(params: dict[str, str]) -> None:
    """Unknown words, searches longer than any id, cursors of another list."""
    with pytest.raises(APIError) as refused:
        read_window(params)
    assert refused.value.status == 400


@given(st.text(max_size=60))
def test_any_text_is_a_cursor_or_is_refused(text: str) -> None:
    """Never another exception, whatever a link holds."""
    for sort in ("recent", "user", "unpaid"):
        with suppress(APIError):
            window = read_window({"sort": sort, "cursor": text})
            assert window.cursor is None or window.after is not None


@given(st.tuples(st.integers(-(2**63) + 1, 2**63 - 1), st.text(max_size=256)))
def test_a_cursor_reads_back_as_what_it_was_made_of(key: tuple[int, str]) -> None:
    """Any user id, of any alphabet; and it needs no escaping in a URL."""
    number, text = key
    keys: list[tuple[Key, tuple[type, ...]]] = [
        ([number], (int,)),
        ([text], (str,)),
        ([number, text], (int, str)),
    ]
    for parts, kinds in keys:
        cursor = encode_cursor(parts)
        assert cursor.replace("-", "").replace("_", "").isalnum()
        assert decode_cursor(cursor, kinds) == parts


@pytest.mark.parametrize("text", ["-1", "1.5", "x", "١", "1" * 19, "1e3", " 1"])
def test_a_bad_number_cursor_is_refused(text: str) -> None:
    """A ``seq`` is a plain number that the database can hold."""
    with pytest.raises(APIError) as refused:
        read_number_cursor({"cursor": text})
    assert refused.value.status == 400


def test_a_number_cursor_is_absent_or_a_number() -> None:
    """0 is the beginning of the feed."""
    assert read_number_cursor({}) is None
    assert read_number_cursor({"cursor": ""}) is None
    assert read_number_cursor({"cursor": "0"}) == 0
    assert read_number_cursor({"cursor": "9" * 18}) == 10**18 - 1
