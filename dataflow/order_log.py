"""The order log: in which order ranges of the journal and of topics were taken, decided once.

SQLite, in WAL with ``synchronous=FULL``, beside a generation's journal; there is none where Kafka
was never read. The flow writes a range down before it emits it, and a replay follows what stands
here: so the records have one order, whatever their keys and however many partitions there are. The
server makes it, reads it, and writes down what a person has decided about records that are lost.
"""

import threading
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from dataflow.database import FormatError, Schema, open_database, transaction

ORDER_FILE: Final = "order.db"
"""Its file, in the folder of its generation."""

REFUSED: Final = 4
"""The exit status of a flow that cannot go on until a person has decided something."""

JOURNAL: Final = -1
"""Stands for the journal where ranges of partitions have their number."""

VERSION: Final = 1
_ROWS: Final = 256

_SCHEMA: Final = """
CREATE TABLE origin (
    id INTEGER PRIMARY KEY CHECK (id = 1), seq INTEGER NOT NULL, cluster TEXT
);
CREATE TABLE partitions (
    number INTEGER PRIMARY KEY, topic TEXT NOT NULL, partition INTEGER NOT NULL,
    first INTEGER NOT NULL, topic_id TEXT, UNIQUE (topic, partition)
);
CREATE TABLE taken (
    seq INTEGER PRIMARY KEY, part INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
    count INTEGER NOT NULL, crc INTEGER, place INTEGER NOT NULL, at REAL NOT NULL
);
CREATE INDEX taken_by_part ON taken (part, seq);
CREATE TABLE losses (
    number INTEGER PRIMARY KEY, next INTEGER NOT NULL, go_on_at INTEGER, reason TEXT NOT NULL,
    at REAL NOT NULL
);
CREATE TABLE refusal (id INTEGER PRIMARY KEY CHECK (id = 1), words TEXT NOT NULL);
"""
"""``origin`` is where it begins: what stands before it is the journal alone, in its own order, and
has its offsets as ``seq``. ``cluster`` is the one whose topics these are.
"""

_FILE: Final = Schema(
    VERSION, _SCHEMA, "use the version that wrote it, or put the folder back from a copy"
)


class OrderLogError(Exception):
    """The order log cannot be used as it is; the message says why."""


class Partition(NamedTuple):
    """A partition that was ever read: its number for ever, and the first offset that was read.

    ``topic_id`` is what the broker calls the topic, where it gives one: one that is made anew under
    the same name has another.
    """

    number: int
    topic: str
    partition: int
    first: int
    topic_id: str | None = None

    @property
    def source(self) -> str:
        """What its records are said to come from."""
        return source_of(self.topic, self.partition)


class Range(NamedTuple):
    """What was taken at once: chunks of the journal, or records of one partition without a gap.

    ``first`` and ``last`` are offsets, both inclusive, of chunks or of records; ``records`` is
    how many these are and ``place`` that of the first, in the one order. ``crc`` is a checksum
    of their values, by which others at the same offsets are found out. ``at`` is when it was taken,
    in seconds since 1970, and never before the records ahead of it. A range of no records says
    that a partition goes on at ``first``, because a person has given up what stood before.
    """

    seq: int
    part: int
    first: int
    last: int
    records: int
    crc: int | None
    place: int
    at: float

    @property
    def is_leap(self) -> bool:
        """Whether it is no more than the place where a partition goes on."""
        return self.part != JOURNAL and self.records == 0


class Loss(NamedTuple):
    """Records of a partition that cannot be read: everything from ``next`` to before ``go_on_at``.

    ``go_on_at`` is None where nobody can go on by giving them up alone: the view has them.
    """

    number: int
    next: int
    go_on_at: int | None
    reason: str
    at: float


class Origin(NamedTuple):
    """Where the log begins, and the cluster of its topics, once that is known."""

    seq: int
    cluster: str | None


