"""What a process does not need any more goes back to the system."""

import ctypes
import sys


def give_back() -> None:
    """Give back what is free between what is used, which glibc keeps by itself: some milliseconds.

    Elsewhere the C library does so in its own time.
    """
    libc = ctypes.CDLL(None)
    if sys.platform == "linux" and hasattr(libc, "malloc_trim"):
        libc.malloc_trim(0)
