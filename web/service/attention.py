"""What asks for attention: open orders and payments of some age, and what went wrong."""

import time
from typing import Any, Final, Protocol

from web.view.carts import Carts
from web.view.reader import OpenSince, ViewReader
from web.view.threads import Threads

_DAY_S: Final = 24 * 60 * 60.0

_AGES_S: Final = 1.0
"""For how long pages are shown the same ages: to count all carts anew costs as many milliseconds
as there are a hundred thousand of them."""


class Uploads(Protocol):
    """As much of the uploads as is counted here."""

    @property
    def paused(self) -> int:
        """How many are paused."""

    @property
    def failed(self) -> int:
        """How many have failed."""


class Watched(Protocol):
    """As much of a generation as is looked at."""

    @property
    def carts(self) -> Carts:
        """Its carts."""

    @property
    def threads(self) -> Threads[ViewReader]:
        """What reads it."""

    @property
    def uploads(self) -> Uploads:
        """Its uploads."""


class Attention:
    """Counts what waits for somebody, ``overdue`` seconds after it was open."""

    def __init__(self, overdue: float) -> None:
        self.overdue = overdue
        self._looked_at = 0.0
        self._aged: dict[str, Any] = {"unpaid": None, "waiting": None, "recoveries_today": 0}
        self._of: Watched | None = None

    async def look(self, generation: Watched, older: float | None = None) -> dict[str, Any]:
        """Count all of it now; ``older`` in seconds, where that is another age."""
        with generation.threads.held():
            since = time.time() - _DAY_S
            return {
                **await generation.carts.open_since(self.overdue if older is None else older),
                "skipped_open": await generation.threads.read(ViewReader.skipped_open),
                **_uploads(generation),
                "recoveries_today": await _recovered(generation, since),
            }

    async def shown(self, generation: Watched, skipped_open: int) -> dict[str, Any]:
        """Give what pages show: ages as of a second ago, and null until they can be known."""
        now = time.monotonic()
        if generation is not self._of or now - self._looked_at > _AGES_S:
            ages: dict[str, OpenSince | None] = dict.fromkeys(("unpaid", "waiting"))
            if generation.carts.is_indexed():
                ages |= await generation.carts.open_since(self.overdue)
            recovered = await _recovered(generation, time.time() - _DAY_S)
            self._aged = {**ages, "recoveries_today": recovered}
            self._of, self._looked_at = generation, now
        return {
            "older": self.overdue,
            **self._aged,
            "skipped_open": skipped_open,
            **_uploads(generation),
        }


def _uploads(generation: Watched) -> dict[str, int]:
    uploads = generation.uploads
    return {"uploads_paused": uploads.paused, "uploads_failed": uploads.failed}


async def _recovered(generation: Watched, since: float) -> int:
    return await generation.threads.read(lambda view: view.recovered_since(since))
