"""What a client of Kafka is made with: the brokers, and a person's own properties of librdkafka.

What reads topics and what publishes to one make their clients by this. The file may hold secrets:
neither a ``repr`` nor a sentence of ours holds any value of it.
"""

import importlib.util
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

OURS: Final = frozenset(
    {
        *("bootstrap.servers", "metadata.broker.list", "group.id", "group.instance.id"),
        *("group.protocol", "enable.auto.commit", "auto.commit.enable", "auto.commit.interval.ms"),
        *("enable.auto.offset.store", "auto.offset.reset", "isolation.level"),
        *("enable.partition.eof", "allow.auto.create.topics", "partition.assignment.strategy"),
        *("transactional.id", "transaction.timeout.ms", "enable.idempotence", "acks"),
        *("request.required.acks", "enable.gapless.guarantee"),
    }
)
"""Properties that the command line says, or that a promise of ours rests on."""

_OF_PROGRAMS: Final = re.compile(r".*_.*|logger|default\.topic\.config")
"""What the client takes from a program – functions and objects – and from no file."""

_MOST_BYTES: Final = 64 * 1024
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._]*")
_QUOTED: Final = re.compile(r'"([^"]*)"')
_SECRET: Final = re.compile(r"pass|secret|key|token|cred|jaas|oauth")
_FEW_CHARS: Final = 3
"""What is as short, and is none of those, is a number or a truth, and stands in many a sentence."""


class KafkaConfigError(Exception):
    """No client can be made so; the message says why and what to do, and holds no value."""


@dataclass(frozen=True, slots=True)
class KafkaConfig:
    """The properties of one file, each with the line where it stands, or none at all."""

    path: Path | None = None
    properties: Mapping[str, str] = field(default_factory=dict, repr=False)
    lines: Mapping[str, int] = field(default_factory=dict, repr=False)

    def settings(
        self, servers: str, own: Mapping[str, str | int | bool]
    ) -> dict[str, str | int | bool]:
        """Make what a client takes: our usual, then the file's, and then what is its ``own``.

        ``servers`` are ``HOST:PORT``, with commas between.
        """
        usual: dict[str, str | int | bool] = {"client.id": "cartwatch"}
        return {**usual, **self.properties, **own, "bootstrap.servers": servers}

    def said(self, error: object) -> str:
        """Give what librdkafka or its client says by an error, without any secret."""
        if isinstance(error, SystemError):
            return "the client of Kafka has failed within itself"
        detail = error.args[0] if isinstance(error, Exception) and error.args else error
        try:
            text = str(getattr(detail, "str", lambda: detail)())
        except SystemError:  # so the client fails where librdkafka has no words for an error
            text = str(getattr(detail, "name", lambda: type(detail).__name__)())
        # The longest first: another may be a part of it.
        for name, value in sorted(self.properties.items(), key=lambda each: -len(each[1])):
            if len(value) > _FEW_CHARS or _SECRET.search(name):
                text = text.replace(value, "…")
        return text

    def refused(self, error: Exception) -> KafkaConfigError:
        """Say why librdkafka makes no client of this, and where that stands, without any value."""
        text = self.said(error)
        named = next((name for name in _QUOTED.findall(text) if name in self.lines), None)
        if named is not None:
            return KafkaConfigError(
                f"{self.path}, line {self.lines[named]}: librdkafka does not take the property"
                f" {named} so, or does not know it"
            )
        return KafkaConfigError(text if self.path is None else f"{self.path}: {text}")


def read_kafka_config(path: Path) -> KafkaConfig:
    """Read a file of ``name=value``, one a line; blank lines and those that begin with # are none.

    Raises ``KafkaConfigError``, which names file and line, where it cannot be read, a line is
    malformed or says what another has said, or a property is one of ``OURS``.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except (OSError, ValueError) as error:  # a NUL in its name is the latter
        why = getattr(error, "strerror", None) or str(error)
        raise KafkaConfigError(
            f"the file of --kafka-config cannot be read: {path}: {why[:1].lower()}{why[1:]}"
        ) from None
    if len(data) > _MOST_BYTES:
        raise KafkaConfigError(f"{path} is over {_MOST_BYTES} bytes: it is no file of properties")
    properties: dict[str, str] = {}
    lines: dict[str, int] = {}
    for number, line in enumerate(data.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
        where = f"{path}, line {number}"
        try:
            text = line.decode().strip()
        except UnicodeDecodeError:
            raise KafkaConfigError(f"{where} is not UTF-8: save the file as that") from None
        if not text or text.startswith("#"):
            continue
        name, value = _pair(text, where)
        if name in lines:
            raise KafkaConfigError(
                f"{where} sets {name}, which line {lines[name]} does: leave one of them"
            )
        properties[name], lines[name] = value, number
    return KafkaConfig(path, properties, lines)


def require_kafka() -> None:
    """Raise ``KafkaConfigError``, one sentence, where the client of Kafka is not installed."""
    if importlib.util.find_spec("confluent_kafka") is None:
        raise KafkaConfigError(
            "Kafka needs the extra kafka, which is not installed here:"
            " pip install '.[kafka]' in the folder of this code brings it"
        )


def _pair(text: str, where: str) -> tuple[str, str]:
    """Take a line apart; what it holds is not quoted, as a part of it may be a secret."""
    name, equals, value = (part.strip() for part in text.partition("="))
    if not equals or not _NAME.fullmatch(name):
        raise KafkaConfigError(
            f"{where} is not name=value: write a property of librdkafka, such as"
            " security.protocol=SASL_SSL, or # before a comment"
        )
    if not value or "\0" in value:
        raise KafkaConfigError(f"{where} gives {name} no value")
    if _OF_PROGRAMS.fullmatch(name):
        raise KafkaConfigError(
            f"{where} sets {name}, which is no property of librdkafka: remove the line"
        )
    if name in OURS:
        raise KafkaConfigError(f"{where} sets {name}, which Cartwatch sets itself: remove the line")
    return name, value
