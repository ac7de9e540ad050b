"""The options of Kafka: its brokers, how they are reached, what is read and what is published."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import click

from dataflow.kafka_config import KafkaConfig, read_kafka_config, require_kafka
from dataflow.topics import EARLIEST, STARTS, Topics
from web.commands.arguments import brokers, path_name, topic_name, with_options
from web.settings import CompletedTopic


def kafka_of(
    kafka: str | None,
    kafka_config: str | None,
    names: tuple[str, ...],
    kafka_from: str | None,
    completed_topic: str | None,
) -> tuple[Topics | None, CompletedTopic | None]:
    """Gather what these options say: the topics that are read, and the one that is published to.

    Raises ``click.UsageError`` for what does not go together, and ``KafkaConfigError``.
    """
    if kafka is None:
        given = {
            "--topic": names,
            "--kafka-from": kafka_from,
            "--kafka-config": kafka_config,
            "--completed-topic": completed_topic,
        }
        _refuse_without_brokers(given)
        return None, None
    if not names and completed_topic is None:
        raise click.UsageError(
            "--kafka goes with --topic or --completed-topic: say what is read, or published where"
        )
    if kafka_from is not None and not names:
        raise click.UsageError("--kafka-from goes with --topic: name the topics that are read")
    if completed_topic in names:
        raise click.UsageError(
            f"--completed-topic {completed_topic} is read, too: what is published would come back"
        )
    config = _config(kafka_config)
    unique = tuple(dict.fromkeys(names))
    topics = Topics(kafka, unique, kafka_from or EARLIEST, config) if names else None
    completed = None if completed_topic is None else CompletedTopic(kafka, completed_topic, config)
    return topics, completed


def known_topics_of(kafka: str | None, kafka_config: str | None) -> Topics | None:
    """Gather by which brokers topics are read that are known already; None where by none.

    Raises what ``kafka_of`` raises.
    """
    if kafka is None:
        _refuse_without_brokers({"--kafka-config": kafka_config})
        return None
    return Topics(kafka, (), EARLIEST, _config(kafka_config))


def _refuse_without_brokers(given: Mapping[str, object]) -> None:
    for name in (name for name, value in given.items() if value):
        raise click.UsageError(f"{name} goes with --kafka: name the brokers, too")


def _config(path: str | None) -> KafkaConfig:
    """Read the file of properties, at a place where a process finds it that starts elsewhere."""
    require_kafka()
    return KafkaConfig() if path is None else read_kafka_config(Path(path).absolute())


_BROKERS: Final = (
    click.option(
        "--kafka",
        type=brokers,
        metavar="HOST:PORT[,…]",
        help="Brokers of Kafka, some of them: they name the others. Needs the extra kafka.",
    ),
    click.option(
        "--kafka-config",
        type=path_name,
        metavar="F",
        help="File of librdkafka's own properties, a name=value a line, as for SASL and TLS.",
    ),
)

_TOPICS: Final = (
    click.option(
        "--topic",
        "names",
        type=topic_name,
        multiple=True,
        metavar="T",
        help="Topic to read beside what is uploaded and posted; may be given several times.",
    ),
    click.option(
        "--kafka-from",
        type=click.Choice(STARTS),
        help="Where a topic begins that was never read: at its first kept record (earliest, the"
        " default), or with what comes from now on.",
    ),
    click.option(
        "--completed-topic",
        type=topic_name,
        metavar="T",
        help="Topic to publish completed orders to.",
    ),
)

broker_options: Final = with_options(*_BROKERS)
"""Adds the options of who reads topics that are known already."""

kafka_options: Final = with_options(*_BROKERS, *_TOPICS)
"""Adds the options of a server that reads topics or publishes to one."""
