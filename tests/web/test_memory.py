"""web/memory.py: what is free goes back to the system."""

from __future__ import annotations

import subprocess
import sys

import pytest

KEPT = """
import psutil
from web.memory import give_back

# Between each two pieces that go, one stays: the top of the heap cannot be cut off.
pieces = [bytes(65_536) for _ in range(2_000)]
del pieces[::2]
before = psutil.Process().memory_info().rss
give_back()
print(before - psutil.Process().memory_info().rss)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the C library does it by itself")
def test_memory_between_what_is_used_goes_back_to_the_system() -> None:
    """Half of 130 MB is free, in many pieces, and most of that half goes."""
    told = subprocess.run([sys.executable, "-c", KEPT], capture_output=True, check=True)
    assert int(told.stdout) > 40 * 1024 * 1024
