"""Whether all that was read from topics is still there: looked at before anything is made anew."""

from contextlib import closing
from pathlib import Path

from dataflow.kafka_again import Others
from dataflow.kafka_config import KafkaConfigError
from dataflow.kafka_watch import NoAnswerError, ends_of
from dataflow.order_log import OrderLog, Partition
from dataflow.topics import Topics
from web.commands.opening import StartError
from web.data.order import usable


def topics_again(path: Path, topics: Topics | None) -> Topics | None:
    """Give what reads again what an order log says was read, and nothing new; None for nothing.

    Raises ``StartError``, with what is gone, where that cannot be, and ``JournalError`` where the
    log cannot be used: nothing was changed then.
    """
    if not path.exists():
        return None
    with usable(path), closing(OrderLog(path)) as log:
        cluster = log.origin().cluster
        extents = {each: extent for each in log.partitions() if (extent := log.extent(each))}
    if not extents:
        return None
    if topics is None:
        named = ", ".join(each.source for each in extents)
        raise StartError(
            f"this folder has read topics ({named}), which a rebuild reads again: give --kafka;"
            " nothing was changed"
        )
    try:
        told, ends = ends_of(topics, [(each.topic, each.partition) for each in extents])
    except KafkaConfigError as error:
        raise StartError(str(error)) from error
    except NoAnswerError as error:
        raise StartError(
            f"the brokers {topics.servers} do not tell what they hold ({error}); nothing was"
            " changed"
        ) from error
    if None not in (cluster, told) and cluster != told:
        raise StartError(
            f"the brokers belong to the cluster {told!r}, and this folder has read the cluster"
            f" {cluster!r}; nothing was changed"
        )
    gone = [_gone(each, extents[each], ends[each.topic, each.partition]) for each in extents]
    if words := "; ".join(filter(None, gone)):
        raise StartError(
            f"it cannot be made anew, as records are gone: {words}; nothing was changed"
        )
    if named := ", ".join(each.source for each in _made_anew(path, topics)):
        raise StartError(
            f"it cannot be made anew: {named} holds other records than those that were read, as"
            " where a topic was deleted and made anew; nothing was changed"
        )
    return topics._replace(names=())


def _made_anew(path: Path, topics: Topics) -> list[Partition]:
    others = Others()
    try:
        with usable(path), closing(OrderLog(path)) as log:
            others.find(topics, log, lambda _: True)
    except NoAnswerError as error:
        raise StartError(f"{error}; nothing was changed") from error
    return list(others.partitions.values())


def _gone(partition: Partition, extent: tuple[int, int], ends: tuple[int, int]) -> str | None:
    """Say what is gone of a partition; None where nothing is."""
    first, last = extent
    low, high = ends
    if low > first:
        return f"{partition.source} was read from {first} on, and keeps what comes from {low} on"
    if high <= last:
        return f"{partition.source} was read up to {last}, and ends at {high}"
    return None
