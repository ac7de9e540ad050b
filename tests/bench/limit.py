"""The limit of any throughput: DuckDB reads the same file at once and groups it, and is done.

No stream, no order of arrival, no state that goes on, nothing durable: a table in memory, by all
cores. ``python -m tests.bench.limit FILE`` prints the seconds of each run.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from typing import Final

import duckdb

ROOT: Final = Path(__file__).parents[2]
RUNS: Final = 5
COLUMNS: Final = "{user_id: 'VARCHAR', type: 'VARCHAR', order_id: 'VARCHAR'}"
GROUPED: Final = f"""
CREATE OR REPLACE TABLE carts AS
SELECT user_id, count(*) FILTER (type = 'order') AS orders,
    count(*) FILTER (type = 'payment') AS payments
FROM read_json(?, format = 'newline_delimited', columns = {COLUMNS}, ignore_errors = true)
GROUP BY user_id
"""


def measure(file: Path) -> float:
    """Give the seconds that it takes, in the middle of some runs in a process of their own."""
    command = [sys.executable, "-m", "tests.bench.limit", str(file)]
    told = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout
    seconds: list[float] = json.loads(told)
    return median(seconds)


def run(file: str) -> list[float]:
    """Read and group so many times; a run whose table is empty is none."""
    seconds = []
    with duckdb.connect() as db:
        for _ in range(RUNS):
            began = time.monotonic()
            db.execute(GROUPED, [file])
            seconds.append(time.monotonic() - began)
            assert db.execute("SELECT count(*) FROM carts").fetchone() != (0,)
    return seconds


if __name__ == "__main__":
    print(json.dumps(run(sys.argv[1])))
