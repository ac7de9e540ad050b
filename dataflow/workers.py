"""Workers: the processes that one flow may be, numbered from 0; the first one reads. Pure."""

import os
from typing import Final

MAX_WORKERS: Final = 16
"""So many partitions has the sink at every start: the engine breaks over a snapshot of another."""


def part_of(worker: int) -> str:
    """Name the partition of the sink by which a worker publishes: the key of its messages."""
    return f"{worker:03}"


def usual_workers(spared: int = 1) -> int:
    """Give how many are the fastest here: two where that leaves ``spared`` cores, else one.

    The first one reads and takes its share of the join; a second one takes half of that share from
    it, and a process beside them the parsing: what a third could take is less than what the view
    needs meanwhile. On two cores they read a file no later than one, and a tenth sooner at the
    most, and a live record is seen twice as late, as they take the server's core: so one core is
    spared for that while somebody looks on.
    """
    return max(1, min(2, cores() - spared))


def cores() -> int:
    """Count the cores that this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)  # which macOS has not
    return len(affinity(0)) if affinity is not None else os.cpu_count() or 1
