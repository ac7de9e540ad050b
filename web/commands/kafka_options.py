"""The options of Kafka: its brokers, how they are reached, and what is published there."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import click

from dataflow.kafka_config import KafkaConfig, read_kafka_config
from web.commands.arguments import brokers, path_name, topic_name
from web.settings import CompletedTopic

Command = Callable[..., Any]


def kafka_options(command: Command) -> Command:
    """Add the options of Kafka; gives the command."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def completed_topic(
    kafka: str | None, kafka_config: str | None, completed_topic: str | None
) -> CompletedTopic | None:
    """Gather what these options say; None where nothing is published.

    Raises ``click.UsageError`` for what does not go together, and ``KafkaConfigError``.
    """
    if kafka is None:
        given = {"--kafka-config": kafka_config, "--completed-topic": completed_topic}
        for name in (name for name, value in given.items() if value is not None):
            raise click.UsageError(f"{name} goes with --kafka: name the brokers, too")
        return None
    if completed_topic is None:
        raise click.UsageError("--kafka goes with --completed-topic: say what is published where")
    config = KafkaConfig() if kafka_config is None else read_kafka_config(Path(kafka_config))
    return CompletedTopic(kafka, completed_topic, config)


_OPTIONS: Final = (
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
    click.option(
        "--completed-topic",
        type=topic_name,
        metavar="T",
        help="Topic to publish completed orders to.",
    ),
)
