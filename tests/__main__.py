"""``python -m tests``: everything that must pass – format, lint, types, tests – and a browser.

Takes a Chromium that is installed; else installs Debian's where it may, else Playwright's own.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from tests.kit.chromium import installed

ROOT: Final = Path(__file__).resolve().parent.parent
CHECKS: Final = (
    ("ruff", "format", "--check", "."),
    ("ruff", "check", "."),
    ("mypy",),
    ("pytest", "-q"),
)


def main() -> int:
    """Run every check; gives the status of the first that fails."""
    if installed() is None:
        install_browser()
    for module, *words in CHECKS:
        print(f"== {module} {' '.join(words)}".rstrip(), flush=True)
        arguments = [*words, *(sys.argv[1:] if module == "pytest" else [])]
        status = subprocess.run([sys.executable, "-m", module, *arguments], cwd=ROOT).returncode
        if status:
            return status
    return 0


def install_browser() -> None:
    """Bring a Chromium onto this machine."""
    if os.geteuid() == 0 and shutil.which("apt-get"):
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "update", "-qq"], env=quiet, check=True)
        subprocess.run(["apt-get", "install", "-y", "-qq", "chromium"], env=quiet, check=True)
    else:
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=True)


if __name__ == "__main__":
    sys.exit(main())
