"""What one server is started with, and where the files that it shows are."""

import ipaddress
from dataclasses import dataclass, field
from pathlib import Path

from dataflow.kafka_config import KafkaConfig
from dataflow.logs import USUAL, Logs
from dataflow.topics import Topics

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Admission:
    """Who may come in, as it was asked for; tokens and certificates are not looked at yet.

    ``token`` is that of the environment, which the file comes before. ``names`` are those that
    ``Host`` may bear, ``proxies`` the addresses that are believed in what they forward.
    """

    token_file: Path | None = None
    token: str | None = field(default=None, repr=False)
    read_only_token_file: Path | None = None
    tls_cert: Path | None = None
    tls_key: Path | None = None
    names: tuple[str, ...] = ()
    proxies: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...] = ()


@dataclass(frozen=True, slots=True)
class CompletedTopic:
    """Where completed orders are published: the topic, and how its brokers are reached.

    ``servers`` are ``HOST:PORT``, with commas between.
    """

    servers: str
    topic: str
    config: KafkaConfig = field(default_factory=KafkaConfig)


@dataclass(frozen=True, slots=True)
class Settings:
    """The options of ``cartwatch serve``, checked.

    ``snapshot_interval`` is in seconds, ``max_upload`` in bytes, ``overdue`` the age in
    seconds at which an open order asks for attention; ``port`` 0 takes any free one. ``logs`` is
    how server and flow tell what goes on. ``root_path`` stands before every address, as in
    ``/orders``: whole segments without a slash at the end, which are the same percent-encoded.
    ``workers`` is how many processes the flow is.
    ``topics`` are those of Kafka that are read, too; None where there are none.
    """

    data: Path
    host: str = "127.0.0.1"
    port: int = 8000
    snapshot_interval: float = 1.0
    workers: int = 1
    max_upload: int = 2048 * MIB
    overdue: float = 1800.0
    logs: Logs = USUAL
    root_path: str = ""
    admission: Admission = Admission()
    completed_topic: CompletedTopic | None = None
    topics: Topics | None = None


def asset_folder(name: str) -> Path:
    """Give the folder of ``static`` or ``templates``: inside the wheel, or beside ``web/`` here."""
    package = Path(__file__).resolve().parent
    for folder in (package / name, package.parent / name):
        if folder.is_dir():
            return folder
    raise FileNotFoundError(f"no folder {name!r} beside {package}: this installation is incomplete")
