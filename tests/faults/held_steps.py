"""``cartwatch`` whose steps a test can hold: it goes on when the test lets it.

``python -m tests.faults.held_steps``, with the variable ``HOLDS``: the folder in which a test makes
two pipes for the step that it wants held.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import ExitStack
from functools import wraps
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

from dataflow.journal import Journal
from web.commands.cli import main
from web.data.folder import DataFolder
from web.http import receive
from web.http.receive import ReceivedFile
from web.service import service

VARIABLE: Final = "HOLDS"
_STEPS: Final[dict[str, tuple[Any, str]]] = {
    "an upload is synced": (receive, "_sync"),
    "an upload is placed": (ReceivedFile, "place"),
    "an upload is added": (Journal, "add_upload"),
    "an upload is changed": (Journal, "change_upload"),
    "records are kept": (Journal, "append_events"),
    "a generation is made": (service, "make_generation"),
    "a generation is removed": (DataFolder, "discard_superseded"),
}
STEPS: Final = tuple(_STEPS)


def reached(folder: Path, step: str) -> Path:
    """Name the pipe that is opened when a step is reached."""
    return folder / f"{step}, reached"


def go_on(folder: Path, step: str) -> Path:
    """Name the pipe that a held step waits for."""
    return folder / f"{step}, go on"


def _held(folder: Path, step: str, call: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(call)
    def holding(*args: object, **kwargs: object) -> Any:
        if reached(folder, step).exists():
            reached(folder, step).open("w").close()
            go_on(folder, step).open().close()
        return call(*args, **kwargs)

    return holding


if __name__ == "__main__":
    folder = Path(os.environ[VARIABLE])
    with ExitStack() as patches:
        for step, (owner, name) in _STEPS.items():
            held = _held(folder, step, getattr(owner, name))
            patches.enter_context(patch.object(owner, name, held))
        sys.exit(main())
