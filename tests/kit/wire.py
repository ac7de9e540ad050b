"""What a server's websocket says, read from its bytes: as much as a test or a bench needs."""

from __future__ import annotations

from typing import Final

TEXT: Final = 1
CLOSE: Final = 8
PING: Final = 9
_LONG: Final = 126
_LONGER: Final = 127


class Parser:
    """Puts messages together; a server masks nothing, and ours cuts nothing into fragments."""

    def __init__(self) -> None:
        self._data = b""
        self.close: bytes | None = None
        """The payload of the close frame, once it has come."""
        self.pings: list[bytes] = []
        """The payloads of the pings that were not answered yet."""

    def texts(self, data: bytes) -> list[bytes]:
        """Take some bytes; gives the texts that are whole with them."""
        data = self._data + data if self._data else data
        found, at = [], 0
        while len(data) - at >= 2:
            size, begin = data[at + 1], at + 2
            if size >= _LONG:
                begin += 2 if size == _LONG else 8
                if len(data) < begin:
                    break
                size = int.from_bytes(data[at + 2 : begin])
            if len(data) < begin + size:
                break
            opcode = data[at] & 15
            if opcode == TEXT:
                found.append(data[begin : begin + size])
            elif opcode == CLOSE:
                self.close = data[begin : begin + size]
            elif opcode == PING:
                self.pings.append(data[begin : begin + size])
            at = begin + size
        self._data = data[at:]
        return found

    def pongs(self) -> bytes:
        """Give the answers to all pings; a mask of zeros changes nothing."""
        pings, self.pings = self.pings, []
        return b"".join(bytes((0x8A, 0x80 | len(each), 0, 0, 0, 0)) + each for each in pings)
