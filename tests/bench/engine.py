"""A flow that is the engine's alone, beside which ours is measured."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from bytewax.recovery import init_db_dir

TUTORIAL: Final = "tests.bench.tutorial:flow"
EMPTY: Final = "tests.bench.empty:flow"


def engine_command(flow: str, store: Path, *, is_first: bool = True) -> list[str]:
    """Give the words that run a flow, named as the engine does, with a snapshot a second.

    ``store`` is a folder that this makes: with the recovery store in it for the first worker, and
    nothing for another.
    """
    store.mkdir()
    if is_first:
        init_db_dir(store, 1)  # type: ignore[no-untyped-call]
    return [sys.executable, "-m", "bytewax.run", flow, "-r", str(store), "-s", "1", "-b", "0"]
