"""The API of uploads, of the real program."""

import threading
from pathlib import Path

import pytest

from tests.kit.running import Answer, Cartwatch, until
from tests.web.http.test_api import ORDER, refused

UPLOAD_FIELDS = {
    *("id", "name", "bytes", "lines", "processed", "accepted", "skipped", "blank", "duplicates"),
    *("rate", "state", "looks_like", "created_at", "paused_at", "finished_at"),
}
FORM = '--b\r\nContent-Disposition: form-data; name="file"; filename="%s"\r\n\r\n%s\r\n--b--\r\n'
FORM_TYPE = {"content-type": "multipart/form-data; boundary=b"}


def orders(user: str, count: int) -> bytes:
    return b"".join(ORDER % (user.encode(), b"%d" % number) for number in range(count))


def test_an_upload_is_201_and_ends_as_done(cartwatch: Cartwatch) -> None:
    """When it is done every line is visible; the counts add up."""
    body = orders("up-1", 3) + orders("up-1", 1) + b"bad\n\n"
    answer = cartwatch.call("POST", "/api/uploads?name=up%2Fone.jsonl&rate=1000", body)
    assert answer.status == 201
    assert answer.json().keys() == UPLOAD_FIELDS
    shown = cartwatch.upload_in(answer.json()["id"], "done")
    assert (shown["name"], shown["bytes"], shown["rate"]) == ("up/one.jsonl", len(body), 1000)
    assert shown["lines"] == shown["processed"] == 6
    assert (shown["accepted"], shown["skipped"], shown["blank"]) == (4, 1, 1)
    assert shown["duplicates"] == 1
    assert len(cartwatch.get("/api/carts/up-1")["unpaid_order_ids"]) == 3
    (row,) = cartwatch.get("/api/skipped?source=up/one.jsonl")["items"]
    assert (row["upload"], row["line"]) == (answer.json()["id"], 5)


def test_a_form_is_an_upload_too_and_names_are_labels(cartwatch: Cartwatch) -> None:
    """The name in the URL wins; a path in it is just text."""
    body = FORM % ("../../x.jsonl", orders("up-form", 1).decode())
    for query, name in (("", "../../x.jsonl"), ("?name=other", "other")):
        answer = cartwatch.call("POST", f"/api/uploads{query}", body, FORM_TYPE)
        assert (answer.status, answer.json()["name"]) == (201, name)
        cartwatch.upload_in(answer.json()["id"], "done")
    cut = cartwatch.call("POST", "/api/uploads", body[:-9], FORM_TYPE)
    assert refused(cut, 400) == "bad_request"


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("/api/uploads", b"", 400, "empty_upload"),
        ("/api/uploads?name=x", b"\xef\xbb\xbf", 400, "empty_upload"),
        ("/api/uploads?rate=0", b"x\n", 400, "bad_request"),
        ("/api/uploads?rate=", b"x\n", 400, "bad_request"),
        ("/api/uploads?rate=nan", b"x\n", 400, "bad_request"),
        ("/api/uploads?rate=1e9", b"x\n", 400, "bad_request"),
        (f"/api/uploads?name={'x' * 256}", b"x\n", 400, "bad_request"),
        ("/api/uploads", b"x" * 2_000_001, 413, "too_large"),
    ],
)
def test_what_cannot_be_taken_in_is_refused_and_leaves_nothing(
    cartwatch: Cartwatch, path: str, body: bytes, status: int, code: str
) -> None:
    """No upload, and no file in the folder."""
    before = cartwatch.get("/api/uploads")["total"]
    assert refused(cartwatch.call("POST", path, body), status) == code
    assert cartwatch.get("/api/uploads")["total"] == before
    folder = cartwatch.data / "generation-000001" / "uploads"
    assert len(list(folder.iterdir())) == before


def test_uploads_are_listed_newest_first_by_pages(cartwatch: Cartwatch) -> None:
    """Each once, with its place behind a cursor."""
    made = [cartwatch.upload(orders("up-list", 1), f"list-{number}") for number in range(5)]
    seen: list[str] = []
    cursor = ""
    while len(seen) < 5:
        page = cartwatch.get(f"/api/uploads?limit=2{cursor}")
        assert len(page["items"]) == 2
        assert page["total"] >= 5
        seen += [upload["id"] for upload in page["items"]]
        cursor = f"&cursor={page['next']}"
    assert seen[:5] == made[::-1]


def test_an_upload_is_steered_by_patch(cartwatch: Cartwatch) -> None:
    """Slower, paused, faster, running, done; and after its end 409."""
    upload = cartwatch.upload(orders("up-patch", 400), rate=0.01)
    path = f"/api/uploads/{upload}"
    answer = cartwatch.call("PATCH", path, {"state": "paused"})
    assert answer.status == 200
    shown = cartwatch.upload_in(upload, "paused")
    assert shown["paused_because"] == "paused by hand"
    assert shown["processed"] <= 1
    assert cartwatch.call("PATCH", path, {"rate": 20.5}).json()["rate"] == 20.5
    assert cartwatch.call("PATCH", path, {"rate": None}).json()["rate"] is None
    assert cartwatch.get(path)["state"] == "paused"
    assert cartwatch.call("PATCH", path, {"state": "running"}).status == 200
    assert cartwatch.upload_in(upload, "done")["processed"] == 400
    for asked in ({"state": "running"}, {"rate": 1}):
        assert refused(cartwatch.call("PATCH", path, asked), 409) == "ended"


