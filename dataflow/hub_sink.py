"""The sink that publishes to the websocket hub: a client that waits for what it sent to be kept.

Delivery: at least once. Batches stream without waiting, within the bound of the outbox; at the
end of an epoch ``snapshot()`` sends a barrier and returns when the hub has committed everything,
so an epoch is only ever complete when the view has it. Without a hub it waits and tries again,
and the flow stops reading. A resume sends again what came after the last epoch.
"""

import logging
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import msgspec
from bytewax.outputs import FixedPartitionedSink, StatefulSinkPartition
from typing_extensions import override
from websockets.exceptions import ConnectionClosed, InvalidHandshake, WebSocketException
from websockets.frames import CloseCode
from websockets.sync.client import ClientConnection, connect

from dataflow.drawing import PUBLISH, SNAPSHOT
from dataflow.duplex import duplex_trust
from dataflow.faults import reach
from dataflow.messages import (
    Barrier,
    Committed,
    Message,
    Started,
    Welcome,
    decode_answer,
    encode_message,
    join_messages,
)
from dataflow.outbox import Outbox
from dataflow.pieces import MAX_MESSAGE_BYTES, split_batch
from dataflow.steps import Restored
from dataflow.stopwatch import Stopwatch
from dataflow.workers import MAX_WORKERS, part_of

BATCH_BYTES: Final = 256 * 1024
_OPEN_TIMEOUT_S: Final = 5.0
_LONGEST_PAUSE_S: Final = 2.0
_log = logging.getLogger(__name__)


