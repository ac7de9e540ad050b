"""Races with a reset: what comes in meanwhile is wholly in the old or wholly in the new."""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.faults import held_steps
from tests.kit.running import Answer, Cartwatch, until

ORDERS = b"".join(b'{"user_id": "u", "type": "order", "order_id": %d}\n' % n for n in range(9))
FORM = b'--b\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n%s\r\n--b--\r\n'
FORM_TYPE = {"content-type": "multipart/form-data; boundary=b"}
BODIES = {
    "a body": (ORDERS, {}),
    "a gzip": (gzip.compress(ORDERS), {}),
    "a form": (FORM % ORDERS, FORM_TYPE),
    "chunks": (b"%x\r\n%s\r\n0\r\n\r\n" % (len(ORDERS), ORDERS), {"transfer-encoding": "chunked"}),
}
ONE = b'{"user_id": "%s", "type": "order", "order_id": 1}\n'


class Stage:
    """A server whose steps can be held, and requests to it that are under way."""

    def __init__(self, server: Cartwatch, holds: Path) -> None:
        self.server = server
        self._holds = holds
        self._threads = ThreadPoolExecutor(8)

    def ask(self, method: str, path: str, body: object = None) -> Future[Answer]:
        return self._threads.submit(self.server.call, method, path, body)

    def ask_to(self, work: Callable[[], Answer]) -> Future[Answer]:
        return self._threads.submit(work)

    def reset(self) -> Future[Answer]:
        return self.ask("POST", "/api/reset", {"confirm": "reset"})

    @contextmanager
    def held(self, step: str) -> Iterator[Callable[[], None]]:
        """Hold a step the next time, until the end; gives what waits until it is reached."""
        reached, go_on = held_steps.reached(self._holds, step), held_steps.go_on(self._holds, step)
        for pipe in (go_on, reached):
            os.mkfifo(pipe)

        def wait() -> None:
            reached.open().close()
            reached.unlink()

        yield wait
        go_on.open("w").close()
        go_on.unlink()

    def files(self) -> list[str]:
        """Name the files that came in, or are coming in, wherever they stand."""
        return [path.name for path in self.server.data.glob("generation-*/uploads/*")]

    def assert_only(self, generation: str, uploads: int = 0) -> None:
        """Hold the folder to one generation, of which everything is known."""
        until(lambda: self._generations() == [f"generation-{int(generation):06}"])
        assert self.server.get("/api/uploads")["total"] == uploads
        assert len(self.files()) == uploads
        assert "Traceback" not in self.server.errors()

    def _generations(self) -> list[str]:
        return [path.name for path in self.server.data.glob("*generation-*")]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("held")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv(held_steps.VARIABLE, str(folder))
        with Cartwatch(folder / "data", program="tests.faults.held_steps") as server:
            server.settled()
            yield Stage(server, folder)
            server.stop()


