"""Who feeds the program while it is killed: posters of records, and a person with files.

An answer that was lost leaves open whether the deed was done. A post is sent again with its key,
which must not count twice; a person looks whether the upload is there before trying again.
"""

from __future__ import annotations

import json
from random import Random
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

from tests.chaos.experiment import Experiment
from tests.chaos.program import GoneError
from tests.chaos.stream import Source, Stream

HOLD: Final = 0.15
"""The share of the kills over which a paused upload must not move, or only by steps."""

STEP: Final = 7
"""The lines of a step."""


class Posted(NamedTuple):
    """A body that was acknowledged, and the lines that it got in the count of ``api``."""

    first_line: int
    last_line: int
    body: bytes


class Poster:
    """Posts bodies in step with the kills, each under a key of its own."""

    def __init__(self, experiment: Experiment, name: str, bodies: list[bytes], seed: int) -> None:
        self._experiment = experiment
        self._name = name
        self._bodies = bodies
        self._random = Random(f"{name} {seed}")
        self.posted: list[Posted] = []
        self.repeated = 0

    def post_all(self) -> None:
        """Post until everything was acknowledged; now and then something a second time."""
        for number, body in enumerate(self._bodies):
            due = number / len(self._bodies)
            self._experiment.wait(
                lambda due=due: self._experiment.progress >= due or None,  # type: ignore[misc]
                "further kills",
                within=3_600,
            )
            self.posted.append(self._post(number, body))
            if self._random.random() < 0.2:
                again = self._random.randrange(number + 1)
                answer = self._post(again, self._bodies[again])
                self.repeated += 1
                if answer != self.posted[again]:
                    self._experiment.complain(
                        f"the key {self._name}-{again} answered {self.posted[again][:2]}"
                        f" and then {answer[:2]}"
                    )

    def _post(self, number: int, body: bytes) -> Posted:
        key = {"Idempotency-Key": f"{self._name}-{number}"}
        answer = self._experiment.ask("POST", "/api/events", body, key)
        assert answer.status == 202, answer
        said = answer.json()
        return Posted(said["first_line"], said["last_line"], body)


class Taken(NamedTuple):
    """An upload that was taken in: what it was made of, and its id."""

    source: Source
    id: str


