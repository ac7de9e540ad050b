"""What the tests share: one running program, and asyncio for tests that wait."""

import gc
import signal
from collections.abc import Iterator
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, settings

from tests.kit.broker import Broker, Noida, Tansu
from tests.kit.running import Cartwatch

gc.set_threshold(100_000, 10, 10)  # by default it took a seventh of what these processes did
# The same draws every time, which share a fixture, and no fault for a machine that is busy.
settings.register_profile(
    "cartwatch",
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("cartwatch")
# Others each time, and many: for a change of the rules, by hand.
settings.register_profile("thorough", derandomize=False, max_examples=2_000)
B = TypeVar("B", bound=Broker)

LONGEST = (
    "/test_chaos",
    "/e2e/",
    "/faults/",
    "/kafka/",
    "/fuzz/",
    "/commands/",
    "/http/",
    "/browser/",
)
"""What takes longest begins first, so that no process is left alone with it at the end."""


def pytest_configure() -> None:
    """Have Ctrl-C heard here, and by whatever is started: a shell's background job ignores it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def turn(item: pytest.Item) -> int:
        path = item.path.as_posix()
        return next((at for at, part in enumerate(LONGEST) if part in path), len(LONGEST))

    items.sort(key=turn)


def pytest_collection_finish() -> None:
    """Let the collector leave alone, from now on, the thousands of tests that were found."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def cartwatch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cartwatch]:
    """One server for all tests that leave it running; each uses users and names of its own."""
    with Cartwatch(tmp_path_factory.mktemp("shared") / "data", "--max-upload=2000000") as server:
        server.settled()
        yield server


@pytest.fixture
def tansu() -> Iterator[Tansu]:
    """A broker in memory; the test is skipped, in words, where it is not installed."""
    yield from _broker(Tansu)


@pytest.fixture
def noida() -> Iterator[Noida]:
    """A broker with transactions; the test is skipped, in words, where it is not installed."""
    yield from _broker(Noida)


def _broker(kind: type[B]) -> Iterator[B]:
    if missing := kind.missing():
        pytest.skip(missing)
    with kind() as broker:
        yield broker
