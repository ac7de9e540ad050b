"""dataflow/workers.py: how many workers there are where nobody says."""

import os

import pytest

from dataflow.workers import part_of, usual_workers


@pytest.mark.parametrize(
    ("cores", "serving", "alone"), [(1, 1, 1), (2, 1, 2), (3, 2, 2), (64, 2, 2)]
)
def test_there_are_two_where_two_can_run_beside_the_server(
    monkeypatch: pytest.MonkeyPatch, cores: int, serving: int, alone: int
) -> None:
    """By the cores that this process may use, and not by those of the machine."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(cores)), raising=False)
    assert usual_workers() == serving
    assert usual_workers(spared=0) == alone


def test_without_such_a_mask_the_cores_of_the_machine_count(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As on macOS."""
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert usual_workers() == 1


def test_the_name_of_a_partition_is_frozen() -> None:
    """Recovery finds what the sink keeps by it."""
    assert [part_of(worker) for worker in (0, 15)] == ["000", "015"]
