"""The limit of any throughput: DuckDB reads the same file in one go, and has the same carts.

No stream, no order of arrival, no state that goes on, nothing durable: a table in memory, by all
cores, but for some that only bad lines name. ``python -m tests.bench.limit FILE``
does it once; it is timed from the start of its process to its end, as the tutorial's flow is.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from typing import Final

ROOT: Final = Path(__file__).parents[2]
RUNS: Final = 5
COLUMNS: Final = "{user_id: 'VARCHAR', type: 'VARCHAR', order_id: 'VARCHAR'}"
CARTS: Final = f"""
CREATE TABLE carts AS
SELECT user_id,
    list(order_id) FILTER (ordered AND paid) AS paid,
    list(order_id) FILTER (NOT paid) AS unpaid,
    list(order_id) FILTER (NOT ordered) AS waiting
FROM (
    SELECT user_id, order_id, bool_or(type = 'order') AS ordered, bool_or(type = 'payment') AS paid
    FROM read_json(?, format = 'newline_delimited', columns = {COLUMNS}, ignore_errors = true)
    WHERE user_id IS NOT NULL AND order_id IS NOT NULL AND type IN ('order', 'payment')
    GROUP BY user_id, order_id
)
GROUP BY user_id
"""


def measure(file: Path) -> float:
    """Give the seconds that it takes, in the middle of some runs."""
    return median(_once(file) for _ in range(RUNS))


def _once(file: Path) -> float:
    command = [sys.executable, "-m", "tests.bench.limit", str(file)]
    began = time.monotonic()
    carts = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout
    seconds = time.monotonic() - began
    if int(carts) == 0:
        raise RuntimeError(f"no cart was made of {file}")
    return seconds


def run(file: str) -> int:
    """Make the carts; gives how many there are."""
    import duckdb

    with duckdb.connect() as db:
        db.execute(CARTS, [file])
        found = db.execute("SELECT count(*) FROM carts").fetchone()
    return 0 if found is None else int(found[0])


if __name__ == "__main__":
    print(run(sys.argv[1]))
