"""Connections that end in the middle of what they carry: half of it counts as nothing."""

from __future__ import annotations

import socket
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from dataflow.launch import SECRET_VARIABLE
from dataflow.messages import Welcome, decode_answer
from dataflow.pieces import MORE_PIECES
from tests.e2e.comparison import assert_holds
from tests.faults.folders import NAME, generation_of, stream_of
from tests.kit.running import Cartwatch, until

RECORDS = 6_000
CUTS = 12
HALF_A_FRAME = b"\x82\xff" + (100_000).to_bytes(8, "big") + b"mask" + b"x" * 50_000


def test_a_flow_cut_from_its_hub_again_and_again_publishes_everything_once(tmp_path: Path) -> None:
    """Whoever takes its place closes its connection, wherever that is in the stream.

    The other one sends half a message, half a batch or nothing, and goes: none of that counts,
    and the flow's own sink goes on where the hub is.
    """
    data, oracle = stream_of(RECORDS, 7)
    with Cartwatch(tmp_path / "data", forked=False) as server:
        server.settled()
        flow = psutil.Process(server.flow_pid())
        upload = server.upload(data, NAME, rate=3_000)
        for cut in range(CUTS):
            until(
                lambda cut=cut: (  # type: ignore[misc]
                    server.get(f"/api/uploads/{upload}")["processed"] >= cut * RECORDS // CUTS // 2
                )
            )
            with impostor(flow) as other:
                welcome = decode_answer(other.recv(timeout=10, decode=False))
                assert isinstance(welcome, Welcome)
                # The flow may have come back by now, and taken its place again.
                with suppress(ConnectionClosed, OSError):
                    if cut % 3 == 1:
                        other.send(MORE_PIECES + b"half a batch")
                    if cut % 3 == 2:
                        other.socket.sendall(HALF_A_FRAME)
                    other.socket.shutdown(socket.SHUT_RDWR)
        server.upload_in(upload, "done")
        server.settled()
        assert len(server.get("/api/recovery")["history"]) == 1
        assert_holds(server, oracle, source=NAME)
        assert "Traceback" not in server.errors()
        server.stop()


@pytest.mark.parametrize(
    "kind", [b"application/x-ndjson", b'multipart/form-data; boundary="edge"'], ids=["raw", "form"]
)
def test_an_upload_whose_client_goes_away_leaves_nothing(cartwatch: Cartwatch, kind: bytes) -> None:
    """No upload, no file, no part of one; the server goes on."""
    files = generation_of(cartwatch.data) / "uploads"
    before = set(files.iterdir())
    total = cartwatch.get("/api/uploads")["total"]
    with half_an_upload(cartwatch, kind):
        if kind.startswith(b"application"):
            until(lambda: set(files.iterdir()) - before)
    until(lambda: set(files.iterdir()) == before)
    assert cartwatch.get("/api/uploads")["total"] == total
    upload = cartwatch.upload(b"{}\n")
    assert cartwatch.upload_in(upload, "done")["skipped"] == 1


def test_an_upload_whose_server_is_killed_leaves_nothing_after_the_next_start(
    tmp_path: Path,
) -> None:
    """What was never answered takes no room for ever."""
    data = tmp_path / "data"
    with Cartwatch(data) as server:
        kept = server.upload(b"{}\n")
        server.upload_in(kept, "done")
        files = generation_of(data) / "uploads"
        with half_an_upload(server, b"application/x-ndjson"):
            until(lambda: len(list(files.iterdir())) == 2)
            server.kill()
    with Cartwatch(data) as server:
        assert len(list(files.iterdir())) == 1
        again = server.call("POST", f"/api/uploads/{kept}/replay").json()["id"]
        assert server.upload_in(again, "done")["skipped"] == 1
        server.stop()


def impostor(flow: psutil.Process) -> ClientConnection:
    """Connect to the hub as the flow itself would: with its secret and its execution."""
    options = dict(word[2:].split("=", 1) for word in flow.cmdline() if word.startswith("--"))
    return connect(
        f"{options['hub']}?execution={options['execution']}",
        additional_headers={"Authorization": f"Bearer {flow.environ()[SECRET_VARIABLE]}"},
        proxy=None,
    )


def half_an_upload(server: Cartwatch, kind: bytes) -> socket.socket:
    """Begin an upload: 300 kB of a body that should have 900."""
    place = urlsplit(server.url)
    client = socket.create_connection((place.hostname, place.port))
    part = b'--edge\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n'
    line = b'{"user_id": "gone", "type": "order", "order_id": 1}\n'
    client.sendall(
        b"POST /api/uploads HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 900000\r\n"
        b"Content-Type: " + kind + b"\r\n\r\n" + (part if kind.startswith(b"multi") else b"")
    )
    client.sendall(line * (300_000 // len(line)))
    return client
