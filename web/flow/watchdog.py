"""A watch on the flow's progress: a process that lives but does nothing is as bad as a dead one.

A flow that is started must reach the server within a time that grows with what it restores. One
that was heard of must send something while there is work: while it reads again what the view has,
and when lines were released and are not in the view. An epoch may end meanwhile, and takes its
time. Only what was looked at counts: not the time in which the server itself was stopped. Pure.
"""

from typing import Final

from web.flow.state import Phase

START_S: Final = 30.0
RUNNING_S: Final = 10.0
REPLAYING_S: Final = 60.0
_RESTORED_PER_S: Final = 4_000_000
"""Bytes of a recovery store that even a slow machine restores in a second."""

_LONGEST_LOOK_S: Final = 2.0


class Watchdog:
    """For how long the flow has had something to do and sent nothing."""

    def __init__(self, epoch_s: float) -> None:
        self._epoch_s = epoch_s
        self._seen: tuple[Phase, int, int] | None = None
        self._looked_at = 0.0
        self._idle_s = 0.0

    def look(
        self,
        now: float,
        *,
        phase: Phase,
        execution: int,
        received: int,
        has_work: bool,
        store_bytes: int,
    ) -> str | None:
        """Look at the flow; gives the reason to give it up, None where there is none.

        ``received`` counts what this execution has sent. ``has_work`` says that lines wait for a
        flow that has caught up; without a process, or while what it has sent waits to be
        committed, the phase is to be given as ``WAITING``.
        """
        seen = (phase, execution, received)
        is_free = phase is Phase.WAITING or (phase is Phase.UP and not has_work)
        if is_free or seen != self._seen:
            self._idle_s = 0.0
        else:
            self._idle_s += min(now - self._looked_at, _LONGEST_LOOK_S)
        self._seen, self._looked_at = seen, now
        most = self._most(phase, store_bytes)
        if self._idle_s < most:
            return None
        if phase is Phase.STARTING:
            return f"it did not reach the server within {most:.0f} s"
        return "it had work and did nothing"

    def _most(self, phase: Phase, store_bytes: int) -> float:
        if phase is Phase.STARTING:
            return START_S + store_bytes / _RESTORED_PER_S
        return (RUNNING_S if phase is Phase.UP else REPLAYING_S) + self._epoch_s
