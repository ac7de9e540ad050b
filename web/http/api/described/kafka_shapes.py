"""What the API answers of topics, by its fields."""

from typing import Annotated, Any, Final

from typing_extensions import TypedDict

from dataflow.topics import STARTS
from web.http.api.described.kinds import Count, Time, words
from web.service.kafka import STATES

StartWord = Annotated[str, words(STARTS)]
KafkaWord = Annotated[str, words(STATES)]


class PartitionRead(TypedDict):
    """How far a partition was read: ``lag`` records wait, the newest that was read is so old."""

    topic: str
    partition: Count
    next: Count
    end: Count | None
    lag: Count | None
    lag_seconds: float | None


class Lost(TypedDict):
    """Records that cannot be read: from ``next`` to before ``go_on_at``, where one could go on."""

    topic: str
    partition: Count
    next: Count
    go_on_at: Count | None
    reason: str
    at: Time


class Topics(TypedDict):
    """How topics are read."""

    state: KafkaWord
    brokers: str | None
    start: StartWord | None
    cluster: str | None
    down_since: Time | None
    message: str | None
    partitions: list[PartitionRead]
    not_read: list[str]
    lost: list[Lost]


class GivenUp(TypedDict):
    """Where the partition goes on."""

    go_on_at: Count


KAFKA_SHAPES: Final[tuple[Any, ...]] = (Topics, PartitionRead, Lost, GivenUp)
