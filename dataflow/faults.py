"""Fault points: where the crash laboratory may end a process between one durable step and the next.

A random kill seldom falls between a commit and its acknowledgement; these points make it common.
Off unless a process is started with ``CARTWATCH_FAULTS``, as only the tests do: then ``reach``
compares with None and returns. No point lies on the path of a single record.
"""

import os
import signal
import sys
import time
from random import Random
from typing import Final

VARIABLE: Final = "CARTWATCH_FAULTS"
"""``SEED:point=probability,…``: which points kill, and how likely each time they are reached."""


_STALL_S: Final = 0.1


class _Plan:
    """The points at which this process may die."""

    def __init__(self, text: str, salt: str) -> None:
        seed, _, points = text.partition(":")
        self._random = Random(f"{seed} {salt}")  # noqa: S311 (dice, not a secret)
        pairs = (point.split("=") for point in points.split(","))
        self._points = {name: float(probability) for name, probability in pairs}

    def reach(self, point: str) -> None:
        probability = self._points.get(point)
        if probability is not None and self._random.random() < probability:
            time.sleep(_STALL_S * self._random.random())  # the other process runs ahead meanwhile
            os.write(sys.stderr.fileno(), f"fault: killed at {point}\n".encode())
            os.kill(os.getpid(), signal.SIGKILL)


_plan: _Plan | None = None


def arm(salt: str) -> None:
    """Read the variable, once, when a process starts; ``salt`` tells processes apart."""
    global _plan
    text = os.environ.get(VARIABLE)
    _plan = _Plan(text, salt) if text else None


def reach(point: str) -> None:
    """Pass a fault point: nothing happens, unless this process was armed to die here."""
    if _plan is not None:
        _plan.reach(point)
