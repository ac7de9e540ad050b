"""How long records took until they could be seen, counted by classes of length. Pure.

The bounds of a class are a tenth apart, so a quantile is off by 5 % at most. Classes are the same
everywhere: sums of two seconds are those that their records had given together.
"""

import math
from typing import Annotated, Final

import msgspec

_SHORTEST_S: Final = 0.0001
_GROWTH: Final = 1.1
_CLASSES: Final = 256
"""The last class holds what took two months, or longer."""

_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(
    dict[Annotated[int, msgspec.Meta(ge=0, lt=_CLASSES)], Annotated[int, msgspec.Meta(gt=0)]]
).decode


class Delays:
    """Records by how long each took."""

    def __init__(self, counts: dict[int, int] | None = None) -> None:
        self._counts: dict[int, int] = counts or {}
        self._found: dict[float, float | None] = {}

    def add(self, seconds: float, records: int) -> None:
        """Count records that took so long; less than nothing was not measured, and is passed over.

        A clock that was set back says such a thing.
        """
        if seconds >= 0 and records > 0:
            which = _class_of(seconds)
            self._counts[which] = self._counts.get(which, 0) + records
            self._found.clear()

    def merge(self, other: "Delays") -> None:
        """Count what another has counted, too."""
        for which, records in other._counts.items():
            self._counts[which] = self._counts.get(which, 0) + records
        self._found.clear()

    def quantile_ms(self, share: float) -> float | None:
        """Give within how many milliseconds such a share of them came; None where there is none.

        What was found once is remembered: pages ask for the same points again and again.
        """
        if share not in self._found:
            self._found[share] = self._find(share)
        return self._found[share]

    def encode(self) -> bytes:
        """Encode them for the file."""
        return _encode(self._counts)

    @classmethod
    def decode(cls, data: bytes) -> "Delays":
        """Read what ``encode`` wrote; raises ``msgspec.DecodeError`` for anything else."""
        return cls(_decode(data))

    def _find(self, share: float) -> float | None:
        rank = math.ceil(share * sum(self._counts.values()))
        for which in sorted(self._counts):
            rank -= self._counts[which]
            if rank <= 0:
                middle: float = _SHORTEST_S * _GROWTH ** (which + 0.5)
                return round(1000 * middle, 2)
        return None


def _class_of(seconds: float) -> int:
    if seconds <= _SHORTEST_S:
        return 0
    return min(int(math.log(seconds / _SHORTEST_S, _GROWTH)), _CLASSES - 1)
