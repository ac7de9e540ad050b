"""The start of the flow's process: its command line and environment, written and read in one place.

Written by the supervisor and read by the process itself. The secret of the hub stands in the
environment, where no other user of the machine can read it.
"""

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from dataflow.kafka_config import KafkaConfig
from dataflow.logs import FORMATS, LEVELS, USUAL, Logs
from dataflow.topics import STARTS, Topics

SECRET_VARIABLE: Final = "CARTWATCH_HUB_SECRET"  # noqa: S105 (the name, not the secret)
PROCESS: Final = "dataflow.process"


class Launch(NamedTuple):
    """What one process of the flow is started with.

    ``generation`` is the folder with the journal, the uploads and the recovery store, ``lock`` the
    file that keeps every other flow away; ``hub`` is where to publish, as which ``execution`` and
    by which secret. ``snapshot_interval`` is in seconds. ``logs`` is how it tells what goes on.
    It is ``worker`` of as many as there are ``addresses``, by which they find each other; one that
    is alone has none.
    ``topics`` are those that it reads beside the journal; of what else their client needs, only the
    file is named here. ``hub_ca`` is a file of authorities by which a hub at ``wss://`` is
    verified, in place of the system's.
    """

    generation: Path
    lock: Path
    hub: str
    secret: str
    execution: int
    groups: int
    snapshot_interval: float
    logs: Logs = USUAL
    worker: int = 0
    addresses: tuple[str, ...] = ()
    topics: Topics | None = None
    hub_ca: Path | None = None

    def command(self) -> list[str]:
        """Give the words that start it; nothing is imported from the folder it is started in."""
        return [
            *(sys.executable, "-P", "-m", PROCESS),
            f"--generation={self.generation}",
            f"--lock={self.lock}",
            f"--hub={self.hub}",
            f"--execution={self.execution}",
            f"--groups={self.groups}",
            f"--snapshot-interval={self.snapshot_interval!r}",
            f"--log-level={self.logs.level}",
            f"--log-format={self.logs.format}",
            f"--worker={self.worker}",
            *(f"--address={each}" for each in self.addresses),
            *topic_words(self.topics),
            *([] if self.hub_ca is None else [f"--hub-ca={self.hub_ca}"]),
        ]

    def environment(self, environ: Mapping[str, str]) -> dict[str, str]:
        """Give the environment that it is started in."""
        return {**finding_this_code(environ), SECRET_VARIABLE: self.secret, "RUST_BACKTRACE": "0"}


def topic_words(topics: Topics | None) -> list[str]:
    """Give the words that say which topics are read; ``take_topic_words`` reads them."""
    if topics is None:
        return []
    path = topics.config.path
    return [
        f"--kafka={topics.servers}",
        *(f"--topic={name}" for name in topics.names),
        f"--kafka-from={topics.start}",
        *([] if path is None else [f"--kafka-config={path}"]),
    ]


def take_topic_words(
    parser: argparse.ArgumentParser, words: Sequence[str]
) -> tuple[dict[str, Any], Topics | None]:
    """Read a command line of which some words say which topics are read; gives the others, too."""
    parser.add_argument("--kafka")
    parser.add_argument("--topic", action="append", default=[])
    parser.add_argument("--kafka-from", choices=STARTS, default=STARTS[0])
    parser.add_argument("--kafka-config", type=Path)
    options = vars(parser.parse_args(words))
    servers, names = options.pop("kafka"), tuple(options.pop("topic"))
    start, config = options.pop("kafka_from"), KafkaConfig(options.pop("kafka_config"))
    return options, None if servers is None else Topics(servers, names, start, config)


def finding_this_code(environ: Mapping[str, str]) -> dict[str, str]:
    """Give an environment in which a process finds this code, wherever it is started."""
    root = str(Path(__file__).resolve().parent.parent)
    search = [root, *filter(None, [environ.get("PYTHONPATH")])]
    return {**environ, "PYTHONPATH": os.pathsep.join(search)}


def read_launch(words: Sequence[str], environ: Mapping[str, str]) -> Launch:
    """Read what ``Launch`` wrote: the words behind the module's name, and the environment.

    Raises ``SystemExit``, with a sentence on stderr, for anything else.
    """
    parser = argparse.ArgumentParser(
        prog=PROCESS, description="Run the flow of a Cartwatch server.", allow_abbrev=False
    )
    parser.add_argument("--generation", type=Path, required=True)
    parser.add_argument("--lock", type=Path, required=True)
    parser.add_argument("--hub", required=True)
    parser.add_argument("--execution", type=int, required=True)
    parser.add_argument("--groups", type=int, required=True)
    parser.add_argument("--snapshot-interval", type=float, required=True)
    parser.add_argument("--log-level", choices=LEVELS, default=USUAL.level)
    parser.add_argument("--log-format", choices=FORMATS, default=USUAL.format)
    parser.add_argument("--worker", type=int, default=0)
    parser.add_argument("--address", action="append", default=[], dest="addresses")
    parser.add_argument("--hub-ca", type=Path)
    options, topics = take_topic_words(parser, words)
    if SECRET_VARIABLE not in environ:
        parser.error(f"{SECRET_VARIABLE} is not set: a server starts its flow by itself")
    logs = Logs(options.pop("log_level"), options.pop("log_format"))
    addresses, secret = tuple(options.pop("addresses")), environ[SECRET_VARIABLE]
    return Launch(**options, addresses=addresses, secret=secret, logs=logs, topics=topics)
