"""``--log-level`` and ``--log-format``: what a server and its flow tell on stderr."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import quote

from tests.kit.running import Cartwatch, until

RECORD = b'{"user_id": "somebody", "type": "order", "order_id": "a-secret-order"}\nFAIL a-secret\n'


def test_everything_that_is_told_is_a_line_of_json_without_a_record_in_it(tmp_path: Path) -> None:
    """Also of the flow; starts, an upload, its end and a reset are told."""
    with Cartwatch(tmp_path / "data", "--log-level", "debug", "--log-format", "json") as server:
        server.settled()
        server.upload_in(server.upload(RECORD, quote("na\nme")), "done")
        server.call("POST", "/api/events", RECORD)
        server.call("POST", "/api/flow/restart")
        until(lambda: len(server.get("/api/recovery")["history"]) == 2)
        server.settled()
        server.call("POST", "/api/reset", {"confirm": "reset"})
        server.settled()
        server.stop()
        lines = [json.loads(line) for line in server.errors().splitlines()]
    assert {line["process"] for line in lines} >= {"cartwatch"}
    messages = [line["message"] for line in lines if line["process"] == "cartwatch"]
    assert "Start 1 of the flow: the server was started." in messages
    assert any("2 lines of 'na\\nme'" in message for message in messages)
    assert any(message.endswith("is done.") for message in messages)
    assert any(message.startswith("Everything was started over") for message in messages)
    text = json.dumps(lines)
    assert "a-secret" not in text
    assert "somebody" not in text
    assert "Authorization" not in text
