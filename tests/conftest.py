"""What the tests share: one running program, and asyncio for tests that wait."""

from collections.abc import Iterator

import pytest

from tests.kit.running import Cartwatch


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def cartwatch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cartwatch]:
    """One server for all tests that leave it running; each uses users and names of its own."""
    with Cartwatch(tmp_path_factory.mktemp("shared") / "data", "--max-upload=2000000") as server:
        server.settled()
        yield server
