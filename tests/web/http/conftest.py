"""A server that wants to know who comes."""

from collections.abc import Iterator

import pytest

from tests.kit.running import Cartwatch
from tests.kit.signed_in import CHANGES, bearer, token_files


@pytest.fixture(scope="session")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cartwatch]:
    """One with both tokens, for the tests that leave it running and lock nobody out."""
    folder = tmp_path_factory.mktemp("guarded")
    with Cartwatch(folder / "data", *token_files(folder)) as server:
        server.headers = bearer(CHANGES)
        server.settled()
        server.headers = {}
        yield server
        assert "Traceback" not in server.errors()
