"""Figures over time as a page draws them: paths of charts, marks, and rows of a table. Pure.

The browser draws them anew as they go on, by the same rules (`static/elements/flow/drawn.js`); a
browser test compares the two.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from dataflow.times import rfc3339
from web.http.pages.filters import count, number, rate

Series = Sequence[float | None]

EVENTS: Final = "events"
SKIPPED: Final = "skipped"
LAG: Final = "lag"
P50: Final = "accept_to_view_p50_ms"
P99: Final = "accept_to_view_p99_ms"
DRAWN: Final = (EVENTS, SKIPPED, LAG, P50, P99)
"""The series that are drawn, of those that there are."""

CHARTS: Final = (
    ("events", "In", (EVENTS,)),
    ("skipped", "Skipped", (SKIPPED,)),
    ("lag", "Lag", (LAG,)),
    ("latency", "Append → view", (P50, P99)),
)
HEIGHT: Final = 1000
"""A point as high as a chart's top; its width is that of its points."""

ROWS: Final = 60
_MOST_MARKS: Final = 40
QUIET: Final = "nothing just now"


class Line(NamedTuple):
    """One series in a chart."""

    series: str
    line: str
    area: str


class Chart(NamedTuple):
    """One chart: its newest value in words, what its top stands for, and its lines."""

    name: str
    title: str
    value: str
    top: int
    lines: list[Line]


class DrawnMark(NamedTuple):
    """Something that happened, and how far to the right that is, in percent."""

    key: str
    x: str
    kind: str
    words: str
    at: str


class Row(NamedTuple):
    """Some steps together: means of what comes a second, the highest of the rest."""

    at: str
    figures: list[str]
    words: str


class DrawnHistory(NamedTuple):
    """A range as it is drawn."""

    step: int
    points: int
    newest_at: str
    charts: list[Chart]
    marks: list[DrawnMark]
    rows: list[Row]


def draw(history: Mapping[str, Any]) -> DrawnHistory:
    """Draw an answer of ``GET /api/history``."""
    step: int = history["step"]
    begins = datetime.fromisoformat(history["from"])
    series = {name: whole(history["series"][name], step) for name in DRAWN}
    points = len(history["series"][EVENTS])
    marks = history["marks"][-_MOST_MARKS:]
    return DrawnHistory(
        step,
        points,
        _rfc(begins + timedelta(seconds=step * max(0, points - 1))),
        [_chart(name, title, names, series) for name, title, names in CHARTS],
        [_mark(mark, begins, step, points) for mark in marks],
        _rows(series, points, begins, step, marks),
    )


def whole(values: Series, step: int) -> Series:
    """Leave the newest point out where its step may still go on: it would be too low."""
    return values[:-1] if step > 1 else values


def top_of(most: float) -> int:
    """Give what the top of a chart stands for: the next of 1, 2, 5, 10, 20 and so on."""
    power = 1
    while True:
        for factor in (1, 2, 5):
            if factor * power >= most:
                return factor * power
        power *= 10


def line_path(values: Series, top: int) -> str:
    """Draw a line through the points; it is broken where there is none."""
    runs = (("L".join(_points(run, top)), len(run)) for run in _runs(values))
    return "".join(f"M{path}" if length > 1 else f"M{path}h0" for path, length in runs)


def area_path(values: Series, top: int) -> str:
    """Draw what is below the line."""
    return "".join(
        f"M{run[0][0]} {HEIGHT}L{'L'.join(_points(run, top))}L{run[-1][0]} {HEIGHT}Z"
        for run in _runs(values)
    )


def value_words(name: str, newest: Sequence[float | None]) -> str:
    """Tell the value of a chart at one moment, with its unit."""
    first = newest[0]
    if first is None:
        return QUIET
    if name == "latency":
        return f"p50 {_ms(first)}, p99 {_ms(newest[-1] or first)} ms"
    if name == "lag":
        return count(int(first), "record")
    return f"{_rate(first)} a second"


def _chart(name: str, title: str, names: Sequence[str], series: Mapping[str, Series]) -> Chart:
    shown = [series[each] for each in names]
    top = top_of(max((value for each in shown for value in each if value is not None), default=1))
    lines = [
        Line(each, line_path(series[each], top), area_path(series[each], top) if i == 0 else "")
        for i, each in enumerate(names)
    ]
    newest = [each[-1] if each else None for each in shown]
    return Chart(name, title, value_words(name, newest), top, lines)


def _runs(values: Series) -> list[list[tuple[int, float]]]:
    """Give the points that follow one another without a gap."""
    runs: list[list[tuple[int, float]]] = []
    before = -2
    for at, value in enumerate(values):
        if value is None:
            continue
        if at != before + 1:
            runs.append([])
        runs[-1].append((at, value))
        before = at
    return runs


def _points(run: list[tuple[int, float]], top: int) -> list[str]:
    return [f"{at} {HEIGHT - int(HEIGHT * value / top)}" for at, value in run]


def _mark(mark: Mapping[str, str], begins: datetime, step: int, points: int) -> DrawnMark:
    at = datetime.fromisoformat(mark["at"])
    width = step * max(1, points - 1)
    share = min(1.0, max(0.0, (at - begins).total_seconds() / width))
    x = f"{int(share * 10_000) / 100:.2f}%"
    return DrawnMark(f"{mark['kind']} {mark['at']}", x, mark["kind"], mark["words"], mark["at"])


def _rows(
    series: Mapping[str, Series],
    points: int,
    begins: datetime,
    step: int,
    marks: Sequence[Mapping[str, str]],
) -> list[Row]:
    together = max(1, -(-points // ROWS))
    rows = []
    for first in range(0, points, together):
        starts = begins + timedelta(seconds=step * first)
        ends = starts + timedelta(seconds=step * together)
        cut = {name: series[name][first : first + together] for name in DRAWN}
        words = [
            mark["words"] for mark in marks if starts <= datetime.fromisoformat(mark["at"]) < ends
        ]
        figures = [
            *(_mean(cut[name]) for name in (EVENTS, SKIPPED)),
            *(_highest(cut[name]) for name in (LAG, P50, P99)),
        ]
        rows.append(Row(_rfc(starts), figures, " ".join(words)))
    return rows[::-1]


def _mean(values: Series) -> str:
    known = [value for value in values if value is not None]
    return _rate(sum(known) / len(known)) if known else "–"


def _highest(values: Series) -> str:
    known = [value for value in values if value is not None]
    return _ms(max(known)) if known else "–"


def _rate(value: float) -> str:
    """Round halves up, as the browser does; Python alone would round them to the even."""
    return rate(int(10 * value + 0.5) / 10 if value < 9.95 else float(int(value + 0.5)))


def _ms(value: float) -> str:
    return number(int(value + 0.5))


def _rfc(at: datetime) -> str:
    return rfc3339(at.timestamp())
