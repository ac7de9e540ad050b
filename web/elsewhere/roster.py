"""Which of the agents that are connected take part in the flow, and from when on. Pure.

    came ─▶ waits ─▶ (a start is made) takes part ─▶ went
              ▲────────── failed ───────────┘

Whoever comes is taken after a settling time, so that several that come together cost one start.
Who was lost has to stay connected for longer each time before it is taken again: so one that keeps
coming and going does not keep the flow from running. A first loss in a while is nobody's fault.
"""

from typing import Final, NamedTuple

SETTLE_S: Final = 1.0
"""So long after the last one that came the flow is started again with all who came."""

LONGEST_SETTLE_S: Final = 5.0
"""And no longer than that after the first of them, however many more come."""

LONGEST_STAY_S: Final = 60.0
"""What is asked of one that was lost again and again."""

FORGIVEN_S: Final = 300.0
"""Who was not lost for so long begins anew."""

_MOST_KNOWN: Final = 1024


class _Losses(NamedTuple):
    times: int = 0
    last_at: float = 0.0


class _Agent(NamedTuple):
    """An agent that is connected: who it is, by which address it came in, and its standing.

    ``from_at`` is when it may be taken.
    """

    who: str
    reached: str
    from_at: float
    takes_part: bool = False


class Roster:
    """The agents that are connected, in the order of their coming; times are monotonic seconds."""

    def __init__(self, most: int) -> None:
        """So many may take part at ``most``."""
        self._most = most
        self._agents: dict[int, _Agent] = {}
        self._losses: dict[str, _Losses] = {}

    def came(self, agent: int, who: str, reached: str, now: float) -> None:
        """Note that one has come; ``who`` it is stays the same when it comes again.

        ``reached`` is the address of the server by which it came in.
        """
        self._agents[agent] = _Agent(who, reached, now + self._stay(who, now))

    def went(self, agent: int, now: float, *, in_order: bool = False) -> None:
        """Note that one is not connected any more; one that was ended ``in_order`` is not lost."""
        gone = self._agents.pop(agent)
        if gone.takes_part and not in_order:
            self._lose(gone.who, now, 1)

    def failed(self, agent: int, now: float, *, at_once: bool = False) -> None:
        """Note that the worker of one has ended by itself, or could not be started.

        With ``at_once`` a first time is no excuse: the next would be no better.
        """
        found = self._agents.get(agent)
        if found is None:
            return
        self._lose(found.who, now, 2 if at_once else 1)
        stay = self._stay(found.who, now)
        takes_part = found.takes_part and not stay
        self._agents[agent] = found._replace(from_at=now + stay, takes_part=takes_part)

    def take(self, now: float) -> list[int]:
        """Make a start: gives those who take part in it, the first who came first."""
        chosen = self._chosen(now)
        for agent, found in self._agents.items():
            self._agents[agent] = found._replace(takes_part=agent in chosen)
        return chosen

    def joining(self, now: float) -> list[int]:
        """Give those for whom the flow is to be started again now; none where it is not."""
        new = [agent for agent in self._chosen(now) if not self._agents[agent].takes_part]
        since = [self._agents[agent].from_at for agent in new]
        if not since:
            return []
        settled = now - max(since) >= SETTLE_S or now - min(since) >= LONGEST_SETTLE_S
        return new if settled else []

    @property
    def has_waiting(self) -> bool:
        """Whether somebody takes no part."""
        return not all(found.takes_part for found in self._agents.values())

    def takes_part(self, agent: int) -> bool:
        """Whether one takes part in the start that was made last."""
        return self._agents[agent].takes_part

    def why_it_waits(self, agent: int, now: float) -> str:
        """Say why one takes no part now, in a part of a sentence."""
        found = self._agents[agent]
        count = self._losses.get(found.who, _Losses()).times
        if found.from_at > now:
            stay = self._stay(found.who, now)
            return f"it was lost {count} times and has to stay for {stay:.0f} s first"
        chosen = self._chosen(now)
        if agent not in chosen:
            first = self._agents[chosen[0]].reached if chosen else found.reached
            if found.reached != first:
                return (
                    f"it reaches the server at {found.reached}, and the others reach it at {first}:"
                    " it has to be one address for all"
                )
            return f"there are as many workers as there may be, {self._most} of them elsewhere"
        return "it is taken in a moment"

    def _chosen(self, now: float) -> list[int]:
        """Choose who would take part: those who do, and then those who may and wait for longest."""
        ready = [agent for agent, found in self._agents.items() if found.from_at <= now]
        ready.sort(key=lambda agent: not self._agents[agent].takes_part)
        if not ready:
            return []
        reached = self._agents[ready[0]].reached
        return [agent for agent in ready if self._agents[agent].reached == reached][: self._most]

    def _lose(self, who: str, now: float, least: int) -> None:
        known = self._losses.pop(who, _Losses())
        count = known.times if now - known.last_at <= FORGIVEN_S else 0
        self._losses[who] = _Losses(max(count + 1, least), now)
        if len(self._losses) > _MOST_KNOWN:
            del self._losses[next(iter(self._losses))]

    def _stay(self, who: str, now: float) -> float:
        """Tell for how long one has to stay connected, by how often it was lost lately."""
        known = self._losses.get(who, _Losses())
        if known.times < 2 or now - known.last_at > FORGIVEN_S:
            return 0.0
        return min(2.0 ** min(known.times - 1, 10), LONGEST_STAY_S)
