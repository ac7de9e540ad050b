"""The proof as the server sees it: none yet, running, done or failed; one at a time.

Its process is the server's own, and ends with it or with the generation that it looks at.
"""

import asyncio
import contextlib
import logging
import os
import signal
import time
from collections.abc import Callable, Coroutine
from enum import StrEnum
from typing import Any, Final

import msgspec

from web.data.paths import Paths
from web.proof.launch import command, environment
from web.proof.report import REMEDY, Failed, Outcome, Progress, decode_report

_LONGEST_LINE: Final = 1024 * 1024
_log = logging.getLogger(__name__)
_CUT_SHORT: Final = "the data were started over meanwhile: begin the proof again"


class State(StrEnum):
    """What became of it."""

    NONE = "none"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Proof:
    """The last proof that was asked for.

    What one has found wrong, or damaged, is an alarm until another one finds nothing wrong, or the
    generation is replaced; it is kept in that, and outlives a restart.
    """

    def __init__(self, command: Callable[[Paths], list[str]] = command) -> None:
        """``command`` gives the words that start its process."""
        self._command = command
        self._alarm: str | None = None
        self._damage: str | None = None
        self.forget()

    def recall(self, paths: Paths) -> None:
        """Hear what the last proof of a generation had found, before the server was started."""
        with contextlib.suppress(OSError):
            self._alarm = paths.alarm.read_text("utf-8", errors="replace") or None

    def accuse(self, paths: Paths, what: str) -> None:
        """Raise an alarm for what was found otherwise: as if a proof had found it.

        It lasts until one finds nothing wrong.
        """
        alarm = f"{what}: {REMEDY}"
        if alarm != self._alarm:
            self._alarm = alarm
            _log.error("The data are not right: %s.", alarm)
            self._keep(paths)

    def meet(self, damage: str) -> None:
        """Raise an alarm for damage that somebody has met: no proof can say that there is none."""
        if damage != self._damage:
            self._damage = damage
            _log.error("The data are not right: %s.", damage)

    def forget(self) -> None:
        """Be as if none had been asked for; none may be running."""
        self.state = State.NONE
        self._progress = 0.0
        self._outcome: Outcome | None = None
        self._error: str | None = None
        self._found: str | None = None
        self._began = self._seconds = 0.0
        self.ended_at: float | None = None

    def begin(self, paths: Paths) -> Coroutine[Any, Any, None]:
        """Begin one; gives what is to run meanwhile, and to be cancelled where it is to end.

        None may be running.
        """
        self.forget()
        self.state = State.RUNNING
        self._began = time.monotonic()
        return self._run(paths)

    def started_over(self) -> None:
        """Hear that the generation is replaced, once what ran has been cancelled.

        A proof that was running has failed by it; an outcome says nothing of what there is now.
        """
        if self.state is State.RUNNING:
            self._end(_CUT_SHORT)
        if self.state is State.DONE:
            self.forget()
        self._alarm = self._damage = None

    @property
    def alarm(self) -> str | None:
        """Say what the last proof found that came to its end or to damage; None where nothing."""
        return self._damage or self._alarm

    def describe(self) -> dict[str, Any]:
        """Give the answer of ``GET /api/prove``: what is not known yet is null."""
        outcome = self._outcome
        is_running = self.state is State.RUNNING
        seconds = time.monotonic() - self._began if is_running else self._seconds
        return {
            "state": self.state,
            "progress": round(self._progress, 2),
            "journal": None if outcome is None else msgspec.to_builtins(outcome.journal),
            "view": None if outcome is None else msgspec.to_builtins(outcome.view),
            "lost": None if outcome is None else outcome.lost,
            "twice": None if outcome is None else outcome.twice,
            "seconds": None if self.state is State.NONE else round(seconds, 2),
            "examples": [] if outcome is None else outcome.examples,
            "error": self._error,
            "uncounted": None if outcome is None else outcome.uncounted,
            "uncounted_ranges": [] if outcome is None else outcome.uncounted_ranges,
        }

    async def _run(self, paths: Paths) -> None:
        try:
            why = await self._follow(paths)
        except OSError as error:
            why = f"its process could not be started: {error}"
        self._end(why)
        if self._found is not None or self.state is State.DONE:
            self._keep(paths)

    async def _follow(self, paths: Paths) -> str:
        """Start the process and hear what it tells; gives in words what it ended by."""
        process = await asyncio.create_subprocess_exec(
            *self._command(paths),
            stdin=asyncio.subprocess.PIPE,  # held open: it ends with the server
            stdout=asyncio.subprocess.PIPE,
            limit=_LONGEST_LINE,
            start_new_session=True,
            env=environment(paths, os.environ),
        )
        assert process.stdout is not None
        error: str | None = None
        try:
            async for line in process.stdout:
                if not line.endswith(b"\n"):
                    break  # it was killed in the middle of a word
                match decode_report(line):
                    case Progress(share):
                        self._progress = share
                    case Failed(error, alarm):
                        self._found = alarm
                    case Outcome() as outcome:
                        self._outcome = outcome
            status = await process.wait()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        return error or _why_it_ended(status)

    def _end(self, why: str) -> None:
        """Be done, where there is an outcome; else it has failed, and this is why."""
        self._seconds = time.monotonic() - self._began
        self.ended_at = time.time()
        if self._outcome is not None:
            self.state, self._progress = State.DONE, 1.0
            self._found = self._alarm = _in_words(self._outcome)
        else:
            self.state, self._error = State.FAILED, why
            self._alarm = self._found or self._alarm
        if self._found is not None:
            _log.error("The data are not right: %s.", self._found)

    def _keep(self, paths: Paths) -> None:
        try:
            if self._alarm is None:
                paths.alarm.unlink(missing_ok=True)
            else:
                paths.alarm.write_text(self._alarm, "utf-8")
        except OSError as error:
            _log.error("What the proof has found will be forgotten at the next start: %s.", error)


def _in_words(outcome: Outcome) -> str | None:
    """Say what is wrong with the data, and what to do; None where nothing is."""
    if not outcome.lost and not outcome.twice:
        return None
    example = f" ({outcome.examples[0]})" if outcome.examples else ""
    return (
        f"a proof found that the view lacks {outcome.lost:,} of what the journal says and has"
        f" {outcome.twice:,} once too often{example}: {REMEDY}"
    )


def _why_it_ended(status: int) -> str:
    if status < 0:
        known = -status in {each.value for each in signal.Signals}
        return f"its process was killed by {signal.Signals(-status).name if known else -status}"
    return f"its process ended with the status {status}: why, is on the server's terminal"
