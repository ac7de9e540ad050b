"""web/commands/server_client.py: a server at an address that has a path."""

from __future__ import annotations

from pathlib import Path

import pytest

from dataflow.sample import SAMPLE
from tests.kit.proxy import Proxy
from tests.kit.running import Cartwatch
from web.commands.check import check
from web.commands.replay import replay

ROOT = "/orders"


@pytest.mark.parametrize("strips", [True, False])
def test_a_server_below_a_path_is_sent_files(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], strips: bool
) -> None:
    """With a slash at the end or without; nothing is asked for outside the path."""
    with (
        Cartwatch(tmp_path / "data", "--root-path", ROOT) as running,
        Proxy(running.url, ROOT, strips=strips) as proxy,
    ):
        for server in (running.url, proxy.url, f"{proxy.url}/"):
            assert replay(str(SAMPLE), rate=None, server=server) == 0
            assert check(str(SAMPLE), server=server) == 0
        assert proxy.elsewhere == []
        assert running.get("/api/uploads")["total"] == 3
    assert capfd.readouterr().out.count("7 accepted") == 3


def test_a_path_that_nothing_is_mounted_at_is_named(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """So that one sees which address was asked."""
    with (
        Cartwatch(tmp_path / "data", "--root-path", ROOT) as running,
        Proxy(running.url, ROOT, strips=True) as proxy,
    ):
        elsewhere = proxy.url.replace(ROOT, "/nothing")
        assert replay(str(SAMPLE), rate=None, server=elsewhere) == 1
        assert f"{elsewhere} refused: it answered with 404" in capfd.readouterr().err
