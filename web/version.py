"""The version of this Cartwatch, as it was installed."""

import importlib.metadata
from functools import cache
from typing import Final

NOT_INSTALLED: Final = "of a folder that is not installed"


@cache
def version() -> str:
    """Give it; the end of a sentence where this code was never installed.

    It stays what it was first, also where another is installed under a process that runs.
    """
    try:
        return importlib.metadata.version("cartwatch")
    except importlib.metadata.PackageNotFoundError:
        return NOT_INSTALLED
