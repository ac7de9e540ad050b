"""A program whose order log is off: what is taken is written down nowhere.

By a module that every process of it imports at its start, from a folder on ``PYTHONPATH``: the
product itself has no such switch.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

_PATCH: Final = """
import sys

class _Finder:
    def find_spec(self, name, path=None, target=None):
        if name != "dataflow.order_log":
            return None
        sys.meta_path.remove(self)
        from importlib.util import find_spec
        spec = find_spec(name)
        run = spec.loader.exec_module
        def exec_module(module):
            run(module)
            log = module.OrderLog
            log.append = lambda self, ranges: None
            log.after = lambda self, seq, most: []
            log.end = lambda self: 2**62
        spec.loader.exec_module = exec_module
        return spec

sys.meta_path.insert(0, _Finder())
"""


def forgetful(folder: Path) -> dict[str, str]:
    """Write the module; gives the variables that a process needs to find it."""
    place = folder / "forgetful"
    place.mkdir()
    (place / "sitecustomize.py").write_text(_PATCH)
    search = [str(place), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {"PYTHONPATH": os.pathsep.join(search)}
