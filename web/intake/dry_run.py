"""A dry run as the server sees it: text goes in as it comes, what would come of it comes out.

In a process of its own, because reading records would hold up whoever else the server works for.
What it has not read yet is at most about a mebibyte: who sends more has to wait.
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from io import BytesIO
from typing import Final

import msgspec

from dataflow.launch import finding_this_code
from web.errors import APIError
from web.intake.tally import Outcome

COMMAND: Final = (sys.executable, "-P", "-m", "web.intake.tally_process")


class DryRun:
    """One dry run; what is written to ``text`` is handed on to its process."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self.text = BytesIO()
        self._process = process
        self._input, self._output = process.stdin, process.stdout

    async def hand_on(self) -> None:
        """Wait until there is room for what was written; raises ``APIError`` (503)."""
        try:
            self._input.write(self.text.getvalue())
            self.text.seek(0)
            self.text.truncate()
            await self._input.drain()
        except (BrokenPipeError, ConnectionResetError):
            raise _ended() from None

    async def outcome(self) -> Outcome:
        """End the text, and tell what would come of all of it; raises ``APIError`` (503)."""
        self._input.close()
        told = await self._output.read()
        if await self._process.wait() != 0:
            raise _ended()
        return msgspec.json.decode(told, type=Outcome)


class DryRuns:
    """The place for a dry run: there is one."""

    def __init__(self, command: Sequence[str] = COMMAND) -> None:
        """``command`` are the words that start its process."""
        self._command = command
        self._taken = False

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[DryRun]:
        """Begin one, which leaves nothing behind however it ends.

        Raises ``APIError`` (429) while another one runs, ``OSError`` where it cannot be started.
        """
        if self._taken:
            raise APIError(
                429, "check_running", "a dry run is under way: wait until that one is done"
            )
        self._taken = True
        try:
            process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                start_new_session=True,
                env=finding_this_code(os.environ),
            )
            try:
                yield DryRun(process)
            finally:
                if process.returncode is None:
                    process.kill()
                    await process.wait()
        finally:
            self._taken = False


def _ended() -> APIError:
    return APIError(503, "check_failed", "the process of the dry run ended: try it again")
