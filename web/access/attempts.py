"""Wrong tries of tokens: ten a minute from one address, and then none for a while. Pure.

An address is that of a client, or the first half of one of IPv6: who has one of those has all that
begin like it. What is kept is bounded; where it is full, the address that tried longest ago is
forgotten, and never is one locked out for what another did.
"""

import math
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

MOST: Final = 10
WITHIN_S: Final = 60.0
MOST_ADDRESSES: Final = 8_192


class Attempts:
    """The wrong tries of the last minute, by who made them."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """``clock`` gives seconds that never run back."""
        self._clock = clock
        self._tries: OrderedDict[str, list[float]] = OrderedDict()

    def seconds_to_wait(self, address: str) -> int:
        """Tell for how long nothing of this address is tried; 0 where it may try."""
        tries = self._tries.get(address, [])
        if len(tries) < MOST:
            return 0
        self._tries.move_to_end(address)  # who goes on is not forgotten
        return max(0, math.ceil(tries[0] + WITHIN_S - self._clock()))

    def failed(self, address: str) -> None:
        """Count a wrong try."""
        now = self._clock()
        tries = self._tries.pop(address, [])
        self._tries[address] = [at for at in [*tries, now] if at > now - WITHIN_S][-MOST:]
        if len(self._tries) > MOST_ADDRESSES:
            self._tries.popitem(last=False)

    def statistics(self) -> dict[str, int]:
        """Tell how many addresses are remembered."""
        return {"addresses": len(self._tries)}
