"""One experiment: a stream of records through a program that is killed all the while."""

from __future__ import annotations

import time
from pathlib import Path
from random import Random
from typing import Final

from tests.chaos.agents import agents_of
from tests.chaos.compared import in_order
from tests.chaos.experiment import Experiment
from tests.chaos.feeders import Person, Poster, Taken
from tests.chaos.mender import Mender
from tests.chaos.program import Program
from tests.chaos.readers import WINDOWS, APIReader, Browser
from tests.chaos.report import Report
from tests.chaos.stream import Source, make_stream
from tests.chaos.streamer import Streamer
from tests.chaos.tormentor import Tormentor
from tests.chaos.verdict import Fed, differences, prefix

SECONDS_A_KILL: Final = 0.7
"""About how long a kill and what belongs to it take: what the slow uploads are paced by."""

_SHOWN_WITHIN_S: Final = 10.0
_LASTING: Final = ("/api/carts.jsonl?sort=user", "/api/skipped.jsonl", "/api/completed.jsonl")


def run_experiment(
    folder: Path, *, seed: int, kills: int, records: int, workers_elsewhere: int = 0
) -> Report:
    """Run one experiment in an empty folder, to its end; with agents, which are killed, too."""
    program = Program(folder)
    experiment = Experiment(program, kills)
    report = Report(f"seed {seed}", folder)
    with agents_of(program, workers_elsewhere, seed) as agents:
        tormentor = Tormentor(experiment, seed, agents=agents)
        experiment.conduct(
            lambda: _Laboratory(experiment, tormentor, report, seed, records).run(), report
        )
    tormentor.write_figures(report)
    return report


class _Laboratory:
    def __init__(
        self, experiment: Experiment, tormentor: Tormentor, report: Report, seed: int, records: int
    ) -> None:
        self._experiment = experiment
        self._tormentor = tormentor
        self._report = report
        stream = make_stream(seed, records, experiment.planned * SECONDS_A_KILL)
        self._person = Person(experiment, stream)
        self._posters = [
            Poster(experiment, f"poster-{part}", stream.posts[part::2], seed) for part in (0, 1)
        ]
        self._browsers = [
            Browser(experiment, query, Random(f"browser {number} {seed}"))
            for number, query in enumerate(WINDOWS)
        ]
        self._reader = APIReader(experiment)
        self._streamer = Streamer(experiment, seed)
        self._mender = Mender(experiment, seed)

    def run(self) -> None:
        """Feed, read and kill at once; then let it come to rest, and compare."""
        experiment = self._experiment
        self._tormentor.start_cleanly()
        feeding = [experiment.hand(poster.post_all, "poster") for poster in self._posters]
        feeding.append(experiment.hand(self._person.act, "person"))
        feeding.append(experiment.hand(self._streamer.stream, "streamer"))
        feeding.append(experiment.hand(self._mender.mend, "mender"))
        for browser in self._browsers:
            experiment.hand(browser.look, "browser")
        experiment.hand(self._reader.read, "reader of the API")
        self._tormentor.kill_all()
        self._tormentor.start_cleanly()
        experiment.join(feeding)
        experiment.settle()
        posted = [each for poster in self._posters for each in poster.posted]
        fed = Fed(self._person.taken, posted)
        self._write_figures(fed)
        self._report.differences += differences(experiment, fed)
        self._report.differences += self._streamer.differences()
        self._report.differences += self._mender.differences()
        for browser in self._browsers:
            self._compare_browser(browser)
        self._reader.feed.compare(experiment.lines("/api/completed.jsonl"))
        fed = self._echo(fed)
        experiment.finish()
        self._rebuild(fed)

    def _write_figures(self, fed: Fed) -> None:
        experiment = self._experiment
        self._report.figures = {
            **experiment.figures(),
            "uploads": len(fed.taken),
            "posts": len(fed.posted),
            "streams": self._streamer.streams,
            "records mended": len(self._mender.sent),
            "bulks": self._mender.bulks,
            "lost answers asked for again": experiment.lost_answers,
            "other repeated posts": sum(poster.repeated for poster in self._posters),
            "frames read": sum(browser.screen.frames for browser in self._browsers),
        }

    def _compare_browser(self, browser: Browser) -> None:
        """A browser shows the final state soon after there is one."""
        end = time.monotonic() + _SHOWN_WITHIN_S
        while (difference := browser.shows()) is not None:
            if time.monotonic() > end:
                self._report.differences.append(difference)
                return
            self._experiment.pause(0.1)

    def _echo(self, fed: Fed) -> Fed:
        """Kill all at rest and feed everything once more: to what the flow restored, all repeats.

        So the flow's state holds what the view shows.
        """
        experiment = self._experiment
        self._tormentor.start_cleanly()
        data = b""
        for source, upload in fed.taken:
            lines = experiment.get(f"/api/uploads/{upload}")["processed"]
            data += prefix(source.data.removeprefix(b"\xef\xbb\xbf"), lines)
        source = Source("echo.jsonl", data, None, 0.0)
        answer = experiment.ask("POST", f"/api/uploads?name={source.name}", data)
        echo = Taken(source, answer.json()["id"])
        path = f"/api/uploads/{echo.id}"
        experiment.wait(lambda: experiment.get(path)["finished_at"], "the end of the echo")
        experiment.settle()
        seen = experiment.get(path)
        if seen["duplicates"] != seen["accepted"]:
            self._report.differences.append(f"the echo changed something: {seen}")
        fed = fed._replace(taken=[*fed.taken, echo])
        self._report.differences += differences(experiment, fed)
        return fed

    def _rebuild(self, fed: Fed) -> None:
        """Make view and state anew: no number, no time and no cause is another one then."""
        experiment = self._experiment
        before = [experiment.lines(path) for path in _LASTING]
        experiment.program.stop()
        experiment.program.rebuild()
        self._tormentor.start_cleanly()
        experiment.settle()
        for path, once in zip(_LASTING, before, strict=True):
            told = in_order(f"{path} after a rebuild", once, experiment.lines(path))
            self._report.differences += told
        self._report.differences += differences(experiment, fed)
        experiment.program.stop()
