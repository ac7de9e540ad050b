"""The sockets and the server at the lowest versions allowed: ``python -m tests.lowest``.

An installation that is not new has some of them, and what a library does not say may differ there.
They go into an environment of their own in ``.cache``, which is kept; what only the tests need is
what is there now.
"""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import tomllib
import venv
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tests.__main__ import SIDE_BY_SIDE

ROOT: Final = Path(__file__).resolve().parent.parent
CACHE: Final = ROOT / ".cache" / "lowest"
TESTS: Final = (
    *("tests/web/http", "tests/web/live", "tests/web/flow/test_publish.py"),
    *("tests/web/commands/test_serve.py", "tests/dataflow/test_hub_sink.py"),
    "tests/faults/test_gone_sockets.py",
)
#: What takes long, and has nothing to do with them.
LEFT_OUT: Final = ("tests/web/http/api/test_proof.py",)
#: Of the test dependencies, those that these tests import.
FOR_TESTS: Final = ("hypothesis", "psutil", "pytest", "pytest-timeout", "pytest-xdist", "trustme")
#: The anyio of then brings a plug-in that pytest of now finds old-fashioned.
OPTIONS: Final = (
    *("-q", "-p", "no:cacheprovider"),
    *("-W", "ignore::pytest.PytestRemovedIn10Warning"),
    *SIDE_BY_SIDE,
    *(f"--ignore={path}" for path in LEFT_OUT),
)
_REQUIREMENT: Final = re.compile(r"([A-Za-z0-9._-]+)\s*(?:>=|==)\s*([0-9.]+)")


def main(words: Sequence[str]) -> int:
    """Run the tests, or those that the words name; gives the status for the shell."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    try:
        python = environment(lowest(project["dependencies"]))
    except subprocess.CalledProcessError as error:
        print("The lowest versions could not be installed together: pip has said why.")
        return int(error.returncode)
    return subprocess.run(
        [python, "-m", "pytest", *OPTIONS, *(words or TESTS)], cwd=ROOT
    ).returncode


def lowest(requirements: Sequence[str]) -> list[str]:
    """Pin each requirement to the lowest version that it allows."""
    pinned = []
    for requirement in requirements:
        found = _REQUIREMENT.fullmatch(requirement)
        assert found is not None, f"{requirement!r} names no lowest version"
        pinned.append("==".join(found.groups()))
    return pinned


def environment(pinned: Sequence[str]) -> Path:
    """Give the Python of an environment with these packages; makes it where there is none yet."""
    wanted = [*pinned, *FOR_TESTS]
    key = hashlib.sha256("\n".join([sys.version, *wanted]).encode()).hexdigest()[:16]
    folder = CACHE / key
    python = folder / "bin" / "python"
    if not (folder / "whole").exists():
        venv.create(folder, clear=True, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *wanted], check=True)
        (folder / "whole").touch()  # so one that was cut short is made anew
    return python


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