def test_a_paused_upload_is_stepped_line_by_line(cartwatch: Cartwatch) -> None:
    """The answer shows what came of it, and that it is paused still; the last line ends it."""
    upload = cartwatch.upload(orders("up-step", 40), rate=0.01)
    path = f"/api/uploads/{upload}"
    assert refused(cartwatch.call("POST", f"{path}/step", {"lines": 1}), 409) == "not_paused"
    cartwatch.call("PATCH", path, {"state": "paused"})
    before = cartwatch.upload_in(upload, "paused")
    assert before["paused_at"] >= before["created_at"]
    for lines in (1, 8):
        answer = cartwatch.call("POST", f"{path}/step", {"lines": lines})
        shown = answer.json()
        assert (answer.status, shown["state"]) == (200, "paused")
        assert shown["processed"] == before["processed"] + lines
        assert shown["paused_at"] == before["paused_at"]
        assert len(cartwatch.get("/api/carts/up-step")["unpaid_order_ids"]) == shown["processed"]
        before = shown
    assert cartwatch.call("POST", f"{path}/step", {"lines": 10_000}).status == 200
    assert cartwatch.upload_in(upload, "done")["processed"] == 40
    assert refused(cartwatch.call("POST", f"{path}/step", {"lines": 1}), 409) == "not_paused"


@pytest.mark.parametrize(
    "body", [b"", b"x", b"[]", {}, {"lines": 0}, {"lines": 10_001}, {"lines": 1.5}, {"x": 1}]
)
def test_a_bad_step_is_400_and_one_of_an_unknown_upload_404(
    cartwatch: Cartwatch, body: object
) -> None:
    """Never clamped; nothing is released."""
    upload = cartwatch.upload(orders("up-bad-step", 3), rate=0.01)
    cartwatch.call("PATCH", f"/api/uploads/{upload}", {"state": "paused"})
    path = f"/api/uploads/{upload}/step"
    assert refused(cartwatch.call("POST", path, body), 400) == "bad_request"
    answer = cartwatch.call("POST", "/api/uploads/unknown/step", {"lines": 1})
    assert refused(answer, 404) == "not_found"
    answer = cartwatch.call("GET", path)
    assert (refused(answer, 405), answer.headers["allow"]) == ("method_not_allowed", "POST")
    cartwatch.call("PATCH", f"/api/uploads/{upload}", {"state": "cancelled"})


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"x", b"{}", b"[]", {"rate": 0}, {"state": "done"}, {"x": 1}, {"rate": True}),
        *(
            b'{"rate": NaN}',
            b'{"rate": 1e400}',
            b'{"rate": 1e9}',
            b'{"rate": 1%s}' % (b"0" * 5_000),
        ),
        *({"rate": "5"}, {"rate": [5]}, {"rate": -0.0}, {"rate": 1, "state": None}),
    ],
)
def test_a_bad_patch_is_400_and_an_unknown_upload_404(cartwatch: Cartwatch, body: object) -> None:
    """Nothing changes."""
    upload = cartwatch.upload(orders("up-bad-patch", 1))
    assert refused(cartwatch.call("PATCH", f"/api/uploads/{upload}", body), 400) == "bad_request"
    for method, path in (
        ("PATCH", "/api/uploads/unknown"),
        ("POST", "/api/uploads/unknown/replay"),
    ):
        assert refused(cartwatch.call(method, path, {"rate": 1}), 404) == "not_found"


def test_a_cancelled_upload_ends_and_can_be_replayed(cartwatch: Cartwatch) -> None:
    """The replay is a new upload of the same file, at the same pace until it is changed."""
    upload = cartwatch.upload(orders("up-cancel", 50), "c.jsonl", rate=0.01)
    answer = cartwatch.call("PATCH", f"/api/uploads/{upload}", {"state": "cancelled"})
    assert answer.status == 200
    assert cartwatch.upload_in(upload, "cancelled")["finished_at"] is not None
    replay = cartwatch.call("POST", f"/api/uploads/{upload}/replay")
    assert replay.status == 201
    again = replay.json()
    assert (again["name"], again["bytes"], again["rate"]) == (
        "c.jsonl",
        answer.json()["bytes"],
        0.01,
    )
    assert again["id"] != upload
    cartwatch.call("PATCH", f"/api/uploads/{again['id']}", {"rate": None})
    assert cartwatch.upload_in(again["id"], "done")["processed"] == 50


def test_live_records_overtake_an_upload_that_is_slow_or_paused(tmp_path: Path) -> None:
    """Nobody waits behind a file: it stands in the journal only as far as it was released."""
    with Cartwatch(tmp_path / "data") as server:
        slow = server.upload(orders("slow", 1_000), rate=0.01)
        answers: list[Answer] = []

        def post() -> None:
            answers.append(server.call("POST", "/api/events", ORDER % (b"live", b"1")))

        posts = [threading.Thread(target=post) for _ in range(8)]
        for thread in posts:
            thread.start()
        for thread in posts:
            thread.join()
        assert {answer.status for answer in answers} == {202}
        lines = sorted(answer.json()["first_line"] for answer in answers)
        assert lines == list(range(1, 9))
        until(lambda: server.call("GET", "/api/carts/live").status == 200)
        assert server.get(f"/api/uploads/{slow}")["state"] == "running"
        server.stop()
