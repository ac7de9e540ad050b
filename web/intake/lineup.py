"""A line-up: uploads in the order in which they were made, some of which are looked up. Pure."""

from bisect import bisect_left, insort

from dataflow.upload import Upload


class Lineup:
    """Ids of uploads, oldest first; each stands in it once, and is found by when it was made."""

    def __init__(self) -> None:
        self._places: list[tuple[int, str]] = []

    def __len__(self) -> int:
        return len(self._places)

    def add(self, upload: Upload) -> None:
        """Let an upload stand in it."""
        at = self.before(upload)
        if self._places[at : at + 1] != [(upload.created, upload.id)]:
            insort(self._places, (upload.created, upload.id))

    def discard(self, upload: Upload) -> None:
        """Let an upload stand in it no more."""
        at = self.before(upload)
        if self._places[at : at + 1] == [(upload.created, upload.id)]:
            del self._places[at]

    def before(self, upload: Upload) -> int:
        """Count those that were made before an upload, whether it stands in it or not."""
        return bisect_left(self._places, (upload.created, upload.id))

    def oldest(self, most: int) -> list[str]:
        """Name the oldest, oldest first."""
        return [upload_id for _, upload_id in self._places[: max(0, most)]]

    def newest(self, most: int) -> list[str]:
        """Name the newest, newest first."""
        return [upload_id for _, upload_id in self._places[-most:][::-1]] if most > 0 else []
