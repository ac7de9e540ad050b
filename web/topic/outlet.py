"""The topic's end of a connection: a producer that publishes orders with the position behind them.

Delivery: with transactions exactly once, for who reads committed messages alone: messages and
position are committed together, and the next producer of this folder undoes what this one has left
open. Where the broker keeps no transactions at least once: the position is the data folder's, and
orders since it was written are published again.
"""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

from dataflow.faults import reach
from dataflow.kafka_config import require_kafka
from web.settings import CompletedTopic
from web.topic.kept_position import KeptPositions
from web.topic.publication import AT_LEAST_ONCE, EXACTLY_ONCE
from web.topic.resuming import Position, Resumed, resume

if TYPE_CHECKING:
    from confluent_kafka import Consumer, Producer

CALL_S: Final = 0.5
"""A call that has to wait for the broker is asked again as often: a stop does not wait longer."""

PATIENCE_S: Final = 10.0
"""After so long without an answer a client that is being made is made anew."""

PROMPT_S: Final = 2.0
"""So long may it take to publish: then it is given up and begun anew, by another producer. A broker
that comes back meanwhile may not know any more what was begun before."""

SLOW_S: Final = 1.0
"""From then on an answer that does not come is a failure."""

_PAUSE_S: Final = 0.05
TRANSACTION_MS: Final = 10_000
"""For so long an open transaction of a server that was killed and not started again holds readers
of committed messages up."""

_NO_NOTE: Final = (
    "the broker does not keep what is written beside a position, and so not its word on"
    " transactions"
)
_NO_TRANSACTIONS: Final = "the broker has no transactions"

_EACH_TIME: Final = re.compile(r" \(after \d+ ?ms.*\)$")

T = TypeVar("T")


class OutletError(Exception):
    """The topic cannot be published to now; the message says why, without any secret."""


class Message(NamedTuple):
    """An order as it is published."""

    key: bytes
    value: bytes


def refuse_unusable(target: CompletedTopic) -> None:
    """Raise ``KafkaConfigError`` where no client can be made, whatever the broker says."""
    require_kafka()
    from confluent_kafka import KafkaException, Producer

    try:
        Producer(target.config.settings("", {"log_level": 0}))
    except (KafkaException, ValueError, TypeError) as error:
        raise target.config.refused(error) from None


