"""``python -m tests.bench NAME``: one measurement, one line of JSON on stdout."""

import argparse
import json
import sys

from tests.bench.throughput import measure


def main() -> int:
    """Run the measurement that was asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    benches = parser.add_subparsers(required=True, metavar="NAME")
    throughput = benches.add_parser(
        "throughput",
        help="from the upload of a file to its last commit, beside the tutorial's flow",
    )
    throughput.add_argument("--records", type=int, default=1_000_000, help="lines (%(default)s)")
    throughput.add_argument("--users", type=int, default=100_000, help="users (%(default)s)")
    options = parser.parse_args()
    print(json.dumps(measure(options.records, options.users)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
