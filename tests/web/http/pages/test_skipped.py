"""``/skipped`` by the real program: what its address asks for is in the HTML that it sends."""

from __future__ import annotations

import re
from html import unescape

import pytest

from tests.kit.running import Answer, Cartwatch
from tests.web.http.api.test_corrections import skipped


def page(cartwatch: Cartwatch, query: str) -> tuple[Answer, str]:
    answer = cartwatch.call("GET", f"/skipped?{query}", headers={"Accept": "text/html"})
    return answer, unescape(answer.body.decode())


def rows(html: str) -> list[tuple[int, str, str]]:
    """Give the id, reason and state of each row, in order."""
    found = re.findall(
        r'<li class="record-row" data-skipped="(\d+)" data-reason="(\w+)" data-state="(\w+)"', html
    )
    return [(int(number), reason, state) for number, reason, state in found]


def test_a_page_shows_what_its_address_asks_for(cartwatch: Cartwatch) -> None:
    """Rows, newest first, with the counts to choose by."""
    source, numbers = skipped(cartwatch, b"FAIL HERE", b"[]", b"{", b"needle")
    cartwatch.call("POST", "/api/skipped/aside", {"ids": numbers[2:3], "aside": True})
    answer, html = page(cartwatch, f"source={source}&state=open")
    assert answer.status == 200
    assert rows(html) == [
        (numbers[3], "invalid_json", "open"),
        (numbers[1], "not_an_object", "open"),
        (numbers[0], "invalid_json", "open"),
    ]
    for counted in ('"state open">3<', '"state aside">1<', '"reason invalid_json">2<'):
        assert f"data-count={counted}" in html
    assert rows(page(cartwatch, f"source={source}&search=needle")[1]) == [
        (numbers[3], "invalid_json", "open")
    ]
    assert rows(page(cartwatch, f"source={source}&reason=not_an_object")[1]) == [
        (numbers[1], "not_an_object", "open")
    ]


def test_the_reason_in_force_is_shown_also_where_nothing_has_it(cartwatch: Cartwatch) -> None:
    """Else one could not see why there is no record, nor let go of it."""
    source, numbers = skipped(cartwatch, b"FAIL HERE")
    cartwatch.call("POST", "/api/skipped/aside", {"ids": numbers, "aside": True})
    _, html = page(cartwatch, f"source={source}&state=open&reason=invalid_json")
    assert rows(html) == []
    assert 'data-count="reason invalid_json">0<' in html


def test_rows_that_somebody_sees_are_told_beside_the_page(cartwatch: Cartwatch) -> None:
    """So it is known what became of those that left it."""
    source, numbers = skipped(cartwatch, b"FAIL HERE", b"[]")
    cartwatch.call("POST", "/api/skipped/aside", {"ids": numbers[:1], "aside": True})
    named = ",".join(map(str, numbers))
    _, html = page(cartwatch, f"source={source}&state=open&rows={named}")
    assert rows(html) == [
        (numbers[1], "not_an_object", "open"),
        (numbers[0], "invalid_json", "aside"),
    ]


def test_one_upload_is_named(cartwatch: Cartwatch) -> None:
    """By the name that it came with; where there is no such upload, by none."""
    upload = cartwatch.upload_in(cartwatch.upload(b"bad", "mine.jsonl"), "done")
    _, html = page(cartwatch, f"upload={upload['id']}")
    assert f'<a href="/files/{upload["id"]}"><bdi class="foreign">mine.jsonl</bdi></a>' in html
    answer, html = page(cartwatch, "upload=none")
    assert answer.status == 200
    assert "Of one upload alone." in html


def test_pages_follow_one_another(cartwatch: Cartwatch) -> None:
    """Fifty rows each, with the filter as it is."""
    source, numbers = skipped(cartwatch, *[b"bad %d" % number for number in range(60)])
    _, html = page(cartwatch, f"source={source}")
    assert [number for number, _, _ in rows(html)] == numbers[:9:-1]
    found = re.search(r'id="page-next" rel="next" href="/skipped\?([^"]+)"', html)
    assert found is not None
    assert "1–50 of 60" in html
    _, following = page(cartwatch, found[1])
    assert [number for number, _, _ in rows(following)] == numbers[9::-1]
    assert 'id="page-first"' in following
    assert 'id="page-next"' not in following
    assert "51–60 of 60" in following


def test_a_page_leads_to_the_one_before_it(cartwatch: Cartwatch) -> None:
    """That of the records next above it, in the filter as it is; the first has no cursor."""
    source, numbers = skipped(cartwatch, *[b"bad %d" % number for number in range(120)])
    _, first = page(cartwatch, f"source={source}")
    assert 'rel="prev"' not in first
    for end, search in ((numbers[5], ""), (numbers[20], "&search=bad")):
        _, html = page(cartwatch, f"source={source}&cursor={end}{search}")
        before = re.search(r'rel="prev" href="/skipped\?([^"]+)"', html)
        assert before is not None
        _, above = page(cartwatch, before[1].replace("&amp;", "&"))
        at = numbers.index(end)
        assert [number for number, _, _ in rows(above)] == numbers[at + 49 : at - 1 : -1]
    _, second = page(cartwatch, f"source={source}&cursor={numbers[80]}")
    assert re.search(rf'rel="prev" href="/skipped\?source={source}"', second)


def test_the_record_of_the_address_stands_beside_the_list(cartwatch: Cartwatch) -> None:
    """With its message, its caret and its text to be corrected, whatever that holds."""
    source, (number, other) = skipped(cartwatch, b'{"a": <b>}', b"x" * 10_000)
    _, html = page(cartwatch, f"source={source}&id={number}")
    assert f'data-record="{number}" data-state="open"' in html
    assert '{"a": </span>^ column 7' in html
    assert '\n{"a": <b>}</textarea>' in html
    _, cut = page(cartwatch, f"id={other}")
    assert "data-cut" in cut
    assert "\n</textarea>" in cut


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("state=odd", "state is one of open, sent, landed, aside, not 'odd'"),
        ("reason=odd", "reason is one of"),
        ("cursor=odd", "'odd' is no cursor of this list"),
        ("id=odd", "there is no skipped record 'odd'"),
        ("id=999999999999", "there is no skipped record '999999999999'"),
        ("rows=odd", "rows is at most 500 whole numbers"),
    ],
)
def test_what_cannot_be_asked_for_is_a_sentence_on_the_page(
    cartwatch: Cartwatch, query: str, words: str
) -> None:
    """400, above the records: not a page of its own."""
    answer, html = page(cartwatch, query)
    assert answer.status == 400
    assert 'data-view="skipped"' in html
    assert words in html


def test_what_is_in_the_address_is_text_in_the_page(cartwatch: Cartwatch) -> None:
    """Never markup."""
    hostile = "%3Cscript%3Ealert(1)%3C/script%3E"
    for name in ("search", "source", "upload", "state", "id", "rows"):
        path = f"/skipped?{name}={hostile}"
        body = cartwatch.call("GET", path, headers={"Accept": "text/html"}).body
        assert b"<script>alert" not in body
