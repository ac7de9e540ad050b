"""What benches tell of their figures."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import quantiles

import psutil


def hundredth(delays: Sequence[float], number: int) -> int:
    """Give the time, in milliseconds, within which so many of a hundred delays (seconds) lie."""
    return round(quantiles(delays, n=100)[number - 1] * 1000)


def cpu_of(process: psutil.Process) -> float:
    """Give the seconds of a processor that a process has used."""
    times = process.cpu_times()
    return float(times.user + times.system)