class Outlet:
    """One producer, from its making to its first error; used by one thread."""

    def __init__(
        self,
        target: CompletedTopic,
        kept: KeptPositions,
        generation: str,
        is_ending: Callable[[], bool],
        waits: Callable[[str], None],
    ) -> None:
        """Connect, find out what the broker promises, and where to go on, ``resumed``.

        ``waits`` is told why a call waits. Raises ``OutletError``.
        """
        self._target = target
        self._kept = kept
        self._generation = generation
        self._is_ending = is_ending
        self._waits = waits
        self._said = ""
        self._patience_s = PATIENCE_S
        self.mode = EXACTLY_ONCE
        self.because: str | None = None
        self._producer: Producer | None = None
        consumer = self._make_consumer()
        try:
            self._group = consumer.consumer_group_metadata()
            self._cluster, partitions = self._find_topic(consumer)
            self.resumed = self._open(consumer, partitions)
            self._patience_s = PROMPT_S
        except BaseException:
            self.close()
            raise
        finally:
            consumer.close()  # one that is kept asks for its broker all the time

    def publish(self, messages: Sequence[Message], position: Position) -> None:
        """Publish orders in their order, and the position behind them; all is there on return."""
        producer = self._producer
        assert producer is not None
        if self.mode == EXACTLY_ONCE:
            self._trying(producer.begin_transaction)
        failures: list[Any] = []

        def delivered(error: Any, _: Any) -> None:
            # What fails in here, the client makes a SystemError of: it is put into words outside.
            if error is not None:
                failures.append(error)

        for message in messages:
            self._produce(producer, message, delivered)
        self._patiently(lambda: producer.flush(CALL_S) == 0)
        if failures:
            raise OutletError(self._words(failures[0]))
        if self.mode == EXACTLY_ONCE:
            reach("orders published")
            self._commit(producer, position)
        reach("orders committed")
        self.keep(position)

    def keep(self, position: Position) -> None:
        """Keep a copy of the position with the data."""
        try:
            self._kept.put(self._cluster, self._target.topic, self._generation, position)
        except OSError as error:
            raise OutletError(f"the position cannot be kept with the data: {error}") from None

    def attend(self) -> None:
        """Hear what the client has to say; to be called now and then while nothing is published."""
        if self._producer is not None:
            self._producer.poll(0)

    def close(self) -> None:
        """Let the connection go, and undo what is left open as far as that is quick."""
        from confluent_kafka import KafkaException

        if self._producer is not None:
            if self.mode == EXACTLY_ONCE:
                with suppress(KafkaException):
                    self._producer.abort_transaction(CALL_S)
            self._producer.purge()
            self._producer = None

    def _find_topic(self, consumer: Consumer) -> tuple[str, int]:
        """Give the name of the cluster and the number of the topic's partitions.

        All topics are asked for: to ask for one that is not there makes it, at many a broker.
        """

        def listed() -> Any:
            consumer.poll(0)  # so that it says what goes wrong
            return consumer.list_topics(timeout=CALL_S)

        found = self._patiently(listed)
        topic = found.topics.get(self._target.topic)
        if topic is None or not topic.partitions:
            raise OutletError(
                f"the broker has no topic {self._target.topic}, or lets nobody know of it: make it"
            )
        return str(found.cluster_id), len(topic.partitions)

    def _open(self, consumer: Consumer, partitions: int) -> Resumed:
        """Find out what the broker promises, by a transaction that moves nothing."""
        from confluent_kafka import KafkaError, KafkaException

        self._producer = self._make_producer(
            {
                "transactional.id": f"cartwatch-{self._kept.name}",
                "transaction.timeout.ms": TRANSACTION_MS,
            }
        )
        producer = self._producer
        try:
            self._patiently(lambda: self._done(producer.init_transactions, CALL_S), raw=True)
        except KafkaException as error:
            if error.args[0].code() != KafkaError._UNSUPPORTED_FEATURE:
                raise OutletError(self._words(error.args[0])) from None
            return self._without_transactions(_NO_TRANSACTIONS, consumer, partitions)
        committed = self._committed(consumer)
        if committed is not None and not committed.note:
            return self._without_transactions(_NO_NOTE, consumer, partitions)
        resumed = self._resume(committed, consumer, partitions)
        self._trying(producer.begin_transaction)
        self._commit(producer, resumed.position)
        if self._committed(consumer) != resumed.position:
            return self._without_transactions(_NO_NOTE, consumer, partitions)
        return resumed

    def _without_transactions(self, because: str, consumer: Consumer, partitions: int) -> Resumed:
        self.mode, self.because = AT_LEAST_ONCE, because
        self._producer = self._make_producer({})
        return self._resume(None, consumer, partitions)

    def _resume(self, committed: Position | None, consumer: Consumer, partitions: int) -> Resumed:
        kept = self._kept.get(self._cluster, self._target.topic, self._generation)
        is_empty = committed is None and kept is not None and self._is_empty(consumer, partitions)
        return resume(committed, kept, is_empty=is_empty, is_asked=self.mode == EXACTLY_ONCE)

    def _commit(self, producer: Producer, position: Position) -> None:
        """Commit the transaction that is open, with the position in it."""
        from confluent_kafka import TopicPartition

        at = TopicPartition(self._target.topic, 0, position.seq, metadata=position.note)
        send = producer.send_offsets_to_transaction
        self._apart(lambda: send([at], self._group, CALL_S))
        self._patiently(lambda: self._done(producer.commit_transaction, CALL_S))

    def _committed(self, consumer: Consumer) -> Position | None:
        """Give the position that the broker has; None where it has none."""
        from confluent_kafka import TopicPartition

        ask = [TopicPartition(self._target.topic, 0)]
        (found,) = self._patiently(lambda: consumer.committed(ask, timeout=CALL_S))
        if found.error is not None:
            raise OutletError(self._words(found.error))
        return None if found.offset < 0 else Position(found.offset, found.metadata or "")

    def _is_empty(self, consumer: Consumer, partitions: int) -> bool:
        """Whether the topic has never held a message."""
        from confluent_kafka import TopicPartition

        def end(part: TopicPartition) -> int:
            ask = partial(consumer.get_watermark_offsets, part, timeout=CALL_S)
            return self._patiently(ask)[1]

        return not any(end(TopicPartition(self._target.topic, each)) for each in range(partitions))

    def _produce(
        self, producer: Producer, message: Message, delivered: Callable[[Any, Any], None]
    ) -> None:
        def put() -> bool:
            try:
                producer.produce(
                    self._target.topic, message.value, message.key, on_delivery=delivered
                )
            except BufferError:  # its queue is full: until some have been delivered
                producer.poll(CALL_S)
                return False
            return True

        if not put():
            self._patiently(put)

    def _make_producer(self, own: dict[str, str | int | bool]) -> Producer:
        from confluent_kafka import KafkaException, Producer

        config = self._settings(
            {
                "acks": "all",
                "enable.idempotence": True,
                # As Java's clients have it: an order's user is where every other producer puts it.
                "partitioner": self._target.config.properties.get("partitioner", "murmur2_random"),
                **own,
            }
        )
        try:
            return Producer(config, logger=self._logger())
        except (KafkaException, ValueError, TypeError) as error:
            raise OutletError(str(self._target.config.refused(error))) from None

    def _make_consumer(self) -> Consumer:
        """Make what reads the position; it reads no message."""
        from confluent_kafka import Consumer, KafkaException

        own: dict[str, str | int | bool] = {
            "group.id": f"cartwatch-{self._kept.name}-{self._generation}",
            "enable.auto.commit": False,
            "isolation.level": "read_committed",  # or it would tell what is not committed yet
            "allow.auto.create.topics": False,
        }
        try:
            return Consumer(self._settings(own), logger=self._logger())
        except (KafkaException, ValueError, TypeError) as error:
            raise OutletError(str(self._target.config.refused(error))) from None

    def _settings(self, own: dict[str, str | int | bool]) -> dict[str, Any]:
        settings = self._target.config.settings(self._target.servers, own)
        return {**settings, "error_cb": self._hear}

    def _hear(self, error: Any) -> None:
        """Hear what goes wrong beside the calls: it says more than that one got no answer."""
        self._said = self._words(error)

    def _logger(self) -> logging.Logger:
        """Give where the client tells what it does: nowhere, unless a person has asked for it."""
        if "debug" in self._target.config.properties:
            return logging.getLogger(__name__)
        silent = logging.Logger("librdkafka")
        silent.addHandler(logging.NullHandler())
        return silent

    @staticmethod
    def _done(call: Callable[..., object], *arguments: object) -> bool:
        call(*arguments)
        return True

    def _apart(self, call: Callable[[], None]) -> None:
        """Make a call of the producer that may never come back, whatever time it is given.

        librdkafka's taking of a position does so, where the broker was started anew in the middle
        of a transaction: the producer is left behind with it then.
        """
        from confluent_kafka import KafkaException

        ended = threading.Event()
        errors: list[Any] = []

        def work() -> None:
            try:
                call()
            except (KafkaException, SystemError) as error:
                errors.append(error)
            finally:
                ended.set()

        threading.Thread(target=work, name="completed-topic-position", daemon=True).start()
        try:
            self._patiently(lambda: ended.wait(CALL_S))
        except OutletError:
            self._producer = None
            raise
        if errors:
            raise OutletError(self._words(errors[0]))

    def _trying(self, call: Callable[[], object]) -> None:
        """Make a call that waits for nothing."""
        from confluent_kafka import KafkaException

        try:
            call()
        except (KafkaException, SystemError) as error:
            raise OutletError(self._words(error)) from None

    def _patiently(self, call: Callable[[], T | None], *, raw: bool = False) -> T:
        """Make a call again and again until it gives something.

        An error that may pass is waited out for some seconds; any other ends this outlet, with
        ``raw`` as it is.
        """
        from confluent_kafka import KafkaError, KafkaException

        passing = (KafkaError._TIMED_OUT, KafkaError._TRANSPORT, KafkaError._ALL_BROKERS_DOWN)
        begun = time.monotonic()
        why = "the broker does not answer"
        while True:
            try:
                given = call()
                if given:
                    return given
            except KafkaException as error:
                detail = error.args[0]
                may_pass = detail.retriable() or detail.code() in passing
                if not may_pass or detail.fatal() or detail.txn_requires_abort():
                    if raw:
                        raise
                    raise OutletError(self._words(detail)) from None
            except SystemError as error:  # the client broke over an error of its own
                raise OutletError(self._words(error)) from None
            if self._producer is not None:
                self._producer.poll(0)
            words = f"{why}: {self._said}" if self._said else why
            waited = time.monotonic() - begun
            if self._is_ending() or waited > self._patience_s:
                raise OutletError(words)
            if waited > SLOW_S:
                self._waits(words)
            time.sleep(_PAUSE_S)  # some calls fail at once

    def _words(self, error: Any) -> str:
        """Say an error, without what is another each time."""
        return _EACH_TIME.sub("", self._target.config.said(error))
