"""What the sink has sent and the hub has not yet made durable: pure bookkeeping of batches.

Batches are numbered from 1 within one execution. Full means: wait for acknowledgements before
adding more. A batch larger than the whole bound is still taken where nothing else waits.
"""

from collections import deque
from typing import Final

MAX_BYTES: Final = 16 * 1024 * 1024


class Outbox:
    """The unacknowledged batches of one execution, oldest first."""

    def __init__(self, most_bytes: int = MAX_BYTES) -> None:
        self._most_bytes = most_bytes
        self._batches: deque[tuple[int, bytes]] = deque()
        self._bytes = 0
        self._last = 0
        self._sent = 0

    def add(self, batch: bytes) -> None:
        """Take a further batch in, to be sent."""
        self._last += 1
        self._batches.append((self._last, batch))
        self._bytes += len(batch)

    def next_unsent(self) -> bytes | None:
        """Give the next batch to send and count it as sent; None where all are."""
        if self._sent == self._last:
            return None
        batch = self._batches[self._sent - self._last][1]
        self._sent += 1
        return batch

    def acknowledge(self, batch: int) -> None:
        """Forget every batch up to this one: it is durable."""
        while self._batches and self._batches[0][0] <= batch:
            self._bytes -= len(self._batches.popleft()[1])

    def reconnected(self, received: int) -> None:
        """Go on sending behind the last batch that the hub has received."""
        oldest_kept = self._last - len(self._batches)
        if not oldest_kept <= received <= self._last:
            raise ValueError(
                f"the hub says that it received batch {received}, and this outbox holds"
                f" {oldest_kept + 1} to {self._last}: restart the flow"
            )
        self._sent = received

    @property
    def is_full(self) -> bool:
        """Whether to wait before adding more."""
        return self._bytes >= self._most_bytes

    @property
    def is_empty(self) -> bool:
        """Whether everything is durable at the hub."""
        return not self._batches

    def statistics(self) -> dict[str, int]:
        """Tell how many batches and bytes wait, and how many batches there were."""
        return {"batches": len(self._batches), "bytes": self._bytes, "added": self._last}
