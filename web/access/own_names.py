"""The names of this machine: what it calls itself, and what others may."""

import socket
import threading
from collections.abc import Callable


def host_names() -> set[str]:
    """Give the name of this machine, also without its domain; asks nobody."""
    name = socket.gethostname().lower()
    return {each for each in (name, name.partition(".")[0]) if each}


def look_up_full_name(learn: Callable[[str], None]) -> threading.Thread:
    """Ask for the name of this machine with its domain, and tell it when it is known.

    That may take long, and holds nothing up: a thread waits for it that ends with the process.
    Only where a login is in force, as the answer is the network's, which may be anybody's.
    """

    def ask() -> None:
        name = socket.getfqdn().lower()
        if name:
            learn(name)

    thread = threading.Thread(target=ask, name="full name", daemon=True)
    thread.start()
    return thread
