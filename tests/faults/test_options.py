"""Every option at its ends: whatever a server is started with, records reach their carts."""

from __future__ import annotations

import os
import signal
import socket
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from dataflow.launch import SECRET_VARIABLE
from tests.faults.folders import refusal
from tests.kit.running import Cartwatch, until

ORDER = b'{"user_id": "a", "type": "order", "order_id": %d}\n'


def orders_of(server: Cartwatch) -> list[int]:
    """Give the orders of the one cart."""
    found: list[int] = server.get("/api/carts/a")["unpaid_order_ids"]
    return found


def take(server: Cartwatch, order: int) -> None:
    """Post an order, and wait until it is in its cart."""
    assert server.call("POST", "/api/events", ORDER % order).status == 202
    server.settled()
    assert order in orders_of(server)


@pytest.mark.parametrize(
    "options",
    [
        ["--host", "::1"],
        ["--host", "localhost"],
        ["--host", "0:0:0:0:0:0:0:1"],
        ["--snapshot-interval", "0.05"],
        ["--snapshot-interval", "60"],
        ["--max-upload", "1"],
        ["--max-upload", "999999999999999999"],
    ],
    ids=" ".join,
)
def test_records_reach_their_carts_and_come_back_after_every_crash(
    tmp_path: Path, options: list[str]
) -> None:
    """A kill of the flow, a restart of it and a kill of everything, each within seconds."""
    data = tmp_path / "data"
    with Cartwatch(data, *options) as server:
        take(server, 1)
        flow = server.flow_pid()
        os.kill(flow, signal.SIGKILL)
        until(lambda: server.get("/api/recovery")["history"][0]["reason"] == "killed by SIGKILL")
        take(server, 2)
        assert server.call("POST", "/api/flow/restart").status == 202
        take(server, 3)
        server.kill()
    with Cartwatch(data, *options) as server:
        server.settled()
        assert orders_of(server) == [1, 2, 3]
        upload = server.call("POST", "/api/uploads?name=f", ORDER % 4)
        assert upload.status == (413 if "1" in options else 201)
        take(server, 5)
        server.stop()
        assert server.errors() == ""


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_port_that_is_taken_where_the_name_leads_is_refused(tmp_path: Path, host: str) -> None:
    """On either address of ``localhost``; before the data folder is touched."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with closing(socket.create_server((host, 0), family=family)) as other:
        port = other.getsockname()[1]
        words = ("--host", "localhost", "--port", str(port), "--data", str(tmp_path / "data"))
        assert f"cannot listen on {host} port {port}" in refusal("serve", *words)
    assert not (tmp_path / "data").exists()


def test_the_flow_has_an_address_of_its_own(tmp_path: Path) -> None:
    """Nothing else is served there, and nothing of the flow's at the address for people."""
    with Cartwatch(tmp_path / "data", "--host", "::1", forked=False) as server:
        server.settled()
        flow = psutil.Process(server.flow_pid())
        options = dict(word[2:].split("=", 1) for word in flow.cmdline() if word.startswith("--"))
        hub = urlsplit(options["hub"])
        assert hub.hostname == "127.0.0.1"
        secret = flow.environ()[SECRET_VARIABLE]
        query = f"?execution={options['execution']}"
        for place in (urlsplit(server.url).netloc, hub.netloc):
            path = "/ws/publish" if place != hub.netloc else "/ws"
            with (
                pytest.raises(InvalidStatus),
                connect(
                    f"ws://{place}{path}{query}",
                    additional_headers={"Authorization": f"Bearer {secret}"},
                    proxy=None,
                ),
            ):
                pass
        assert len(server.get("/api/recovery")["history"]) == 1
        server.stop()