class HubPartition(StatefulSinkPartition[Message, int]):
    """One connection to the hub at ``url`` (``ws://…/ws/publish``), opened as often as it breaks.

    One at ``wss://`` proves who it is, to the authorities in the file ``ca`` or to the system's.

    ``secret`` is the one that the hub made for this start; ``execution`` grows with every start
    of the flow, and of two publishers of a ``worker`` the hub listens to the one with the greater.
    That the flow has started is told with what was ``restored`` here. Now and then it tells what
    ``stopwatch`` has measured; what it waits for the hub counts as its own work, as it holds the
    flow up by it. While the end of an epoch becomes durable it does ``meanwhile``, again and again,
    which is some of the work that comes next and tells whether there may be more of it.
    """

    def __init__(
        self,
        url: str,
        secret: str,
        execution: int,
        stopwatch: Stopwatch | None = None,
        meanwhile: Callable[[], bool] = lambda: False,
        restored: Restored | None = None,
        worker: int = 0,
        ca: Path | None = None,
    ) -> None:
        is_secure = url.startswith("wss:")
        self._trust = duplex_trust(ca) if is_secure else None
        self._url = f"{url}?execution={execution}&worker={worker}"
        self._worker = worker
        self._restored = restored or Restored()
        self._secret = secret
        self._meanwhile = meanwhile
        self._stopwatch = stopwatch or Stopwatch()
        self._outbox = Outbox()
        self._socket: ClientConnection | None = None
        self._opened = ExitStack()

    @override
    def write_batch(self, values: list[Message]) -> None:
        began = time.perf_counter()
        encoded: list[bytes] = []
        size = 0
        for message in values:
            if isinstance(message, Started):
                message = self._restored.started(message)
            data = encode_message(message)
            encoded.append(data)
            size += len(data)
            if size >= BATCH_BYTES:
                self._publish(encoded)
                encoded, size = [], 0
        if self._stopwatch.is_due:
            encoded.append(encode_message(self._stopwatch.tell(self._worker)))
        if encoded:
            self._publish(encoded)
        self._stopwatch.stop(PUBLISH, began)

    @override
    def snapshot(self) -> int:
        reach("barrier to be sent")
        began = time.perf_counter()
        busy, barrier = self._stopwatch.tell(self._worker), Barrier(self._worker)
        self._publish([encode_message(busy), encode_message(barrier)])
        while not self._outbox.is_empty:
            working = time.perf_counter()
            may_go_on = self._meanwhile()
            began += time.perf_counter() - working
            self._exchange(wait=not may_go_on)
        self._stopwatch.stop(PUBLISH, began)
        self._stopwatch.stop(SNAPSHOT, began)
        reach("barrier acknowledged")
        return 0

    @override
    def close(self) -> None:
        self._opened.close()

    def _publish(self, encoded: list[bytes]) -> None:
        while self._outbox.is_full:
            self._exchange(wait=True)
        self._outbox.add(join_messages(encoded))
        self._exchange(wait=False)

    def _exchange(self, *, wait: bool) -> None:
        """Send what is unsent and hear what the hub answers; with ``wait``, at least one word."""
        try:
            socket = self._socket or self._connect()
            while (batch := self._outbox.next_unsent()) is not None:
                for message in split_batch(batch):
                    socket.send(message)
            while True:
                try:
                    answer = socket.recv(timeout=None if wait else 0)
                except TimeoutError:
                    return
                self._hear(answer)
                wait = False
        except (OSError, WebSocketException) as error:
            closed = error.rcvd if isinstance(error, ConnectionClosed) else None
            planned = closed is not None and closed.code == CloseCode.SERVICE_RESTART
            level = logging.INFO if planned else logging.WARNING
            _log.log(level, "The hub is gone (%s): connecting again.", error)
            self._socket = None
            self._opened.close()

    def _hear(self, answer: str | bytes) -> None:
        word = decode_answer(answer if isinstance(answer, bytes) else answer.encode())
        if isinstance(word, Committed):
            self._outbox.acknowledge(word.batch)

    def _connect(self) -> ClientConnection:
        """Open the connection, however long it takes, and go on behind what the hub has."""
        pause = 0.05
        while True:
            try:
                with ExitStack() as opening:
                    socket = opening.enter_context(
                        connect(
                            self._url,
                            additional_headers={"Authorization": f"Bearer {self._secret}"},
                            compression=None,
                            max_size=MAX_MESSAGE_BYTES,
                            open_timeout=_OPEN_TIMEOUT_S,
                            proxy=None,
                            ssl=self._trust,
                        )
                    )
                    word = decode_answer(socket.recv(timeout=_OPEN_TIMEOUT_S, decode=False))
                    self._opened = opening.pop_all()
            except (OSError, InvalidHandshake, WebSocketException, msgspec.DecodeError) as error:
                _log.info("No hub at %s yet (%s).", self._url, error)
                time.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE_S)
                continue
            if isinstance(word, Welcome):
                self._outbox.reconnected(word.received)
                self._socket = socket
                reach("hub reached")
                return socket


class _Idle(StatefulSinkPartition[Message, int]):
    """The partition of a worker that there was at another start, and is not now."""

    @override
    def write_batch(self, values: list[Message]) -> None:
        raise RuntimeError("messages for a worker that there is not")

    @override
    def snapshot(self) -> int:
        return 0


class HubSink(FixedPartitionedSink[Message, int]):
    """Publishes messages to the hub, at least once each; ``begin`` makes the partition in use.

    A partition is that of a worker, named by ``part_of``. Each of the ``workers`` has its own, and
    some of those that are not in use.
    """

    def __init__(
        self, begin: Callable[[], HubPartition], worker: int = 0, workers: int = 1
    ) -> None:
        self._begin = begin
        self._worker = worker
        self._workers = workers

    @override
    def list_parts(self) -> list[str]:
        return [part_of(part) for part in range(self._worker, MAX_WORKERS, self._workers)]

    @override
    def part_fn(self, item_key: str) -> int:
        return int(item_key)

    @override
    def build_part(
        self, step_id: str, for_part: str, resume_state: int | None
    ) -> StatefulSinkPartition[Message, int]:
        return self._begin() if for_part == part_of(self._worker) else _Idle()
