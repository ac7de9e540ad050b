"""``python -m tests.bench NAME``: one measurement, one line of JSON on stdout."""

import argparse
import json
import sys

from tests.bench import ask, cluster, fanout, isolation, page, recovery, scale, skipped, throughput


def main() -> int:
    """Run the measurement that was asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    benches = parser.add_subparsers(required=True, metavar="NAME")
    way = benches.add_parser(
        "throughput",
        help="from the upload of a file to its last commit, beside the tutorial's flow",
    )
    way.add_argument("--records", type=int, default=1_000_000, help="lines (%(default)s)")
    way.add_argument("--users", type=int, default=100_000, help="users (%(default)s)")
    way.set_defaults(run=lambda asked: throughput.measure(asked.records, asked.users))
    back = benches.add_parser(
        "recovery", help="from a kill of everything until page and flow are back, with much state"
    )
    back.add_argument("--carts", type=int, default=1_000_000, help="carts (%(default)s)")
    back.add_argument("--orders", type=int, default=5_000_000, help="orders (%(default)s)")
    back.add_argument("--records", type=int, default=1_000_000, help="load (%(default)s)")
    back.set_defaults(run=lambda asked: recovery.measure(asked.carts, asked.orders, asked.records))
    size = benches.add_parser(
        "scale", help="the same for several numbers of key groups and snapshot intervals"
    )
    size.add_argument("--carts", type=int, default=1_000_000, help="carts (%(default)s)")
    size.add_argument("--orders", type=int, default=5_000_000, help="orders (%(default)s)")
    size.add_argument("--records", type=int, default=1_000_000, help="load (%(default)s)")
    size.add_argument("--groups", type=int, nargs="+", default=[64, 128, 256, 512])
    size.add_argument("--intervals", type=float, nargs="+", default=[0.25, 0.5, 1.0])
    size.set_defaults(
        run=lambda asked: scale.measure(
            asked.carts, asked.orders, asked.records, asked.groups, asked.intervals
        )
    )
    bad = benches.add_parser(
        "skipped", help="what bad lines cost beside good ones, and what many of them cost a page"
    )
    bad.add_argument("--records", type=int, default=1_000_000, help="lines (%(default)s)")
    bad.add_argument("--few", type=int, default=3_000, help="skipped before (%(default)s)")
    bad.add_argument("--many", type=int, default=3_000_000, help="skipped before (%(default)s)")
    bad.set_defaults(run=lambda asked: skipped.measure(asked.records, asked.few, asked.many))
    asked = benches.add_parser("ask", help="how long answers take at very many carts under load")
    asked.add_argument("--carts", type=int, default=1_000_000, help="carts (%(default)s)")
    asked.add_argument("--orders", type=int, default=5_000_000, help="orders (%(default)s)")
    asked.add_argument("--rate", type=int, default=10_000, help="records a second (%(default)s)")
    asked.set_defaults(run=lambda given: ask.measure(given.carts, given.orders, given.rate))
    look = benches.add_parser("page", help="from a POST to the painted chip, and aimed clicks")
    look.add_argument("--rate", type=int, default=1_000, help="records a second (%(default)s)")
    look.add_argument("--flood", type=int, default=10_000, help="records a second (%(default)s)")
    look.set_defaults(run=lambda given: page.measure(given.rate, given.flood))
    spread = benches.add_parser("fanout", help="from a POST to very many viewers, and their cost")
    spread.add_argument("--rate", type=int, default=2_000, help="records a second (%(default)s)")
    spread.add_argument("--seconds", type=float, default=15.0, help="each (%(default)s)")
    spread.set_defaults(run=lambda given: fanout.measure(given.rate, given.seconds))
    apart = benches.add_parser("isolation", help="what much work costs others; and idling")
    apart.add_argument("--carts", type=int, default=1_000_000, help="carts (%(default)s)")
    apart.add_argument("--upload", type=int, default=2 * 1024**3, help="bytes (%(default)s)")
    apart.set_defaults(run=lambda given: isolation.measure(given.carts, given.upload))
    together = benches.add_parser(
        "cluster", help="a file and a topic, through one worker and through several"
    )
    together.add_argument("--records", type=int, default=1_000_000, help="lines (%(default)s)")
    together.add_argument("--users", type=int, default=100_000, help="users (%(default)s)")
    together.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    together.add_argument("--runs", type=int, default=5, help="of each (%(default)s)")
    together.set_defaults(
        run=lambda given: cluster.measure(given.records, given.users, given.workers, given.runs)
    )
    options = parser.parse_args()
    print(json.dumps(options.run(options)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
