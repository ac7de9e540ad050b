"""Resets under fire: afterwards the data are wholly the old ones or wholly the new ones.

A poster posts all the while, one body at a time, and the count of ``api`` begins with 1 in each
generation: so the answers tell which of its bodies the current generation must hold.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any, Final, NamedTuple

from websockets.sync.client import connect

from tests.chaos.experiment import Experiment
from tests.chaos.feeders import Posted, Taken
from tests.chaos.program import GoneError, Program
from tests.chaos.readers import WINDOWS, Browser
from tests.chaos.report import Report
from tests.chaos.stream import Source, make_stream
from tests.chaos.verdict import Fed, differences

KINDS: Final = (
    "server during a reset",
    "server at 'generation made'",
    "server at 'generation switched'",
    "server after the 202",
    "flow during a reset",
    "nobody",
    "nobody, two resets at once",
)
_SHOWN_WITHIN_S: Final = 10.0
_FILE_LINES: Final = 300


class _Before(NamedTuple):
    """Where everything stood when a reset was asked for."""

    generation: int
    posted: int
    taken: list[Taken]


def run_resets(folder: Path, *, seed: int, resets: int) -> Report:
    """Reset so many times in an empty folder; the report says what differs."""
    program = Program(folder)
    experiment = Experiment(program, resets)
    report = Report(f"resets, seed {seed}", folder)
    experiment.conduct(_ResetLaboratory(experiment, report, seed).run, report)
    return report


class _ResetLaboratory:
    def __init__(self, experiment: Experiment, report: Report, seed: int) -> None:
        self._experiment = experiment
        self._report = report
        self._seed = seed
        self._random = Random(f"resets {seed}")
        self._posted: list[Posted] = []
        self._taken: list[Taken] = []
        self._sent = 0
        self._outcomes: Counter[str] = Counter()

    def run(self) -> None:
        """Reset again and again, each time in another kind of trouble."""
        experiment, program = self._experiment, self._experiment.program
        self._start(None)
        browsers = [
            Browser(experiment, query, Random(f"browser {number} {self._seed}"))
            for number, query in enumerate(WINDOWS)
        ]
        for browser in browsers:
            experiment.hand(browser.look, "browser")
        experiment.hand(self._post_for_ever, "poster")
        experiment.hand(self._read_for_ever, "reader of the API")
        kinds = [KINDS[number % len(KINDS)] for number in range(experiment.planned)]
        self._random.shuffle(kinds)
        for kind in kinds:
            self._round(kind, browsers)
            experiment.killed += 1
        experiment.over.set()
        self._report.figures = {
            "starts of the server": program.starts,
            "posts": len(self._posted),
            **self._outcomes,
        }
        program.stop()

    def _round(self, kind: str, browsers: list[Browser]) -> None:
        experiment, program = self._experiment, self._experiment.program
        point = kind.partition("'")[2].rstrip("'")
        if point:
            program.kill()
            self._start(f"0:{point}=1")
        self._upload_two()
        self._await_posts(3)
        before = _Before(self._generation(), len(self._posted), list(self._taken))
        replayed = self._random.choice([None, *before.taken])
        times = 2 if kind.endswith("at once") else 1
        answers: list[int] = []
        sent_by_then: list[int] = []

        def reset() -> None:
            body = {"confirm": "reset"} | ({"replay": replayed.id} if replayed else {})
            with suppress(GoneError):
                answer = program.call("POST", "/api/reset", json.dumps(body).encode())
                assert answer.status == 202 or (times == 2 and answer.status == 404), answer
                if answer.status == 202:
                    answers.append(int(answer.json()["generation"]))
                    sent_by_then.append(self._sent)

        hands = [experiment.hand(reset, "reset") for _ in range(times)]
        self._kill(kind, hands)
        experiment.join(hands)
        if not program.is_alive():
            self._start(None)
        self._await_posts(3)
        now = self._generation()
        self._outcomes["new generation" if now > before.generation else "old generation"] += 1
        self._check(kind, before, now, answers, sent_by_then, replayed)
        self._compare(kind, browsers)

    def _check(
        self,
        kind: str,
        before: _Before,
        now: int,
        answers: list[int],
        sent_by_then: list[int],
        replayed: Taken | None,
    ) -> None:
        """Hold the generation to the answers, and keep in mind what it must hold."""
        expected = {before.generation, before.generation + 1}
        if answers:
            expected = {max(answers)}
        elif kind.endswith("switched'"):
            expected = {before.generation + 1}
        elif kind.endswith("made'"):
            expected = {before.generation}
        if now not in expected:
            self._experiment.complain(f"{kind}: generation {now} after {before}, 202: {answers}")
        begins = max(n for n, posted in enumerate(self._posted) if posted.first_line == 1)
        if now > before.generation:
            self._taken = [] if replayed is None else [replayed]
            if begins < before.posted:
                self._experiment.complain(f"{kind}: the new generation counts on from the old one")
        elif begins >= before.posted:
            self._experiment.complain(f"{kind}: the old generation counts from 1 again")
        if sent_by_then and begins > max(sent_by_then):
            self._experiment.complain(f"{kind}: a record that was posted after the 202 is lost")

    def _compare(self, kind: str, browsers: list[Browser]) -> None:
        """Let it come to rest, and compare all that there is."""
        experiment = self._experiment
        self._resting = True
        experiment.wait(lambda: self._at_rest, "the poster to rest")
        for _, upload in self._taken:
            path = f"/api/uploads/{upload}"
            experiment.ask("PATCH", path, b'{"rate": null}')
            experiment.wait(
                lambda path=path: experiment.get(path)["finished_at"],  # type: ignore[misc]
                f"the end of upload {upload}",
            )
        experiment.settle()
        begins = max(n for n, posted in enumerate(self._posted) if posted.first_line == 1)
        found = differences(experiment, Fed(self._taken, self._posted[begins:]))
        total = experiment.get("/api/uploads")["total"]
        if total != len(self._taken):
            found.append(f"{total} uploads, and not {len(self._taken)}")
        generation = self._generation()
        for browser in browsers:
            end = time.monotonic() + _SHOWN_WITHIN_S
            while browser.screen.generation != generation or (difference := browser.shows()):
                if time.monotonic() > end:
                    found.append(f"{difference} in generation {browser.screen.generation}")
                    break
                experiment.pause(0.05)
        for each in found:
            experiment.complain(f"{kind}: {each}")
        self._resting = False

    def _kill(self, kind: str, hands: list[Any]) -> None:
        experiment, program = self._experiment, self._experiment.program
        if kind == "server during a reset":
            experiment.pause(self._random.random() * 0.3)
            program.kill()
        elif kind == "server after the 202":
            experiment.join(hands)
            program.kill()
        elif kind == "flow during a reset":
            experiment.pause(self._random.random() * 0.1)
            pids = program.flow_pids()
            if not pids or not program.kill_flow(self._random.choice(pids)):
                return
        elif "'" in kind:
            experiment.wait(lambda: not program.is_alive() or None, "death at the point")
        else:
            return
        self._report.kills[kind] += 1

    _resting = False
    _at_rest = False

    def _post_for_ever(self) -> None:
        bodies = make_stream(self._seed, 10_000, 1.0).posts
        experiment = self._experiment
        while not experiment.over.is_set():
            self._at_rest = self._resting
            if self._resting:
                experiment.pause(0.01)
                continue
            body = bodies[self._sent % len(bodies)]
            self._sent += 1
            answer = experiment.ask(
                "POST", "/api/events", body, {"Idempotency-Key": f"post-{self._sent}"}
            )
            assert answer.status == 202, answer
            said = answer.json()
            self._posted.append(Posted(said["first_line"], said["last_line"], body))
            experiment.pause(0.03)

    def _read_for_ever(self) -> None:
        """Ask for this and that all through the resets: every answer is one."""
        paths = ("/api/carts?sort=user", "/api/stats", "/api/completed", "/api/skipped", "/")
        turn = 0
        while not self._experiment.over.is_set():
            with suppress(GoneError):
                answer = self._experiment.program.call("GET", paths[turn % len(paths)])
                assert answer.status == 200, (paths[turn % len(paths)], answer)
            self._experiment.pause(0.1)
            turn += 1

    def _await_posts(self, number: int) -> None:
        """Wait until some more posts were acknowledged."""
        enough = len(self._posted) + number
        self._experiment.wait(lambda: len(self._posted) >= enough or None, "further posts")

    def _upload_two(self) -> None:
        """Upload a file that goes at once, and one that is still going when the reset comes."""
        number = self._random.randrange(10**6)
        stream = make_stream(number, _FILE_LINES * 7, 1.0)
        for source, rate in ((stream.uploads[0], ""), (stream.uploads[5], "&rate=100")):
            source = Source(f"{number}-{source.name}", source.data, None, 0.0)
            path = f"/api/uploads?name={source.name}{rate}"
            answer = self._experiment.ask("POST", path, source.data)
            assert answer.status == 201, answer
            self._taken.append(Taken(source, answer.json()["id"]))

    def _generation(self) -> int:
        """Read the number of the generation that a new browser is shown."""
        url = f"ws://127.0.0.1:{self._experiment.program.port}/ws"
        with connect(url, proxy=None, compression=None, close_timeout=0.2) as socket:
            return int(json.loads(socket.recv(timeout=10))["generation"])

    def _start(self, faults: str | None) -> None:
        self._experiment.program.start("0.2", faults)
        assert self._experiment.program.wait_until_live()
