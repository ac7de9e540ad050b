"""An experiment with topics: an unkeyed producer, and a broker that is stopped and restarted, too.

The orders of a user and their payments are spread over all partitions, so what a group meets first
is decided by the order of the ranges alone. The oracle reads the topic by another client.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any, Final

from tests.chaos.agents import agents_of
from tests.chaos.carts import compare_carts
from tests.chaos.compared import fields, in_order, same
from tests.chaos.experiment import Experiment
from tests.chaos.forgetful import forgetful
from tests.chaos.program import Program
from tests.chaos.report import Report
from tests.chaos.topic_read import Values, read_topic
from tests.chaos.tormentor import Tormentor
from tests.chaos.verdict import LISTS, version_of
from tests.kit.broker import Noida
from tests.kit.oracle import Oracle, OracleCart, read_line
from tests.kit.topic import Topic, config_file, order

PARTITIONS: Final = (4, 8)
"""How many the topic has, and from the middle of the experiment on."""

_FORGETFUL_S: Final = 10.0
"""How long a flow without its order log may take to the end of the topic, if it comes there."""

_CALM_S: Final = 2.0
"""How long it then has for the rest: it may stay behind its view for ever."""

_TO_FORGET: Final = 400
"""How many records are read before somebody is killed who writes no order down."""

USERS: Final = 60
_SHOWN: Final = 20
_KEPT_WITHIN_S: Final = 1.0
"""How long the broker may take to write down what it has acknowledged."""

_LASTING: Final = ("/api/carts.jsonl?sort=user", "/api/skipped.jsonl", "/api/completed.jsonl")


def run_kafka(
    folder: Path,
    *,
    seed: int,
    kills: int,
    records: int,
    has_log: bool = True,
    interval: str | None = None,
    workers_elsewhere: int = 0,
) -> Report:
    """Run one experiment in an empty folder, to its end; without its order log it should differ.

    With an ``interval``, the flow takes its snapshots so many seconds apart, whatever is planned:
    the longer, the more a kill lets it read again.
    """
    often = () if interval is None else (f"--snapshot-interval={interval}",)
    with Noida() as broker:
        topic = Topic(broker, partitions=PARTITIONS[0])
        program = Program(
            folder,
            brokers=(f"--kafka={broker.address}", f"--kafka-config={config_file(folder)}"),
            options=(f"--topic={topic.name}", *often),
            variables={} if has_log else forgetful(folder),
        )
        experiment = Experiment(program, kills)
        report = Report(f"seed {seed}, with topics", folder)
        with agents_of(program, workers_elsewhere, seed) as agents:
            tormentor = Tormentor(experiment, seed, with_topics=True, agents=agents)
            laboratory = _Laboratory(experiment, tormentor, topic, report, seed, records)
            experiment.conduct(lambda: laboratory.run(has_log=has_log), report)
        tormentor.write_figures(report)
        return report


class _Laboratory:
    def __init__(
        self,
        experiment: Experiment,
        tormentor: Tormentor,
        topic: Topic,
        report: Report,
        seed: int,
        records: int,
    ) -> None:
        self._experiment = experiment
        self._tormentor = tormentor
        self._topic = topic
        self._report = report
        self._seed = seed
        self._records = records
        self._sent = 0
        self._posted: list[tuple[int, bytes]] = []
        self._stops = self._restarts = 0
        self._is_done = False
        self._is_calm = threading.Event()
        self._hold = threading.Event()
        self._is_held = threading.Event()

    def run(self, *, has_log: bool) -> None:
        """Produce, post, kill and stop at once; then let it come to rest, and compare."""
        experiment = self._experiment
        self._tormentor.start_cleanly()
        hands = [
            experiment.hand(self._produce, "producer"),
            experiment.hand(self._post, "poster"),
        ]
        experiment.hand(self._trouble, "who stops the broker")
        if not has_log:
            experiment.wait(
                lambda: self._read().total() >= _TO_FORGET, "an order that can be forgotten"
            )
        self._tormentor.kill_all()
        self._is_done = True
        self._tormentor.start_cleanly()
        experiment.wait(self._is_calm.is_set, "the last restart of the broker")
        experiment.join(hands, within=90.0)
        values = read_topic(self._topic)
        held = sum(map(len, values.values()))
        assert held >= self._sent, f"the broker has lost {self._sent - held} records: no verdict"
        self._settle(values, has_log=has_log)
        self._write_figures()
        self._report.differences += islice(self._compare(values), _SHOWN)
        if has_log:
            self._report.differences += self._prove()
            self._rebuild(values)
        experiment.finish()

    def _produce(self) -> None:
        """Send small batches without keys, in step with the kills, as long as these last."""
        from confluent_kafka import Producer

        random = Random(f"producer {self._seed}")
        producer = Producer(
            {
                "bootstrap.servers": self._topic.broker.address,
                "partitioner": "random",
                "linger.ms": 2,
                "sticky.partitioning.linger.ms": 0,
                "topic.metadata.refresh.interval.ms": 1_000,
                "message.timeout.ms": 60_000,
                "log_level": 0,
            }
        )
        failed: list[object] = []
        number = 0
        while not self._is_done:
            if self._hold.is_set():
                assert producer.flush(60) == 0, "the broker did not take what was sent"
                self._is_held.set()
                self._experiment.wait(lambda: not self._hold.is_set(), "the broker's restart")
            for value in _records(random, number, 40):
                producer.produce(
                    self._topic.name,
                    value,
                    on_delivery=lambda error, _: failed.append(error) if error else None,
                )
                number += 1
            producer.poll(0)
            behind = self._experiment.progress * self._records - number
            self._experiment.pause(0.005 if behind > 0 else 0.05)
        assert producer.flush(60) == 0, "the broker did not take what was sent"
        assert not failed, failed[:3]
        self._sent = number
        self._is_held.set()

    def _post(self) -> None:
        """Post some, too: a local record stands between those of the topic."""
        random = Random(f"poster {self._seed}")
        number = 0
        while not self._is_done:
            body = b"\n".join(_records(random, 10**6 + number, 3))
            headers = {"Idempotency-Key": f"{self._seed}-{number}"}
            answer = self._experiment.ask("POST", "/api/events", body, headers)
            assert answer.status == 202, answer
            self._posted.append((answer.json()["first_line"], body))
            number += 3
            self._experiment.pause(0.05)

    def _trouble(self) -> None:
        """Stop the broker, restart it, and give the topic more partitions, as the kills go on.

        Then it stays: a broker dies with the thread that has started it.
        """
        planned = self._experiment.planned
        stops, restarts = max(1, planned // 20), max(1, planned // 40)
        random = Random(f"broker {self._seed}")
        steps = sorted(
            [((at + 1) / (stops + 1), self._stop) for at in range(stops)]
            + [((at + 1) / (restarts + 1) + 0.01, self._restart) for at in range(restarts)]
            + [(0.5, self._add_partitions)],
            key=lambda step: step[0],
        )
        for progress, step in steps:
            while self._experiment.progress < progress and not self._is_done:
                self._experiment.pause(0.02)
            step(random)
        self._is_calm.set()
        self._experiment.over.wait()

    def _stop(self, random: Random) -> None:
        """Let it stand still for a while, with every connection open."""
        pid = self._topic.broker.pid
        os.kill(pid, signal.SIGSTOP)
        try:
            time.sleep(0.2 + random.random())
        finally:
            os.kill(pid, signal.SIGCONT)
        self._stops += 1

    def _restart(self, random: Random) -> None:
        """Restart it, once it has all that it was sent: it loses some where it is amidst them.

        Seen: acknowledged records of the last second were gone, and others at their offsets.
        """
        self._hold.set()
        self._experiment.wait(
            lambda: self._is_held.is_set() or self._sent, "the producer's pause", within=90.0
        )
        time.sleep(_KEPT_WITHIN_S)
        self._topic.broker.stop()
        time.sleep(random.random())
        self._topic.broker.start()
        self._restarts += 1
        self._is_held.clear()
        self._hold.clear()

    def _add_partitions(self, _: Random) -> None:
        self._topic.add_partitions(PARTITIONS[1])

    def _settle(self, values: Values, *, has_log: bool = True) -> None:
        """Wait until all that the topic holds was read and processed."""
        experiment = self._experiment

        def is_read() -> bool:
            read = self._read()
            return all(read[each] >= len(values[each]) for each in values)

        if not has_log:
            experiment.wait(is_read, "the end of the topic", _FORGETFUL_S)
            experiment.pause(_CALM_S)
            return
        experiment.wait(lambda: experiment.ask("GET", "/readyz").status == 200, "ready")
        experiment.wait(is_read, "the end of the topic")
        experiment.settle()

    def _read(self) -> Counter[int]:
        """Tell how many records of each partition were read."""
        told = self._experiment.get("/api/kafka")["partitions"]
        return Counter({each["partition"]: each["next"] for each in told})

    def _write_figures(self) -> None:
        experiment = self._experiment
        self._report.figures = {
            **experiment.figures(),
            "sent to the topic": self._sent,
            "posts": len(self._posted),
            "stops of the broker": self._stops,
            "restarts of the broker": self._restarts,
            "lost answers asked for again": experiment.lost_answers,
        }

    def _compare(self, values: Values) -> Iterator[str]:
        oracle = Oracle()
        for partition, some in sorted(values.items()):
            oracle.feed(b"".join(value + b"\n" for value in some), f"orders/{partition}", 0)
        for first, body in sorted(self._posted):
            oracle.feed(body, "api", first)
        yield from compare_carts(self._experiment, oracle, _cart)
        rows = self._experiment.lines("/api/skipped.jsonl")
        got = [(row["source"], row["line"], row["reason"]) for row in rows]
        yield from same("skipped records", oracle.skipped, got)
        yield from _figures(self._experiment, oracle)
        yield from self._causes(values, sorted(oracle.carts))

    def _causes(self, values: Values, users: list[str]) -> Iterator[str]:
        """Every cause of an order is a record that says so, and of the right kind."""
        posts = {
            first + at: line
            for first, body in self._posted
            for at, line in enumerate(body.split(b"\n"))
        }
        for user in users:
            for item in self._experiment.get(f"/api/carts/{user}/orders?limit=500")["items"]:
                for kind in ("order", "payment"):
                    cause = item[kind]
                    if cause is None:
                        continue
                    source, line = cause["source"], cause["line"]
                    partition = source.removeprefix("orders/")
                    record = posts[line] if source == "api" else values[int(partition)][line]
                    if read_line(record) != (user, kind, item["order_id"]):
                        yield f"{kind} {item['order_id']!r} of {user!r}: caused by {record!r}"

    def _prove(self) -> Iterator[str]:
        experiment = self._experiment
        experiment.ask("POST", "/api/prove")
        told = experiment.wait(
            lambda: (
                (proof := experiment.get("/api/prove"))["state"] in ("done", "failed") and proof
            ),
            "the end of a proof",
        )
        expected = {"state": "done", "lost": 0, "twice": 0, "uncounted": 0, "error": None}
        yield from fields("the proof", expected, told)
        agreement = experiment.get("/api/recovery")["agreement"]
        if agreement["message"] is not None:
            yield f"state and view: {agreement['message']}"

    def _rebuild(self, values: Values) -> None:
        """Make view and state anew, of journal and topic: no number and no time is another then."""
        experiment = self._experiment
        before = [experiment.lines(path) for path in _LASTING]
        experiment.program.stop()
        experiment.program.rebuild()
        self._tormentor.start_cleanly()
        self._settle(values)
        for path, once in zip(_LASTING, before, strict=True):
            told = in_order(f"{path} after a rebuild", once, experiment.lines(path))
            self._report.differences += told
        experiment.program.stop()


def _records(random: Random, number: int, count: int) -> Iterator[bytes]:
    """Make records: a few users' orders and payments in any order, some repeated, some bad."""
    for at in range(number, number + count):
        kind = random.choice(("order", "order", "payment"))
        if random.random() < 0.02:
            yield random.choice((b"FAIL HERE", b'{"user_id": "a"}', b"[]"))
        else:
            which = max(0, at - random.randrange(400))
            yield order(f"user-{which % USERS}", which // 2, kind)


def _cart(expected: OracleCart, got: dict[str, Any]) -> Iterator[str]:
    """Compare what no order of arrival can change."""
    sets = expected.sets()
    for name, ids in zip(LISTS, sets, strict=True):
        yield from same(f"cart {got['user_id']!r}: {name}", ids, got[name])
    yield from fields(f"cart {got['user_id']!r}", {"version": version_of(sets)}, got)


def _figures(experiment: Experiment, oracle: Oracle) -> Iterator[str]:
    sets = [cart.sets() for cart in oracle.carts.values()]
    expected = {
        "carts": len(sets),
        "paid": sum(len(paid) for paid, _, _ in sets),
        "unpaid": sum(len(unpaid) for _, unpaid, _ in sets),
        "waiting": sum(len(waiting) for _, _, waiting in sets),
        "skipped": oracle.total.skipped,
        "events": oracle.total.accepted,
        "duplicates": oracle.total.accepted - sum(map(version_of, sets)),
        "lag": 0,
    }
    yield from fields("figures", expected, experiment.get("/api/stats"))
    by_reason = experiment.get("/api/skipped")["by_reason"]
    yield from fields("skipped by reason", Counter(each[2] for each in oracle.skipped), by_reason)
