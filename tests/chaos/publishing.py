"""Completed orders on their way to a topic, while the server that publishes them is killed.

The topic is read when all is over, by a client that wants committed messages alone, and compared
with the fulfilment feed: each order is there once, and each user's in the order of the feed.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any, Final

from dataflow.synthetic import generate
from tests.chaos.experiment import Experiment
from tests.chaos.feeders import Poster
from tests.chaos.program import Program
from tests.chaos.report import Report
from tests.kit.broker import Broker, Message, Noida

TOPIC: Final = "completed"
PARTITIONS: Final = 3
POSTS_A_KILL: Final = 6
LINES_A_POST: Final = 100
POINTS: Final = ("orders published", "orders committed")
"""Where the publisher dies: with a transaction that is open, and with one that nobody heard of."""

LONGEST_S: Final = 1.2
POINT_WITHIN_S: Final = 3.0
STOPS_EVERY: Final = 10
"""After so many kills the broker is stopped and started, too."""


def run_publishing(folder: Path, *, seed: int, kills: int) -> Report:
    """Run one experiment in an empty folder, to its end, with a broker of its own."""
    with Noida() as broker:
        broker.create_topic(TOPIC, PARTITIONS)
        program = Program(
            folder,
            brokers=("--kafka", broker.address),
            options=("--completed-topic", TOPIC),
        )
        experiment = Experiment(program, kills)
        report = Report(f"completed topic, seed {seed}", folder)
        laboratory = _Laboratory(experiment, broker, report, seed)
        experiment.conduct(laboratory.run, report)
        return report


class _Laboratory:
    def __init__(self, experiment: Experiment, broker: Broker, report: Report, seed: int) -> None:
        self._experiment = experiment
        self._broker = broker
        self._report = report
        self._random = Random(f"publishing {seed}")
        posts = max(1, experiment.planned) * POSTS_A_KILL
        lines = generate(posts * LINES_A_POST, 50, 0.0, seed)
        bodies = [b"".join(islice(lines, LINES_A_POST)) for _ in range(posts)]
        self._poster = Poster(experiment, "poster", bodies, seed)

    def run(self) -> None:
        """Post and kill at once; then let it come to rest, and compare."""
        experiment = self._experiment
        feeding = experiment.hand(self._poster.post_all, "poster")
        while experiment.killed < experiment.planned:
            self._kill(self._random.choice((None, *POINTS)))
            if experiment.killed % STOPS_EVERY == 0:
                self._stop_broker()
        self._start()
        experiment.join([feeding])
        experiment.settle()
        told = experiment.wait(self._all_published, "all completed orders in the topic")
        self._compare()
        self._report.figures |= {
            "starts of the server": experiment.program.starts,
            "posts": len(self._poster.posted),
            "messages since the last start": told["messages"],
        }

    def _start(self, faults: str | None = None) -> None:
        program = self._experiment.program
        program.start(faults=faults)
        program.wait_until_live()

    def _kill(self, point: str | None) -> None:
        """Start the server and kill it: at a point that it reaches, or at any moment."""
        program, random = self._experiment.program, self._random
        self._start(None if point is None else f"{random.randrange(10**6)}:{point}=0.9")
        self._experiment.killed += 1  # so there is something to post meanwhile
        if point is None:
            self._experiment.pause(LONGEST_S * random.random() ** 2)
        end = time.monotonic() + POINT_WITHIN_S
        while point is not None and program.is_alive() and time.monotonic() < end:
            self._experiment.pause(0.02)
        by_us = program.kill()
        self._report.kills["server" if by_us else f"server, {point}"] += 1

    def _stop_broker(self) -> None:
        """Stop the broker under a server that runs, until it says so; and start it again.

        Not in the middle of a transaction: this one forgets those, and holds its readers up.
        """
        experiment = self._experiment
        self._start()
        experiment.wait(self._all_published, "all completed orders in the topic")
        self._broker.stop()
        pair = b'{"user_id": "down", "type": "%b", "order_id": %d}\n'
        lines = b"".join(pair % (kind, experiment.killed) for kind in (b"order", b"payment"))
        experiment.ask("POST", "/api/events", lines, {"Idempotency-Key": f"{experiment.killed}"})
        experiment.wait(lambda: self._told()["failures"], "a failure that is told")
        self._broker.start()
        experiment.wait(self._all_published, "all completed orders in the topic")
        experiment.program.kill()
        self._report.kills["broker, stopped"] += 1

    def _told(self) -> dict[str, Any]:
        told: dict[str, Any] = self._experiment.get("/api/completed/topic")
        return told

    def _all_published(self) -> dict[str, Any] | None:
        told = self._told()
        is_done = told["state"] == "publishing" and told["lag"] == 0
        return told if is_done else None

    def _compare(self) -> None:
        feed = self._experiment.lines("/api/completed.jsonl")
        self._report.figures["completed orders"] = len(feed)
        expected = [{**order, "generation": "1"} for order in feed]
        self._report.differences += wrong(expected, self._broker.committed(TOPIC))


def wrong(expected: list[dict[str, Any]], messages: list[Message]) -> list[str]:
    """Say what is wrong with the messages of a topic that is to have these orders."""
    differences = []
    values = [json.loads(message.value) for message in messages]
    due = {json.dumps(order, sort_keys=True) for order in expected}
    found = Counter(json.dumps(value, sort_keys=True) for value in values)
    lost = due - found.keys()
    twice = {each for each, many in found.items() if many > 1}
    for what, orders in (("lost", lost), ("twice", twice), ("foreign", found.keys() - due)):
        if orders:
            differences.append(f"{len(orders)} {what} in the topic, such as {min(orders)}")
    seqs: dict[int, list[int]] = {}
    for message, value in zip(messages, values, strict=True):
        seqs.setdefault(message.partition, []).append(value["seq"])
        if message.key != value["user_id"].encode():
            differences.append(f"the key of {value} is {message.key!r}")
    for partition, of_it in seqs.items():
        if of_it != sorted(of_it):
            differences.append(f"partition {partition} is not in the order of seq")
    return differences
