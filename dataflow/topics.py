"""The topics that are to be read, and the client that reads them."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from dataflow.kafka_config import KafkaConfig, read_kafka_config

if TYPE_CHECKING:
    from confluent_kafka import Consumer

EARLIEST: Final = "earliest"
LATEST: Final = "latest"
STARTS: Final = (EARLIEST, LATEST)
"""Where a topic that was never read begins."""

_OWN: Final[Mapping[str, str | int | bool]] = MappingProxyType(
    {
        "group.id": "cartwatch",  # which it never joins
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "auto.offset.reset": "error",
        "isolation.level": "read_committed",
        "allow.auto.create.topics": False,
        "log_level": 0,
    }
)
"""No committed offsets, nothing passed over in silence, and no topic made by reading."""


class Topics(NamedTuple):
    """What is to be read: of the brokers ``servers``, the ``names``, from ``start`` on.

    ``start`` is for topics that were never read; ``config`` is what else a client needs.
    """

    servers: str
    names: tuple[str, ...]
    start: str = EARLIEST
    config: KafkaConfig = KafkaConfig()


def configured(topics: Topics | None) -> Topics | None:
    """Read the file that says what else a client needs: it may have changed since the last start.

    Raises ``KafkaConfigError``.
    """
    if topics is None or topics.config.path is None:
        return topics
    return topics._replace(config=read_kafka_config(topics.config.path))


def make_consumer(
    topics: Topics,
    own: Mapping[str, Any] = MappingProxyType({}),
    usual: Mapping[str, str | int | bool] = MappingProxyType({}),
) -> "Consumer":
    """Make a client that reads; raises ``KafkaConfigError`` where none can be made.

    The file of properties goes before what is ``usual``, and ``own`` before that.
    """
    from confluent_kafka import Consumer, KafkaException

    settings = topics.config.settings(topics.servers, _OWN)
    try:
        return Consumer({**usual, **settings, **own})
    except (KafkaException, ValueError) as error:
        raise topics.config.refused(error) from None
