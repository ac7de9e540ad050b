"""A data folder of the version before causes: refused with what brings it over, and then whole."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.dataflow.test_journal_upgrades import make_older
from tests.e2e.comparison import assert_holds, lines
from tests.faults.folders import NAME, generation_of, rebuild, refusal, stream_of
from tests.kit.oracle import Oracle
from tests.kit.running import Cartwatch
from web.view.schema import SCHEMA_VERSION

RECORDS = 1_500


def test_a_folder_without_causes_opens_after_a_rebuild(tmp_path: Path) -> None:
    """Its carts, records and feed are what they were, and every order has its records and times."""
    data = tmp_path / "data"
    stream, oracle = stream_of(RECORDS, 9)
    with Cartwatch(data) as server:
        server.upload_in(server.upload(stream, NAME), "done")
        server.settled()
        (upload,) = server.get("/api/uploads")["items"]
        server.stop()
    make_older(generation_of(data), 3)
    with closing(sqlite3.connect(generation_of(data) / "view.db")) as db:
        db.executescript("DROP TABLE places; DROP TABLE complete; PRAGMA user_version = 5")
    for _ in range(2):
        said = refusal("serve", "--port", "0", "--data", str(data))
        assert f"view.db has the format 5, and this Cartwatch reads {SCHEMA_VERSION}" in said
        assert "cartwatch rebuild" in said
    rebuild(data)
    with Cartwatch(data) as server:
        server.settled()
        assert server.get("/api/uploads")["items"] == [upload]
        assert_holds(server, oracle, source=NAME)
        assert_known_since(server, oracle, upload)
        server.stop()


def assert_known_since(server: Cartwatch, oracle: Oracle, upload: dict[str, Any]) -> None:
    """Hold all that a record did to its line, which is its place, and to the time of its file."""
    at = upload["created_at"]

    def record(place: int) -> tuple[Any, str | None]:
        cause = {"upload": upload["id"], "source": NAME, "line": place}
        return (cause, at) if place else (None, None)

    for user_id, cart in oracle.carts.items():
        items = server.get(f"/api/carts/{user_id}/orders?limit=500")["items"]
        got = {
            repr(item["order_id"]): (
                (item["order"], item["ordered_at"]),
                (item["payment"], item["paid_at"]),
            )
            for item in items
        }
        expected = cart.causes().items()
        assert got == {repr(each): (record(one), record(two)) for each, (one, two) in expected}
    skipped = lines(server, "/api/skipped.jsonl")
    assert [each["id"] for each in skipped] == oracle.skipped_places[::-1]
    assert {each["skipped_at"] for each in skipped} == {at}
    completed = lines(server, "/api/completed.jsonl")
    assert [each["seq"] for each in completed] == oracle.completed_places
    assert {each["completed_at"] for each in completed} == {at}
