"""What is known of the starts of the flow and not written down yet, because it could not be.

The view keeps a row of each start. A full disk may take its time: so what is to be added to a row
is kept here, of each start apart, until it is in it. Bounded by who begins a start: it writes down
what is kept of the one before, or does not begin.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

Fact = str | float | None


class StartLog:
    """The facts of starts on their way into the view, oldest start first."""

    def __init__(self, write: Callable[[int, dict[str, Fact]], Awaitable[None]]) -> None:
        """``write`` makes facts of an execution durable, or raises and is asked again."""
        self._write: Final = write
        self._facts: dict[int, dict[str, Fact]] = {}
        self._turn = asyncio.Lock()

    def note(self, execution: int, **facts: Fact) -> None:
        """Take facts of a start in; what was noted of it before and is told anew is replaced."""
        self._facts.setdefault(execution, {}).update(facts)

    async def write(self) -> None:
        """Write down what was noted; raises what ``write`` raises, and keeps what is not written.

        Facts that come meanwhile are written, too, and none is written twice for that.
        """
        async with self._turn:
            while self._facts:
                execution = next(iter(self._facts))
                facts = self._facts.pop(execution)
                try:
                    await self._write(execution, facts)
                except BaseException:
                    newer = self._facts.pop(execution, {})
                    self._facts = {execution: {**facts, **newer}, **self._facts}
                    raise

    @property
    def is_written(self) -> bool:
        """Whether nothing waits."""
        return not self._facts

    def statistics(self) -> dict[str, int]:
        """Tell how many starts and facts wait to be written."""
        return {"starts": len(self._facts), "facts": sum(map(len, self._facts.values()))}
