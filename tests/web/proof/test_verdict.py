"""web/proof/verdict.py: what a proof has found, in figures and in some words."""

from web.proof.verdict import EXAMPLES, Verdict


def test_what_is_passed_over_is_told_in_one_range_of_a_partition() -> None:
    """Though the order of all records takes turns between partitions; a gap begins another."""
    verdict = Verdict()
    for first in (0, 5, 10):
        for partition in (0, 1):
            verdict.pass_over(f"orders/{partition}", first, 5)
    verdict.pass_over("orders/0", 20, 1)
    assert verdict.uncounted == 31
    assert verdict.uncounted_ranges == [
        "orders/0 from 0 to 14",
        "orders/1 from 0 to 14",
        "orders/0 from 20 to 20",
    ]


def test_all_that_is_passed_over_counts_and_some_of_it_is_told() -> None:
    """However many gaps a topic has."""
    verdict = Verdict()
    for number in range(100):
        verdict.pass_over("orders/0", 2 * number, 1)
    assert verdict.uncounted == 100
    assert len(verdict.uncounted_ranges) == EXAMPLES * 8
