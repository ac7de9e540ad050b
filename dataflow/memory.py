"""What the processes of the flow ask of Python's memory."""

import gc


def collect_seldom() -> None:
    """Look for cycles seldom.

    Events, carts and messages hold none, and there are millions of them: the collector took a
    fifteenth of the time to walk them for nothing.
    """
    gc.set_threshold(5_000_000, 10, 10)
