"""``python -m tests.chaos``: one experiment in a temporary folder; 1 where something differs."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from tests.chaos.kafka import run_kafka
from tests.chaos.laboratory import run_experiment
from tests.chaos.publishing import run_publishing
from tests.chaos.resets import run_resets
from tests.kit.broker import Noida


def main() -> int:
    """Run what was asked for, and print its report."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--kills", type=int, default=20, help="SIGKILLs, at least (%(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of stream and plan (%(default)s)")
    parser.add_argument("--records", type=int, default=20_000, help="about (%(default)s)")
    parser.add_argument("--resets", type=int, help="instead: so many resets under fire")
    parser.add_argument(
        "--completed", action="store_true", help="instead: kill who publishes completed orders"
    )
    parser.add_argument("--kafka", action="store_true", help="instead: with topics of a broker")
    parser.add_argument(
        "--elsewhere",
        type=int,
        default=0,
        metavar="AGENTS",
        help="so many workers elsewhere, which are killed, too",
    )
    options = parser.parse_args()
    if (options.completed or options.kafka) and (missing := Noida.missing()):
        parser.error(missing)
    folder = Path(tempfile.mkdtemp(prefix="cartwatch-chaos-"))
    if options.resets is not None:
        report = run_resets(folder, seed=options.seed, resets=options.resets)
    elif options.completed:
        report = run_publishing(folder, seed=options.seed, kills=options.kills)
    else:
        report = (run_kafka if options.kafka else run_experiment)(
            folder,
            seed=options.seed,
            kills=options.kills,
            records=options.records,
            workers_elsewhere=options.elsewhere,
        )
    print(report.text())
    if report.differences:
        return 1
    shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
