"""The feed of one generation on its way to the topic."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.kit.running import until
from tests.web.topic.outlets import TARGET, Topic, View
from web.topic import feeding as module
from web.topic.feeding import Feeding, message_of, note_of
from web.topic.kept_position import KeptPositions
from web.topic.publication import AT_LEAST_ONCE, FAILING, PUBLISHING, Publication
from web.topic.resuming import Position
from web.view.completed import Completed


@pytest.fixture
def view(tmp_path: Path) -> Iterator[View]:
    made = View(tmp_path / "generation")
    yield made
    made.close()


@pytest.fixture
def publication() -> Publication:
    made = Publication("done", time.time)
    made.begin("1")
    return made


@pytest.fixture
def topic(monkeypatch: pytest.MonkeyPatch) -> Topic:
    """A topic that is tried again at once."""
    monkeypatch.setattr(module, "LONGEST_PAUSE_S", 0.01)
    return Topic()


@contextmanager
def fed(view: View, topic: Topic, publication: Publication) -> Iterator[Feeding]:
    """Publish as long as this lasts."""
    kept = KeptPositions(view.paths.folder / "topic.json")
    feeding = Feeding(view.paths, TARGET, kept, publication, topic.open)
    thread = threading.Thread(target=feeding.run)
    thread.start()
    try:
        yield feeding
    finally:
        feeding.end()
        thread.join(10)
        assert not thread.is_alive()
        assert topic.closed == topic.opened


def test_a_message_is_the_item_of_the_feed_with_its_generation() -> None:
    """Its key is the user, in UTF-8."""
    message = message_of(Completed(7, "zoë", "1", 0.5), "3")
    assert message.key == "zoë".encode()
    assert message.value.decode() == (
        '{"seq":7,"user_id":"zoë","order_id":"1","completed_at":"1970-01-01T00:00:00.500Z",'
        '"generation":"3"}'
    )


def test_a_note_tells_an_order_from_any_other() -> None:
    """By its place, its user, its id and the type of that; the time has no part in it."""
    order = Completed(5, "a", 1, 9.0)
    assert note_of(order) == note_of(order._replace(completed_at=1.0))
    others = (order._replace(seq=6), order._replace(user_id="b"), order._replace(order_id="1"))
    assert len({note_of(each) for each in (order, *others)}) == 4


def test_orders_are_published_in_the_order_of_the_feed(
    view: View, topic: Topic, publication: Publication
) -> None:
    """Those that were there, and what completes; none before all up to it are known."""
    view.complete(9, 3, 300, until=9)
    with fed(view, topic, publication) as feeding:
        topic.has(3, 9)
        view.complete(5_000, until=400)
        feeding.committed()
        topic.has(3, 9, 300)
    assert publication.standing.position == 300
    assert publication.standing.lag(4) == 1


def test_it_goes_on_behind_the_position(view: View, topic: Topic, publication: Publication) -> None:
    """Whoever has published up to there; what is before is counted as there."""
    view.complete(3, 9)
    with fed(view, topic, publication):
        topic.has(3, 9)
    topic.messages.clear()
    view.complete(20)
    with fed(view, topic, publication):
        topic.has(20)
        until(lambda: publication.standing.done == 3)


def test_what_fails_is_tried_again_and_nothing_is_passed_over(
    view: View, topic: Topic, publication: Publication, caplog: pytest.LogCaptureFixture
) -> None:
    """It is told once, with the reason, and once that it is over; every attempt is counted."""
    topic.refuses = "the broker does not answer"
    view.complete(3)
    with fed(view, topic, publication) as feeding:
        until(lambda: publication.standing.failures >= 3)
        assert publication.standing.state == FAILING
        view.complete(9)
        feeding.committed()
        topic.refuses = ""
        topic.has(3, 9)
        until(lambda: publication.standing.state == PUBLISHING)
    assert [record.getMessage() for record in caplog.records] == [
        "Topic done gets no completed orders: the broker does not answer. It is tried again.",
        "Topic done gets completed orders again.",
    ]


def test_a_topic_with_later_orders_than_the_data_is_not_written_to(
    view: View, topic: Topic, publication: Publication
) -> None:
    """The data are older than what was published: their next orders would be passed over."""
    view.complete(3)
    topic.position = Position(9, "nine")
    with fed(view, topic, publication):
        until(lambda: publication.standing.state == FAILING)
    assert "these data end at 3: they are older than what was published" in (
        publication.standing.error or ""
    )
    assert topic.messages == []


def test_a_topic_with_another_order_at_the_position_is_not_written_to(
    view: View, topic: Topic, publication: Publication
) -> None:
    """It is told from ours by the note."""
    view.complete(3, 9, 20)
    topic.position = Position(9, "of another")
    with fed(view, topic, publication):
        until(lambda: publication.standing.state == FAILING)
    assert "another order at seq 9 of generation 1 than these data" in (
        publication.standing.error or ""
    )
    assert topic.messages == []


def test_a_promise_that_is_no_more_is_told_once(
    view: View, topic: Topic, publication: Publication, caplog: pytest.LogCaptureFixture
) -> None:
    """With the reason, and what tells repeats."""
    topic.mode, topic.because = AT_LEAST_ONCE, "the broker has no transactions"
    view.complete(3)
    for _ in range(2):
        with fed(view, topic, publication):
            topic.has(3)
    assert [record.getMessage() for record in caplog.records] == [
        "Topic done: orders are published at least once, as the broker has no transactions;"
        " tell repeats by generation and seq."
    ]


def test_damage_ends_it(view: View, topic: Topic, publication: Publication) -> None:
    """As it does whatever reads the view."""
    view.complete(3)
    view.close()
    view.paths.view.write_bytes(b"no database" * 1_000)
    kept = KeptPositions(view.paths.folder / "topic.json")
    with pytest.raises(sqlite3.DatabaseError, match="not a database"):
        Feeding(view.paths, TARGET, kept, publication, topic.open).run()
