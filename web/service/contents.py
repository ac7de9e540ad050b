"""What pages show of the generation in force: figures, the flow's state, and windows of carts."""

from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from typing import Any, Final

import msgspec
from typing_extensions import override

from web.flow.state import FlowState
from web.history.timeline import Sums
from web.live.frames import Common, Content, ListPart
from web.live.live import Contents as Shown
from web.live.live import Moment
from web.service.attention import Attention
from web.service.drawing import Drawing
from web.service.event_rate import EventRate
from web.service.generation import Generation
from web.view.outcome import Outcome
from web.view.page import Page, Row
from web.view.skipped_filter import OPEN
from web.view.windows import Window

UPLOADS_SHOWN: Final = 20
SKIPPED_SHOWN: Final = 5
_encode: Final = msgspec.json.Encoder().encode


class Contents:
    """Makes what frames, pages and API show, from the generation in force."""

    def __init__(
        self,
        generation: Callable[[], Generation],
        flow: FlowState,
        alarm: Callable[[], str | None],
        viewers: Callable[[], int],
        attention: Attention,
        workers: Callable[[], int] = lambda: 1,
        places: Callable[[], list[dict[str, Any]]] = list,
    ) -> None:
        """``alarm`` says what is wrong with the data; ``viewers`` counts who looks at them.

        The flow is so many ``workers``, at these ``places``.
        """
        self._generation = generation
        self._flow = flow
        self._alarm = alarm
        self._viewers = viewers
        self._attention = attention
        self._workers = workers
        self.places: Final = places
        self.rate = EventRate()
        self.drawing = Drawing()

    def committed(self, outcome: Outcome) -> None:
        """Take what a commit has changed, which the generation has taken in already."""
        totals = self._generation().totals
        self.rate.sample(totals.all.accepted)
        self.drawing.committed(outcome, totals, self._flow.execution)

    def start_over(self) -> None:
        """Begin with what another generation shows."""
        self.rate, self.drawing = EventRate(), Drawing()

    def is_quiet(self) -> bool:
        """Whether no figure changes by itself: nothing came lately."""
        return self.rate.per_second() == 0

    def stats(self, generation: Generation | None = None) -> dict[str, Any]:
        """Give the figures, as ``GET /api/stats`` does."""
        generation = generation or self._generation()
        figures, counts = generation.totals.figures, generation.totals.all
        return {
            "carts": figures.carts,
            "unpaid": figures.unpaid,
            "paid": figures.paid,
            "waiting": figures.waiting,
            "skipped": counts.skipped,
            "duplicates": counts.duplicates,
            "events": counts.accepted,
            "lag": _lag(generation),
            "events_per_second": self.rate.per_second(),
            "viewers": self._viewers(),
        }

    def sums(self) -> Sums:
        """Give what the figures over time are made of."""
        generation = self._generation()
        counts, figures = generation.totals.all, generation.totals.figures
        return Sums(
            generation.paths.facts.number,
            events=counts.accepted,
            skipped=counts.skipped,
            completed=figures.paid,
            lag=_lag(generation),
            viewers=self._viewers(),
        )

    def flow(self) -> dict[str, Any]:
        """Give the state of the flow as frames and API show it."""
        told = self._flow.describe()
        message = told["message"] or self._generation().kafka.message()
        return {**told, "message": message, "alarm": self._alarm()}

    def dataflow(self) -> dict[str, Any]:
        """Give the flow as it is drawn, as ``GET /api/dataflow`` does."""
        drawn = self.drawing.describe(self._generation().totals, self._flow.execution)
        return {**drawn, "workers": self._workers(), "places": self.places()}

    def snapshot_seconds(self) -> float:
        """Give how long this start of the flow has waited for the ends of its epochs."""
        return self.drawing.waited(self._flow.execution)

    @asynccontextmanager
    async def moment(self) -> AsyncIterator[Moment]:
        """Look at the generation in force, which stays open meanwhile, whatever replaces it."""
        generation = self._generation()
        with generation.threads.held():
            skipped, by_state = await generation.threads.read(
                lambda view: view.newest_skipped(SKIPPED_SHOWN)
            )
            attention = await self._attention.shown(generation, by_state[OPEN])
            uploads, total = generation.uploads.shown(UPLOADS_SHOWN)
            rows = [Row(each.id, _encode(generation.uploads.describe(each))) for each in uploads]
            common = Common(
                ListPart(rows, {"total": total}),
                ListPart(
                    skipped.page.rows,
                    {
                        "total": skipped.page.total,
                        "by_reason": skipped.by_reason,
                        "by_state": by_state,
                    },
                ),
                _encode(self.stats(generation)),
                _encode(self.flow()),
                _encode(attention),
            )
            yield _Moment(generation, common)


def _lag(generation: Generation) -> int:
    """Count the lines that were released to the flow, or wait in topics, and are not processed."""
    return generation.waiting + generation.kafka.lag


class _Moment(Moment):
    """One generation at one moment, and what all windows of it have in common."""

    def __init__(self, generation: Generation, common: Common) -> None:
        self._generation = generation
        self._common = common

    @override
    async def content(self, window: Window) -> Content:
        if window.limit:
            page = await self._generation.carts.page(window)
        else:
            page = Page([], self._generation.totals.figures.carts, None)
        return self._content(page, await self._generation.carts.some(window.keep))

    @override
    async def look(
        self, windows: Collection[Window], eager: Collection[Window], now: float
    ) -> Shown:
        looked = await self._generation.pages.look(windows, eager, now)
        shown = {window: self._content(*each) for window, each in looked.shown.items()}
        return Shown(shown, looked.failed, looked.due_at)

    def _content(self, page: Page, kept: list[Row]) -> Content:
        carts = ListPart(page.rows, {"total": page.total, "next": page.next})
        return Content(
            self._generation.name, carts, ListPart(kept, {"total": len(kept)}), self._common
        )
