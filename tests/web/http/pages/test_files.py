"""web/http/pages/files.py: all files by pages, and one."""

from __future__ import annotations

import re

from tests.kit.running import Cartwatch

PERSON = {"Accept": "text/html"}
LINE = b'{"user_id": "files", "type": "order", "order_id": %d}\n'


def html_of(cartwatch: Cartwatch, path: str, status: int = 200) -> str:
    answer = cartwatch.call("GET", path, headers=PERSON)
    assert answer.status == status, answer
    return answer.body.decode()


def test_every_file_can_be_reached(cartwatch: Cartwatch) -> None:
    """Page by page, from those that matter now to the first one; none is missed at the seam."""
    made = {cartwatch.upload(LINE % number, f"f{number}.jsonl") for number in range(45)}
    held = [cartwatch.upload(LINE * 9 % (*range(9),), f"h{number}", rate=1) for number in range(2)]
    for upload in held:
        cartwatch.call("PATCH", f"/api/uploads/{upload}", {"state": "paused"})
    path, found, pages = "/files", set[str](), 0
    while path:
        html = html_of(cartwatch, path)
        found |= set(re.findall(r'data-upload="([0-9a-f]+)"', html))
        older = re.search(r'href="(/files\?cursor=\w+)" rel="next"', html)
        path, pages = older[1] if older else "", pages + 1
    back = 0
    while newer := re.search(r'href="(/files[^"]*)" rel="prev"', html):
        html, back = html_of(cartwatch, newer[1]), back + 1
    assert back == pages - 1
    for upload in held:
        cartwatch.call("PATCH", f"/api/uploads/{upload}", {"state": "cancelled"})
    assert made | set(held) <= found
    assert len(found) == cartwatch.get("/api/uploads")["total"]
    assert pages >= 3


def test_a_cursor_that_is_none_is_refused_on_the_page(cartwatch: Cartwatch) -> None:
    """In a sentence, above the first page."""
    html = html_of(cartwatch, "/files?cursor=x%3Cb%3E", 400)
    assert 'role="alert"><p class="error-words">' in html
    assert "cursor" in html
    assert "<b>" not in html
    assert 'data-view="files"' in html


def test_one_file_shows_its_facts_and_its_first_skipped_records(cartwatch: Cartwatch) -> None:
    """In the order of its lines, by what the server writes; a title that is no markup."""
    lines = [b"[%d]\n" % number if number % 3 else b"FAIL %d\n" % number for number in range(30)]
    upload = cartwatch.upload(b"".join(lines) + LINE % 1, "%3Cb%3Eodd.jsonl")
    cartwatch.upload_in(upload, "done")
    html = html_of(cartwatch, f"/files/{upload}")
    assert "&lt;b&gt;odd.jsonl" in html
    assert re.findall(r'skipped-line">(\d+)<', html) == [str(line) for line in range(1, 11)]
    for reason, count in (("not_an_object", 20), ("invalid_json", 10)):
        link = f"/skipped?upload={upload}&amp;reason={reason}"
        assert re.search(rf'href="{re.escape(link)}"[^>]*><span [^>]*>{count}<', html)
    assert 'data-fact="accepted">1<' in html


def test_a_file_that_there_never_was_has_no_page(cartwatch: Cartwatch) -> None:
    """A person is told so, and led to the files that there are."""
    html = html_of(cartwatch, "/files/nothing", 404)
    assert "There is no such file" in html
    assert "there is no upload" in html
    assert '<a href="/files">All files</a>' in html
