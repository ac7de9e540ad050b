"""Do the flow's state and the view agree? The flow's own figures, compared with the view's rows.

The flow keeps figures per key group in its state and tells them with every batch, and what it
restored at its start; the view's are counted from its carts. Both are compared after every
recovery and once a minute, as they were between two commits: both speak of the same moment. What
to do about a difference is said here, for the terminal, the page and `/readyz` alike. Pure.
"""

from collections.abc import Mapping
from typing import Any, Final

from dataflow.messages import Figures
from dataflow.times import rfc3339
from web.words import count

SHOWN_DIFFERENCES: Final = 10

_REMEDY: Final = "stop the server, and cartwatch rebuild makes both anew from the journal"

GroupFigures = dict[int, Figures]


class Agreement:
    """What the flow says of its key groups in this execution, and the outcome of the last check."""

    def __init__(self) -> None:
        self._flow: dict[int, tuple[int, Figures]] = {}
        self._last: dict[str, Any] | None = None

    def begin(self, groups: list[tuple[int, int, Figures]]) -> None:
        """Begin with what a new execution restored."""
        self._flow = {group: (accepted, figures) for group, accepted, figures in groups}

    def told(self, groups: dict[int, tuple[int, Figures]]) -> None:
        """Take the newest figures that the flow has told."""
        self._flow |= groups

    def figures(self) -> GroupFigures:
        """Give what the flow has told so far."""
        return {group: figures for group, (_, figures) in self._flow.items()}

    def is_behind(self, accepted: Mapping[int, int]) -> bool:
        """Whether of a key group the view has taken in more events than the flow has told of.

        It reads them again then, after a crash; before it has, there is nothing to compare.
        """
        nothing = 0, Figures()
        return any(self._flow.get(group, nothing)[0] < had for group, had in accepted.items())

    @property
    def alarm(self) -> str | None:
        """Say what differed when it was checked last, and what to do; None where nothing did."""
        return None if self._last is None else self._last["message"]

    def check(
        self,
        flow: GroupFigures,
        view: GroupFigures,
        completed: int,
        now: float,
        *,
        in_doubt: bool = False,
    ) -> bool:
        """Compare what the flow had told with what the view held; tells whether they agree.

        ``completed`` counts the orders in the fulfilment feed. A difference that is ``in_doubt``
        is not written down: it will be looked at once more.
        """
        differing = [
            group
            for group in sorted(flow.keys() | view.keys())
            if flow.get(group, Figures()) != view.get(group, Figures())
        ]
        sums = _sum(flow)
        agree = not differing and completed == sums["paid"]
        message = None
        if differing:
            some = ", ".join(map(str, differing[:SHOWN_DIFFERENCES]))
            more = ", …" if len(differing) > SHOWN_DIFFERENCES else ""
            groups = f"{len(differing)} of {len(flow.keys() | view.keys())} key groups"
            message = f"state and view differ in {groups} ({some}{more}): {_REMEDY}"
        elif not agree:
            paid = count(sums["paid"], "paid order")
            message = f"{paid}, and {completed:,} in the fulfilment feed: {_REMEDY}"
        outcome = {
            "agree": agree,
            "message": message,
            "checked_at": rfc3339(now),
            "flow": sums,
            "view": _sum(view) | {"completed": completed},
            "differing_key_groups": differing[:SHOWN_DIFFERENCES],
        }
        if agree or not in_doubt:
            self._last = outcome
        return agree

    def describe(self) -> dict[str, Any] | None:
        """Give the outcome of the last check; None before the first."""
        return self._last


def _sum(groups: GroupFigures) -> dict[str, int]:
    return {
        name: sum(getattr(figures, name) for figures in groups.values())
        for name in ("carts", "unpaid", "paid", "waiting")
    }
