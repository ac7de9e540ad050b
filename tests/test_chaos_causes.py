"""What the crash laboratory knows of causes: it is the journal's word, and it sees every fault."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from dataflow.chunks import Chunk as Range
from dataflow.journal import Journal
from tests.chaos.causes import Chunk, Told, compare, known_of, read_aside, read_journal

ORDER = b'{"user_id": "a", "type": "order", "order_id": 1}'
PAYMENT = b'{"user_id": "a", "type": "payment", "order_id": 1}'
OTHER = b'{"user_id": "b", "type": "payment", "order_id": "1"}'
CHUNKS = [
    Chunk(None, "api", 1, 2, 1.5, ORDER + b"\nFAIL\n"),
    Chunk("u", "a.jsonl", 1, 2, 2.0, OTHER + b"\n\n"),
    Chunk(None, "api", 3, 2, 2.25, PAYMENT + b"\n" + PAYMENT),
    Chunk(None, "resubmit", 1, 1, 3.0, ORDER + b"\n", [2]),
]
RIGHT = Told(
    skipped=[
        {
            "id": 2,
            "upload": None,
            "source": "api",
            "line": 2,
            "skipped_at": "1970-01-01T00:00:01.500Z",
            "state": "landed",
            "resubmitted_at": "1970-01-01T00:00:03.000Z",
            "landed_at": "1970-01-01T00:00:03.250Z",
            "correction": {"line": 1, "raw": ORDER.decode(), "outcome": "duplicate"},
        }
    ],
    completed=[
        {"seq": 5, "user_id": "a", "order_id": 1, "completed_at": "1970-01-01T00:00:02.250Z"}
    ],
    carts={
        "a": (
            {
                "user_id": "a",
                "version": 2,
                "paid_order_ids": [1],
                "unpaid_order_ids": [],
                "waiting_payment_ids": [],
                "oldest_unpaid_at": None,
                "oldest_waiting_at": None,
                "updated_at": "1970-01-01T00:00:02.250Z",
            },
            [
                {
                    "order_id": 1,
                    "status": "paid",
                    "ordered_at": "1970-01-01T00:00:01.500Z",
                    "paid_at": "1970-01-01T00:00:02.250Z",
                    "order": {"upload": None, "source": "api", "line": 1},
                    "payment": {"upload": None, "source": "api", "line": 3},
                }
            ],
        ),
        "b": (
            {
                "user_id": "b",
                "version": 1,
                "paid_order_ids": [],
                "unpaid_order_ids": [],
                "waiting_payment_ids": ["1"],
                "oldest_unpaid_at": None,
                "oldest_waiting_at": "1970-01-01T00:00:02.000Z",
                "updated_at": "1970-01-01T00:00:02.000Z",
            },
            [
                {
                    "order_id": "1",
                    "status": "waiting",
                    "ordered_at": None,
                    "paid_at": "1970-01-01T00:00:02.000Z",
                    "order": None,
                    "payment": {"upload": "u", "source": "a.jsonl", "line": 1},
                }
            ],
        ),
    },
)


def test_what_is_right_differs_in_nothing() -> None:
    """Records, times, numbers and lists, as they follow from the chunks."""
    assert list(compare(known_of(CHUNKS), RIGHT)) == []


def repeated(told: Told) -> None:
    """Let the repeated payment be the one that paid."""
    told.carts["a"][1][0]["payment"]["line"] = 4


def unpaid(told: Told) -> None:
    told.carts["a"][1][0]["status"] = "unpaid"


def later(told: Told) -> None:
    told.carts["b"][1][0]["paid_at"] = "1970-01-01T00:00:02.001Z"


def another_type(told: Told) -> None:
    told.carts["b"][1][0]["order_id"] = 1


def an_order_lost(told: Told) -> None:
    told.carts["b"][1].clear()


def an_order_twice(told: Told) -> None:
    told.carts["a"][1].append(told.carts["a"][1][0])


def a_cart_lost(told: Told) -> None:
    del told.carts["b"]


def younger(told: Told) -> None:
    told.carts["b"][0]["oldest_waiting_at"] = "1970-01-01T00:00:02.250Z"


def renumbered(told: Told) -> None:
    told.completed[0]["seq"] = 1


def completed_later(told: Told) -> None:
    told.completed[0]["completed_at"] = "1970-01-01T00:00:03.000Z"


def a_completed_lost(told: Told) -> None:
    told.completed.clear()


def skipped_elsewhere(told: Told) -> None:
    told.skipped[0]["upload"] = "u"


def skipped_twice(told: Told) -> None:
    told.skipped.append(told.skipped[0])


def still_open(told: Told) -> None:
    """The correction has landed, and the record is said to be open."""
    nothing = dict.fromkeys(("resubmitted_at", "landed_at", "correction"))
    told.skipped[0] |= {"state": "open", **nothing}


def mended_otherwise(told: Told) -> None:
    told.skipped[0]["correction"]["raw"] = PAYMENT.decode()


def said_to_change(told: Told) -> None:
    told.skipped[0]["correction"]["outcome"] = "changed"


def landed_before_it_came(told: Told) -> None:
    told.skipped[0]["landed_at"] = "1970-01-01T00:00:02.999Z"


@pytest.mark.parametrize(
    "spoil",
    [
        *(repeated, unpaid, later, another_type, an_order_lost, an_order_twice, a_cart_lost),
        *(younger, renumbered, completed_later, a_completed_lost, skipped_elsewhere),
        *(skipped_twice, still_open, mended_otherwise, said_to_change, landed_before_it_came),
    ],
)
def test_whatever_is_wrong_is_told(spoil: Callable[[Told], None]) -> None:
    """Another record, another time, another number; one too few or one too many."""
    told = deepcopy(RIGHT)
    spoil(told)
    assert list(compare(known_of(CHUNKS), told))


def test_a_record_that_was_mended_twice_is_told() -> None:
    """A second correction that nobody asked for changes no cart, and is a difference."""
    twice = [*CHUNKS, Chunk(None, "resubmit", 2, 1, 4.0, ORDER + b"\n", [2])]
    told = deepcopy(RIGHT)
    correction = {"line": 2, "raw": ORDER.decode(), "outcome": "duplicate"}
    at = "1970-01-01T00:00:04.000Z"
    told.skipped[0] |= {"correction": correction, "resubmitted_at": at, "landed_at": at}
    assert len(list(compare(known_of(twice), told))) == 1


def test_an_order_that_came_by_a_correction_says_so() -> None:
    """Its cause names the record that was skipped."""
    mending = [
        Chunk(None, "api", 1, 1, 1.0, b"FAIL\n"),
        Chunk(None, "resubmit", 1, 1, 2.0, ORDER, [1]),
    ]
    known = known_of(mending)
    cause = {"upload": None, "source": "resubmit", "line": 1, "skipped": 1}
    assert known.records[2].cause == cause
    assert [each.outcome for each in known.corrections[1]] == ["changed"]


def test_what_is_set_aside_is_told() -> None:
    """Open in the one's eyes, aside in the other's: either way round."""
    chunks = [Chunk(None, "api", 1, 1, 1.0, b"FAIL\n")]
    nothing = dict.fromkeys(("resubmitted_at", "landed_at", "correction"))
    row = {"id": 1, **nothing, "upload": None, "source": "api", "line": 1, "state": "aside"}
    told = Told([row | {"skipped_at": "1970-01-01T00:00:01.000Z"}], [], {})
    assert list(compare(known_of(chunks), told, {1})) == []
    assert list(compare(known_of(chunks), told))
    told.skipped[0]["state"] = "open"
    assert list(compare(known_of(chunks), told, {1}))


def test_the_journal_is_read_as_it_was_written(tmp_path: Path) -> None:
    """Chunks of files and of bodies in one order, with the name that an upload had."""
    folder: Any = tmp_path / "generation-000001"
    (folder / "uploads").mkdir(parents=True)
    (tmp_path / "current").write_text(f"{folder.name}\n")
    (folder / "uploads" / "file").write_bytes(b"\xef\xbb\xbf" + OTHER + b"\n\n")
    with closing(Journal(folder / "journal.db")) as journal:
        journal.append_events(CHUNKS[0].data)
        size = len(OTHER) + 5
        upload = journal.add_upload(
            "u", "a.jsonl", file="file", size=size, lines=2, rate=None, now=5.0
        )
        journal.release(upload, [Range(3, size, 2)])
        journal.append_events(CHUNKS[2].data)
        journal.resubmit([(2, ORDER)], again=False)
        journal.mark("aside", [2, 3])
        journal.mark("back", [2])
        chunks = list(read_journal(tmp_path))
    assert read_aside(tmp_path) == {3}
    assert [each._replace(at=0.0) for each in chunks] == [each._replace(at=0.0) for each in CHUNKS]
