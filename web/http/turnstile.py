"""Lets sockets in at a rate, so that all who come back at once hold nobody up. Pure."""

from collections import deque
from collections.abc import Callable
from typing import Final

EVERY_S: Final = 0.005
AT_ONCE: Final = 4
"""So many every so often, 800 a second: each costs about a millisecond, of which others wait for
as many as are let in at once."""


class Turnstile:
    """Lets callers through in the order in which they came, some of them at once."""

    def __init__(self, later: Callable[[float, Callable[[], None]], object]) -> None:
        """``later`` calls something after some seconds."""
        self._later = later
        self._left = AT_ONCE
        self._waiting: deque[Callable[[], None]] = deque()
        self._is_turning = False

    def enter(self, go: Callable[[], None]) -> None:
        """Call ``go``, now or when it is its turn."""
        self._waiting.append(go)
        self._let_through()

    @property
    def waiting(self) -> int:
        """How many have not been let through yet."""
        return len(self._waiting)

    def _let_through(self) -> None:
        while self._waiting and self._left:
            self._left -= 1
            self._waiting.popleft()()
        if self._left < AT_ONCE and not self._is_turning:
            self._is_turning = True
            self._later(EVERY_S, self._turn)

    def _turn(self) -> None:
        self._is_turning = False
        self._left = AT_ONCE
        self._let_through()
