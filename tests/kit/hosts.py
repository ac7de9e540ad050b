"""Several hosts on one machine: network namespaces on one cable, of which each can be pulled out.

Needs root and ``ip``. Nothing of it stands in the machine's own network.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, TypeVar

T = TypeVar("T")
_CLONE_NEWNET: Final = 0x40000000
_NET: Final = "10.77.0"
_AS_HOST: Final = 'hostname "$0" && exec "$@"'


class Host:
    """One of them: a namespace with an address, and the words that run something in it."""

    def __init__(self, namespace: str, name: str, number: int) -> None:
        self.name = name
        self.address = f"{_NET}.{number}"
        self._namespace = namespace
        self._inside = ThreadPoolExecutor(1, initializer=self._enter)

    @property
    def words(self) -> list[str]:
        """What stands before a command that is to run there; its process id stays the same."""
        enter = ["ip", "netns", "exec", self._namespace, "unshare", "--uts"]
        return [*enter, "sh", "-c", _AS_HOST, self.name]

    def call(self, work: Callable[[], T]) -> T:
        """Do something in a thread of this process that is on that host."""
        return self._inside.submit(work).result(60)

    def close(self) -> None:
        self._inside.shutdown()

    def _enter(self) -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        with Path("/run/netns", self._namespace).open() as namespace:
            if libc.setns(namespace.fileno(), _CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), "setns")


class Hosts:
    """So many hosts; the first one has the switch that all of them are at."""

    def __init__(self, *names: str) -> None:
        self._prefix = f"cartwatch-{os.getpid()}"
        self._names = names
        self._made: list[str] = []
        self.all: list[Host] = []

    @staticmethod
    def missing() -> str | None:
        """Say why there can be none here; None where there can."""
        if sys.platform != "linux" or os.geteuid() != 0:
            return "namespaces need Linux and root"
        lacking = [each for each in ("ip", "unshare", "hostname") if shutil.which(each) is None]
        if lacking:
            return f"{' and '.join(lacking)} is not installed"
        tried = f"cartwatch-{os.getpid()}-tried"
        made = subprocess.run(["ip", "netns", "add", tried], capture_output=True, text=True)
        subprocess.run(["ip", "netns", "del", tried], capture_output=True)
        return None if made.returncode == 0 else f"no namespaces here: {made.stderr.strip()}"

    def pull(self, host: Host) -> None:
        """Pull the cable out of a host: what is on its way is lost, and nobody hears of it."""
        self._set(host, "down")

    def plug(self, host: Host) -> None:
        """Put the cable in again."""
        self._set(host, "up")

    def __enter__(self) -> Hosts:
        try:
            for number, name in enumerate(self._names, 1):
                self._make(number, name)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for host in self.all:
            host.close()
        for namespace in reversed(self._made):
            subprocess.run(["ip", "netns", "del", namespace], capture_output=True)

    def _make(self, number: int, name: str) -> None:
        namespace, switch = f"{self._prefix}-{number}", f"{self._prefix}-1"
        _ip("netns", "add", namespace)
        self._made.append(namespace)
        _ip("-n", namespace, "link", "set", "lo", "up")
        if namespace == switch:
            _ip("-n", switch, "link", "add", "cable1", "type", "bridge")
        else:
            cable = ("type", "veth", "peer", "name", f"cable{number}", "netns", namespace)
            _ip("-n", switch, "link", "add", f"port{number}", *cable)
            _ip("-n", switch, "link", "set", f"port{number}", "master", "cable1", "up")
        host = Host(namespace, name, number)
        _ip("-n", namespace, "addr", "add", f"{host.address}/24", "dev", f"cable{number}")
        _ip("-n", namespace, "link", "set", f"cable{number}", "up")
        self.all.append(host)

    def _set(self, host: Host, state: str) -> None:
        _ip("-n", self._made[0], "link", "set", f"port{self.all.index(host) + 1}", state)


def _ip(*words: str) -> None:
    done = subprocess.run(["ip", *words], capture_output=True, text=True)
    assert done.returncode == 0, f"ip {' '.join(words)}: {done.stderr}"


def inside(host: Host | None) -> Sequence[str]:
    """Give the words before a command on a host, or on none."""
    return [] if host is None else host.words
