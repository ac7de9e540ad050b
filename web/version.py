"""The version of this Cartwatch, as it was installed."""

import importlib.metadata
from typing import Final

NOT_INSTALLED: Final = "of a folder that is not installed"


def version() -> str:
    """Give it; a sentence's end where this code was never installed."""
    try:
        return importlib.metadata.version("cartwatch")
    except importlib.metadata.PackageNotFoundError:
        return NOT_INSTALLED
