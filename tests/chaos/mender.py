"""Who mends skipped records while the program is killed: alone, in bulk, and sets some aside.

Nobody else decides about them, so what was answered is known. An answer that was lost leaves open
whether it was done: it is asked for again, which must not count twice.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from random import Random
from typing import Any, Final

from tests.chaos.experiment import Experiment
from tests.chaos.program import GoneError
from tests.kit.running import Answer

SOURCE: Final = "resubmit"

BULKS: Final = (
    ("FAIL HERE", b'{"user_id": "mended", "type": "order", "order_id": 1}'),
    ('"refund"', b'"payment"'),
)
"""What is found and replaced: in texts that are those of whole records."""

_HOPELESS: Final = ("invalid_order_id", "invalid_user_id")
"""The reasons of what is set aside: no bulk finds any of it."""

_USERS: Final = 12
_ORDERS: Final = 30


class Mender:
    """Decides about skipped records, and remembers what was decided."""

    def __init__(self, experiment: Experiment, seed: int) -> None:
        self._experiment = experiment
        self._random = Random(f"mender {seed}")
        self.sent: dict[int, bytes] = {}
        self._aside: set[int] = set()
        self.bulks = 0

    def mend(self) -> None:
        """Mend some as long as there are kills."""
        deeds = (self._alone, self._alone, self._in_bulk, self._put_aside, self._take_back)
        while self._experiment.progress < 1:
            self._experiment.pause(self._random.random() / 2)
            self._random.choice(deeds)()

    def differences(self) -> Iterator[str]:
        """Hold a program at rest to what was decided."""
        told = {row["id"]: row for row in self._experiment.lines("/api/skipped.jsonl")}
        for number, line in self.sent.items():
            row = told[number]
            mended = (row["correction"] or {}).get("raw")
            if row["state"] != "landed" or mended != line.decode():
                yield f"mended with {line!r}: {row}"
        for number in self._aside:
            if told[number]["state"] != "aside":
                yield f"set aside: {told[number]}"
        states = [row["state"] for row in told.values()]
        if (set_aside := states.count("aside")) != len(self._aside):
            yield f"{len(self._aside)} were set aside, and {set_aside} are"
        attention = self._experiment.get("/api/attention")["skipped_open"]
        if attention != states.count("open"):
            yield f"open: {attention} by the strip, {states.count('open')} in the list"

    def _alone(self) -> None:
        """Mend one of those that were skipped last."""
        rows = self._open()
        if not rows:
            return
        number = self._random.choice(rows)["id"]
        record = {
            "user_id": f"mended-{self._random.randrange(_USERS)}",
            "type": self._random.choice(("order", "payment")),
            "order_id": self._random.randrange(_ORDERS),
        }
        line = json.dumps(record).encode()
        answer, is_first = self._decide(f"/api/skipped/{number}/resubmit", line)
        if answer.status != 202 and (is_first or answer.status != 409):
            self._experiment.complain(f"to mend record {number}: {answer}")
        self.sent[number] = line

    def _in_bulk(self) -> None:
        """Mend all of a kind: those that are there by now are mended when it answers."""
        find, replace = self._random.choice(BULKS)
        asked = {"search": find, "find": find, "replace": replace.decode(), "preview": False}
        rows = [row for row in self._open() if find in row["raw"] and not row["raw_cut"]]
        answer, is_first = self._decide("/api/skipped/resubmit", json.dumps(asked).encode())
        told = answer.json()
        adds_up = told.get("sent") == told["valid"] - told["sent_before"]
        if answer.status != 202 or (is_first and not adds_up):
            self._experiment.complain(f"to mend in bulk: {answer}")
        self.bulks += 1
        for row in rows:
            self.sent[row["id"]] = row["raw"].encode().replace(find.encode(), replace)

    def _put_aside(self) -> None:
        rows = self._open(f"&reason={self._random.choice(_HOPELESS)}")
        some = self._random.sample(rows, min(3, len(rows)))
        self._put([row["id"] for row in some], aside=True)

    def _take_back(self) -> None:
        some = self._random.sample(sorted(self._aside), min(2, len(self._aside)))
        self._put(some, aside=False)

    def _put(self, ids: list[int], *, aside: bool) -> None:
        body = json.dumps({"ids": ids, "aside": aside}).encode()
        answer, is_first = self._decide("/api/skipped/aside", body)
        if answer.status != 200 or (is_first and answer.json()["changed"] != len(ids)):
            self._experiment.complain(f"aside: {aside} of {ids}: {answer}")
        self._aside = self._aside | set(ids) if aside else self._aside - set(ids)

    def _open(self, narrowed: str = "") -> list[dict[str, Any]]:
        page = self._experiment.get(f"/api/skipped?state=open&limit=100{narrowed}")
        rows: list[dict[str, Any]] = page["items"]
        return rows

    def _decide(self, path: str, body: bytes) -> tuple[Answer, bool]:
        """Ask until there is an answer; tells whether nothing of it can have been done before."""
        lost = 0

        def try_once() -> Answer | None:
            nonlocal lost
            try:
                return self._experiment.program.call("POST", path, body)
            except GoneError as gone:
                lost += gone.asked
                return None

        answer = self._experiment.wait(try_once, f"an answer to POST {path}")
        self._experiment.lost_answers += lost
        return answer, not lost