class Person:
    """Uploads the files when their time comes, and pauses, cancels and replays some of them."""

    def __init__(self, experiment: Experiment, stream: Stream) -> None:
        self._experiment = experiment
        self._sources = stream.uploads
        self.taken: list[Taken] = []

    def act(self) -> None:
        """Do everything that there is to do with the files."""
        deeds = {
            "pause": self._pause,
            "step": self._step,
            "cancel": self._cancel,
            "replay": self._replay,
        }
        hands = []
        for source in sorted(self._sources, key=lambda source: source.begins):
            self._wait_for(source.begins)
            upload = self._upload(source)
            if source.deed:
                deed = deeds[source.deed]
                hands.append(
                    self._experiment.hand(
                        lambda deed=deed, source=source, id_=upload: deed(source, id_),  # type: ignore[misc]
                        f"{source.deed} {source.name}",
                    )
                )
        self._wait_for(1.0)
        self._experiment.join(hands)
        for _, upload in self.taken:  # the kills are over: let the rest go at once
            self._change(upload, {"rate": None})
        for _, upload in self.taken:
            self._experiment.wait(
                lambda upload=upload: self.see(upload)["finished_at"],  # type: ignore[misc]
                f"the end of upload {upload}",
            )

    def see(self, upload: str) -> dict[str, Any]:
        """Read an upload."""
        seen: dict[str, Any] = self._experiment.get(f"/api/uploads/{upload}")
        return seen

    def _wait_for(self, progress: float) -> None:
        self._experiment.wait(
            lambda: self._experiment.progress >= progress or None, "further kills", within=3_600
        )

    def _upload(self, source: Source) -> str:
        query: dict[str, object] = {"name": source.name}
        if source.rate is not None:
            query["rate"] = source.rate
        return self._take(source, f"/api/uploads?{urlencode(query)}", source.data)

    def _take(self, source: Source, path: str, body: bytes | None) -> str:
        """Ask for an upload until it is there, and never for two."""
        known = {upload for _, upload in self.taken}

        def try_once() -> str | None:
            try:
                answer = self._experiment.program.call("POST", path, body)
            except GoneError as gone:
                self._experiment.lost_answers += gone.asked
                for each in self._experiment.get("/api/uploads?limit=500")["items"]:
                    if each["name"] == source.name and each["id"] not in known:
                        return str(each["id"])
                return None
            assert answer.status == 201, answer
            return str(answer.json()["id"])

        upload = self._experiment.wait(try_once, f"upload of {source.name}")
        self.taken.append(Taken(source, upload))
        return upload

    def _change(self, upload: str, change: dict[str, object]) -> None:
        """Ask for another pace or state; 409 is right for an upload that has ended."""
        body = json.dumps(change).encode()
        answer = self._experiment.ask("PATCH", f"/api/uploads/{upload}", body)
        ended = self.see(upload)["state"] in ("done", "cancelled")
        assert answer.status == 200 or (answer.status == 409 and ended), answer

    def _begin(self, source: Source, upload: str) -> None:
        """Wait until a part of it is through."""
        self._experiment.wait(
            lambda: self.see(upload)["processed"] > 20 or None, f"progress of {source.name}"
        )

    def _stand_still(self, source: Source, upload: str) -> dict[str, Any]:
        """Pause it in the middle; gives it when that shows, or when it has ended."""
        self._begin(source, upload)
        self._change(upload, {"state": "paused"})

        def is_paused() -> dict[str, Any] | None:
            seen = self.see(upload)
            return seen if seen["state"] in ("paused", "done") else None

        return self._experiment.wait(is_paused, f"{source.name} to be paused")

    def _step(self, source: Source, upload: str) -> None:
        """Step through it over kills, each step whole and once; one without an answer, perhaps."""
        stood = self._stand_still(source, upload)
        may_be = {stood["processed"]}
        until = min(1.0, self._experiment.progress + HOLD)
        while self._experiment.progress < until and max(may_be) + STEP < stood["lines"]:
            body = json.dumps({"lines": STEP}).encode()
            try:
                answer = self._experiment.program.call("POST", f"/api/uploads/{upload}/step", body)
            except GoneError as gone:
                self._experiment.lost_answers += gone.asked
                may_be |= {lines + STEP for lines in may_be if gone.asked}
            else:
                assert answer.status == 200, answer
                may_be = {lines + STEP for lines in may_be}
            self._experiment.pause(0.1)
        self._wait_for(1.0)
        self._experiment.settle()
        seen = self.see(upload)
        if seen["processed"] not in may_be or seen["paused_at"] != stood["paused_at"]:
            self._experiment.complain(f"stepped from {stood} to one of {may_be}, it is {seen}")
        if seen["finished_at"] is None:
            self._change(upload, {"state": "running"})

    def _pause(self, source: Source, upload: str) -> None:
        """Pause it, see that it stands still over kills, and let it go on."""
        stood = self._stand_still(source, upload)
        until = min(1.0, self._experiment.progress + HOLD)
        self._wait_for(until)
        seen = self.see(upload)
        if (seen["state"], seen["processed"]) != (stood["state"], stood["processed"]):
            self._experiment.complain(f"paused at {stood}, it went on to {seen}")
        self._change(upload, {"state": "running"})

    def _cancel(self, source: Source, upload: str) -> None:
        """Cancel it in the middle, and see that it stays so."""
        self._begin(source, upload)
        self._wait_for(min(1.0, source.begins + HOLD))
        self._change(upload, {"state": "cancelled"})
        self._experiment.wait(lambda: self.see(upload)["finished_at"], f"{source.name}'s end")

    def _replay(self, source: Source, upload: str) -> None:
        """Replay it when it is through: the same lines under another id."""
        self._change(upload, {"rate": None})
        self._experiment.wait(lambda: self.see(upload)["finished_at"], f"{source.name}'s end")
        self._take(source, f"/api/uploads/{upload}/replay", None)
