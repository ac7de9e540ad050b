"""The laboratory with topics in short; and that it finds out where the order is not kept."""

from pathlib import Path

import pytest

from tests.chaos.kafka import run_kafka
from tests.kit.broker import Noida

pytestmark = [
    pytest.mark.skipif(Noida.missing() is not None, reason=str(Noida.missing())),
    pytest.mark.timeout(300),
]


def test_five_kills_leave_no_difference_with_topics(tmp_path: Path) -> None:
    """An unkeyed producer, a broker that is stopped and restarted, 4 partitions that become 8."""
    report = run_kafka(tmp_path, seed=1, kills=5, records=1_500, interval="3")
    assert report.differences == [], report.text()
    assert report.kills.total() >= 5


def test_without_the_order_log_the_same_differs(tmp_path: Path) -> None:
    """So the laboratory would see it, and the log is what keeps the order.

    Records are in an order before the first kill, so each seed differs, as far as was seen; where
    a snapshot falls just before the kills it would not: one of three has to.
    """

    def differs(seed: int) -> bool:
        folder = tmp_path / f"seed-{seed}"
        folder.mkdir()
        report = run_kafka(folder, seed=seed, kills=3, records=1_500, interval="30", has_log=False)
        return bool(report.differences)

    assert any(map(differs, range(1, 4)))