class OrderLog:
    """The file, opened to read and to write; safe to call from any thread."""

    def __init__(self, path: Path) -> None:
        """Open it; raises ``OrderLogError`` where it is none, and ``sqlite3.Error``."""
        self._lock = threading.Lock()
        try:
            self._db = open_database(path, _FILE)
        except FormatError as error:
            raise OrderLogError(str(error)) from error

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    def begin(self, seq: int) -> None:
        """Let it begin at an offset of the journal, where it has no beginning yet."""
        with self._lock, transaction(self._db) as db:
            db.execute("INSERT OR IGNORE INTO origin VALUES (1, ?, NULL)", (seq,))

    def origin(self) -> Origin:
        """Give where it begins; raises ``OrderLogError`` where its making was cut short."""
        row = self._one("SELECT seq, cluster FROM origin")
        if row is None:
            raise OrderLogError("the order log has no beginning: its making was cut short")
        return Origin(*row)

    def join_cluster(self, cluster: str) -> None:
        """Note whose topics these are, for ever."""
        with self._lock, transaction(self._db) as db:
            db.execute("UPDATE origin SET cluster = ifnull(cluster, ?)", (cluster,))

    def partitions(self) -> list[Partition]:
        """Give every partition that was ever read, by their numbers."""
        rows = self._all("SELECT number, topic, partition, first, topic_id FROM partitions")
        return [Partition(*row) for row in rows]

    def partition(self, number: int) -> Partition:
        """Give the partition that has a number."""
        row = self._one(
            "SELECT number, topic, partition, first, topic_id FROM partitions WHERE number = ?",
            number,
        )
        assert row is not None, f"no partition has the number {number}"
        return Partition(*row)

    def add_partition(
        self, topic: str, partition: int, first: int, topic_id: str | None
    ) -> Partition:
        """Give a partition its number for ever, from 0; durable when this returns."""
        with self._lock, transaction(self._db) as db:
            row = db.execute(
                "INSERT INTO partitions SELECT ifnull(max(number), -1) + 1, ?, ?, ?, ?"
                " FROM partitions RETURNING number, topic, partition, first, topic_id",
                (topic, partition, first, topic_id),
            ).fetchone()
        return Partition(*row)

    def note_topic_id(self, number: int, topic_id: str) -> None:
        """Note what the broker calls the topic of a partition."""
        with self._lock, transaction(self._db) as db:
            db.execute("UPDATE partitions SET topic_id = ? WHERE number = ?", (topic_id, number))

    def append(self, ranges: Iterable[Range]) -> None:
        """Write ranges down, all or none: durable when this returns."""
        with self._lock, transaction(self._db) as db:
            db.executemany("INSERT INTO taken VALUES (?, ?, ?, ?, ?, ?, ?, ?)", ranges)

    def get(self, seq: int) -> Range | None:
        """Give the range of a number; None behind the end."""
        row = self._one("SELECT * FROM taken WHERE seq = ?", seq)
        return None if row is None else Range(*row)

    def newest(self) -> Range | None:
        """Give the last range; None where there is none."""
        row = self._one("SELECT * FROM taken ORDER BY seq DESC LIMIT 1")
        return None if row is None else Range(*row)

    def newest_with_records(self, before: int = 2**62) -> Range | None:
        """Give the last range, below a number, that is more than a place to go on at."""
        row = self._one(
            "SELECT * FROM taken WHERE seq < ? AND count > 0 ORDER BY seq DESC LIMIT 1", before
        )
        return None if row is None else Range(*row)

    def end(self) -> int:
        """Give the number that the next range will have."""
        newest = self.newest()
        return self.origin().seq if newest is None else newest.seq + 1

    def following(self, number: int, seq: int) -> Range | None:
        """Give the first range of a partition from a number on; None where there is none."""
        row = self._one(
            "SELECT * FROM taken WHERE part = ? AND seq >= ? ORDER BY seq LIMIT 1", number, seq
        )
        return None if row is None else Range(*row)

    def last_of(self, number: int) -> Range | None:
        """Give the last range of a partition; None where there is none."""
        row = self._one("SELECT * FROM taken WHERE part = ? ORDER BY seq DESC LIMIT 1", number)
        return None if row is None else Range(*row)

    def extent(self, partition: Partition) -> tuple[int, int] | None:
        """Give the first and the last offset that were read of a partition; None for none."""
        row = self._one(
            "SELECT min(first), max(last) FROM taken WHERE part = ? AND count > 0",
            partition.number,
        )
        return None if row is None or row[0] is None else (row[0], row[1])

    def after(self, seq: int, most: int) -> list[Range]:
        """Read ranges from a number on, in their order."""
        rows = self._all("SELECT * FROM taken WHERE seq >= ? ORDER BY seq LIMIT ?", seq, most)
        return [Range(*row) for row in rows]

    def newest_of(self, number: int) -> Range | None:
        """Give the last range of a partition that holds records; None where there is none."""
        row = self._one(
            "SELECT * FROM taken WHERE part = ? AND count > 0 ORDER BY seq DESC LIMIT 1", number
        )
        return None if row is None else Range(*row)

    def before_loss(self, number: int) -> Iterator[Range]:
        """Give the ranges of a partition before the last place that it went on at, by a person."""
        seq = -1
        while rows := self._all(
            "SELECT * FROM taken WHERE part = ?1 AND count > 0 AND seq > ?2 AND seq <"
            " (SELECT max(seq) FROM taken WHERE part = ?1 AND count = 0) ORDER BY seq LIMIT ?3",
            *(number, seq, _ROWS),
        ):
            yield from (Range(*row) for row in rows)
            seq = rows[-1][0]

    def lose(self, loss: Loss) -> None:
        """Write down that records of a partition are gone, in the place of what was known of it."""
        with self._lock, transaction(self._db) as db:
            db.execute("INSERT OR REPLACE INTO losses VALUES (?, ?, ?, ?, ?)", loss)

    def forget_losses(self) -> None:
        """Forget what was said to be lost and was not given up."""
        if self.losses():
            with self._lock, transaction(self._db) as db:
                db.execute("DELETE FROM losses")

    def losses(self) -> list[Loss]:
        """Give what is lost and was not given up by anybody."""
        return [Loss(*row) for row in self._all("SELECT * FROM losses ORDER BY number")]

    def refuse(self, words: str | None) -> None:
        """Write down why the flow does not go on; None where it does."""
        with self._lock, transaction(self._db) as db:
            db.execute("DELETE FROM refusal")
            if words is not None:
                db.execute("INSERT INTO refusal VALUES (1, ?)", (words,))

    def refusal(self) -> str | None:
        """Say why the flow does not go on, where it has said so."""
        row = self._one("SELECT words FROM refusal")
        return None if row is None else str(row[0])

    def leap(self, number: int, next_offset: int, go_on_at: int, at: float) -> bool:
        """Give up a loss, as it was shown: the partition goes on behind it. Durable.

        False where nothing of the kind is lost (any more).
        """
        with self._lock, transaction(self._db) as db:
            found = db.execute(
                "DELETE FROM losses WHERE number = ? AND next = ? AND go_on_at = ?",
                (number, next_offset, go_on_at),
            )
            if not found.rowcount:
                return False
            db.execute("UPDATE partitions SET topic_id = NULL WHERE number = ?", (number,))
            db.execute(
                "INSERT INTO taken SELECT ifnull(max(seq) + 1, (SELECT seq FROM origin)), ?, ?, ?,"
                " 0, NULL, ifnull((SELECT place + count FROM taken ORDER BY seq DESC LIMIT 1), 0),"
                " max(?, ifnull(max(at), 0)) FROM taken",
                (number, go_on_at, go_on_at - 1, at),
            )
        return True

    def _one(self, query: str, *values: int) -> tuple[Any, ...] | None:
        with self._lock:
            row: tuple[Any, ...] | None = self._db.execute(query, values).fetchone()
        return row

    def _all(self, query: str, *values: int) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._db.execute(query, values).fetchall()


def make_order_log(path: Path, seq: int) -> None:
    """Make the log of a folder that reads Kafka for the first time: it begins at ``seq``.

    That is where the journal ended by then. One that is there is left as it is.
    """
    log = OrderLog(path)
    try:
        log.begin(seq)
    finally:
        log.close()


def source_of(topic: str, partition: int) -> str:
    """Say what records of a partition come from."""
    return f"{topic}/{partition}"


_encode = msgspec.msgpack.Encoder().encode


def crc_of(value: bytes | None) -> int:
    """Give the checksum of one record's value; of none it is another than of an empty one."""
    return zlib.crc32(b"\0null") if value is None else zlib.crc32(value)


def crc_of_all(values: Sequence[bytes | None]) -> int:
    """Give the checksum of the values of a range; where one ends and the next begins counts.

    As MessagePack has them: a call for each record took five times as long.
    """
    return zlib.crc32(_encode(values))
