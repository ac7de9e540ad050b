"""A time that passes where the test lets it."""


class Clock:
    """Gives ``now``, in seconds, which the test sets."""

    def __init__(self, now: float = 1_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now
