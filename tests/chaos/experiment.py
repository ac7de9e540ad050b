"""What the hands of one experiment share: the program, how far the kills are, and what went wrong.

Every wait is bounded and ends at once when another hand has failed.
"""

from __future__ import annotations

import json
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from tests.chaos.program import GoneError, Program
from tests.chaos.report import Report, broken_lines
from tests.kit.running import Answer

PATIENCE_S: Final = 60.0
"""How long anything may take that the kills delay, but must not prevent."""

_POLL_S: Final = 0.02
T = TypeVar("T")


class StoppedError(Exception):
    """The experiment is over for another reason: nothing to report from here."""


class Experiment:
    """One program, the hands that work on it, and their complaints."""

    def __init__(self, program: Program, planned: int) -> None:
        self.program = program
        self.planned = planned
        self.killed = 0
        self.lost_answers = 0
        self.complaints: list[str] = []
        self.over = threading.Event()
        self.failed = threading.Event()
        self._hands: list[threading.Thread] = []

    @property
    def progress(self) -> float:
        """The share of the kills that is done: what paces everything else."""
        return min(1.0, self.killed / self.planned) if self.planned else 1.0

    def complain(self, what: str) -> None:
        """Note that something was seen that must never be seen; ends the experiment."""
        if len(self.complaints) < 50 and what not in self.complaints:
            self.complaints.append(what)
        self.failed.set()

    def conduct(self, work: Callable[[], None], report: Report) -> None:
        """Do the work of the experiment, end it however that went, and report it."""
        began = time.monotonic()
        try:
            work()
        except StoppedError:
            pass  # the complaint of another hand
        except AssertionError as error:
            self.complain(f"{type(error).__name__}: {error}")
        finally:
            self.finish()
            self.program.close()
        report.seconds = time.monotonic() - began
        report.differences += [*self.complaints, *broken_lines(self.program.written())]

    def hand(self, work: Callable[[], None], name: str) -> threading.Thread:
        """Let someone work beside the others; what they raise is a complaint."""

        def run() -> None:
            try:
                work()
            except StoppedError:
                return
            except Exception as error:
                where = "".join(traceback.format_exception(error)).strip()
                self.complain(f"{name}: {where}")

        thread = threading.Thread(target=run, name=name, daemon=True)
        thread.start()
        self._hands.append(thread)
        return thread

    def join(self, hands: list[threading.Thread], within: float = PATIENCE_S) -> None:
        """Wait until these have done their work."""
        end = time.monotonic() + within
        for thread in hands:
            while thread.is_alive() and not self.failed.is_set():
                thread.join(_POLL_S)
                if time.monotonic() > end:
                    self.complain(f"{thread.name} was not done after {within:.0f} s")

    def finish(self) -> None:
        """End all hands."""
        self.over.set()
        for thread in self._hands:
            thread.join(30)

    def wait(self, look: Callable[[], T | None], what: str, within: float = PATIENCE_S) -> T:
        """Look again and again until there is something; gives it.

        A flow that is killed whenever it has come up gets nothing done: so the time counts from the
        last kill on.
        """
        began, killed = time.monotonic(), self.killed
        while not (seen := look()):
            if self.killed != killed:
                began, killed = time.monotonic(), self.killed
            if time.monotonic() > began + within:
                raise AssertionError(f"after {within:.0f} s still not: {what}; last {seen!r}")
            self.pause(_POLL_S)
        return seen

    def pause(self, seconds: float) -> None:
        """Let time pass."""
        if self.failed.wait(seconds):
            raise StoppedError

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Ask until there is an answer: for what is harmless the second time."""

        def try_once() -> Answer | None:
            try:
                return self.program.call(method, path, body, headers)
            except GoneError as gone:
                self.lost_answers += gone.asked and method != "GET"
                return None

        return self.wait(try_once, f"an answer to {method} {path}")

    def get(self, path: str) -> Any:
        """Read what must be there, as JSON."""
        answer = self.ask("GET", path)
        assert answer.status == 200, (path, answer)
        return answer.json()

    def lines(self, path: str) -> list[dict[str, Any]]:
        """Download a whole set, one object a line."""
        answer = self.ask("GET", path)
        assert answer.status == 200, (path, answer)
        return [json.loads(line) for line in answer.body.splitlines()]

    def figures(self) -> dict[str, int]:
        """Tell what became of it, for a report."""
        stats = self.get("/api/stats")
        return {
            "starts of the server": self.program.starts,
            "starts of the flow": self.get("/api/recovery")["history"][0]["execution"],
            "records accepted": stats["events"],
            "skipped": stats["skipped"],
        }

    def settle(self) -> None:
        """Wait until the flow runs and all that was released is processed."""
        self.wait(lambda: self.ask("GET", "/readyz").status == 200, "ready")
        self.wait(lambda: self.get("/api/stats")["lag"] == 0, "no lag")
