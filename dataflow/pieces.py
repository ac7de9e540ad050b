"""Pieces: a batch on the wire, split into websocket messages and put together again. Pure.

Stands between the sink and the hub and belongs to neither. A message is one byte that says whether
its batch goes on in the next one, and a piece of the batch.
"""

from collections.abc import Iterator
from typing import Final

MAX_MESSAGE_BYTES: Final = 1024 * 1024
MAX_BATCH_BYTES: Final = 256 * 1024 * 1024
"""What is put together at most: bounds the memory that a publisher can take."""

LAST_PIECE: Final = b"\0"
MORE_PIECES: Final = b"\1"
_MOST: Final = MAX_MESSAGE_BYTES - 1


class PieceError(ValueError):
    """A message that no batch was split into; the text says what is allowed."""


def split_batch(batch: bytes) -> Iterator[bytes]:
    """Give the messages of a batch: at least one, each of at most ``MAX_MESSAGE_BYTES``."""
    for start in range(0, max(len(batch), 1), _MOST):
        last = start + _MOST >= len(batch)
        yield (LAST_PIECE if last else MORE_PIECES) + batch[start : start + _MOST]


class Assembly:
    """The batch that is being received: the pieces of it that are there.

    Bounded: refuses what is longer than ``most`` bytes, instead of keeping it.
    """

    def __init__(self, most: int = MAX_BATCH_BYTES) -> None:
        self._most = most
        self._pieces: list[bytes] = []
        self._size = 0

    def take(self, message: bytes) -> bytes | None:
        """Take the next message; gives the batch that is whole by it. Raises ``PieceError``."""
        if len(message) > MAX_MESSAGE_BYTES or message[:1] not in (LAST_PIECE, MORE_PIECES):
            raise PieceError(
                f"a message is 1 to {MAX_MESSAGE_BYTES} bytes, of which the first is 0 or 1"
            )
        self._size += len(message) - 1
        if self._size > self._most:
            raise PieceError(f"a batch is at most {self._most} bytes")
        self._pieces.append(message[1:])
        if message[:1] == MORE_PIECES:
            return None
        batch = self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)
        self._pieces, self._size = [], 0
        return batch

    def statistics(self) -> dict[str, int]:
        """Tell how many pieces and bytes wait for their last."""
        return {"pieces": len(self._pieces), "bytes": self._size}
