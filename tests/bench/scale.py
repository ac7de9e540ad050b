"""Scale: what the number of key groups and the snapshot interval cost with much state.

For each number of groups a folder is filled once and its server killed. A copy of it is started
for each interval: how soon is the flow back, and how long does the same load take?
"""

import shutil
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.bench.recovery import filling, mixed, ready, run, start_again, write
from tests.bench.throughput import tell
from tests.kit.running import Cartwatch
from web.data.folder import DataFolder


def measure(
    carts: int, orders: int, records: int, groups: Sequence[int], intervals: Sequence[float]
) -> dict[str, Any]:
    """Go through all pairs; gives the result as it is printed."""
    with TemporaryDirectory(prefix="cartwatch-bench-") as name:
        folder = Path(name)
        load = write(folder / "load.jsonl", mixed(records, carts, orders))
        fill = write(folder / "fill.jsonl", filling(carts, orders))
        rows = []
        for number in groups:
            full = folder / f"{number}-groups"
            data = DataFolder(full)
            data.switch_to(data.new_generation(number))
            data.release()
            with Cartwatch(full, workers=None) as server:
                ready(server)
                seconds = run(server, fill)
                tell(f"{number} key groups: filled in {seconds:.0f} s")
                server.kill()
            for interval in intervals:
                copy = Path(shutil.copytree(full, folder / "copy"))
                tell(f"a snapshot every {interval:g} s:")
                row = start_again(copy, load, "--snapshot-interval", str(interval))
                rows.append({"key_groups": number, "interval_s": interval, **row})
                shutil.rmtree(copy)
            shutil.rmtree(full)
    return {"bench": "scale", "carts": carts, "orders": orders, "records": records, "rows": rows}
