"""The places of records that cannot be read again: what they did is compared with nothing. Pure."""

from bisect import bisect_right
from collections.abc import Iterable


class GonePlaces:
    """Ranges of places, in their order."""

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []
        self.count = 0

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self._starts)

    def add(self, place: int, records: int) -> None:
        """Add so many places, behind all that were added before."""
        if self._ends and self._ends[-1] == place:
            self._ends[-1] += records
        else:
            self._starts.append(place)
            self._ends.append(place + records)
        self.count += records

    def __contains__(self, place: int) -> bool:
        """Whether the record of a place is gone."""
        at = bisect_right(self._starts, place) - 1
        return at >= 0 and place < self._ends[at]

    def hold_any(self, places: Iterable[int]) -> bool:
        """Whether one of these records is gone."""
        return bool(self._starts) and any(place in self for place in places)