class HalfSent:
    """An upload whose second half is sent when the test wants it."""

    def __init__(self, stage: Stage, body: bytes, headers: dict[str, str]) -> None:
        place = urlsplit(stage.server.url)
        self._connection = HTTPConnection(place.hostname or "", place.port, timeout=20)
        self._rest = body[len(body) // 2 :]
        before = len(stage.files())
        self._connection.putrequest("POST", "/api/uploads")
        if "transfer-encoding" not in headers:
            self._connection.putheader("content-length", str(len(body)))
        for name, value in headers.items():
            self._connection.putheader(name, value)
        self._connection.endheaders(body[: len(body) // 2])
        until(lambda: len(stage.files()) == before + 1)

    def finish(self) -> Answer:
        self._connection.send(self._rest)
        answer = self._connection.getresponse()
        try:
            return Answer(answer.status, dict(answer.getheaders()), answer.read())
        finally:
            self._connection.close()


def assert_started_over(answer: Answer) -> None:
    assert answer.status == 409, answer
    error = answer.json()["error"]
    assert error["code"] == "started_over"
    assert "send it again" in error["message"]


def generation_of(reset: Future[Answer]) -> str:
    answer = reset.result(30)
    assert answer.status == 202, answer
    return str(answer.json()["generation"])


@pytest.mark.parametrize("kind", BODIES)
def test_an_upload_is_409_where_everything_is_started_over_while_its_body_comes(
    stage: Stage, kind: str
) -> None:
    """However it comes; the folder that it came into is gone by then, and nothing is left of it."""
    upload = HalfSent(stage, *BODIES[kind])
    generation = generation_of(stage.reset())
    assert_started_over(upload.finish())
    stage.assert_only(generation)


def test_an_upload_is_409_where_everything_is_started_over_while_it_is_synced(
    stage: Stage,
) -> None:
    """All of it had come, and was not placed yet."""
    with stage.held("an upload is synced") as wait:
        upload = stage.ask("POST", "/api/uploads", ORDERS)
        wait()
        generation = generation_of(stage.reset())
    assert_started_over(upload.result(30))
    stage.assert_only(generation)


@pytest.mark.parametrize("step", ["a generation is made", "a generation is removed"])
def test_an_upload_that_began_before_is_409_while_everything_is_being_started_over(
    stage: Stage, step: str
) -> None:
    """It waits for the end of the reset, whichever of the two counts at the time."""
    upload = HalfSent(stage, *BODIES["a body"])
    with stage.held(step) as wait:
        reset = stage.reset()
        wait()
        answer = stage.ask("GET", "/api/uploads")  # reading goes on
        assert answer.result(30).status == 200
        finished = stage.ask_to(upload.finish)
    assert_started_over(finished.result(30))
    stage.assert_only(generation_of(reset))


def test_an_upload_that_begins_while_the_old_is_being_removed_is_of_the_new(stage: Stage) -> None:
    """It is 201 when the reset is through, and runs to its end."""
    with stage.held("a generation is removed") as wait:
        reset = stage.reset()
        wait()
        upload = stage.ask("POST", "/api/uploads", ORDERS)
    generation = generation_of(reset)
    answer = upload.result(30)
    assert answer.status == 201, answer
    shown = stage.server.upload_in(answer.json()["id"], "done")
    assert shown["accepted"] == 9
    stage.assert_only(generation, uploads=1)


@pytest.mark.parametrize("step", ["an upload is placed", "an upload is added"])
def test_a_reset_waits_for_an_upload_that_is_being_placed_or_added(stage: Stage, step: str) -> None:
    """It was taken in by the old, and goes with it; nothing of it is left, nor is its folder."""
    with stage.held(step) as wait:
        upload = stage.ask("POST", "/api/uploads", ORDERS)
        wait()
        reset = stage.reset()
    answer = upload.result(30)
    assert answer.status == 201, answer
    stage.assert_only(generation_of(reset))
    gone = stage.server.call("GET", f"/api/uploads/{answer.json()['id']}")
    assert (gone.status, gone.json()["error"]["code"]) == (404, "not_found")


def test_records_that_are_being_kept_are_of_the_old(stage: Stage) -> None:
    """The reset waits until they are answered, and they are not in the new."""
    with stage.held("records are kept") as wait:
        posted = stage.ask("POST", "/api/events", ONE % b"old")
        wait()
        reset = stage.reset()
    assert posted.result(30).status == 202
    generation_of(reset)
    stage.server.settled()
    assert stage.server.call("GET", "/api/carts/old").status == 404


@pytest.mark.parametrize("step", ["a generation is made", "a generation is removed"])
def test_records_that_come_while_everything_is_started_over_are_of_the_new(
    stage: Stage, step: str
) -> None:
    """They wait, and are counted from one; what a 202 has told of is there."""
    assert stage.server.call("POST", "/api/events", ONE % b"before").status == 202
    with stage.held(step) as wait:
        reset = stage.reset()
        wait()
        posted = [stage.ask("POST", "/api/events", ONE % b"new-%d" % each) for each in range(4)]
    answers = [each.result(30) for each in posted]
    assert [each.status for each in answers] == [202] * 4
    assert sorted(each.json()["first_line"] for each in answers) == [1, 2, 3, 4]
    generation_of(reset)
    assert stage.server.settled()["events"] == 4
    assert stage.server.call("GET", "/api/carts/before").status == 404
    assert stage.server.call("GET", "/api/carts/new-3").status == 200


@pytest.mark.parametrize("step", ["a generation is made", "a generation is removed"])
def test_what_is_asked_of_an_upload_that_goes_meanwhile_is_404_in_words(
    stage: Stage, step: str
) -> None:
    """A change and a replay alike: they find that it is not there any more."""
    upload = stage.server.upload(ORDERS, rate=0.01)
    with stage.held(step) as wait:
        reset = stage.reset()
        wait()
        asked = [
            stage.ask("PATCH", f"/api/uploads/{upload}", {"state": "paused"}),
            stage.ask("PATCH", f"/api/uploads/{upload}", {"rate": None}),
            stage.ask("POST", f"/api/uploads/{upload}/replay"),
        ]
    for answer in (each.result(30) for each in asked):
        assert answer.status == 404, answer
        assert answer.json()["error"] == {
            "code": "not_found",
            "message": f"there is no upload '{upload}'",
        }
    stage.assert_only(generation_of(reset))


def test_a_reset_waits_for_a_change_that_is_being_written(stage: Stage) -> None:
    """Which is answered as it was asked for."""
    upload = stage.server.upload(ORDERS, rate=0.01)
    with stage.held("an upload is changed") as wait:
        changed = stage.ask("PATCH", f"/api/uploads/{upload}", {"rate": 0.02})
        wait()
        reset = stage.reset()
    assert changed.result(30).json()["rate"] == 0.02
    stage.assert_only(generation_of(reset))
