"""The lowest versions that are allowed, and how their tests are asked for."""

import tomllib

import pytest

from tests.__main__ import read
from tests.lowest import LEFT_OUT, ROOT, TESTS, lowest


def test_each_dependency_is_taken_at_its_lowest_version() -> None:
    """Every one of the project's names it."""
    assert lowest(["uvicorn>=0.44.0", "bytewax==0.21.1"]) == ["uvicorn==0.44.0", "bytewax==0.21.1"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert len(lowest(project["dependencies"])) == len(project["dependencies"])


@pytest.mark.parametrize("requirement", ["uvicorn", "uvicorn<1", "uvicorn>=0.44,<1"])
def test_a_dependency_without_one_is_told(requirement: str) -> None:
    """It would be taken at its newest, and prove nothing."""
    with pytest.raises(AssertionError, match="names no lowest version"):
        lowest([requirement])


def test_what_is_run_with_them_is_there() -> None:
    """A test that was renamed is missed at once, not in CI."""
    assert all((ROOT / each).exists() for each in (*TESTS, *LEFT_OUT))


def test_they_are_asked_for_alone() -> None:
    """Other words go to pytest."""
    assert read(["--lowest", "-x"]) == (["lowest"], ["-x"])
    with pytest.raises(SystemExit):
        read(["--lowest", "--only", "lint"])
