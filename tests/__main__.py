"""``python -m tests``: everything that must pass – format, lint, types, tests – and a browser.

Takes a headless Chromium, Debian's where it may be installed; else another one that is there, else
Playwright's own.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

from dataflow.workers import cores
from tests.kit.chromium import HEADLESS, installed

ROOT: Final = Path(__file__).resolve().parent.parent


class Check(NamedTuple):
    """One thing that must hold: the module that sees to it, its words, and what it is about."""

    module: str
    words: tuple[str, ...]
    about: str


SIDE_BY_SIDE: Final = (
    *("-n", str(min(4, cores() + 2))),
    *("--dist", "loadfile", "--no-loadscope-reorder"),
)
"""Two processes more than there are cores: much of a test is waiting, for what was killed, held or
paced. A file stays together, and its server with it; ``conftest.py`` says which begin first."""

CHECKS: Final = {
    "format": Check("ruff", ("format", "--check", "."), "the Python is formatted"),
    "lint": Check("ruff", ("check", "."), "the Python has no fault that a linter sees"),
    "types": Check("mypy", (), "the types of the Python hold, strictly"),
    "page": Check("tests.typescript", (), "the types in the page's JSDoc hold, strictly"),
    "tests": Check("pytest", ("-q", *SIDE_BY_SIDE), "the tests pass; starts browsers and servers"),
}
APART: Final = {
    "lowest": Check("tests.lowest", (), "sockets and server at the lowest versions allowed"),
}
"""What is run when it is asked for alone, and by CI."""

EXAMPLES: Final = """\
Words that are not options of this command are pytest's:
  python -m tests -k recovery -x                every check; of the tests those named so
  python -m tests --only tests tests/browser    the tests of one folder
  python -m tests --only lint --only page       some of the checks
  python -m tests --lowest                      the sockets and the server, with old libraries

What runs apart, as it takes long: python -m tests.chaos --help, python -m tests.bench --help.
"""


def main(words: Sequence[str]) -> int:
    """Run the checks that are asked for; gives the status of the first that fails."""
    wanted, rest = read(words)
    # What Python has compiled is kept, as users have it: these are some thousand processes.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    if "tests" in wanted and shutil.which(HEADLESS) is None:
        install_browser()
    for name in wanted:
        module, own, _ = (CHECKS | APART)[name]
        arguments = [*own, *(rest if name in ("tests", "lowest") else ())]
        print(f"== {module} {' '.join(arguments)}".rstrip(), flush=True)
        status = subprocess.run([sys.executable, "-m", module, *arguments], cwd=ROOT).returncode
        if status:
            return status
    return 0


def read(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """Give the names of the checks that are asked for, in their order, and the words for pytest."""
    listed = "\n".join(f"  {name:8} {check.about}" for name, check in CHECKS.items())
    parser = argparse.ArgumentParser(
        prog="python -m tests",
        usage="%(prog)s [--only CHECK]… | [--lowest] [words for pytest]…",
        description=f"Everything that must pass, in this order; ends at what fails:\n{listed}",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,  # --onl… and the like may be pytest's
    )
    parser.add_argument(
        "--only",
        action="append",
        choices=CHECKS,
        metavar="CHECK",
        help="run this check; repeatable",
    )
    parser.add_argument("--lowest", action="store_true", help=f"instead: {APART['lowest'].about}")
    options, rest = parser.parse_known_args(words)
    if options.lowest:
        if options.only:
            parser.error("--lowest goes without --only")
        return [*APART], rest
    chosen: list[str] = options.only or list(CHECKS)
    if rest and "tests" not in chosen:
        parser.error(f"{' '.join(rest)!r} is for pytest, which is not among --only")
    return [name for name in CHECKS if name in chosen], rest


def install_browser() -> None:
    """Bring a Chromium onto this machine, unless another one has to do."""
    if os.geteuid() == 0 and shutil.which("apt-get"):
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        install = ["apt-get", "install", "-y", "-qq"]
        subprocess.run(["apt-get", "update", "-qq"], env=quiet)
        subprocess.run([*install, HEADLESS], env=quiet)
        if installed() is None:
            subprocess.run([*install, "chromium"], env=quiet)
    if installed() is None:
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
