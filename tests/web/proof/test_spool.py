"""The spool: facts come back sorted, and its files are nobody's."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from web.proof.facts import CART, ORDER, PAYMENT, Fact
from web.proof.spool import PARTS, Spool

SPILLED = """
import os
from pathlib import Path
from web.proof.spool import Spool
spool = Spool()
for number in range(300_000):
    spool.add(number, (f"user-{number:060}", number, 1, 1, None, 0))
for link in Path("/proc/self/fd").glob("*"):
    try:
        print(link.readlink())
    except FileNotFoundError:
        pass
for path in Path(os.environ["SQLITE_TMPDIR"]).iterdir():
    print("left", path)
"""


def test_facts_come_back_by_user_and_order_and_kind() -> None:
    """Numbers before texts, the cart before all, and of records the first one first."""
    expected: list[Fact] = [
        ("a", None, CART, -2, b"new", 0),
        ("a", None, CART, -2, b"old", 2),
        ("a", None, CART, -1, b"old", 0),
        ("a", -(2**63), ORDER, 9, None, 0),
        ("a", 1, ORDER, 2, None, 0),
        ("a", 1, ORDER, 7, None, 0),
        ("a", 1, PAYMENT, 1, None, 0),
        ("a", "\0", ORDER, 3, None, 0),
        ("a", "1", ORDER, 4, None, 0),
        ("a\0b", 1, ORDER, 5, None, 0),
        ("é", 1, ORDER, 6, None, 0),
        ("\ufffd", 1, ORDER, 6, None, 0),
        ("😀", 1, ORDER, 6, None, 0),
    ]
    with closing(Spool()) as spool:
        for fact in reversed(expected):
            spool.add(PARTS + 3, fact)
        assert list(spool.facts(3)) == expected
        assert list(spool.facts(4)) == []


def test_what_is_much_goes_to_a_file_without_a_name_in_the_folder_that_is_told(
    tmp_path: Path,
) -> None:
    """So a crash leaves nothing behind, and it is the data folder that has to have the room."""
    said = subprocess.run(
        [sys.executable, "-c", SPILLED],
        env={**os.environ, "SQLITE_TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout
    assert "left" not in said
    if sys.platform == "linux":
        (name,) = (each for each in said.splitlines() if each.startswith(str(tmp_path)))
        assert name.endswith(" (deleted)")
